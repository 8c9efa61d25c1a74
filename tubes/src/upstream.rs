//! The fount behind which a pump stands: it remembers its end.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project::pin_project;

use crate::drain::Drain;
use crate::fount::{Fount, Run};
use crate::reason::Reason;

/// The fount behind which a [`Pump`](crate::pump::Pump) stands: it remembers its end, and is not
/// asked or stopped after it.
///
/// # Flow control
///
/// Holds nothing.
#[pin_project]
#[must_use = "nothing flows before it is driven: use `flow_to` or `next`"]
pub struct Upstream<U> {
    #[pin]
    fount: U,
    /// What it ended with, or was stopped with.
    end: Option<Reason>,
}

impl<U> Upstream<U> {
    #[inline]
    pub(crate) fn new(fount: U) -> Self {
        Self { fount, end: None }
    }

    /// The reason with which it has ended by itself or was stopped.
    #[inline]
    #[must_use]
    pub fn ended(&self) -> Option<&Reason> {
        self.end.as_ref()
    }

    /// A pump tells its end in other words, which count as those of upstream: it is not the pump in
    /// which the failure arose.
    #[inline]
    pub(crate) fn retell(self: Pin<&mut Self>, reason: &Reason) {
        *self.project().end = Some(reason.clone());
    }
}

impl<U: Fount> Fount for Upstream<U> {
    type Item = U::Item;

    #[inline]
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<U::Item, Reason>> {
        let this = self.project();
        if let Some(reason) = this.end {
            return Poll::Ready(Err(reason.clone()));
        }
        let next = this.fount.poll_next(cx);
        if let Poll::Ready(Err(reason)) = &next {
            *this.end = Some(reason.clone());
        }
        next
    }

    #[inline]
    fn poll_progress(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.project().fount.poll_progress(cx)
    }

    #[inline]
    fn poll_flow<D>(self: Pin<&mut Self>, cx: &mut Context<'_>, drain: Pin<&mut D>) -> Run
    where
        D: Drain<Self::Item>,
    {
        let this = self.project();
        if let Some(reason) = this.end {
            return Run::Ended(reason.clone());
        }
        let run = this.fount.poll_flow(cx, drain);
        if let Run::Ended(reason) = &run {
            *this.end = Some(reason.clone());
        }
        run
    }

    fn stop(self: Pin<&mut Self>, reason: &Reason) {
        let this = self.project();
        if this.end.is_none() {
            this.fount.stop(reason);
            *this.end = Some(reason.clone());
        }
    }
}

impl<U: fmt::Debug> fmt::Debug for Upstream<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.fount, f)
    }
}
