//! Many founts as one, in the order in which items come.

mod bits;
mod either;
mod ends;
mod flatten;
mod merge;
mod set;
mod set_handle;
mod sources;

pub use either::Either;
pub use flatten::{FlattenMerge, flatten_merge};
pub use merge::{Merge, merge, merge2};
pub use set::{MergeSet, merge_set};
pub use set_handle::{AddError, Refused, SetHandle};
