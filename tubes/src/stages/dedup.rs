//! Without an item that is equal to the one before it.

use std::fmt;
use std::ops::ControlFlow;

use super::filter::Kept;
use crate::reason::Reason;
use crate::tube::{Outputs, Tube};

/// A tube that passes an item only if it is not equal to the one before it.
///
/// Of items that come again later it knows nothing: that would need a memory without bound.
///
/// # Flow control
///
/// Holds a clone of the last item that it passed. Where that is dear, compare a key:
/// [`dedup_by_key`](crate::stages::dedup_by_key).
///
/// # Examples
///
/// ```
/// use tubes::{Fount, drains, founts, stages};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let changes = founts::iter([1, 1, 2, 2, 1]).through(stages::dedup());
/// assert_eq!(changes.flow_to(drains::collect(9)).await?, [1, 2, 1]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[inline]
pub fn dedup<In: PartialEq + Clone>() -> Dedup<In> {
    Dedup { last: None }
}

/// The tube of [`dedup`].
#[must_use = "a stage does nothing before it is attached"]
pub struct Dedup<In> {
    last: Option<In>,
}

impl<In: PartialEq + Clone> Dedup<In> {
    #[inline]
    fn is_new(&mut self, item: &In) -> bool {
        let is_new = self.last.as_ref() != Some(item);
        if is_new {
            self.last = Some(item.clone());
        }
        is_new
    }

    /// Not a closure in `run`: see `map` on types that double.
    #[inline]
    fn asking(&mut self) -> impl FnMut(&In) -> bool {
        |item| self.is_new(item)
    }
}

impl<In: PartialEq + Clone> Tube<In> for Dedup<In> {
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
        "dedup"
    }
}

impl<In> fmt::Debug for Dedup<In> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "dedup({} of 1)", u8::from(self.last.is_some()))
    }
}
