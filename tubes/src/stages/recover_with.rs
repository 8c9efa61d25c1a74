//! Another fount instead of a failure.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project::pin_project;

use crate::budget;
use crate::drain::Drain;
use crate::error::Error;
use crate::fount::{Fount, Run};
use crate::pump::Pump;
use crate::reason::Reason;
use crate::upstream::Upstream;

/// A stage that goes on with another fount where upstream failed: with the one that `f` gives for the
/// error. If `f` gives `None`, the failure stands.
///
/// At most `times` times: the other founts may fail, too. The failure after the last of them stands.
///
/// # Flow control
///
/// Holds one other fount, and no item; runs of items pass through.
///
/// # Stopping
///
/// What downstream refuses is heard by the fount that is flowing, and is not recovered from. What has
/// failed first brings to its end what it owns (a connection to close), which is up to its
/// [`poll_progress`](Fount::poll_progress); then `f` is asked, and the next fount takes its place.
///
/// # Panics
///
/// When `f` does; that counts as one of the times.
///
/// # Examples
///
/// ```
/// use tubes::{Fount, drains, founts, stages};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let numbers = founts::iter(["1", "x", "3"])
///     .through(stages::try_map(str::parse::<u32>))
///     .through(stages::recover_with(1, |_| Some(founts::iter([20, 30]))));
/// assert_eq!(numbers.flow_to(drains::collect(9)).await?, [1, 20, 30]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[inline]
pub fn recover_with<F, B>(times: usize, f: F) -> RecoverWith<F, B>
where
    F: FnMut(Error) -> Option<B>,
    B: Fount,
{
    RecoverWith {
        f,
        left: times,
        times,
        other: None,
        failed: None,
    }
}

/// The stage of [`recover_with`].
#[pin_project]
#[must_use = "a stage does nothing before it is attached"]
pub struct RecoverWith<F, B> {
    f: F,
    /// `left <= times`
    left: usize,
    times: usize,
    /// What flows instead of upstream, which has failed.
    #[pin]
    other: Option<Upstream<B>>,
    /// What flows has failed with this, and is on its way to its end.
    failed: Option<Error>,
}

impl<F, B> RecoverWith<F, B>
where
    F: FnMut(Error) -> Option<B>,
    B: Fount,
{
    /// If what flows has failed: ready when another fount has taken its place, or with the failure
    /// if none does.
    #[cold]
    fn poll_recovered<U: Fount>(
        self: Pin<&mut Self>,
        upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Reason>> {
        let mut this = self.project();
        if *this.left > 0 {
            ready!(match this.other.as_mut().as_pin_mut() {
                Some(other) => other.poll_progress(cx),
                None => upstream.poll_progress(cx),
            });
        }
        let Some(error) = this.failed.take() else {
            return Poll::Ready(Ok(()));
        };
        let other = match this.left.checked_sub(1) {
            Some(left) => {
                *this.left = left;
                // The old one goes before the new one comes: they may be after the same thing.
                this.other.set(None);
                (this.f)(error.clone())
            }
            None => None,
        };
        let Some(other) = other else {
            *this.left = 0;
            return Poll::Ready(Err(error.into()));
        };
        this.other
            .set(Some(Upstream::new(other)));
        Poll::Ready(Ok(()))
    }
}

impl<U, F, B> Pump<U> for RecoverWith<F, B>
where
    U: Fount,
    F: FnMut(Error) -> Option<B>,
    B: Fount<Item = U::Item>,
{
    type Item = U::Item;

    #[inline]
    fn poll_next(
        mut self: Pin<&mut Self>,
        mut upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<U::Item, Reason>> {
        loop {
            if self.failed.is_some() {
                ready!(
                    self.as_mut()
                        .poll_recovered(upstream.as_mut(), cx)
                )?;
            }
            let next = match self
                .as_mut()
                .project()
                .other
                .as_pin_mut()
            {
                Some(other) => other.poll_next(cx),
                None => upstream.as_mut().poll_next(cx),
            };
            match next {
                Poll::Ready(Err(Reason::Failed(error))) => {
                    *self.as_mut().project().failed = Some(error);
                }
                next => return next,
            }
            if !budget::spend() {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
    }

    fn poll_progress(
        self: Pin<&mut Self>,
        upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        let upstream = upstream.poll_progress(cx);
        let Some(other) = self.project().other.as_pin_mut() else {
            return upstream;
        };
        match (upstream, other.poll_progress(cx)) {
            (Poll::Ready(()), Poll::Ready(())) => Poll::Ready(()),
            _ => Poll::Pending,
        }
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
        loop {
            if self.failed.is_some() {
                match self
                    .as_mut()
                    .poll_recovered(upstream.as_mut(), cx)
                {
                    Poll::Ready(Ok(())) => {}
                    Poll::Ready(Err(reason)) => return Run::Ended(reason),
                    Poll::Pending => return Run::Starved,
                }
            }
            let run = match self
                .as_mut()
                .project()
                .other
                .as_pin_mut()
            {
                Some(other) => other.poll_flow(cx, drain.as_mut()),
                None => upstream
                    .as_mut()
                    .poll_flow(cx, drain.as_mut()),
            };
            match run {
                Run::Ended(Reason::Failed(error)) => {
                    *self.as_mut().project().failed = Some(error);
                }
                run => return run,
            }
            if !budget::spend() {
                return Run::Spent;
            }
        }
    }

    fn stop(self: Pin<&mut Self>, upstream: Pin<&mut Upstream<U>>, reason: &Reason) {
        match self.project().other.as_pin_mut() {
            Some(other) => other.stop(reason),
            None => upstream.stop(reason),
        }
    }

    #[inline]
    fn kind(&self) -> &'static str {
        "recover_with"
    }
}

impl<F, B> fmt::Debug for RecoverWith<F, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let recovered = self.times - self.left;
        write!(f, "recover_with({recovered} of {})", self.times)
    }
}
