//! Out of one flow into other tasks.
//!
//! ```text
//!  task                    ring, at most `bound` items          tasks
//!  fount ──► Broadcast ──► [ | | | | | ] ──► Branch ──► drain
//!                            ▲     ▲     └─► Branch ──► drain
//!              the slowest ──┘     └── the fastest
//! ```

mod branch;
mod feed;
mod hub;
#[cfg(all(test, loom))]
mod loom_tests;
mod lossy;
mod reader;
mod ring;
mod sleepers;
mod subscribers;

pub use branch::Branch;
pub use feed::{Broadcast, broadcast};
pub use lossy::LossyBranch;
pub use subscribers::Subscribers;
