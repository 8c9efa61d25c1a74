//! Map with a memory.

use std::fmt;
use std::ops::ControlFlow;

use crate::reason::Reason;
use crate::tube::{Outputs, Tube};

/// A tube that gives what `f` makes of a state and each item; `f` may change the state.
///
/// One output for each input. [`scan_while`](crate::stages::scan_while) may stop.
///
/// # Flow control
///
/// Holds the state, and no item.
///
/// # Stopping
///
/// The state is gone with the stage. For what a whole flow comes to, use
/// [`drains::fold`](crate::drains::fold).
///
/// # Examples
///
/// ```
/// use tubes::{Fount, drains, founts, stages};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let balance = stages::scan(100, |balance, change: i32| {
///     *balance += change;
///     *balance
/// });
/// let all = founts::iter([5, -20]).through(balance).flow_to(drains::collect(9)).await?;
/// assert_eq!(all, [105, 85]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[inline]
pub fn scan<S, F, In, Out>(start: S, f: F) -> Scan<S, F>
where
    F: FnMut(&mut S, In) -> Out,
{
    Scan::new(start, f)
}

/// The tube of [`scan`].
#[must_use = "a stage does nothing before it is attached"]
pub struct Scan<S, F> {
    state: S,
    f: F,
}

impl<S, F> Scan<S, F> {
    #[inline]
    pub(crate) fn new(start: S, f: F) -> Self {
        Self { state: start, f }
    }

    /// Not a closure in `run`: see `map` on types that double.
    #[inline]
    fn step<In, Out>(&mut self) -> impl FnMut(In) -> Out
    where
        F: FnMut(&mut S, In) -> Out,
    {
        |item| (self.f)(&mut self.state, item)
    }
}

impl<S, F, In, Out> Tube<In> for Scan<S, F>
where
    F: FnMut(&mut S, In) -> Out,
{
    type Out = Out;

    #[inline]
    fn received(&mut self, item: In) -> Result<Option<Out>, Reason> {
        Ok(Some((self.f)(&mut self.state, item)))
    }

    #[inline]
    fn run<I, O>(&mut self, items: I, outputs: &mut O) -> Result<ControlFlow<O::Full>, Reason>
    where
        I: Iterator<Item = In>,
        O: Outputs<Out>,
    {
        Ok(outputs.put_all(items.map(self.step())))
    }

    #[inline]
    fn kind(&self) -> &'static str {
        "scan"
    }
}

impl<S, F> fmt::Debug for Scan<S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("scan")
    }
}
