//! What goes out and what is looked at.

use std::num::NonZeroUsize;

use tubes::testing::{FakeDrain, FakeDrainHandle, Schedule};
use tubes::{Error, Kind, Reason};

pub(super) fn bound(items: usize) -> NonZeroUsize {
    NonZeroUsize::new(items).unwrap()
}

pub(super) fn failed() -> Reason {
    Error::new(Kind::Timeout).into()
}

pub(super) fn reasons() -> [Reason; 3] {
    [Reason::Finished, Reason::Enough, failed()]
}

pub(super) fn is_same(found: Option<&Reason>, due: &Reason) -> bool {
    match (found, due) {
        (Some(Reason::Finished), Reason::Finished) | (Some(Reason::Enough), Reason::Enough) => true,
        (Some(Reason::Failed(found)), Reason::Failed(due)) => found.kind() == due.kind(),
        _ => false,
    }
}

/// A random number below `most`.
pub(super) fn below(schedule: &Schedule, most: usize) -> usize {
    usize::try_from(schedule.below(most as u64)).unwrap()
}

/// Drains and a look at each.
pub(super) fn fakes<const N: usize>(
    make: impl Fn(usize) -> FakeDrain<u32>,
) -> ([FakeDrain<u32>; N], [FakeDrainHandle<u32>; N]) {
    let drains: [FakeDrain<u32>; N] = std::array::from_fn(make);
    let looks = drains.each_ref().map(FakeDrain::handle);
    (drains, looks)
}
