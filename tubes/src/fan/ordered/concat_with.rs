//! A fount, and then another of a different type.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project::pin_project;

use crate::budget::RUN;
use crate::drain::Drain;
use crate::fount::{Fount, Run};
use crate::pump::Pump;
use crate::reason::Reason;
use crate::upstream::Upstream;

/// A stage that goes on with `next` when upstream has ended cleanly.
///
/// # Flow control
///
/// Holds no item. `next` is not polled before upstream has ended.
///
/// # Stopping
///
/// A failure of upstream ends the flow, and `next` hears it. A stop goes to both. The end is
/// [`Reason::Enough`], if one of the two ended with that; else [`Reason::Finished`].
///
/// # Examples
///
/// ```
/// use tubes::{Fount, drains, fan, founts};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let all = founts::iter(0..)
///     .take(2)
///     .through(fan::concat_with(founts::once(9)))
///     .flow_to(drains::collect(9))
///     .await?;
/// assert_eq!(all, [0, 1, 9]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[inline]
pub fn concat_with<N: Fount>(next: N) -> ConcatWith<N> {
    ConcatWith {
        next: Upstream::new(next),
        unmoved: RUN - 1,
    }
}

/// The stage of [`concat_with`].
#[pin_project]
#[must_use = "a stage does nothing before it is attached"]
pub struct ConcatWith<N> {
    #[pin]
    next: Upstream<N>,
    /// Items since upstream, which may not be through with its end, was moved: less than a run.
    unmoved: usize,
}

impl<N: Fount> ConcatWith<N> {
    /// Upstream has ended: that is the end of all, if it failed.
    #[cold]
    fn first_ended(self: Pin<&mut Self>, reason: Reason) -> Result<(), Reason> {
        if reason.is_clean() {
            return Ok(());
        }
        self.project().next.stop(&reason);
        Err(reason)
    }
}

/// What both said together.
#[cold]
fn both<U: Fount>(upstream: &Upstream<U>, reason: Reason) -> Reason {
    match upstream.ended() {
        Some(first) => first.clone().joined(reason),
        None => reason,
    }
}

impl<U, N> Pump<U> for ConcatWith<N>
where
    U: Fount,
    N: Fount<Item = U::Item>,
{
    type Item = U::Item;

    #[inline]
    fn poll_next(
        mut self: Pin<&mut Self>,
        mut upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<U::Item, Reason>> {
        match upstream.as_mut().poll_next(cx) {
            Poll::Ready(Err(reason)) => self.as_mut().first_ended(reason)?,
            next => return next,
        }
        let this = self.project();
        let next = match this.next.poll_next(cx) {
            Poll::Ready(Err(reason)) => return Poll::Ready(Err(both(&upstream, reason))),
            next => next,
        };
        *this.unmoved += 1;
        if next.is_pending() || *this.unmoved == RUN {
            *this.unmoved = 0;
            // Whether it is through with its end or not: if not, it wakes.
            let _ = upstream.poll_progress(cx);
        }
        next
    }

    fn poll_progress(
        self: Pin<&mut Self>,
        upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        let has_begun = upstream.ended().is_some();
        let first = upstream.poll_progress(cx);
        if has_begun
            && self
                .project()
                .next
                .poll_progress(cx)
                .is_pending()
        {
            return Poll::Pending;
        }
        first
    }

    #[inline]
    fn poll_flow<D>(
        mut self: Pin<&mut Self>,
        mut upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
        mut drain: Pin<&mut D>,
    ) -> Run
    where
        D: Drain<U::Item>,
    {
        match upstream
            .as_mut()
            .poll_flow(cx, drain.as_mut())
        {
            Run::Ended(reason) => {
                if let Err(end) = self.as_mut().first_ended(reason) {
                    return Run::Ended(end);
                }
            }
            run => return run,
        }
        match self.project().next.poll_flow(cx, drain) {
            Run::Ended(reason) => Run::Ended(both(&upstream, reason)),
            run @ (Run::Starved | Run::Spent) => {
                // Whether it is through with its end or not: if not, it wakes.
                let _ = upstream.poll_progress(cx);
                run
            }
            run => run,
        }
    }

    fn stop(self: Pin<&mut Self>, upstream: Pin<&mut Upstream<U>>, reason: &Reason) {
        upstream.stop(reason);
        self.project().next.stop(reason);
    }

    fn kind(&self) -> &'static str {
        "concat_with"
    }
}

impl<N: fmt::Debug> fmt::Debug for ConcatWith<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "concat_with({:?})", self.next)
    }
}
