//! A drain lent for an exact number of items.

use std::pin::Pin;
use std::task::{Context, Poll};

use crate::drain::{Drain, Intake};
use crate::error::Error;
use crate::reason::Reason;

/// A drain lent for so many items and not one more or less; then it is not ready, without a wake.
#[derive(Debug)]
pub(super) struct Measured<'a, D> {
    pub(super) drain: Pin<&'a mut D>,
    pub(super) left: usize,
}

impl<Item, D: Drain<Item>> Drain<Item> for Measured<'_, D> {
    type Output = D::Output;

    #[inline]
    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        if self.left == 0 {
            return Poll::Pending;
        }
        self.drain.as_mut().poll_ready(cx)
    }

    #[inline]
    fn receive(mut self: Pin<&mut Self>, item: Item) -> Result<(), Reason> {
        self.left = self.left.saturating_sub(1);
        self.drain.as_mut().receive(item)
    }

    #[inline]
    fn poll_receive<I>(mut self: Pin<&mut Self>, cx: &mut Context<'_>, mut items: I) -> Intake
    where
        I: Iterator<Item = Item>,
    {
        if self.left == 0 {
            return Intake::Blocked;
        }
        let this = &mut *self;
        let some = Counted {
            items: &mut items,
            left: &mut this.left,
        };
        let intake = this
            .drain
            .as_mut()
            .poll_receive(cx, some);
        match intake {
            Intake::Dry if self.left == 0 => Intake::Blocked,
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

/// So many items, counted down where they pass. Not a closure, whose type would hold that of the
/// iterator twice: it would double with each such fount behind another.
struct Counted<'a, I> {
    items: &'a mut I,
    left: &'a mut usize,
}

impl<I: Iterator> Iterator for Counted<'_, I> {
    type Item = I::Item;

    #[inline]
    fn next(&mut self) -> Option<I::Item> {
        let left = self.left.checked_sub(1)?;
        let next = self.items.next()?;
        *self.left = left;
        Some(next)
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        let (lower, upper) = self.items.size_hint();
        let left = *self.left;
        (
            lower.min(left),
            Some(upper.map_or(left, |upper| upper.min(left))),
        )
    }
}
