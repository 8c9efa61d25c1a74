//! The laws as checks, for what you build.
//!
//! | you have | you write |
//! |---|---|
//! | a fount | [`fount`]`(make, items)`, [`fair`]`(endless)` |
//! | a tube | [`tube`]`(make, input, expected)` |
//! | a stage behind a fount | [`stage`]`(attach, input, expected)` |
//! | a stage in front of a drain | [`behind`]`(attach, input, expected)` |
//! | a drain | [`drain`]`(make, items, check_output)` |
//! | a driver, or anything between a source and a drain | [`pipe`]`(join, input, expected)` |
//!
//! Each gives a [`Suite`]: say what is special (what it holds, why it ends by itself), then
//! [`check`](Suite::check). A broken law panics with its number and sentence, what was tried and
//! found, and the seed that shows it again.
//!
//! What waits for time needs one that passes: give it a [`HastyClock`](super::HastyClock), or one
//! clock for all that is made, and move that in [`while_idle`](Suite::while_idle). A pump of one's
//! own with a clock, and its law test, are in the docs of [`Pump`](crate::pump::Pump). What shall
//! come of items only if *no* time passes (vectors that fill up) is checked with a
//! [`ManualClock`](super::ManualClock) that nobody moves.
//!
//! # Examples
//!
//! A fount of one's own that forgets its end:
//!
//! ```should_panic
//! use std::{pin::Pin, task::{Context, Poll}};
//! use tubes::{Fount, Reason, testing::laws};
//!
//! struct Once(Option<u8>);
//!
//! impl Fount for Once {
//!     type Item = u8;
//!     fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<u8, Reason>> {
//!         match self.0.take() {
//!             Some(item) => Poll::Ready(Ok(item)),
//!             None => Poll::Pending,
//!         }
//!     }
//! }
//!
//! laws::fount(|| Once(Some(1)), vec![1]).check(); // law 5: pending, and no wake is to come
//! ```

mod behind;
mod drain;
mod due;
mod fount;
mod mixed;
mod pipe;
mod stage;
mod suite;
mod waits;
mod watch;

pub use behind::{behind, tube};
pub use drain::drain;
pub use fount::{fair, fount};
pub use pipe::pipe;
pub use stage::stage;
pub use suite::Suite;
