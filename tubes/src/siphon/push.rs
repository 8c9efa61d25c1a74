//! A tube and a drain make a drain.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project::pin_project;

use super::label::Label;
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
///
/// `In` is what it receives: the compiler learns it from what flows to it, if the tube takes more
/// than one type.
#[pin_project]
#[must_use = "nothing flows before a fount flows to it"]
pub struct Push<T, D, In> {
    #[pin]
    lane: Lane<T, D>,
    /// What everybody hears; there from `Farewell` on.
    end: Option<Reason>,
    label: Label,
    received: PhantomData<fn(In)>,
}

impl<T, D, In> Push<T, D, In> {
    #[track_caller]
    pub(crate) fn new(tube: T, drain: D) -> Self {
        Self {
            lane: Lane::new(tube, drain),
            end: None,
            label: Label::here(),
            received: PhantomData,
        }
    }

    /// Names the stage that was put here last: as [`Pull::named`](crate::siphon::Pull::named).
    pub fn named(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.label.rename(name);
        self
    }
}

impl<In, T: Tube<In>, D: Drain<T::Out>> Stage<D, InFront<In>> for T {
    type Output = Push<T, D, In>;

    #[track_caller]
    fn attach(self, drain: D) -> Push<T, D, In> {
        Push::new(self, drain)
    }
}

impl<In, T: Tube<In>, D: Drain<T::Out>> Drain<In> for Push<T, D, In> {
    type Output = D::Output;

    #[inline]
    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        let mut this = self.project();
        let ready = this.lane.as_mut().poll_ready(cx);
        ready.map_err(|reason| named(&this.lane, this.label, reason))
    }

    #[inline]
    fn receive(self: Pin<&mut Self>, item: In) -> Result<(), Reason> {
        let mut this = self.project();
        let received = this.lane.as_mut().receive(item);
        received.map_err(|reason| named(&this.lane, this.label, reason))
    }

    #[inline]
    fn poll_receive<I>(self: Pin<&mut Self>, cx: &mut Context<'_>, items: I) -> Intake
    where
        I: Iterator<Item = In>,
    {
        let mut this = self.project();
        match this
            .lane
            .as_mut()
            .poll_receive(cx, items)
        {
            Intake::Refused(reason) => Intake::Refused(named(&this.lane, this.label, reason)),
            intake => intake,
        }
    }

    #[inline]
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.project().lane.poll_flush(cx)
    }

    fn moved(&self) -> u64 {
        self.lane.drain.moved()
    }

    fn held(&self) -> usize {
        self.lane.drain.held()
    }

    fn poll_stopped(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        reason: &Reason,
    ) -> Poll<Result<Self::Output, Error>> {
        let whole = self.project();
        let mut this = whole.lane.project();
        match this.life {
            Life::Holding | Life::Hungry => *this.life = this.life.on(Step::Closed),
            Life::Refused => {
                // Nobody is left to hear a farewell, nor a failure of it.
                drop(this.tube.stopped(reason));
                *this.life = this.life.on(Step::Over);
            }
            Life::Ending | Life::Farewell | Life::Over => {}
        }
        let mut first = whole
            .end
            .get_or_insert_with(|| reason.clone())
            .clone();
        while let Life::Ending | Life::Farewell = *this.life {
            let end = match ready!(this.drain.as_mut().poll_ready(cx)) {
                Err(refused) => Some(last_cause(&first, refused)),
                Ok(()) => match this.tube.emit() {
                    Ok(Some(out)) => match this.drain.as_mut().receive(out) {
                        Ok(()) => None,
                        Err(refused) => Some(last_cause(&first, refused)),
                    },
                    Ok(None) if *this.life == Life::Ending => {
                        *this.life = farewell(this.tube, whole.label, whole.end, first.clone());
                        first = whole.end.clone().unwrap_or(first);
                        None
                    }
                    Ok(None) => Some(first.clone()),
                    Err(own) => {
                        let own = whole
                            .label
                            .arisen(this.tube.kind(), own);
                        Some(first.clone().or_failure(own))
                    }
                },
            };
            if let Some(end) = end {
                if *this.life == Life::Ending {
                    // It hears of the end, and nobody of a farewell.
                    drop(this.tube.stopped(&end));
                }
                *whole.end = Some(end.clone());
                first = end;
                *this.life = this.life.on(Step::Over);
            } else if !budget::spend() {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
        this.drain.poll_stopped(cx, &first)
    }
}

/// The reason of a refusal, with the name of the tube if it was its own.
#[cold]
fn named<In, T: Tube<In>, D>(lane: &Lane<T, D>, label: &Label, reason: Reason) -> Reason {
    if lane.life == Life::Over {
        label.arisen(lane.tube.kind(), reason)
    } else {
        reason
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
    label: &Label,
    end: &mut Option<Reason>,
    reason: Reason,
) -> Life {
    let (step, reason) = match tube.stopped(&reason) {
        Ok(()) => (Step::Ended, reason),
        Err(own) => (
            Step::Over,
            reason.or_failure(label.arisen(tube.kind(), own)),
        ),
    };
    *end = Some(reason);
    Life::Hungry.on(step)
}

impl<T: fmt::Debug, D: fmt::Debug, In> fmt::Debug for Push<T, D, In> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.label
            .fmt_stage(f, &self.lane.tube)?;
        f.write_str(if f.alternate() { "\n-> " } else { " -> " })?;
        fmt::Debug::fmt(&self.lane.drain, f)
    }
}
