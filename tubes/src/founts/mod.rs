//! The shelf of founts: where items can come from.
//!
//! | fount | yields |
//! |---|---|
//! | [`iter`] | what an iterator yields |
//! | [`once`] | one item |
//! | [`empty`] | nothing, and ends at once |
//! | [`repeat_with`] | what a function gives, without end |
//! | [`unfold`], [`try_unfold`] | what an async function makes of a state |
//! | [`stream`], [`try_stream`] | what a `Stream` of the `futures` world yields |
//! | [`pending`] | nothing, and never ends |
//! | [`interval`] | a tick in each period |
//! | [`channel`] | what is handed in from elsewhere, bounded, by one sender or by many |
//! | [`resource`] | what a fount yields that comes with something to release behind it |
//! | [`restart`] | what a fount yields that is made anew when it fails |
//!
//! Bytes from files and sockets come from `io` and `net` (feature `tokio`).

pub(crate) mod boxed;
mod channel;
mod empty;
mod interval;
mod iter;
mod once;
mod pending;
mod repeat_with;
mod resource;
mod restart;
mod unfold;

pub use boxed::{BoxFount, LocalBoxFount};
pub use channel::{Channel, SendError, Sender, Sending, SharedSender, TrySendError, channel};
pub use empty::{Empty, empty};
pub use interval::{Interval, interval};
pub use iter::{Iter, iter};
pub use once::{Once, once};
pub use pending::{Pending, pending};
pub use repeat_with::{RepeatWith, repeat_with};
pub use resource::{Resource, resource};
pub use restart::{Restart, restart};
pub use unfold::{TryUnfold, Unfold, try_unfold, unfold};

pub use crate::bridge::stream::{FromStream, FromTryStream, stream, try_stream};
