//! The shelf of stages: what can be done to items on their way.
//!
//! | stage | one item in gives | state |
//! |---|---|---|
//! | [`map`], [`try_map`] | one | none |
//! | [`filter`], [`filter_map`] | one or none | none |
//! | [`flat_map`] | many, made one at a time | the iterator of the last item |
//! | [`inspect`] | the same item | none |
//! | [`take`] | the same item, so many times | a counter |
//! | [`until`] | the same item, until a future is ready | the future |
//!
//! The common ones are methods of [`Fount`](crate::fount::Fount), too. Framing is on the shelf
//! [`framing`](crate::framing).

mod filter;
mod filter_map;
mod flat_map;
mod inspect;
mod map;
mod take;
mod try_map;
mod until;

pub use filter::{Filter, filter};
pub use filter_map::{FilterMap, filter_map};
pub use flat_map::{FlatMap, flat_map};
pub use inspect::{Inspect, inspect};
pub use map::{Map, map};
pub use take::{Take, take};
pub use try_map::{TryMap, try_map};
pub use until::{Until, until};
