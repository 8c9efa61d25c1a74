//! One branch: a drain, where it is in its life, and what it made.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use crate::drain::{Drain, Intake};
use crate::error::{Error, Kind};
use crate::reason::Reason;

/// Where a branch is in its life: `Open ─► Leaving ─► Over`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    /// Items may go to it.
    Open,
    /// It wants no more, or has been told that there is no more; it finishes.
    Leaving,
    /// It has finished.
    Over,
}

/// A drain in its own place, so that it can be pinned in a row of others.
pub(crate) struct Seat<Item, D: Drain<Item>> {
    drain: Pin<Box<D>>,
    life: Life,
    /// Why it leaves; there from `Leaving` on.
    why: Option<Reason>,
    /// There once it is over, until it is taken.
    output: Option<Result<D::Output, Error>>,
    item: PhantomData<fn(Item)>,
}

// The output is never pinned.
impl<Item, D: Drain<Item>> Unpin for Seat<Item, D> {}

impl<Item, D: Drain<Item>> Seat<Item, D> {
    pub(super) fn new(drain: D) -> Self {
        Self {
            drain: Box::pin(drain),
            life: Life::Open,
            why: None,
            output: None,
            item: PhantomData,
        }
    }

    #[inline]
    pub(super) fn is_open(&self) -> bool {
        self.life == Life::Open
    }

    pub(super) fn is_leaving(&self) -> bool {
        self.life == Life::Leaving
    }

    #[inline]
    pub(super) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.drain.as_mut().poll_ready(cx)
    }

    #[inline]
    pub(super) fn receive(&mut self, item: Item) -> Result<(), Reason> {
        self.drain.as_mut().receive(item)
    }

    #[inline]
    pub(super) fn poll_receive<I>(&mut self, cx: &mut Context<'_>, items: I) -> Intake
    where
        I: Iterator<Item = Item>,
    {
        self.drain
            .as_mut()
            .poll_receive(cx, items)
    }

    #[inline]
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.drain.as_mut().poll_flush(cx)
    }

    pub(super) fn moved(&self) -> u64 {
        self.drain.moved()
    }

    pub(super) fn held(&self) -> usize {
        self.drain.held()
    }

    /// No more items for this branch, and why.
    pub(super) fn leave(&mut self, reason: &Reason) {
        if self.life == Life::Open {
            self.life = Life::Leaving;
            self.why = Some(reason.clone());
        }
    }

    /// Lets a leaving branch finish; ready with its failure, if there was one.
    pub(super) fn poll_over(&mut self, cx: &mut Context<'_>) -> Poll<Option<Error>> {
        let (Life::Leaving, Some(why)) = (self.life, &self.why) else {
            return Poll::Ready(None);
        };
        let output = ready!(
            self.drain
                .as_mut()
                .poll_stopped(cx, why)
        );
        let error = output.as_ref().err().cloned();
        self.life = Life::Over;
        self.output = Some(output);
        Poll::Ready(error)
    }

    /// What the branch made of its items; once.
    pub(super) fn take_output(&mut self) -> Result<D::Output, Error> {
        let output = self.output.take();
        output.unwrap_or_else(|| Err(Error::new(Kind::UsedAfterEnd)))
    }
}

impl<Item, D: Drain<Item> + fmt::Debug> fmt::Debug for Seat<Item, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.drain, f)?;
        match self.life {
            Life::Open => Ok(()),
            Life::Leaving => f.write_str(" (leaving)"),
            Life::Over => f.write_str(" (over)"),
        }
    }
}
