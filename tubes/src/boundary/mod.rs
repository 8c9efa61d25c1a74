//! From one task to another: what enters on one side comes out on the other, in chunks.
//!
//! ```text
//!     one task                                              another task
//!  fount ─► Entry ─►│ has entered │ ═══ the whole chunk ═══► │ taken │─► Exit ─► drain
//!                   └──────────────── never more than the bound ──────┘
//! ```
//!
//! [`stages::spawned`](crate::stages) puts what is in front of it on a task of its own, and is what
//! you usually want; the two ends by themselves are for everything else. Items cross in chunks:
//! one at a time while the other side waits for it, all that is there under load, for one lock and
//! at most one wake a chunk.
//!
//! # Examples
//!
//! ```
//! use tubes::{Fount, bound, boundary, drains, founts};
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let (entry, exit) = boundary::pair(bound(64));
//! let feed = tokio::spawn(founts::iter(0..1000).flow_to(entry));
//! let sum = exit.flow_to(drains::fold(0, |sum, n| sum + n)).await?;
//! feed.await??;
//! assert_eq!(sum, 499_500);
//! # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
//! ```

mod entry;
mod exit;
mod load;
#[cfg(all(test, loom))]
mod loom;
mod pair;
mod place;
mod state;

pub use entry::Entry;
pub use exit::Exit;
pub use pair::{Boundary, local, of, pair};
pub use place::{Local, Place, Shared};
