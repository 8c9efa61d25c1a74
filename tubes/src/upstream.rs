//! The fount behind which a pump stands: it remembers its end.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project::pin_project;

use crate::drain::Drain;
use crate::error::Error;
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
    life: Life,
}

enum Life {
    Open,
    /// It has ended by itself, with this.
    Ended(Reason),
    /// The pump has stopped it, with this.
    Stopped(Reason),
}

impl<U> Upstream<U> {
    #[inline]
    pub(crate) fn new(fount: U) -> Self {
        Self {
            fount,
            life: Life::Open,
        }
    }

    /// The reason with which it has ended by itself or was stopped.
    #[inline]
    #[must_use]
    pub fn ended(&self) -> Option<&Reason> {
        match &self.life {
            Life::Open => None,
            Life::Ended(reason) | Life::Stopped(reason) => Some(reason),
        }
    }

    /// The failure with which it has ended by itself.
    #[inline]
    pub(crate) fn failure(&self) -> Option<&Error> {
        match &self.life {
            Life::Ended(reason) => reason.error(),
            Life::Open | Life::Stopped(_) => None,
        }
    }

    /// A pump tells its end in other words, which count as those of upstream: it is not the pump in
    /// which the failure arose.
    #[inline]
    pub(crate) fn retell(self: Pin<&mut Self>, reason: &Reason) {
        *self.project().life = Life::Ended(reason.clone());
    }
}

impl<U: Fount> Fount for Upstream<U> {
    type Item = U::Item;

    #[inline]
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<U::Item, Reason>> {
        if let Some(reason) = self.ended() {
            return Poll::Ready(Err(reason.clone()));
        }
        let this = self.project();
        let next = this.fount.poll_next(cx);
        if let Poll::Ready(Err(reason)) = &next {
            *this.life = Life::Ended(reason.clone());
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
        if let Some(reason) = self.ended() {
            return Run::Ended(reason.clone());
        }
        let this = self.project();
        let run = this.fount.poll_flow(cx, drain);
        if let Run::Ended(reason) = &run {
            *this.life = Life::Ended(reason.clone());
        }
        run
    }

    fn stop(self: Pin<&mut Self>, reason: &Reason) {
        let this = self.project();
        if let Life::Open = this.life {
            this.fount.stop(reason);
            *this.life = Life::Stopped(reason.clone());
        }
    }
}

impl<U: fmt::Debug> fmt::Debug for Upstream<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.fount, f)
    }
}
