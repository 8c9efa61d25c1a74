//! A tube in front of a drain, while items flow: the code of every item's way.
//!
//! Has no reason and no drop glue in it, and no cold function is given a pointer into it: so it
//! can live in registers while a whole chain of them is one loop.

use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project::pin_project;

use super::state::{Life, Step};
use crate::budget;
use crate::drain::{Drain, Intake};
use crate::error::{Error, Kind};
use crate::reason::Reason;
use crate::tube::{Outputs, Tube};

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
    pub(crate) fn new(tube: T, drain: D) -> Self {
        Self {
            tube,
            drain,
            life: Life::Holding,
        }
    }

    /// Whether it was the tube that has ended the run, after a refusal.
    #[inline]
    pub(crate) fn is_over(&self) -> bool {
        self.life == Life::Over
    }
}

/// As a drain it is only lent to a run: it is the owner of the tube who hears the end.
impl<In, T: Tube<In>, D: Drain<T::Out>> Drain<In> for Lane<T, D> {
    type Output = ();

    /// Not by way of a run without items: each stage would make a type of its own of that for each
    /// stage behind it, and compiling a chain would cost the square of its length.
    #[inline]
    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        let mut this = self.project();
        loop {
            match this.drain.as_mut().poll_ready(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(reason)) => {
                    *this.life = this.life.on(Step::Refused);
                    return Poll::Ready(Err(reason));
                }
                Poll::Pending => return Poll::Pending,
            }
            match this.tube.emit() {
                Ok(None) => return Poll::Ready(Ok(())),
                Ok(Some(out)) => {
                    if let Err(reason) = this.drain.as_mut().receive(out) {
                        *this.life = this.life.on(Step::Refused);
                        return Poll::Ready(Err(reason));
                    }
                }
                Err(reason) => {
                    *this.life = this.life.on(Step::Over);
                    return Poll::Ready(Err(reason));
                }
            }
            if !budget::spend_part() {
                cx.waker().wake_by_ref();
                return Poll::Pending;
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
                *this.life = this.life.on(Step::Over);
                return Err(reason);
            }
        };
        let received = this.drain.receive(out);
        if received.is_err() {
            *this.life = this.life.on(Step::Refused);
        }
        received
    }

    #[inline]
    fn poll_receive<I>(self: Pin<&mut Self>, cx: &mut Context<'_>, items: I) -> Intake
    where
        I: Iterator<Item = In>,
    {
        let mut this = self.project();
        match this.drain.as_mut().poll_ready(cx) {
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(reason)) => {
                *this.life = this.life.on(Step::Refused);
                return Intake::Refused(reason);
            }
            Poll::Pending => return Intake::Blocked,
        }
        let mut port = Port {
            drain: this.drain,
            cx,
            left: budget::RUN,
        };
        match this.tube.run(items, &mut port) {
            Ok(ControlFlow::Continue(())) => Intake::Dry,
            Ok(ControlFlow::Break(full)) => {
                if let Intake::Refused(_) = full {
                    *this.life = this.life.on(Step::Refused);
                }
                full
            }
            Err(reason) => {
                *this.life = this.life.on(Step::Over);
                Intake::Refused(reason)
            }
        }
    }

    #[inline]
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        let this = self.project();
        let flushed = this.drain.poll_flush(cx);
        if let Poll::Ready(Err(_)) = flushed {
            *this.life = this.life.on(Step::Refused);
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

/// The drain behind a tube, as the tube sees it during a run.
struct Port<'p, 'cx, 'w, D> {
    drain: Pin<&'p mut D>,
    cx: &'cx mut Context<'w>,
    /// How many outputs go before a unit of the budget is spent.
    left: usize,
}

impl<Out, D: Drain<Out>> Outputs<Out> for Port<'_, '_, '_, D> {
    type Full = Intake;

    #[inline]
    fn put(&mut self, out: Out) -> ControlFlow<Intake> {
        if let Err(reason) = self.drain.as_mut().receive(out) {
            return ControlFlow::Break(Intake::Refused(reason));
        }
        self.left -= 1;
        if self.left == 0 {
            self.left = budget::RUN;
            if !budget::spend() {
                return ControlFlow::Break(Intake::Spent);
            }
        }
        match self.drain.as_mut().poll_ready(self.cx) {
            Poll::Ready(Ok(())) => ControlFlow::Continue(()),
            Poll::Ready(Err(reason)) => ControlFlow::Break(Intake::Refused(reason)),
            Poll::Pending => ControlFlow::Break(Intake::Blocked),
        }
    }

    #[inline]
    fn put_all<I: Iterator<Item = Out>>(&mut self, items: I) -> ControlFlow<Intake> {
        match self
            .drain
            .as_mut()
            .poll_receive(self.cx, items)
        {
            Intake::Dry => ControlFlow::Continue(()),
            full => ControlFlow::Break(full),
        }
    }

    #[inline]
    fn spent(&self) -> Intake {
        Intake::Spent
    }
}
