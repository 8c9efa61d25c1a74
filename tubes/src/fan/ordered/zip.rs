//! Items of two founts, in pairs.

use std::fmt;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use pin_project::pin_project;

use super::pairing::{Other, Pairing};
use crate::budget;
use crate::drain::Drain;
use crate::fount::{Fount, Run};
use crate::reason::Reason;
use crate::upstream::Upstream;

/// A fount of pairs: the first items of both founts, the second ones, and so on.
///
/// # Flow control
///
/// Holds at most one item, of whichever fount had one while the other had nothing.
///
/// # Stopping
///
/// Ends when either ends, with its reason: the other is stopped with [`Reason::Enough`], after a
/// failure with that. An item that waits for its other half then is lost. A stop goes to both.
///
/// # Examples
///
/// ```
/// use tubes::{Fount, drains, fan, founts};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let pairs = fan::zip(founts::iter(["a", "b"]), founts::iter(0..));
/// assert_eq!(pairs.flow_to(drains::collect(9)).await?, [("a", 0), ("b", 1)]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[inline]
pub fn zip<A: Fount, B: Fount>(one: A, other: B) -> Zip<A, B> {
    Zip {
        one: Upstream::new(one),
        other: Upstream::new(other),
        held: Held::None,
        end: None,
    }
}

/// The fount of [`zip`].
#[pin_project]
#[must_use = "nothing flows before it is driven: use `flow_to` or `next`"]
pub struct Zip<A: Fount, B: Fount> {
    #[pin]
    one: Upstream<A>,
    #[pin]
    other: Upstream<B>,
    held: Held<A::Item, B::Item>,
    end: Option<Reason>,
}

/// The half of a pair that came first.
pub(super) enum Held<A, B> {
    None,
    One(A),
    Other(B),
}

impl<A: Fount, B: Fount> Zip<A, B> {
    #[cold]
    fn ended(self: Pin<&mut Self>, reason: Reason) -> Reason {
        let this = self.project();
        let for_the_other = match &reason {
            Reason::Finished | Reason::Enough => Reason::Enough,
            Reason::Failed(_) => reason.clone(),
        };
        this.one.stop(&for_the_other);
        this.other.stop(&for_the_other);
        *this.held = Held::None;
        *this.end = Some(reason.clone());
        reason
    }

    /// A pair, or the end of one of both.
    #[inline]
    fn poll_pair(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<<Self as Fount>::Item, Reason>> {
        let mut this = self.project();
        let (mut first, mut second) = (this.one.as_mut(), this.other.as_mut());
        let (one, other) = match std::mem::replace(this.held, Held::None) {
            Held::None => (
                first.as_mut().poll_next(cx)?,
                second.as_mut().poll_next(cx)?,
            ),
            Held::One(one) => (Poll::Ready(one), second.as_mut().poll_next(cx)?),
            Held::Other(other) => (first.as_mut().poll_next(cx)?, Poll::Ready(other)),
        };
        // Who has to wait for the other's half keeps moving, whether it is done or not.
        *this.held = match (one, other) {
            (Poll::Ready(one), Poll::Ready(other)) => return Poll::Ready(Ok((one, other))),
            (Poll::Ready(one), Poll::Pending) => {
                let _ = first.poll_progress(cx);
                Held::One(one)
            }
            (Poll::Pending, Poll::Ready(other)) => {
                let _ = second.poll_progress(cx);
                Held::Other(other)
            }
            (Poll::Pending, Poll::Pending) => Held::None,
        };
        Poll::Pending
    }

    /// How a run of first halves ended, in terms of pairs.
    #[inline]
    fn after(self: Pin<&mut Self>, run: Run, other_is: Other, cx: &mut Context<'_>) -> Run {
        match (run, other_is) {
            (run @ Run::Refused(_), _) => run,
            (Run::Ended(reason), Other::Open) => Run::Ended(self.ended(reason)),
            (Run::Starved, Other::Open) | (_, Other::Over) => self.poll_other(cx),
            (run, Other::Open) => run,
            // If the first fount has ended, that comes again, behind the half that is held.
            (_, Other::Pending) => {
                let _ = self.project().one.poll_progress(cx);
                Run::Starved
            }
        }
    }

    /// A second half while there is no first one, so that both are under way; or the end of all.
    fn poll_other(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Run {
        let this = self.as_mut().project();
        let mut other = this.other;
        match other.as_mut().poll_next(cx) {
            Poll::Ready(Ok(half)) => {
                *this.held = Held::Other(half);
                let _ = other.poll_progress(cx);
            }
            Poll::Ready(Err(reason)) => return Run::Ended(self.ended(reason)),
            Poll::Pending => {}
        }
        Run::Starved
    }
}

impl<A: Fount, B: Fount> Fount for Zip<A, B> {
    type Item = (A::Item, B::Item);

    #[inline]
    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Self::Item, Reason>> {
        if let Some(reason) = &self.end {
            return Poll::Ready(Err(reason.clone()));
        }
        match self.as_mut().poll_pair(cx) {
            Poll::Ready(Err(reason)) => Poll::Ready(Err(self.ended(reason))),
            next => next,
        }
    }

    fn poll_progress(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        let one = this.one.poll_progress(cx);
        if this
            .other
            .poll_progress(cx)
            .is_pending()
        {
            return Poll::Pending;
        }
        one
    }

    #[inline]
    fn poll_flow<D>(mut self: Pin<&mut Self>, cx: &mut Context<'_>, mut drain: Pin<&mut D>) -> Run
    where
        D: Drain<Self::Item>,
    {
        // The half that waits goes first, by itself: what follows is a loop without it.
        while !matches!(self.held, Held::None) {
            if !budget::spend_part() {
                return Run::Spent;
            }
            match drain.as_mut().poll_ready(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(reason)) => return Run::Refused(reason),
                Poll::Pending => return Run::Blocked,
            }
            let pair = match self.as_mut().poll_next(cx) {
                Poll::Ready(Ok(pair)) => pair,
                Poll::Ready(Err(reason)) => return Run::Ended(reason),
                Poll::Pending => return Run::Starved,
            };
            if let Err(reason) = drain.as_mut().receive(pair) {
                return Run::Refused(reason);
            }
        }
        if let Some(reason) = &self.end {
            return Run::Ended(reason.clone());
        }
        let this = self.as_mut().project();
        let mut pairing = pin!(Pairing {
            drain,
            other: this.other,
            held: this.held,
            waker: cx.waker(),
            other_is: Other::Open,
        });
        let run = this.one.poll_flow(cx, pairing.as_mut());
        let other_is = pairing.other_is;
        self.after(run, other_is, cx)
    }

    fn stop(self: Pin<&mut Self>, reason: &Reason) {
        let this = self.project();
        if this.end.is_none() {
            *this.end = Some(reason.clone());
            *this.held = Held::None;
            this.one.stop(reason);
            this.other.stop(reason);
        }
    }
}

impl<A, B> fmt::Debug for Zip<A, B>
where
    A: Fount + fmt::Debug,
    B: Fount + fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = match self.held {
            Held::None => 0,
            Held::One(_) | Held::Other(_) => 1,
        };
        write!(f, "zip({:?}, {:?}; {held} of 1)", self.one, self.other)
    }
}
