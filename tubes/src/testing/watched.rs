//! What a census watches: a fount, a place in a chain, a drain.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project::pin_project;

use super::census::Line;
use crate::drain::{Drain, Intake};
use crate::error::Error;
use crate::fount::{Fount, Run};
use crate::reason::Reason;
use crate::stage::{Direct, Stage};

/// A fount that is watched: see [`Census::fount`](super::Census::fount).
#[pin_project]
#[must_use = "nothing flows before it is driven: use `flow_to` or `next`"]
pub struct WatchedFount<F> {
    #[pin]
    fount: F,
    line: Line,
    /// What it has said, or was stopped with; then it is left alone.
    end: Option<Reason>,
}

impl<F> WatchedFount<F> {
    pub(super) fn new(fount: F, line: Line) -> Self {
        Self {
            fount,
            line,
            end: None,
        }
    }
}

impl<F: Fount> Fount for WatchedFount<F> {
    type Item = F::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<F::Item, Reason>> {
        let this = self.project();
        if let Some(reason) = this.end {
            return Poll::Ready(Err(reason.clone()));
        }
        let next = this.fount.poll_next(cx);
        if let Poll::Ready(Err(reason)) = &next {
            *this.end = Some(reason.clone());
            this.line.stopped(reason);
        }
        next
    }

    fn poll_progress(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.project().fount.poll_progress(cx)
    }

    fn poll_flow<D>(self: Pin<&mut Self>, cx: &mut Context<'_>, drain: Pin<&mut D>) -> Run
    where
        D: Drain<F::Item>,
    {
        let this = self.project();
        if let Some(reason) = this.end {
            return Run::Ended(reason.clone());
        }
        let run = this.fount.poll_flow(cx, drain);
        if let Run::Ended(reason) = &run {
            *this.end = Some(reason.clone());
            this.line.stopped(reason);
        }
        run
    }

    fn stop(self: Pin<&mut Self>, reason: &Reason) {
        let this = self.project();
        if this.end.is_none() {
            *this.end = Some(reason.clone());
            this.line.stopped(reason);
            this.fount.stop(reason);
        }
    }
}

/// A stage that changes nothing and is watched: see [`Census::stage`](super::Census::stage).
#[must_use = "a stage does nothing before it is attached"]
pub struct Mark {
    line: Line,
}

impl Mark {
    pub(super) fn new(line: Line) -> Self {
        Self { line }
    }
}

#[diagnostic::do_not_recommend]
impl<F: Fount> Stage<F, Direct> for Mark {
    type Output = WatchedFount<F>;

    fn attach(self, upstream: F) -> WatchedFount<F> {
        WatchedFount::new(upstream, self.line)
    }
}

/// A drain that is watched: see [`Census::drain`](super::Census::drain).
#[pin_project]
#[must_use = "nothing flows before a fount flows to it"]
pub struct WatchedDrain<D> {
    #[pin]
    drain: D,
    line: Line,
}

impl<D> WatchedDrain<D> {
    pub(super) fn new(drain: D, line: Line) -> Self {
        Self { drain, line }
    }
}

impl<Item, D: Drain<Item>> Drain<Item> for WatchedDrain<D> {
    type Output = D::Output;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.project().drain.poll_ready(cx)
    }

    fn receive(self: Pin<&mut Self>, item: Item) -> Result<(), Reason> {
        self.project().drain.receive(item)
    }

    fn poll_receive<I>(self: Pin<&mut Self>, cx: &mut Context<'_>, items: I) -> Intake
    where
        I: Iterator<Item = Item>,
    {
        self.project()
            .drain
            .poll_receive(cx, items)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.project().drain.poll_flush(cx)
    }

    fn moved(&self) -> u64 {
        self.drain.moved()
    }

    fn held(&self) -> usize {
        self.drain.held()
    }

    fn poll_stopped(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        reason: &Reason,
    ) -> Poll<Result<D::Output, Error>> {
        let this = self.project();
        this.line.finishing(reason);
        let output = this.drain.poll_stopped(cx, reason);
        if output.is_ready() {
            this.line.stopped(reason);
        }
        output
    }
}

impl<F: fmt::Debug> fmt::Debug for WatchedFount<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.fount, f)
    }
}

impl fmt::Debug for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("census")
    }
}

impl<D: fmt::Debug> fmt::Debug for WatchedDrain<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.drain, f)
    }
}
