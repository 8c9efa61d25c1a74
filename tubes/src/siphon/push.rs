//! A tube and a drain make a drain.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project::pin_project;

use super::lane::Lane;
use super::state::{Life, Step};
use crate::budget;
use crate::drain::{Drain, Intake};
use crate::error::Error;
use crate::reason::Reason;
use crate::stage::{InFront, Stage};
use crate::tube::Tube;

/// A drain with a tube in front of it: what [`Drain::behind`] gives for a tube.
///
/// # Flow control
///
/// Ready when the tube has no output left and the drain behind it is ready. Holds no item of
/// its own: what waits is what the tube itself holds.
#[pin_project]
#[must_use = "nothing flows before a fount flows to it"]
pub struct Push<T, D> {
    #[pin]
    lane: Lane<T, D>,
    /// What everybody hears; there from `Farewell` on.
    end: Option<Reason>,
}

impl<T, D> Push<T, D> {
    pub(crate) fn new(tube: T, drain: D) -> Self {
        Self {
            lane: Lane::new(tube, drain),
            end: None,
        }
    }
}

impl<In, T: Tube<In>, D: Drain<T::Out>> Stage<D, InFront<In>> for T {
    type Output = Push<T, D>;

    fn attach(self, drain: D) -> Push<T, D> {
        Push::new(self, drain)
    }
}

impl<In, T: Tube<In>, D: Drain<T::Out>> Drain<In> for Push<T, D> {
    type Output = D::Output;

    #[inline]
    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.project().lane.poll_ready(cx)
    }

    #[inline]
    fn receive(self: Pin<&mut Self>, item: In) -> Result<(), Reason> {
        self.project().lane.receive(item)
    }

    #[inline]
    fn poll_receive<I>(self: Pin<&mut Self>, cx: &mut Context<'_>, items: I) -> Intake
    where
        I: Iterator<Item = In>,
    {
        self.project()
            .lane
            .poll_receive(cx, items)
    }

    #[inline]
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.project().lane.poll_flush(cx)
    }

    fn moved(&self) -> u64 {
        self.lane.drain.moved()
    }

    fn poll_stopped(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        reason: &Reason,
    ) -> Poll<Result<Self::Output, Error>> {
        let whole = self.project();
        let mut this = whole.lane.project();
        match this.life {
            Life::Holding | Life::Hungry => {
                *this.life = farewell(this.tube, whole.end, reason.clone());
            }
            Life::Refused => {
                // Nobody is left to hear a farewell, nor a failure of it.
                drop(this.tube.stopped(reason));
                *this.life = this.life.on(Step::Over);
            }
            Life::Farewell | Life::Over => {}
        }
        let first = whole
            .end
            .get_or_insert_with(|| reason.clone());
        while *this.life == Life::Farewell {
            let end = match ready!(this.drain.as_mut().poll_ready(cx)) {
                Err(refused) => Some(last_cause(first, refused)),
                Ok(()) => match this.tube.emit() {
                    Ok(Some(out)) => match this.drain.as_mut().receive(out) {
                        Ok(()) => None,
                        Err(refused) => Some(last_cause(first, refused)),
                    },
                    Ok(None) => Some(first.clone()),
                    Err(own) => Some(first.clone().or_failure(own)),
                },
            };
            if let Some(end) = end {
                *first = end;
                *this.life = this.life.on(Step::Over);
            } else if !budget::spend() {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
        this.drain.poll_stopped(cx, first)
    }
}

/// What a drain hears that refuses a farewell: its own reason again, unless a failure came first.
fn last_cause(first: &Reason, refused: Reason) -> Reason {
    if first.is_clean() {
        refused
    } else {
        first.clone()
    }
}

/// Upstream has ended: tells the tube.
#[cold]
pub(super) fn farewell<In, T: Tube<In>>(
    tube: &mut T,
    end: &mut Option<Reason>,
    reason: Reason,
) -> Life {
    let (step, reason) = match tube.stopped(&reason) {
        Ok(()) => (Step::Ended, reason),
        Err(own) => (Step::Over, reason.or_failure(own)),
    };
    *end = Some(reason);
    Life::Hungry.on(step)
}

impl<T: fmt::Debug, D: fmt::Debug> fmt::Debug for Push<T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} -> {:?}", self.lane.tube, self.lane.drain)
    }
}
