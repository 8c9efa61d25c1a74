//! What an item weighs, where items are not all alike.

/// What an item weighs: 1 ([`Each`]), or what a function says.
pub trait Weigh<T> {
    /// The weight of this item: bytes, tokens, whatever the bound beside it counts.
    fn weigh(&mut self, item: &T) -> usize;
}

/// Each item weighs 1.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Each;

impl<T> Weigh<T> for Each {
    #[inline]
    fn weigh(&mut self, _item: &T) -> usize {
        1
    }
}

impl<T, F: FnMut(&T) -> usize> Weigh<T> for F {
    #[inline]
    fn weigh(&mut self, item: &T) -> usize {
        self(item)
    }
}
