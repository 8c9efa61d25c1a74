//! The driver behind `flow_to`: ready before pull, both sides driven, the end told once.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project::pin_project;

use crate::budget::Turn;
use crate::drain::Drain;
use crate::error::{Error, Kind};
use crate::fount::{Fount, Run};
use crate::reason::Reason;

/// The future of a flow: what [`Fount::flow_to`] gives. Resolves to the drain's output.
///
/// # Flow control
///
/// Holds no item. Each poll runs the fount into the drain until one of them waits:
///
/// ```text
/// drain not ready   ─► fount.poll_progress     what upstream owns keeps moving
/// fount has nothing ─► drain.poll_flush        what downstream holds goes out
/// budget spent      ─► wake, other tasks first
/// fount ended       ─► drain.poll_stopped(reason)
/// drain refused     ─► fount.stop(reason), drain.poll_stopped(reason)
/// then              ─► fount.poll_progress until it is ready: a connection is closed in order
/// ```
///
/// # Cancel safety
///
/// Dropping it drops both ends, which hear that as an abandonment; nothing is lost that the
/// drain had not received.
#[pin_project]
#[must_use = "a flow does nothing before it is awaited"]
pub struct FlowTo<F, D, Output = ()> {
    #[pin]
    fount: F,
    #[pin]
    drain: D,
    phase: Phase<Output>,
}

enum Phase<Output> {
    /// Items flow.
    Flowing,
    /// The drain finishes.
    Stopping(Reason),
    /// The drain has finished; what upstream owns is still on its way to its end.
    Leaving(Result<Output, Error>),
    /// The output has been handed over.
    Over,
}

impl<F, D> FlowTo<F, D, D::Output>
where
    F: Fount,
    D: Drain<F::Item>,
{
    #[inline]
    pub(crate) fn new(fount: F, drain: D) -> Self {
        Self {
            fount,
            drain,
            phase: Phase::Flowing,
        }
    }

    /// The fount, for who stops it before it flows.
    pub(crate) fn fount(self: Pin<&mut Self>) -> Pin<&mut F> {
        self.project().fount
    }

    /// The drain, for who ends it in the middle of a flow that is not polled again.
    pub(crate) fn drain(self: Pin<&mut Self>) -> Pin<&mut D> {
        self.project().drain
    }

    /// Flows, until the flow has ended; then says why.
    #[inline]
    fn poll_ended(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Reason> {
        let mut this = self.project();
        let run = this
            .fount
            .as_mut()
            .poll_flow(cx, this.drain.as_mut());
        let refused = match run {
            Run::Ended(reason) => return Poll::Ready(reason),
            Run::Refused(reason) => reason,
            Run::Blocked => {
                // Whether it is done or not: the drain wakes.
                let _ = this.fount.poll_progress(cx);
                return Poll::Pending;
            }
            Run::Spent => {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            Run::Starved => match this.drain.poll_flush(cx) {
                Poll::Pending | Poll::Ready(Ok(())) => return Poll::Pending,
                Poll::Ready(Err(reason)) => reason,
            },
        };
        this.fount.stop(&refused);
        Poll::Ready(refused)
    }
}

impl<F, D> Future for FlowTo<F, D, D::Output>
where
    F: Fount,
    D: Drain<F::Item>,
{
    type Output = Result<D::Output, Error>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let _turn = ready!(Turn::open(cx));
        if let Phase::Flowing = self.phase {
            let reason = ready!(self.as_mut().poll_ended(cx));
            *self.as_mut().project().phase = Phase::Stopping(reason);
        }
        let this = self.project();
        if let Phase::Stopping(reason) = this.phase
            && let Poll::Ready(output) = this.drain.poll_stopped(cx, reason)
        {
            *this.phase = Phase::Leaving(output);
        }
        // What upstream owns (a connection that the last bytes go out on) keeps moving.
        let left = this.fount.poll_progress(cx);
        match this.phase {
            Phase::Leaving(_) if left.is_ready() => {}
            Phase::Over => return Poll::Ready(Err(Error::new(Kind::UsedAfterEnd))),
            Phase::Flowing | Phase::Stopping(_) | Phase::Leaving(_) => return Poll::Pending,
        }
        match std::mem::replace(this.phase, Phase::Over) {
            Phase::Leaving(output) => Poll::Ready(output),
            Phase::Flowing | Phase::Stopping(_) | Phase::Over => Poll::Pending,
        }
    }
}

impl<F: fmt::Debug, D: fmt::Debug, Output> fmt::Debug for FlowTo<F, D, Output> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let phase = match &self.phase {
            Phase::Flowing => "flowing",
            Phase::Stopping(_) => "stopping",
            Phase::Leaving(_) => "leaving",
            Phase::Over => "over",
        };
        fmt::Debug::fmt(&self.fount, f)?;
        f.write_str(if f.alternate() { "\n-> " } else { " -> " })?;
        fmt::Debug::fmt(&self.drain, f)?;
        write!(f, " ({phase})")
    }
}
