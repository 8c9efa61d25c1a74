//! A drain lent to a run for as long as a flag is down.

use std::pin::Pin;
use std::task::{Context, Poll};

use crate::drain::{Drain, Intake};
use crate::error::Error;
use crate::flag::Flag;
use crate::reason::Reason;

/// A drain lent for as long as a flag is down. It is looked at before each item: one load.
pub(crate) struct Gated<'a, D, S> {
    drain: Pin<&'a mut D>,
    flag: &'a Flag<S>,
    met: Met,
}

/// What became of the loan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Met {
    /// The flag was down whenever it was looked at.
    Nothing,
    /// It was up: the source was told that there is no room.
    TheFlag,
}

impl<'a, D, S> Gated<'a, D, S> {
    #[inline]
    pub(crate) fn new(drain: Pin<&'a mut D>, flag: &'a Flag<S>) -> Self {
        Self {
            drain,
            flag,
            met: Met::Nothing,
        }
    }

    /// Whether the run came to the flag, after `Blocked`.
    #[inline]
    pub(crate) fn met_the_flag(&self) -> bool {
        self.met == Met::TheFlag
    }
}

/// The items of a run, until the flag is up.
struct WhileDown<'a, I, S> {
    items: I,
    flag: &'a Flag<S>,
    met: &'a mut Met,
}

impl<I: Iterator, S> Iterator for WhileDown<'_, I, S> {
    type Item = I::Item;

    #[inline]
    fn next(&mut self) -> Option<I::Item> {
        if self.flag.is_up() {
            *self.met = Met::TheFlag;
            return None;
        }
        self.items.next()
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, self.items.size_hint().1)
    }
}

impl<Item, D: Drain<Item>, S> Drain<Item> for Gated<'_, D, S> {
    type Output = D::Output;

    #[inline]
    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        if self.flag.is_up() {
            self.met = Met::TheFlag;
            return Poll::Pending;
        }
        self.drain.as_mut().poll_ready(cx)
    }

    #[inline]
    fn receive(mut self: Pin<&mut Self>, item: Item) -> Result<(), Reason> {
        self.drain.as_mut().receive(item)
    }

    #[inline]
    fn poll_receive<I>(mut self: Pin<&mut Self>, cx: &mut Context<'_>, items: I) -> Intake
    where
        I: Iterator<Item = Item>,
    {
        let this = &mut *self;
        let items = WhileDown {
            items,
            flag: this.flag,
            met: &mut this.met,
        };
        match this
            .drain
            .as_mut()
            .poll_receive(cx, items)
        {
            Intake::Dry if this.met == Met::TheFlag => Intake::Blocked,
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
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        reason: &Reason,
    ) -> Poll<Result<D::Output, Error>> {
        self.drain
            .as_mut()
            .poll_stopped(cx, reason)
    }
}
