//! Without an item whose key is equal to that of the one before it.

use std::fmt;
use std::ops::ControlFlow;

use super::filter::Kept;
use crate::reason::Reason;
use crate::tube::{Outputs, Tube};

/// A tube that passes an item only if its key is not equal to that of the one before it.
///
/// # Flow control
///
/// Holds the last key, and no item.
///
/// # Examples
///
/// ```
/// use tubes::{Fount, drains, founts, stages};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let changes = stages::dedup_by_key(|(state, _): &(bool, u32)| *state);
/// let states = founts::iter([(true, 1), (true, 2), (false, 3)]).through(changes);
/// assert_eq!(states.flow_to(drains::collect(9)).await?, [(true, 1), (false, 3)]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[inline]
pub fn dedup_by_key<F, In, K>(key: F) -> DedupByKey<F, K>
where
    F: FnMut(&In) -> K,
    K: PartialEq,
{
    DedupByKey { key, last: None }
}

/// The tube of [`dedup_by_key`].
#[must_use = "a stage does nothing before it is attached"]
pub struct DedupByKey<F, K> {
    key: F,
    last: Option<K>,
}

impl<F, K: PartialEq> DedupByKey<F, K> {
    #[inline]
    fn is_new<In>(&mut self, item: &In) -> bool
    where
        F: FnMut(&In) -> K,
    {
        let key = Some((self.key)(item));
        let is_new = self.last != key;
        if is_new {
            self.last = key;
        }
        is_new
    }

    /// Not a closure in `run`: see `map` on types that double.
    #[inline]
    fn asking<In>(&mut self) -> impl FnMut(&In) -> bool
    where
        F: FnMut(&In) -> K,
    {
        |item| self.is_new(item)
    }
}

impl<F, In, K> Tube<In> for DedupByKey<F, K>
where
    F: FnMut(&In) -> K,
    K: PartialEq,
{
    type Out = In;

    #[inline]
    fn received(&mut self, item: In) -> Result<Option<In>, Reason> {
        Ok(if self.is_new(&item) { Some(item) } else { None })
    }

    #[inline]
    fn run<I, O>(&mut self, items: I, outputs: &mut O) -> Result<ControlFlow<O::Full>, Reason>
    where
        I: Iterator<Item = In>,
        O: Outputs<In>,
    {
        let keep = &mut self.asking();
        Ok(outputs.put_all(Kept { items, keep }))
    }

    #[inline]
    fn kind(&self) -> &'static str {
        "dedup_by_key"
    }
}

impl<F, K> fmt::Debug for DedupByKey<F, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "dedup_by_key({} of 1)", u8::from(self.last.is_some()))
    }
}
