//! One in, one or none out.

use std::fmt;
use std::ops::ControlFlow;

use crate::reason::Reason;
use crate::tube::{Outputs, Tube};

/// A tube that passes the items for which `keep` says yes.
///
/// # Flow control
///
/// Holds nothing.
///
/// # Examples
///
/// ```
/// use tubes::{Fount, drains, founts, stages};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let even = stages::filter(|n: &i32| n % 2 == 0);
/// assert_eq!(founts::iter(1..6).through(even).flow_to(drains::collect(9)).await?, [2, 4]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[inline]
pub fn filter<F, In>(keep: F) -> Filter<F>
where
    F: FnMut(&In) -> bool,
{
    Filter::new(keep)
}

/// The tube of [`filter`].
#[must_use = "a stage does nothing before it is attached"]
pub struct Filter<F> {
    keep: F,
}

impl<F> Filter<F> {
    #[inline]
    pub(crate) fn new(keep: F) -> Self {
        Self { keep }
    }
}

impl<F, In> Tube<In> for Filter<F>
where
    F: FnMut(&In) -> bool,
{
    type Out = In;

    #[inline]
    fn received(&mut self, item: In) -> Result<Option<In>, Reason> {
        Ok(if (self.keep)(&item) { Some(item) } else { None })
    }

    #[inline]
    fn run<I, O>(&mut self, items: I, outputs: &mut O) -> Result<ControlFlow<O::Full>, Reason>
    where
        I: Iterator<Item = In>,
        O: Outputs<Self::Out>,
    {
        let keep = &mut self.keep;
        Ok(outputs.put_all(Kept { items, keep }))
    }

    #[inline]
    fn kind(&self) -> &'static str {
        "filter"
    }
}

/// As the adapter of the standard library, but a plain loop: without the closures of `find` it
/// fuses in every profile.
pub(super) struct Kept<'a, I, F> {
    pub(super) items: I,
    pub(super) keep: &'a mut F,
}

impl<I, F> Iterator for Kept<'_, I, F>
where
    I: Iterator,
    F: FnMut(&I::Item) -> bool,
{
    type Item = I::Item;

    #[inline]
    fn next(&mut self) -> Option<I::Item> {
        loop {
            let item = self.items.next()?;
            if (self.keep)(&item) {
                return Some(item);
            }
        }
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, self.items.size_hint().1)
    }
}

impl<F> fmt::Debug for Filter<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("filter")
    }
}
