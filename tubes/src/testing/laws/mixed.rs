//! A fount that is driven in both ways, in turn.

use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project::pin_project;

use crate::drain::Drain;
use crate::fount::{Fount, Run};
use crate::reason::Reason;

/// Pulls one item by `poll_next` at the beginning of every other run: law 7 says that nobody can
/// tell.
#[pin_project]
pub(super) struct Mixed<F> {
    #[pin]
    fount: F,
    runs: u64,
}

impl<F> Mixed<F> {
    pub(super) fn new(fount: F) -> Self {
        Self { fount, runs: 0 }
    }
}

impl<F: Fount> Fount for Mixed<F> {
    type Item = F::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<F::Item, Reason>> {
        self.project().fount.poll_next(cx)
    }

    fn poll_progress(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.project().fount.poll_progress(cx)
    }

    fn poll_flow<D>(self: Pin<&mut Self>, cx: &mut Context<'_>, mut drain: Pin<&mut D>) -> Run
    where
        D: Drain<F::Item>,
    {
        let mut this = self.project();
        *this.runs += 1;
        if *this.runs % 2 == 1 {
            match drain.as_mut().poll_ready(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(reason)) => return Run::Refused(reason),
                Poll::Pending => return Run::Blocked,
            }
            let item = match this.fount.as_mut().poll_next(cx) {
                Poll::Ready(Ok(item)) => item,
                Poll::Ready(Err(reason)) => return Run::Ended(reason),
                Poll::Pending => return Run::Starved,
            };
            if let Err(reason) = drain.as_mut().receive(item) {
                return Run::Refused(reason);
            }
        }
        this.fount.poll_flow(cx, drain)
    }

    fn stop(self: Pin<&mut Self>, reason: &Reason) {
        self.project().fount.stop(reason);
    }
}
