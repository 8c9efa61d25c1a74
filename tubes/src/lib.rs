//! Compose streaming programs out of founts, tubes and drains, with flow control built in.
//!
//! ```text
//!  fount ──► tube ──► tube ──► drain          items flow right
//!        ◄─────────────────────               readiness flows left: a drain that is not ready
//!                                             pauses everything in front of it
//! ```
//!
//! - A [`Fount`] is where items come from: an iterator, a socket, the body of a request. It yields
//!   items until it yields the [`Reason`] why there are no more.
//! - A [`Tube`] turns input into output. It never waits, and takes no part in flow control.
//! - A [`Drain`] is where items go, and makes something of them: a sum, a file, a response.
//!
//! A pipeline is a value, written from left to right; [`Fount::flow_to`] gives the future that
//! runs it, and resolves to what the drain made:
//!
//! ```
//! use bytes::Bytes;
//! use tubes::{BoxError, Fount, drains, founts, framing};
//!
//! fn parse(line: Bytes) -> Result<u64, BoxError> {
//!     Ok(std::str::from_utf8(&line)?.parse()?)
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let sum = founts::iter(["1\n2", "0\n3\n"])
//!     .map(Bytes::from)
//!     .through(framing::lines())
//!     .through(parse)
//!     .flow_to(drains::fold(0, |sum, n| sum + n))
//!     .await?;
//! assert_eq!(sum, 24);
//! # Ok::<_, tubes::Error>(()) }).unwrap();
//! ```
//!
//! # What holds everywhere
//!
//! - **Ready before pull.** Nothing is taken out of a source before there is room for it, so no
//!   item ever waits in a future, and dropping a flow loses nothing that had not arrived.
//! - **Nothing unbounded.** Every place where something waits has a bound, stated in its docs.
//! - **One end, heard once by everybody, with its reason,** behind the data. What is dropped in
//!   silence counts as a failure ([`Kind::Abandoned`]), never as a clean end.
//! - **Fair.** One poll does a bounded amount of work, shared by the whole chain ([`budget`]).
//! - **Nothing hidden.** Nothing spawns unless its name says so; time comes from a
//!   [`Clock`](clock::Clock).
//!
//! # The map
//!
//! | to | look at |
//! |---|---|
//! | get items | [`founts`], `io::read`, `net::listen` |
//! | change them | [`stages`], [`framing`], [`Fount::map`] and its neighbours |
//! | join many flows | [`fan`] |
//! | use them up | [`drains`], `io::write` |
//! | pause a flow, or end it, from outside | [`valve()`], [`stages::kill_switch`], [`stages::until`] |
//! | try again | [`stages::retry`], [`Backoff::retry`], [`founts::restart`], [`stages::supervise`] |
//! | send one flow to many | [`fan::to_all`], [`fan::balance`], [`fan::broadcast`] |
//! | send each to its address | [`route`] |
//! | talk to one peer | [`Flow`], `net::connect` |
//! | cross from one task to another | `stages::spawned`, [`boundary`] |
//! | write a tube of your own | [`Tube`]: one method, usually |
//! | write a stage that waits | [`Pump`]: one method, and its fount is held to the laws |
//! | put stages in a row into one variable | a tuple of up to twelve ([`stage`]) |
//! | write down a bound | [`bound()`] |
//! | test your own founts and drains | `testing` (feature `testing`) |
//!
//! # Features
//!
//! - `tokio`: bridges to sockets, readers and writers, tasks and the clock of tokio (`io`, `net`,
//!   `time`, `drains::spawn`). Without it the crate knows no runtime.
//! - `testing`: fakes moved by hand, and the law suite.
#![warn(clippy::print_stdout, clippy::print_stderr, clippy::exhaustive_enums)]
#![doc(test(attr(deny(warnings), allow(dead_code))))]
#![forbid(unsafe_code)]

mod alarm;
mod backoff;
mod bound;
pub mod boundary;
mod bridge;
pub mod budget;
pub mod clock;
mod drain;
pub mod drains;
mod error;
pub mod fan;
mod flag;
mod flow;
mod fount;
pub mod founts;
pub mod framing;
mod keyed;
mod lease;
#[cfg(all(test, loom))]
mod loom_support;
mod lossy;
mod pump;
mod reason;
mod retrying;
pub mod route;
pub mod runtime;
mod series;
pub mod siphon;
pub mod stage;
pub mod stages;
mod sync;
#[cfg(feature = "testing")]
pub mod testing;
mod tries;
mod tube;
mod upstream;
mod valve;
mod wakes;

pub use backoff::Backoff;
pub use bound::bound;
#[cfg(feature = "tokio")]
pub use bridge::{io, net, time};
pub use drain::{Drain, Intake};
pub use error::{BoxError, Error, Kind};
pub use flow::Flow;
pub use fount::{Fount, Run};
pub use lossy::Lossy;
pub use pump::Pump;
pub use reason::Reason;
pub use retrying::Retrying;
pub use tube::{Outputs, Tube};
pub use upstream::Upstream;
pub use valve::{Pause, PausedBy, Valve, ValveStage, valve};
