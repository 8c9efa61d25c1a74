//! Many founts as one: items as they come, fair.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::either::Either;
use super::ends::{Ends, Policy};
use super::sources::Sources;
use crate::budget;
use crate::drain::Drain;
use crate::fount::{Fount, Run};
use crate::reason::Reason;

/// A fount of the items of many founts, as they come.
///
/// Those of one fount stay in their order. Founts of different types: [`merge2`], or
/// [`boxed`](Fount::boxed) each. A set of founts that changes: [`merge_set`](crate::fan::merge_set).
///
/// # Flow control
///
/// Holds no item. Only founts that were woken are asked. They take turns: of one item each if
/// downstream takes them one by one, of a run of up to 256 if it takes them as they come; so one that
/// becomes ready waits for at most one turn of each of the others. [`weighted`](Merge::weighted)
/// makes turns of different length.
///
/// # Stopping
///
/// | one fount ends with | by default | [`eager`](Merge::eager) | [`failing_last`](Merge::failing_last) |
/// |---|---|---|---|
/// | a clean end | the others go on | all end, the others hear `Enough` | the others go on |
/// | a failure | all end, the others hear it | all end, the others hear it | the others go on |
///
/// The end is the first failure; else [`Reason::Enough`], if one fount ended with that; else
/// [`Reason::Finished`]. A stop goes to every fount that has not ended.
///
/// # Examples
///
/// ```
/// use tubes::{Fount, drains, fan, founts};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let sum = fan::merge([founts::iter(0..10), founts::iter(10..20)])
///     .flow_to(drains::fold(0, |sum, n| sum + n))
///     .await?;
/// assert_eq!(sum, 190);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
pub fn merge<I>(founts: I) -> Merge<I::Item>
where
    I: IntoIterator<Item: Fount>,
{
    let mut sources = Sources::new();
    for fount in founts {
        sources.add(fount);
    }
    Merge {
        sources,
        ends: Ends::new(),
        end: None,
    }
}

/// [`merge`] of two founts of different types.
///
/// # Flow control
///
/// As [`merge`]. One in another costs each item a turn at every level, and about 25 of them are all
/// that the compiler takes: for many founts, [`boxed`](Fount::boxed) each and [`merge`].
///
/// # Examples
///
/// ```
/// use tubes::{Fount, drains, fan, founts};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let both = fan::merge2(founts::iter(0..3), founts::once(9));
/// let mut all = both.flow_to(drains::collect(9)).await?;
/// all.sort();
/// assert_eq!(all, [0, 1, 2, 9]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
pub fn merge2<A, B>(one: A, other: B) -> Merge<Either<A, B>>
where
    A: Fount,
    B: Fount<Item = A::Item>,
{
    merge([Either::Left(one), Either::Right(other)])
}

/// The fount of [`merge`].
#[must_use = "nothing flows before it is driven: use `flow_to` or `next`"]
pub struct Merge<F> {
    sources: Sources<F>,
    ends: Ends,
    /// What everybody hears, once it is over.
    end: Option<Reason>,
}

impl<F: Fount> Merge<F> {
    /// Ends with the first fount that ends.
    ///
    /// # Examples
    ///
    /// ```
    /// use tubes::{Fount, fan, founts};
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let mut items = fan::merge2(founts::once(1), founts::pending()).eager();
    /// assert_eq!(items.next().await.unwrap(), Some(1));
    /// assert!(matches!(items.next().await, Ok(None)));
    /// # });
    /// ```
    pub fn eager(mut self) -> Self {
        self.ends.policy = Policy::WithFirst;
        self
    }

    /// Goes on with the others after a failure, too, and ends with the first of them at last.
    pub fn failing_last(mut self) -> Self {
        self.ends.policy = Policy::FailingLast;
        self
    }

    /// Gives each fount a weight, in their order: when all have items, their shares are as their
    /// weights, and one that has none leaves its share to the others.
    ///
    /// So is a priority: nobody starves, however small its weight. A weight of 0 counts as 1, and so
    /// does one that is not given. Items are counted by the run, where they come in runs: shares
    /// are exact over many turns.
    ///
    /// # Examples
    ///
    /// ```
    /// use tubes::{Fount, fan, founts};
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let mut items = fan::merge([founts::iter(["a"; 9]), founts::iter(["b"; 9])]).weighted([3, 1]);
    /// let mut first = String::new();
    /// for _ in 0..8 {
    ///     first += items.next().await?.unwrap_or_default();
    /// }
    /// assert_eq!(first.replace('a', "").len(), 2);
    /// # Ok::<_, tubes::Error>(()) }).unwrap();
    /// ```
    pub fn weighted(mut self, weights: impl IntoIterator<Item = u32>) -> Self {
        self.sources.weigh(weights.into_iter());
        self
    }

    /// One has ended: the end of all, if it is.
    #[cold]
    fn one_ended(&mut self, reason: Reason) -> Option<Reason> {
        let end = self
            .ends
            .on(reason, self.sources.open())?;
        self.sources
            .stop(&Ends::for_the_others(&end));
        self.end = Some(end.clone());
        Some(end)
    }

    /// What everybody hears, if it is over.
    #[inline]
    fn over(&mut self) -> Option<Reason> {
        if self.end.is_none() && self.sources.open() == 0 {
            self.end = Some(self.ends.so_far());
        }
        self.end.clone()
    }
}

impl<F: Fount> Fount for Merge<F> {
    type Item = F::Item;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<F::Item, Reason>> {
        if let Some(reason) = self.over() {
            return Poll::Ready(Err(reason));
        }
        loop {
            match self.sources.poll_next(cx) {
                Poll::Ready(Err(reason)) => {
                    if let Some(end) = self.one_ended(reason) {
                        return Poll::Ready(Err(end));
                    }
                }
                next => return next,
            }
            // One that is over at once costs, too: there may be many of them.
            if !budget::spend_part() {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
    }

    fn poll_progress(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.sources.poll_progress(cx)
    }

    fn poll_flow<D>(mut self: Pin<&mut Self>, cx: &mut Context<'_>, mut drain: Pin<&mut D>) -> Run
    where
        D: Drain<F::Item>,
    {
        if let Some(reason) = self.over() {
            return Run::Ended(reason);
        }
        loop {
            match self
                .sources
                .poll_flow(cx, drain.as_mut())
            {
                Run::Ended(reason) => {
                    if let Some(end) = self.one_ended(reason) {
                        return Run::Ended(end);
                    }
                }
                run => return run,
            }
        }
    }

    fn stop(mut self: Pin<&mut Self>, reason: &Reason) {
        if self.end.is_none() {
            self.end = Some(reason.clone());
            self.sources.stop(reason);
        }
    }
}

impl<F: Fount> fmt::Debug for Merge<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "merge({} open)", self.sources.open())
    }
}
