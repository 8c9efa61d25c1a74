//! Map, for as long as it gives something.

use std::fmt;
use std::ops::ControlFlow;

use super::going::{Going, put_while};
use crate::reason::Reason;
use crate::tube::{Outputs, Tube};

/// A tube that gives what `f` makes of each item; the first `None` ends the flow with
/// [`Reason::Enough`].
///
/// The item of which nothing was made is gone. [`scan_while`](crate::stages::scan_while) is the one
/// with a memory.
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
/// let digits = stages::map_while(|c: char| c.to_digit(10));
/// let all = founts::iter("42 km".chars()).through(digits).flow_to(drains::collect(9)).await?;
/// assert_eq!(all, [4, 2]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[inline]
pub fn map_while<F, In, Out>(f: F) -> MapWhile<F>
where
    F: FnMut(In) -> Option<Out>,
{
    MapWhile {
        f,
        going: Going::On,
    }
}

/// The tube of [`map_while`].
#[must_use = "a stage does nothing before it is attached"]
pub struct MapWhile<F> {
    f: F,
    going: Going,
}

impl<F, In, Out> Tube<In> for MapWhile<F>
where
    F: FnMut(In) -> Option<Out>,
{
    type Out = Out;

    #[inline]
    fn received(&mut self, item: In) -> Result<Option<Out>, Reason> {
        (self.f)(item)
            .map(Some)
            .ok_or(Reason::Enough)
    }

    #[inline]
    fn emit(&mut self) -> Result<Option<Out>, Reason> {
        self.going.or_end(|| Reason::Enough)
    }

    #[inline]
    fn run<I, O>(&mut self, items: I, outputs: &mut O) -> Result<ControlFlow<O::Full>, Reason>
    where
        I: Iterator<Item = In>,
        O: Outputs<Out>,
    {
        put_while(items, &mut self.f, &mut self.going, outputs, || {
            Reason::Enough
        })
    }

    #[inline]
    fn kind(&self) -> &'static str {
        "map_while"
    }
}

impl<F> fmt::Debug for MapWhile<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("map_while")
    }
}
