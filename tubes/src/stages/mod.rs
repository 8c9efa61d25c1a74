//! The shelf of stages: what can be done to items on their way.
//!
//! | stage | one item in gives | state |
//! |---|---|---|
//! | [`map`], [`try_map`] | one | none |
//! | [`map_while`] | one, until there is none | none |
//! | [`scan`], [`scan_while`] | one, made with a state | the state |
//! | [`enumerate`] | itself with its number | a counter |
//! | [`filter`], [`filter_map`] | one or none | none |
//! | [`skip`], [`skip_while`] | itself, but for the first ones | a counter |
//! | [`dedup`], [`dedup_by_key`] | itself, unless it is equal to the one before | the last one, or its key |
//! | [`flat_map`], [`flatten`] | many, made one at a time | the iterator of the last item |
//! | [`chunks`], [`sliding`] | many in one vector | the items of one vector |
//! | [`group_by`] | items by key: a fount of groups, each a fount | bounded queues, one a key |
//! | [`per_key`] | what a tube for each key makes of it | a tube a key |
//! | [`inspect`] | the same item | none |
//! | [`take`] | the same item, so many times | a counter |
//! | [`take_while`], [`stop_when`] | the same item, until a question is answered | none |
//! | [`limit`], [`limit_weight`] | the same item; too many are a failure | a counter |
//! | [`until`] | the same item, until a future is ready | the future |
//! | [`map_with_resource`] | one, by way of what is acquired before and released behind | what it holds |
//! | [`retry`] | what an async call makes of it, tried again when it fails | the item |
//! | [`retry_item`] | the same or the last failure, as a `Result` | the item |
//! | [`supervise`] | what a tube makes of it; its failures are decided on | the tube |
//! | [`finally`] | the same item, and a call at the end | none |
//! | [`kill_switch`] | the same item, until a switch is thrown | none |
//! | [`then()`], [`try_then`] | what a future makes of it, at most so many at once | the futures in flight |
//! | `spawned` (feature `tokio`), [`spawned_on`] | the same item, from a task of its own | what waits between the tasks |
//! | [`coroutine()`] | whatever an async closure sends | the coroutine |
//! | [`buffer`] | the same item | items, up to a bound, ahead of downstream |
//! | [`buffer_dropping`], [`buffer_failing`] | the same item, or a gap or a failure when full | as `buffer` |
//! | [`conflate`], [`batch`] | itself, or with others one while downstream is not ready | one |
//! | [`throttle`] | the same item, so many in a time | a bucket of tokens |
//! | [`debounce`] | the same item, if no other follows soon | the last item |
//! | [`chunks_within`] | with others a `Vec`, so many or after a time | the chunk |
//! | [`timeout_first`], [`timeout_idle`], [`timeout_whole`], [`timeout_downstream`] | the same item, or a failure when it takes too long | a timer |
//! | [`keep_alive`] | the same item, and others into the silence | a timer |
//!
//! Some stages change an end, and no item:
//!
//! | stage | a failure of upstream becomes |
//! |---|---|
//! | [`map_err`] | another failure |
//! | [`context`] | the same, with what was being done in front |
//! | [`recover`] | one last item |
//! | [`recover_with`] | the items of another fount |
//!
//! The common ones are methods of [`Fount`](crate::fount::Fount), too. A closure that is given to a
//! function here names the type of its argument (`stages::map(|n: u64| n + 1)`), because it is made
//! before the compiler knows what flows; the methods of `Fount` do without. Framing is on the shelf
//! [`framing`](crate::framing).

mod ahead;
mod attempts;
mod chunks;
mod context;
mod coroutine;
mod crossed;
mod dedup;
mod dedup_by_key;
mod enumerate;
mod filter;
mod filter_map;
mod finally;
mod flat_map;
mod flatten;
mod going;
mod group;
mod group_by;
mod inspect;
mod kill_switch;
mod limit;
mod limit_weight;
mod map;
mod map_err;
mod map_while;
mod map_with_resource;
mod per_key;
mod recover;
mod recover_with;
mod retry;
mod retry_item;
mod scan;
mod scan_while;
mod skip;
mod skip_while;
mod sliding;
// Not `spawned`: see `drains`.
mod spawned_on;
mod stop_when;
mod supervise;
mod take;
mod take_while;
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
pub use chunks::{Chunks, chunks};
pub use context::{Context, context};
pub use coroutine::{Asking, AskingOrReason, Coroutine, Ending, Inlet, Outlet, Sending, coroutine};
pub use crossed::Crossed;
pub use dedup::{Dedup, dedup};
pub use dedup_by_key::{DedupByKey, dedup_by_key};
pub use enumerate::{Enumerate, enumerate};
pub use filter::{Filter, filter};
pub use filter_map::{FilterMap, filter_map};
pub use finally::{Finally, finally};
pub use flat_map::{FlatMap, flat_map};
pub use flatten::{Flatten, flatten};
pub use group::{Group, Members};
pub use group_by::{GroupBy, group_by};
pub use inspect::{Inspect, inspect};
pub use kill_switch::{KillSwitch, KillSwitchStage, kill_switch};
pub use limit::{Limit, limit};
pub use limit_weight::{LimitWeight, limit_weight};
pub use map::{Map, map};
pub use map_err::{MapErr, map_err};
pub use map_while::{MapWhile, map_while};
pub use map_with_resource::{MapWithResource, map_with_resource};
pub use per_key::{PerKey, per_key};
pub use recover::{Recover, recover};
pub use recover_with::{RecoverWith, recover_with};
pub use retry::{Retry, retry};
pub use retry_item::{RetryItem, retry_item};
pub use scan::{Scan, scan};
pub use scan_while::{ScanWhile, scan_while};
pub use skip::{Skip, skip};
pub use skip_while::{SkipWhile, skip_while};
pub use sliding::{Sliding, sliding};
pub use spawned_on::{Spawned, spawned_on};
pub use stop_when::{StopWhen, stop_when};
pub use supervise::{Decision, Supervise, supervise};
pub use take::{Take, take};
pub use take_while::{TakeWhile, take_while};
pub use then::{ByKey, Keys, Then, TryThen, Unkeyed, then, try_then};
pub use timed::{
    ChunksWithin, Debounce, KeepAlive, Throttle, TimedOut, Timeout, Wait, chunks_within, debounce,
    keep_alive, throttle, timeout_downstream, timeout_first, timeout_idle, timeout_whole,
};
pub use try_map::{TryMap, try_map};
pub use until::{Until, until};
pub use weigh::{Each, Weigh};
