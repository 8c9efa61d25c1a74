//! A drain that is lent, and notes whether something came.

use std::pin::Pin;
use std::task::{Context, Poll};

use crate::drain::{Drain, Intake};
use crate::error::Error;
use crate::reason::Reason;

/// A drain lent to a run, of which it notes whether an item came by.
pub(super) struct Noting<'a, D> {
    drain: Pin<&'a mut D>,
    moved: bool,
}

impl<'a, D> Noting<'a, D> {
    #[inline]
    pub(super) fn new(drain: Pin<&'a mut D>) -> Self {
        Self {
            drain,
            moved: false,
        }
    }

    /// Whether an item came by.
    #[inline]
    pub(super) fn has_moved(&self) -> bool {
        self.moved
    }
}

impl<Item, D: Drain<Item>> Drain<Item> for Noting<'_, D> {
    type Output = D::Output;

    #[inline]
    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.drain.as_mut().poll_ready(cx)
    }

    #[inline]
    fn receive(mut self: Pin<&mut Self>, item: Item) -> Result<(), Reason> {
        self.moved = true;
        self.drain.as_mut().receive(item)
    }

    #[inline]
    fn poll_receive<I>(mut self: Pin<&mut Self>, cx: &mut Context<'_>, items: I) -> Intake
    where
        I: Iterator<Item = Item>,
    {
        let mut noted = Noted {
            items,
            moved: false,
        };
        let intake = self
            .drain
            .as_mut()
            .poll_receive(cx, &mut noted);
        self.moved |= noted.moved;
        intake
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

/// Items, and whether there was one.
struct Noted<I> {
    items: I,
    moved: bool,
}

impl<I: Iterator> Iterator for Noted<I> {
    type Item = I::Item;

    #[inline]
    fn next(&mut self) -> Option<I::Item> {
        let item = self.items.next()?;
        self.moved = true;
        Some(item)
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.items.size_hint()
    }
}
