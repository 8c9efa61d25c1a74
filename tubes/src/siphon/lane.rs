//! A tube in front of a drain, while items flow: the code of every item's way.
//!
//! Has no reason and no drop glue in it, and no cold function is given a pointer into it: so it
//! can live in registers while a whole chain of them is one loop.

use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project::pin_project;

use super::state::Life;
use crate::budget;
use crate::drain::Drain;
use crate::error::{Error, Kind};
use crate::reason::Reason;
use crate::tube::Tube;

#[pin_project]
#[derive(Debug)]
pub(crate) struct Lane<T, D> {
    pub(super) tube: T,
    #[pin]
    pub(super) drain: D,
    /// `Holding` while items flow; written only when they end.
    pub(super) life: Life,
}

impl<T, D> Lane<T, D> {
    #[inline]
    pub(super) fn new(tube: T, drain: D) -> Self {
        Self {
            tube,
            drain,
            life: Life::Holding,
        }
    }
}

/// As a drain it is only lent to a run: it is the owner of the tube who hears the end.
impl<In, T: Tube<In>, D: Drain<T::Out>> Drain<In> for Lane<T, D> {
    type Output = ();

    #[inline]
    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        let mut this = self.project();
        match this.drain.as_mut().poll_ready(cx) {
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(reason)) => {
                *this.life = Life::Refused;
                return Poll::Ready(Err(reason));
            }
            Poll::Pending => return Poll::Pending,
        }
        // Asked each time, without a note of what it said last: a state that changes with every
        // item costs more than a tube's `None`.
        loop {
            let mut stuck = None;
            let drain = &mut this.drain;
            let emitted = this.tube.emit_into(budget::RUN, |out| {
                let next = match drain.as_mut().receive(out) {
                    Ok(()) => drain.as_mut().poll_ready(cx),
                    Err(reason) => Poll::Ready(Err(reason)),
                };
                match next {
                    Poll::Ready(Ok(())) => ControlFlow::Continue(()),
                    other => {
                        stuck = Some(other);
                        ControlFlow::Break(())
                    }
                }
            });
            match (stuck, emitted) {
                (Some(other), _) => {
                    if other.is_ready() {
                        *this.life = Life::Refused;
                    }
                    return other;
                }
                (None, Ok(ControlFlow::Continue(()))) => return Poll::Ready(Ok(())),
                (None, Ok(ControlFlow::Break(()))) => {
                    if !budget::spend() {
                        cx.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                }
                (None, Err(reason)) => {
                    *this.life = Life::Over;
                    return Poll::Ready(Err(reason));
                }
            }
        }
    }

    #[inline]
    fn receive(self: Pin<&mut Self>, item: In) -> Result<(), Reason> {
        let this = self.project();
        let out = match this.tube.received(item) {
            Ok(Some(out)) => out,
            Ok(None) => return Ok(()),
            Err(reason) => {
                *this.life = Life::Over;
                return Err(reason);
            }
        };
        let received = this.drain.receive(out);
        if received.is_err() {
            *this.life = Life::Refused;
        }
        received
    }

    #[inline]
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        let this = self.project();
        let flushed = this.drain.poll_flush(cx);
        if let Poll::Ready(Err(_)) = flushed {
            *this.life = Life::Refused;
        }
        flushed
    }

    fn poll_stopped(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        _reason: &Reason,
    ) -> Poll<Result<(), Error>> {
        Poll::Ready(Err(Error::new(Kind::UsedAfterEnd)))
    }
}
