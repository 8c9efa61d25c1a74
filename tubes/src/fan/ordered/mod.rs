//! Many founts as one, in an order that is known beforehand.

mod concat;
mod concat_with;
mod interleave;
mod leaving;
mod measured;
mod merge_sorted;
mod pairing;
mod row;
mod zip;

pub use concat::{Concat, concat};
pub use concat_with::{ConcatWith, concat_with};
pub use interleave::{Interleave, interleave};
pub use merge_sorted::{MergeSorted, merge_sorted, merge_sorted_by_key};
pub use zip::{Zip, zip};
