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
/// ```
///
/// # Cancel safety
///
/// Dropping it drops both ends, which hear that as an abandonment; nothing is lost that the
/// drain had not received.
#[pin_project]
#[must_use = "a flow does nothing before it is awaited"]
pub struct FlowTo<F, D> {
    #[pin]
    fount: F,
    #[pin]
    drain: D,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    Flowing,
    Stopping(Reason),
    Over,
}

impl<F, D> FlowTo<F, D> {
    #[inline]
    pub(crate) fn new(fount: F, drain: D) -> Self {
        Self {
            fount,
            drain,
            phase: Phase::Flowing,
        }
    }
}

impl<F: Fount, D: Drain<F::Item>> Future for FlowTo<F, D> {
    type Output = Result<D::Output, Error>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let _turn = ready!(Turn::open(cx));
        let mut this = self.project();
        if let Phase::Flowing = this.phase {
            let run = this
                .fount
                .as_mut()
                .poll_flow(cx, this.drain.as_mut());
            let reason = match run {
                Run::Ended(reason) => reason,
                Run::Refused(reason) => {
                    this.fount.as_mut().stop(&reason);
                    reason
                }
                Run::Blocked => {
                    this.fount.poll_progress(cx);
                    return Poll::Pending;
                }
                Run::Spent => {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Run::Starved => match this.drain.as_mut().poll_flush(cx) {
                    Poll::Pending | Poll::Ready(Ok(())) => return Poll::Pending,
                    Poll::Ready(Err(reason)) => {
                        this.fount.as_mut().stop(&reason);
                        reason
                    }
                },
            };
            *this.phase = Phase::Stopping(reason);
        }
        let Phase::Stopping(reason) = this.phase else {
            return Poll::Ready(Err(Error::new(Kind::UsedAfterEnd)));
        };
        if let Poll::Ready(output) = this.drain.poll_stopped(cx, reason) {
            *this.phase = Phase::Over;
            return Poll::Ready(output);
        }
        // What upstream owns (a connection that the last bytes go out on) keeps moving.
        this.fount.poll_progress(cx);
        Poll::Pending
    }
}

impl<F: fmt::Debug, D: fmt::Debug> fmt::Debug for FlowTo<F, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} -> {:?} ({:?})", self.fount, self.drain, self.phase)
    }
}
