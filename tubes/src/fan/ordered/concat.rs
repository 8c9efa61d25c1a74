//! One fount after the other.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::row::Row;
use crate::budget;
use crate::drain::Drain;
use crate::fount::{Fount, Run};
use crate::reason::Reason;

/// A fount of the items of the first fount, then those of the second, and so on.
///
/// Founts of different types: [`concat_with`](crate::fan::concat_with), or
/// [`boxed`](Fount::boxed) each. Founts that come one by one:
/// [`flatten_merge`](crate::fan::flatten_merge) with 1 at most.
///
/// # Flow control
///
/// Holds no item. A fount is not polled before those in front of it have ended.
///
/// # Stopping
///
/// A clean end goes on with the next fount, a failure ends all: the others hear it. So does a
/// stop, also those that had not begun. The end is [`Reason::Enough`], if one fount ended with
/// that; else [`Reason::Finished`].
///
/// # Examples
///
/// ```
/// use tubes::{Fount, drains, fan, founts};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let all = fan::concat([founts::iter(0..2), founts::iter(5..7)]);
/// assert_eq!(all.flow_to(drains::collect(9)).await?, [0, 1, 5, 6]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
pub fn concat<I>(founts: I) -> Concat<I::Item>
where
    I: IntoIterator<Item: Fount>,
{
    Concat {
        row: Row::new(founts),
        place: 0,
        so_far: Reason::Finished,
        end: None,
    }
}

/// The fount of [`concat()`].
#[must_use = "nothing flows before it is driven: use `flow_to` or `next`"]
pub struct Concat<F> {
    row: Row<F>,
    /// Whose turn it is; those before have ended.
    place: usize,
    so_far: Reason,
    end: Option<Reason>,
}

impl<F: Fount> Concat<F> {
    /// The fount whose turn it is, or the end of all.
    #[inline]
    fn current(&mut self) -> Result<Pin<&mut F>, Reason> {
        if let Some(reason) = &self.end {
            return Err(reason.clone());
        }
        if self.place == self.row.places() {
            self.end = Some(self.so_far.clone());
        }
        self.row
            .at(self.place)
            .ok_or_else(|| self.so_far.clone())
    }

    /// The current one has ended: the end of all, if it failed.
    #[cold]
    fn one_ended(&mut self, reason: Reason) -> Option<Reason> {
        self.row.leave(self.place);
        self.place += 1;
        if !reason.is_clean() {
            self.row.stop(&reason);
            self.end = Some(reason.clone());
            return Some(reason);
        }
        let before = std::mem::replace(&mut self.so_far, Reason::Finished);
        self.so_far = before.joined(reason);
        None
    }
}

impl<F: Fount> Fount for Concat<F> {
    type Item = F::Item;

    #[inline]
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<F::Item, Reason>> {
        loop {
            let next = match self.current() {
                Ok(fount) => fount.poll_next(cx),
                Err(reason) => return Poll::Ready(Err(reason)),
            };
            let Poll::Ready(Err(reason)) = next else {
                return next;
            };
            if let Some(end) = self.one_ended(reason) {
                return Poll::Ready(Err(end));
            }
            // One that is over at once costs, too: a row of them has no bound of its own.
            if !budget::spend_part() {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
    }

    fn poll_progress(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let place = self.place;
        self.row
            .poll_progress(cx, place..place + 1)
    }

    #[inline]
    fn poll_flow<D>(mut self: Pin<&mut Self>, cx: &mut Context<'_>, mut drain: Pin<&mut D>) -> Run
    where
        D: Drain<F::Item>,
    {
        loop {
            let run = match self.current() {
                Ok(fount) => fount.poll_flow(cx, drain.as_mut()),
                Err(reason) => return Run::Ended(reason),
            };
            let Run::Ended(reason) = run else {
                return run;
            };
            if let Some(end) = self.one_ended(reason) {
                return Run::Ended(end);
            }
        }
    }

    fn stop(mut self: Pin<&mut Self>, reason: &Reason) {
        if self.end.is_none() {
            self.end = Some(reason.clone());
            self.row.stop(reason);
        }
    }
}

impl<F: Fount> fmt::Debug for Concat<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "concat({} to come)", self.row.left())
    }
}
