//! Items that weigh so much together at most; more is a failure.

use std::fmt;
use std::ops::ControlFlow;

use super::going::{Going, put_while};
use super::limit::too_long;
use crate::reason::Reason;
use crate::tube::{Outputs, Tube};

/// A tube that passes items as long as all of them together weigh no more than `max`; the first one
/// that does not fit is a failure.
///
/// # Flow control
///
/// Holds nothing.
///
/// # Errors
///
/// [`Kind::Limit`](crate::Kind::Limit) with the first item that does not fit, which is gone; those
/// before it have been delivered.
///
/// # Examples
///
/// A body of at most a mebibyte:
///
/// ```
/// use bytes::Bytes;
/// use tubes::{Fount, Kind, drains, founts, stages};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let body = founts::iter(std::iter::repeat(Bytes::from_static(&[0; 1000])));
/// let limited = body.through(stages::limit_weight(1 << 20, Bytes::len));
/// let error = limited.flow_to(drains::null()).await.unwrap_err();
/// assert_eq!(error.kind(), Kind::Limit { what: "flow", limit: 1 << 20 });
/// # });
/// ```
#[inline]
pub fn limit_weight<F, In>(max: usize, weight: F) -> LimitWeight<F>
where
    F: FnMut(&In) -> usize,
{
    LimitWeight {
        left: max,
        max,
        weight,
        going: Going::On,
    }
}

/// The tube of [`limit_weight`].
#[must_use = "a stage does nothing before it is attached"]
pub struct LimitWeight<F> {
    /// `left <= max`
    left: usize,
    max: usize,
    weight: F,
    going: Going,
}

impl<F> LimitWeight<F> {
    #[inline]
    fn pass<In>(left: &mut usize, weight: &mut F, item: In) -> Option<In>
    where
        F: FnMut(&In) -> usize,
    {
        *left = left.checked_sub(weight(&item))?;
        Some(item)
    }

    /// Not a closure in `run`: see `map` on types that double.
    #[inline]
    fn passing<In>(left: &mut usize, weight: &mut F) -> impl FnMut(In) -> Option<In>
    where
        F: FnMut(&In) -> usize,
    {
        |item| Self::pass(left, weight, item)
    }
}

impl<F, In> Tube<In> for LimitWeight<F>
where
    F: FnMut(&In) -> usize,
{
    type Out = In;

    #[inline]
    fn received(&mut self, item: In) -> Result<Option<In>, Reason> {
        Self::pass(&mut self.left, &mut self.weight, item)
            .map(Some)
            .ok_or_else(|| too_long(self.max))
    }

    #[inline]
    fn emit(&mut self) -> Result<Option<In>, Reason> {
        self.going.or_end(|| too_long(self.max))
    }

    #[inline]
    fn run<I, O>(&mut self, items: I, outputs: &mut O) -> Result<ControlFlow<O::Full>, Reason>
    where
        I: Iterator<Item = In>,
        O: Outputs<In>,
    {
        let Self {
            left,
            max,
            weight,
            going,
        } = self;
        put_while(items, Self::passing(left, weight), going, outputs, || {
            too_long(*max)
        })
    }

    #[inline]
    fn kind(&self) -> &'static str {
        "limit_weight"
    }
}

impl<F> fmt::Debug for LimitWeight<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "limit_weight({} of {})", self.max - self.left, self.max)
    }
}
