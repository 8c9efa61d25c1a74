//! How much is, or may be, inside a boundary: items, and their weight.

use std::num::NonZeroUsize;
use std::sync::Arc;

/// So many items, of so much weight together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Load {
    pub(super) items: usize,
    pub(super) weight: usize,
}

/// What an item weighs, if anybody asked.
pub(super) type Scales<T> = Option<Arc<dyn Fn(&T) -> usize + Send + Sync>>;

impl Load {
    /// A bound of items only.
    pub(super) fn of_items(items: NonZeroUsize) -> Self {
        Self {
            items: items.get(),
            weight: usize::MAX,
        }
    }

    /// Whether another item has room in this.
    #[inline]
    pub(super) fn has_room(self) -> bool {
        self.items > 0 && self.weight > 0
    }

    #[inline]
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            items: self.items.saturating_add(other.items),
            weight: self.weight.saturating_add(other.weight),
        }
    }

    /// What is left of this.
    #[inline]
    pub(super) fn minus(self, other: Self) -> Self {
        Self {
            items: self.items.saturating_sub(other.items),
            weight: self.weight.saturating_sub(other.weight),
        }
    }

    /// Whether this is at most half of `bound`.
    #[inline]
    pub(super) fn is_half_of(self, bound: Self) -> bool {
        self.items <= bound.items / 2 && self.weight <= bound.weight / 2
    }
}
