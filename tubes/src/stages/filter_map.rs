//! Map and filter in one.

use std::fmt;
use std::ops::ControlFlow;

use crate::reason::Reason;
use crate::tube::{Outputs, Tube};

/// A tube that gives `f(item)` where that is `Some`, and drops the others.
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
/// let numbers = stages::filter_map(|word: &str| word.parse::<u32>().ok());
/// let all = founts::iter(["1", "x", "3"]).through(numbers).flow_to(drains::collect(9)).await?;
/// assert_eq!(all, [1, 3]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[inline]
pub fn filter_map<F, In, Out>(f: F) -> FilterMap<F>
where
    F: FnMut(In) -> Option<Out>,
{
    FilterMap::new(f)
}

/// The tube of [`filter_map`].
#[must_use = "a stage does nothing before it is attached"]
pub struct FilterMap<F> {
    f: F,
}

impl<F> FilterMap<F> {
    #[inline]
    pub(crate) fn new(f: F) -> Self {
        Self { f }
    }
}

impl<F, In, Out> Tube<In> for FilterMap<F>
where
    F: FnMut(In) -> Option<Out>,
{
    type Out = Out;

    #[inline]
    fn received(&mut self, item: In) -> Result<Option<Out>, Reason> {
        Ok((self.f)(item))
    }

    #[inline]
    fn run<I, O>(&mut self, items: I, outputs: &mut O) -> Result<ControlFlow<O::Full>, Reason>
    where
        I: Iterator<Item = In>,
        O: Outputs<Self::Out>,
    {
        let f = &mut self.f;
        Ok(outputs.put_all(Chosen { items, f }))
    }

    #[inline]
    fn kind(&self) -> &'static str {
        "filter_map"
    }
}

/// As the adapter of the standard library, but a plain loop: as in `filter`.
struct Chosen<'a, I, F> {
    items: I,
    f: &'a mut F,
}

impl<I, F, Out> Iterator for Chosen<'_, I, F>
where
    I: Iterator,
    F: FnMut(I::Item) -> Option<Out>,
{
    type Item = Out;

    #[inline]
    fn next(&mut self) -> Option<Out> {
        loop {
            let out = (self.f)(self.items.next()?);
            if out.is_some() {
                return out;
            }
        }
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, self.items.size_hint().1)
    }
}

impl<F> fmt::Debug for FilterMap<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("filter_map")
    }
}
