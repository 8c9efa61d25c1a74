//! The shelf of stages: what can be done to items on their way.
//!
//! | stage | one item in gives | state |
//! |---|---|---|
//! | [`map`], [`try_map`] | one | none |
//! | [`filter`], [`filter_map`] | one or none | none |
//! | [`flat_map`] | many, made one at a time | the iterator of the last item |
//! | [`inspect`] | the same item | none |
//! | [`take`] | the same item, so many times | a counter |
//! | [`retry`] | what an async call makes of it, tried again when it fails | the item |
//! | [`retry_item`] | the same or the last failure, as a `Result` | the item |
//! | [`supervise`] | what a tube makes of it; its failures are decided on | the tube |
//! | [`finally`] | the same item, and a call at the end | none |
//! | [`kill_switch`] | the same item, until a switch is thrown | none |
//! | [`until`] | the same item, until a future is ready | the future |
//!
//! The common ones are methods of [`Fount`](crate::fount::Fount), too. Framing is on the shelf
//! [`framing`](crate::framing).

mod attempts;
mod filter;
mod filter_map;
mod finally;
mod flat_map;
mod inspect;
mod kill_switch;
mod map;
mod retry;
mod retry_item;
mod supervise;
mod take;
mod try_map;
mod until;

pub use filter::{Filter, filter};
pub use filter_map::{FilterMap, filter_map};
pub use finally::{Finally, finally};
pub use flat_map::{FlatMap, flat_map};
pub use inspect::{Inspect, inspect};
pub use kill_switch::{KillSwitch, KillSwitchStage, kill_switch};
pub use map::{Map, map};
pub use retry::{Retry, retry};
pub use retry_item::{RetryItem, retry_item};
pub use supervise::{Decision, Supervise, supervise};
pub use take::{Take, take};
pub use try_map::{TryMap, try_map};
pub use until::{Until, until};
