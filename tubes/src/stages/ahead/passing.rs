//! What need not wait, on its way to the drain behind a stage that works ahead.

use std::pin::Pin;
use std::task::{Context, Poll};

use super::hold::Hold;
use crate::drain::{Drain, Intake};
use crate::error::Error;
use crate::reason::Reason;

/// A drain lent to a run that need not wait: each item is passed on as what the stage makes of it.
pub(super) struct Passing<'a, H, D> {
    pub(super) hold: &'a mut H,
    pub(super) drain: Pin<&'a mut D>,
}

impl<In, H: Hold<In>, D: Drain<H::Out>> Drain<In> for Passing<'_, H, D> {
    type Output = D::Output;

    #[inline]
    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.drain.as_mut().poll_ready(cx)
    }

    #[inline]
    fn receive(mut self: Pin<&mut Self>, item: In) -> Result<(), Reason> {
        let this = &mut *self;
        this.drain
            .as_mut()
            .receive(this.hold.pass(item))
    }

    #[inline]
    fn poll_receive<I>(mut self: Pin<&mut Self>, cx: &mut Context<'_>, items: I) -> Intake
    where
        I: Iterator<Item = In>,
    {
        let this = &mut *self;
        let hold = &mut *this.hold;
        this.drain
            .as_mut()
            .poll_receive(cx, items.map(passed(hold)))
    }

    #[inline]
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.drain.as_mut().poll_flush(cx)
    }

    #[inline]
    fn moved(&self) -> u64 {
        self.drain.moved()
    }

    #[inline]
    fn held(&self) -> usize {
        self.drain.held()
    }

    fn poll_stopped(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        reason: &Reason,
    ) -> Poll<Result<D::Output, Error>> {
        self.drain
            .as_mut()
            .poll_stopped(cx, reason)
    }
}

/// Not a closure in `poll_receive`: see `map` on types that double.
#[inline]
fn passed<In, H: Hold<In>>(hold: &mut H) -> impl FnMut(In) -> H::Out {
    |item| hold.pass(item)
}
