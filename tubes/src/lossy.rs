//! What comes out of a place that may drop items: the items, and where some are missing.

use std::num::NonZeroU64;

/// An item, or the news that so many are missing here.
///
/// Places that drop items by policy (a full buffer, a slow branch) give these, so that a loss is
/// information in its place in the flow, and never looks like an end.
///
/// # Examples
///
/// ```
/// use std::num::NonZeroU64;
/// use tubes::Lossy;
///
/// let flow = [Lossy::Item('a'), Lossy::Gap(NonZeroU64::MIN), Lossy::Item('c')];
/// assert_eq!(flow.map(Lossy::item), [Some('a'), None, Some('c')]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "closed on purpose: an item is there, or it is missing"
)]
pub enum Lossy<T> {
    /// An item.
    Item(T),
    /// So many items were dropped here.
    Gap(NonZeroU64),
}

impl<T> Lossy<T> {
    /// The item, if it is one: for who does not care about gaps.
    pub fn item(self) -> Option<T> {
        match self {
            Self::Item(item) => Some(item),
            Self::Gap(_) => None,
        }
    }
}
