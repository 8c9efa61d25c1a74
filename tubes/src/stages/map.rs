//! One in, one out.

use std::fmt;
use std::ops::ControlFlow;

use crate::reason::Reason;
use crate::tube::{Outlet, Tube};

/// A tube that gives `f(item)` for each item.
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
/// let double = stages::map(|n: i32| n * 2);
/// assert_eq!(founts::iter([1, 2]).through(double).flow_to(drains::collect(9)).await?, [2, 4]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[inline]
pub fn map<F, In, Out>(f: F) -> Map<F>
where
    F: FnMut(In) -> Out,
{
    Map::new(f)
}

/// The tube of [`map`].
#[must_use = "a stage does nothing before it is attached"]
pub struct Map<F> {
    f: F,
}

impl<F> Map<F> {
    #[inline]
    pub(crate) fn new(f: F) -> Self {
        Self { f }
    }
}

impl<F, In, Out> Tube<In> for Map<F>
where
    F: FnMut(In) -> Out,
{
    type Out = Out;

    #[inline]
    fn received(&mut self, item: In) -> Result<Option<Out>, Reason> {
        Ok(Some((self.f)(item)))
    }

    #[inline]
    fn run<I, O>(&mut self, items: I, outlet: &mut O) -> Result<ControlFlow<O::Full>, Reason>
    where
        I: Iterator<Item = In>,
        O: Outlet<Self::Out>,
    {
        Ok(outlet.put_all(items.map(|item| (self.f)(item))))
    }

    #[inline]
    fn kind(&self) -> &'static str {
        "map"
    }
}

impl<F> fmt::Debug for Map<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("map")
    }
}
