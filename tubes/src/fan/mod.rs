//! The shelf of fans: many flows to one, one flow to many.
//!
//! | many founts to one | items |
//! |---|---|
//! | [`merge()`], [`merge2`] | as they come, fair or by weight |
//! | [`merge_set`] | as they come, of founts that come and go |
//! | [`flatten_merge`] | as they come, of a fount of founts |

mod merging;

pub use merging::{AddError, Refused, SetHandle};
pub use merging::{Either, FlattenMerge, Merge, MergeSet};
pub use merging::{flatten_merge, merge, merge_set, merge2};
