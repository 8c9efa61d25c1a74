//! The drain that is lent to upstream, so that a run stays one loop.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use super::ending::Ending;
use super::stage::{Coroutine, Fed};
use crate::budget;
use crate::drain::{Drain, Intake};
use crate::error::{Error, Kind};
use crate::reason::Reason;

/// Why a coroutine gives nothing for now, if it does not ask for input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Halt {
    No,
    /// It waits for something of its own.
    Waits,
    /// It has returned.
    Over,
    /// The budget of this poll is spent.
    Spent,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// Something may have happened since the coroutine was polled: poll it.
    Poll,
    /// It was polled: look for an output.
    Look,
    /// There is no output, and will be none before it is polled again: feed it.
    Feed,
}

/// A coroutine in front of a drain.
pub(super) struct Lane<'a, Fut, In, Out, D> {
    pub(super) source: Source<'a, Fut, In, Out>,
    pub(super) drain: Pin<&'a mut D>,
}

/// A coroutine during one poll of its stage.
pub(super) struct Source<'a, Fut, In, Out> {
    pub(super) coroutine: Pin<&'a mut Coroutine<Fut, In, Out>>,
    pub(super) waker: &'a Waker,
    pub(super) turn: Turn,
    pub(super) halt: Halt,
    /// Polls of the coroutine until a unit of the budget is spent.
    pub(super) left: usize,
}

/// What the coroutine makes of items.
struct Outputs<'s, 'a, I, Fut, In, Out> {
    source: &'s mut Source<'a, Fut, In, Out>,
    items: I,
}

impl<Fut, In, Out> Source<'_, Fut, In, Out>
where
    Fut: Future,
    Fut::Output: Ending,
{
    /// The next output, as far as `items` go.
    #[inline]
    fn next(&mut self, items: &mut impl Iterator<Item = In>) -> Option<Out> {
        let mut cx = Context::from_waker(self.waker);
        while self.halt == Halt::No {
            match self.turn {
                Turn::Poll => {
                    if self.left == 0 {
                        if !budget::spend() {
                            self.halt = Halt::Spent;
                            break;
                        }
                        self.left = budget::RUN;
                    }
                    self.left -= 1;
                    self.turn = Turn::Look;
                    self.coroutine.as_mut().advance(&mut cx);
                }
                Turn::Look => {
                    self.turn = Turn::Feed;
                    if let Some((output, is_awaited)) = self.coroutine.as_mut().take() {
                        if is_awaited {
                            self.turn = Turn::Poll;
                        }
                        return Some(output);
                    }
                }
                Turn::Feed => match self.coroutine.as_mut().feed(items)? {
                    Fed::Yes => self.turn = Turn::Poll,
                    Fed::NotAsked => self.halt = Halt::Waits,
                    Fed::Over => self.halt = Halt::Over,
                },
            }
        }
        None
    }

    /// Whether it is input that the coroutine waits for; polls it, if it may have other reasons.
    pub(super) fn is_hungry(&mut self) -> bool {
        if self.turn == Turn::Poll {
            let mut cx = Context::from_waker(self.waker);
            self.turn = Turn::Look;
            self.coroutine.as_mut().advance(&mut cx);
        }
        self.coroutine.as_mut().is_hungry()
    }
}

impl<I, Fut, In, Out> Iterator for Outputs<'_, '_, I, Fut, In, Out>
where
    I: Iterator<Item = In>,
    Fut: Future,
    Fut::Output: Ending,
{
    type Item = Out;

    #[inline]
    fn next(&mut self) -> Option<Out> {
        self.source.next(&mut self.items)
    }
}

impl<In, Fut, Out, D> Drain<In> for Lane<'_, Fut, In, Out, D>
where
    Fut: Future,
    Fut::Output: Ending,
    D: Drain<Out>,
{
    type Output = ();

    /// Ready when the coroutine asks for an item, and the drain is ready.
    #[inline]
    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        match self.poll_receive(cx, std::iter::empty()) {
            Intake::Dry => Poll::Ready(Ok(())),
            // Whoever lends this lane knows why, and sees to the wake.
            Intake::Blocked | Intake::Spent => Poll::Pending,
            Intake::Refused(reason) => Poll::Ready(Err(reason)),
        }
    }

    #[inline]
    fn receive(mut self: Pin<&mut Self>, item: In) -> Result<(), Reason> {
        let this = &mut *self;
        // It was asked for, or the lane would not have been ready. And the drain is ready for one
        // output; others have their turn later.
        match this
            .source
            .next(&mut std::iter::once(item))
        {
            Some(output) => this.drain.as_mut().receive(output),
            None => Ok(()),
        }
    }

    #[inline]
    fn poll_receive<I>(mut self: Pin<&mut Self>, cx: &mut Context<'_>, items: I) -> Intake
    where
        I: Iterator<Item = In>,
    {
        let this = &mut *self;
        let outputs = Outputs {
            source: &mut this.source,
            items,
        };
        match this
            .drain
            .as_mut()
            .poll_receive(cx, outputs)
        {
            Intake::Dry if this.source.halt != Halt::No => Intake::Blocked,
            intake => intake,
        }
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
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        _reason: &Reason,
    ) -> Poll<Result<(), Error>> {
        Poll::Ready(Err(Error::new(Kind::UsedAfterEnd)))
    }
}
