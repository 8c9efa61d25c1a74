//! One fount after the other.

use std::fmt;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::vec;

use super::leaving::Leaving;
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
    let mut to_come = founts
        .into_iter()
        .collect::<Vec<_>>()
        .into_iter();
    Concat {
        current: to_come.next().map(Box::pin),
        to_come,
        leaving: Leaving::new(),
        so_far: Reason::Finished,
    }
}

/// The fount of [`concat()`].
#[must_use = "nothing flows before it is driven: use `flow_to` or `next`"]
pub struct Concat<F> {
    /// The place of the one whose turn it is: of one after the other, as long as each is through
    /// with its end at once.
    current: Option<Pin<Box<F>>>,
    to_come: vec::IntoIter<F>,
    /// Those that have ended, and are not through with it.
    leaving: Leaving<F>,
    /// What those that have ended said together: the end of all, when no one is current.
    so_far: Reason,
}

impl<F: Fount> Concat<F> {
    /// The fount whose turn it is, or the end of all.
    #[inline]
    fn current(&mut self) -> Result<Pin<&mut F>, Reason> {
        match &mut self.current {
            Some(fount) => Ok(fount.as_mut()),
            None => Err(self.so_far.clone()),
        }
    }

    /// The current one has ended: that is the end of all, if it failed.
    fn one_ended(&mut self, reason: Reason, cx: &mut Context<'_>) {
        let next = self.to_come.next();
        let is_through = match &mut self.current {
            Some(fount) => fount
                .as_mut()
                .poll_progress(cx)
                .is_ready(),
            None => true,
        };
        match (&mut self.current, next) {
            (Some(fount), Some(next)) if is_through => fount.set(next),
            (current, next) => {
                let before = mem::replace(current, next.map(Box::pin));
                if let (Some(fount), false) = (before, is_through) {
                    self.leaving.add(fount);
                }
            }
        }
        if reason.is_clean() {
            let before = mem::replace(&mut self.so_far, Reason::Finished);
            self.so_far = before.joined(reason);
        } else {
            self.over(reason);
        }
    }

    /// Stops those that are left.
    #[cold]
    fn over(&mut self, reason: Reason) {
        let to_come = mem::take(&mut self.to_come).map(Box::pin);
        for mut fount in self
            .current
            .take()
            .into_iter()
            .chain(to_come)
        {
            fount.as_mut().stop(&reason);
            self.leaving.add(fount);
        }
        self.so_far = reason;
    }
}

// What is pinned is in boxes of its own.
impl<F> Unpin for Concat<F> {}

impl<F: Fount> Fount for Concat<F> {
    type Item = F::Item;

    #[inline]
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<F::Item, Reason>> {
        // Whether they are done or not, here and below: who has something under way wakes.
        let _ = self.leaving.poll_progress(cx);
        loop {
            let next = match self.current() {
                Ok(fount) => fount.poll_next(cx),
                Err(reason) => return Poll::Ready(Err(reason)),
            };
            match next {
                Poll::Ready(Ok(item)) => return Poll::Ready(Ok(item)),
                Poll::Ready(Err(reason)) => self.one_ended(reason, cx),
                Poll::Pending => return Poll::Pending,
            }
            // One that is over at once costs, too: a row of them has no bound of its own.
            if !budget::spend_part() {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
    }

    fn poll_progress(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let left = self.leaving.poll_progress(cx);
        let current = self
            .current()
            .map(|fount| fount.poll_progress(cx));
        match current {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(())) | Err(_) => left,
        }
    }

    #[inline]
    fn poll_flow<D>(mut self: Pin<&mut Self>, cx: &mut Context<'_>, mut drain: Pin<&mut D>) -> Run
    where
        D: Drain<F::Item>,
    {
        let _ = self.leaving.poll_progress(cx);
        loop {
            let run = match self.current() {
                Ok(fount) => fount.poll_flow(cx, drain.as_mut()),
                Err(reason) => return Run::Ended(reason),
            };
            match run {
                Run::Ended(reason) => self.one_ended(reason, cx),
                run => return run,
            }
            // One that is over at once costs, too: a row of them has no bound of its own.
            if !budget::spend_part() {
                return Run::Spent;
            }
        }
    }

    fn stop(mut self: Pin<&mut Self>, reason: &Reason) {
        if self.current.is_some() {
            self.over(reason.clone());
        }
    }
}

impl<F: Fount> fmt::Debug for Concat<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let to_come = self.to_come.len() + usize::from(self.current.is_some());
        write!(f, "concat({to_come} to come)")
    }
}
