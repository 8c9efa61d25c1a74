//! Map with a memory, for as long as it gives something.

use std::fmt;
use std::ops::ControlFlow;

use super::going::{Going, put_while};
use crate::reason::Reason;
use crate::tube::{Outputs, Tube};

/// A tube that gives what `f` makes of a state and each item; the first `None` ends the flow with
/// [`Reason::Enough`].
///
/// What `Iterator::scan` is to iterators. The item of which nothing was made is gone.
///
/// # Flow control
///
/// Holds the state, and no item.
///
/// # Examples
///
/// ```
/// use tubes::{Fount, drains, founts, stages};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let within = stages::scan_while(10_u32, |left, cost: u32| {
///     *left = left.checked_sub(cost)?;
///     Some(cost)
/// });
/// let paid = founts::iter([5, 4, 3, 2]).through(within).flow_to(drains::collect(9)).await?;
/// assert_eq!(paid, [5, 4]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[inline]
pub fn scan_while<S, F, In, Out>(start: S, f: F) -> ScanWhile<S, F>
where
    F: FnMut(&mut S, In) -> Option<Out>,
{
    ScanWhile {
        state: start,
        f,
        going: Going::On,
    }
}

/// The tube of [`scan_while`].
#[must_use = "a stage does nothing before it is attached"]
pub struct ScanWhile<S, F> {
    state: S,
    f: F,
    going: Going,
}

impl<S, F, In, Out> Tube<In> for ScanWhile<S, F>
where
    F: FnMut(&mut S, In) -> Option<Out>,
{
    type Out = Out;

    #[inline]
    fn received(&mut self, item: In) -> Result<Option<Out>, Reason> {
        (self.f)(&mut self.state, item)
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
        let Self { state, f, going } = self;
        put_while(items, step(state, f), going, outputs, || Reason::Enough)
    }

    #[inline]
    fn kind(&self) -> &'static str {
        "scan_while"
    }
}

impl<S, F> fmt::Debug for ScanWhile<S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("scan_while")
    }
}

/// Not a closure in `run`: see `map` on types that double.
#[inline]
fn step<S, In, Out>(
    state: &mut S,
    f: &mut impl FnMut(&mut S, In) -> Option<Out>,
) -> impl FnMut(In) -> Option<Out> {
    |item| f(state, item)
}
