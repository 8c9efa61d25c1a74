//! A fount and a pump make a fount.

use std::borrow::Cow;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project::pin_project;

use super::label::Label;
use crate::drain::Drain;
use crate::flow::Flow;
use crate::fount::{Fount, Run};
use crate::pump::Pump;
use crate::reason::Reason;
use crate::stage::{AsPump, Stage};
use crate::upstream::Upstream;

/// A fount with a pump behind it: what [`Fount::through`] gives for a stage that may wait.
///
/// # Flow control
///
/// Holds no item of its own: what waits is what the pump holds, which its docs say.
#[pin_project]
#[must_use = "nothing flows before it is driven: use `flow_to` or `next`"]
pub struct Pumped<U, P> {
    #[pin]
    upstream: Upstream<U>,
    #[pin]
    pump: P,
    /// What everybody hears, once it is over.
    end: Option<Reason>,
    label: Label,
}

impl<U, P> Pumped<U, P> {
    #[inline]
    #[track_caller]
    pub(crate) fn new(upstream: U, pump: P) -> Self {
        Self {
            upstream: Upstream::new(upstream),
            pump,
            end: None,
            label: Label::here(),
        }
    }

    /// Names the stage that was put here last: as [`Pull::named`](crate::siphon::Pull::named).
    #[inline]
    pub fn named(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.label.rename(name);
        self
    }
}

impl<U, P, D> Flow<Pumped<U, P>, D> {
    /// Names the stage that was put here last: as [`Pull::named`](crate::siphon::Pull::named).
    pub fn named(self, name: impl Into<Cow<'static, str>>) -> Self {
        Self::new(self.fount.named(name), self.drain)
    }
}

impl<U: Fount, P: Pump<U>> Pumped<U, P> {
    /// The pump has given the end: the source is told, unless it has ended by itself.
    #[cold]
    fn ended(self: Pin<&mut Self>, reason: Reason) -> Reason {
        let mut this = self.project();
        // A stage that works ahead may fail behind a failure of upstream that is not due yet.
        let is_from_above = reason
            .error()
            .zip(this.upstream.failure())
            .is_some_and(|(own, above)| own.is_same(above));
        let reason = if is_from_above {
            reason
        } else {
            this.label
                .arisen(this.pump.kind(), reason)
        };
        this.upstream.as_mut().stop(&reason);
        *this.end = Some(reason.clone());
        reason
    }
}

impl<U: Fount, P: Pump<U>> Stage<U, AsPump> for P {
    type Output = Pumped<U, P>;

    #[inline]
    #[track_caller]
    fn attach(self, upstream: U) -> Pumped<U, P> {
        Pumped::new(upstream, self)
    }
}

impl<U: Fount, P: Pump<U>> Fount for Pumped<U, P> {
    type Item = P::Item;

    #[inline]
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<P::Item, Reason>> {
        let this = self.as_mut().project();
        if let Some(reason) = this.end {
            return Poll::Ready(Err(reason.clone()));
        }
        match this.pump.poll_next(this.upstream, cx) {
            Poll::Ready(Err(reason)) => Poll::Ready(Err(self.ended(reason))),
            next => next,
        }
    }

    #[inline]
    fn poll_progress(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        this.pump
            .poll_progress(this.upstream, cx)
    }

    #[inline]
    fn poll_flow<D>(mut self: Pin<&mut Self>, cx: &mut Context<'_>, drain: Pin<&mut D>) -> Run
    where
        D: Drain<P::Item>,
    {
        let this = self.as_mut().project();
        if let Some(reason) = this.end {
            return Run::Ended(reason.clone());
        }
        match this
            .pump
            .poll_flow(this.upstream, cx, drain)
        {
            Run::Ended(reason) => Run::Ended(self.ended(reason)),
            run => run,
        }
    }

    fn stop(self: Pin<&mut Self>, reason: &Reason) {
        let this = self.project();
        if this.end.is_none() {
            *this.end = Some(reason.clone());
            this.pump.stop(this.upstream, reason);
        }
    }
}

impl<U: fmt::Debug, P: fmt::Debug> fmt::Debug for Pumped<U, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.label
            .fmt_pipe(f, &self.upstream, &self.pump)
    }
}
