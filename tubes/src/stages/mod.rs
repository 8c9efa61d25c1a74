//! The shelf of stages: what can be done to items on their way.
//!
//! | stage | one item in gives | state |
//! |---|---|---|
//! | [`map`], [`try_map`] | one | none |
//! | [`filter`], [`filter_map`] | one or none | none |
//! | [`flat_map`] | many, made one at a time | the iterator of the last item |
//! | [`group_by`] | items by key: a fount of groups, each a fount | bounded queues, one a key |
//! | [`per_key`] | what a tube for each key makes of it | a tube a key |
//! | [`inspect`] | the same item | none |
//! | [`take`] | the same item, so many times | a counter |
//! | [`map_with_resource`] | one, by way of what is acquired before and released behind | what it holds |
//! | [`retry`] | what an async call makes of it, tried again when it fails | the item |
//! | [`retry_item`] | the same or the last failure, as a `Result` | the item |
//! | [`supervise`] | what a tube makes of it; its failures are decided on | the tube |
//! | [`finally`] | the same item, and a call at the end | none |
//! | [`kill_switch`] | the same item, until a switch is thrown | none |
//! | [`then()`], [`try_then`] | what a future makes of it, at most so many at once | the futures in flight |
//! | `spawned` (feature `tokio`), [`spawned_on`] | the same item, from a task of its own | what waits between the tasks |
//! | [`coroutine()`] | whatever an async closure sends | the coroutine |
//! | [`until`] | the same item, until a future is ready | the future |
//! | [`buffer`] | the same item | items, up to a bound, ahead of downstream |
//! | [`buffer_dropping`], [`buffer_failing`] | the same item, or a gap or a failure when full | as `buffer` |
//! | [`conflate`], [`batch`] | itself, or with others one while downstream is not ready | one |
//! | [`throttle`] | the same item, so many in a time | a bucket of tokens |
//! | [`debounce`] | the same item, if no other follows soon | the last item |
//! | [`chunks_within`] | with others a `Vec`, so many or after a time | the chunk |
//! | [`timeout_first`], [`timeout_idle`], [`timeout_whole`], [`timeout_downstream`] | the same item, or a failure when it takes too long | a timer |
//! | [`keep_alive`] | the same item, and others into the silence | a timer |
//!
//! The common ones are methods of [`Fount`](crate::fount::Fount), too. Framing is on the shelf
//! [`framing`](crate::framing).

mod ahead;
mod attempts;
mod coroutine;
mod crossed;
mod filter;
mod filter_map;
mod finally;
mod flat_map;
mod group;
mod group_by;
mod inspect;
mod kill_switch;
mod map;
mod map_with_resource;
mod per_key;
mod retry;
mod retry_item;
mod spawned;
mod supervise;
mod take;
mod taking;
mod then;
mod timed;
mod try_map;
mod until;
mod weigh;

#[cfg(feature = "tokio")]
pub use crate::bridge::runtime::spawned;
pub use ahead::{
    Batch, Buffer, BufferDropping, BufferFailing, Conflate, Dropping, batch, buffer,
    buffer_dropping, buffer_failing, conflate,
};
pub use coroutine::{Asking, Coroutine, Ending, Inlet, Outlet, Sending, coroutine};
pub use crossed::Crossed;
pub use filter::{Filter, filter};
pub use filter_map::{FilterMap, filter_map};
pub use finally::{Finally, finally};
pub use flat_map::{FlatMap, flat_map};
pub use group::{Group, Members};
pub use group_by::{GroupBy, group_by};
pub use inspect::{Inspect, inspect};
pub use kill_switch::{KillSwitch, KillSwitchStage, kill_switch};
pub use map::{Map, map};
pub use map_with_resource::{MapWithResource, map_with_resource};
pub use per_key::{PerKey, per_key};
pub use retry::{Retry, retry};
pub use retry_item::{RetryItem, retry_item};
pub use spawned::{Spawned, spawned_on};
pub use supervise::{Decision, Supervise, supervise};
pub use take::{Take, take};
pub use then::{ByKey, Keys, Then, TryThen, Unkeyed, then, try_then};
pub use timed::{
    ChunksWithin, Debounce, KeepAlive, Throttle, TimedOut, Timeout, Wait, chunks_within, debounce,
    keep_alive, throttle, timeout_downstream, timeout_first, timeout_idle, timeout_whole,
};
pub use try_map::{TryMap, try_map};
pub use until::{Until, until};
pub use weigh::{Each, Weigh};
