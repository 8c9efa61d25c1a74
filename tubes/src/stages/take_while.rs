//! Items for as long as a question is answered with yes.

use std::fmt;
use std::ops::ControlFlow;

use super::going::{Going, put_while};
use crate::reason::Reason;
use crate::tube::{Outputs, Tube};

/// A tube that passes items for as long as `keep` says yes, and then ends the flow with
/// [`Reason::Enough`].
///
/// The item for which it says no is gone; to have that one, too, see
/// [`stop_when`](crate::stages::stop_when).
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
/// let small = stages::take_while(|n: &u32| *n < 3);
/// assert_eq!(founts::iter(1..).through(small).flow_to(drains::collect(9)).await?, [1, 2]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[inline]
pub fn take_while<F, In>(keep: F) -> TakeWhile<F>
where
    F: FnMut(&In) -> bool,
{
    TakeWhile::new(keep)
}

/// The tube of [`take_while`].
#[must_use = "a stage does nothing before it is attached"]
pub struct TakeWhile<F> {
    keep: F,
    going: Going,
}

impl<F> TakeWhile<F> {
    #[inline]
    pub(crate) fn new(keep: F) -> Self {
        Self {
            keep,
            going: Going::On,
        }
    }
}

impl<F, In> Tube<In> for TakeWhile<F>
where
    F: FnMut(&In) -> bool,
{
    type Out = In;

    #[inline]
    fn received(&mut self, item: In) -> Result<Option<In>, Reason> {
        if (self.keep)(&item) {
            Ok(Some(item))
        } else {
            Err(Reason::Enough)
        }
    }

    #[inline]
    fn emit(&mut self) -> Result<Option<In>, Reason> {
        self.going.or_end(|| Reason::Enough)
    }

    #[inline]
    fn run<I, O>(&mut self, items: I, outputs: &mut O) -> Result<ControlFlow<O::Full>, Reason>
    where
        I: Iterator<Item = In>,
        O: Outputs<In>,
    {
        let kept = kept(&mut self.keep);
        put_while(items, kept, &mut self.going, outputs, || Reason::Enough)
    }

    #[inline]
    fn kind(&self) -> &'static str {
        "take_while"
    }
}

impl<F> fmt::Debug for TakeWhile<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("take_while")
    }
}

/// Not a closure in `run`: see `map` on types that double.
#[inline]
fn kept<In>(keep: &mut impl FnMut(&In) -> bool) -> impl FnMut(In) -> Option<In> {
    |item| if keep(&item) { Some(item) } else { None }
}
