//! The shelf of fans: many flows to one, one flow to many.
//!
//! | many founts to one | items |
//! |---|---|
//! | [`merge()`], [`merge2`] | as they come, fair or by weight |
//! | [`merge_set`] | as they come, of founts that come and go |
//! | [`flatten_merge`] | as they come, of a fount of founts |
//! | [`concat()`], [`concat_with`] | of one fount after the other |
//! | [`interleave`] | so many from each in turn |
//! | [`zip`] | in pairs |
//! | [`merge_sorted`], [`merge_sorted_by_key`] | sorted, of sorted founts |
//!
//! | one flow to many, in one task | each item goes to | ready when |
//! |---|---|---|
//! | [`to_all`] | every branch, cloned | all are |
//! | [`balance`] | a branch that is ready, in turn | one is |
//! | [`partition`] | the branch with its number | one is, and no item waits |
//! | [`unzip`] | its two halves to two branches | both are |
//! | [`thru`] | every branch, each of them a tube; and in again | as any tube |
//!
//! | one flow to many tasks | each item goes to | ready when |
//! |---|---|---|
//! | [`broadcast()`] | every branch there is, cloned | the slowest has room |
//!
//! Many producers in other tasks: [`founts::channel`](crate::founts::channel) and
//! [`Sender::shared`](crate::founts::Sender::shared).

mod broadcast;
mod merging;
mod ordered;
mod out;
mod thru;

pub use broadcast::{Branch, Broadcast, LossyBranch, Subscribers, broadcast};
pub use merging::{AddError, Refused, SetHandle};
pub use merging::{Either, FlattenMerge, Merge, MergeSet};
pub use merging::{flatten_merge, merge, merge_set, merge2};
pub use ordered::{Concat, ConcatWith, Interleave, MergeSorted, Zip};
pub use ordered::{concat, concat_with, interleave, merge_sorted, merge_sorted_by_key, zip};
pub use out::{Balance, balance};
pub use out::{Branches, IntoBranches, List, Many, Pair, Row, Shape};
pub use out::{Isolated, Policy, Together};
pub use out::{Partition, partition};
pub use out::{ToAll, to_all};
pub use out::{Unzip, unzip};
pub use thru::{BoxTube, Thru, Tubes, boxed_tube, thru};
