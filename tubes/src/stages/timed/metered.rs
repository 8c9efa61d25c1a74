//! A drain that is lent for as many items as there are tokens.

use std::pin::Pin;
use std::task::{Context, Poll};

use crate::drain::{Drain, Intake};
use crate::error::Error;
use crate::reason::Reason;
use crate::stages::weigh::Weigh;

/// A drain lent for so many tokens: an item passes while there is one, and then costs what it
/// costs.
///
/// When none is left, it is not ready, and nobody wakes it.
pub(super) struct Metered<'a, W, D> {
    drain: Pin<&'a mut D>,
    meter: Meter<'a, W>,
}

struct Meter<'a, W> {
    cost: &'a mut W,
    left: usize,
    /// What items cost beyond the last token.
    debt: u128,
}

impl<W> Meter<'_, W> {
    #[inline]
    fn count<T>(&mut self, item: &T)
    where
        W: Weigh<T>,
    {
        let cost = self.cost.weigh(item);
        if let Some(left) = self.left.checked_sub(cost) {
            self.left = left;
        } else {
            self.debt += (cost - self.left) as u128;
            self.left = 0;
        }
    }
}

impl<'a, W, D> Metered<'a, W, D> {
    #[inline]
    pub(super) fn new(drain: Pin<&'a mut D>, cost: &'a mut W, tokens: usize) -> Self {
        Self {
            drain,
            meter: Meter {
                cost,
                left: tokens,
                debt: 0,
            },
        }
    }

    /// How many tokens are left, and what the items cost beyond the last.
    #[inline]
    pub(super) fn rest(&self) -> (usize, u128) {
        (self.meter.left, self.meter.debt)
    }
}

impl<Item, W: Weigh<Item>, D: Drain<Item>> Drain<Item> for Metered<'_, W, D> {
    type Output = D::Output;

    #[inline]
    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        if self.meter.left == 0 {
            return Poll::Pending;
        }
        self.drain.as_mut().poll_ready(cx)
    }

    #[inline]
    fn receive(mut self: Pin<&mut Self>, item: Item) -> Result<(), Reason> {
        self.meter.count(&item);
        self.drain.as_mut().receive(item)
    }

    #[inline]
    fn poll_receive<I>(mut self: Pin<&mut Self>, cx: &mut Context<'_>, items: I) -> Intake
    where
        I: Iterator<Item = Item>,
    {
        let this = &mut *self;
        let metered = Paid {
            items,
            meter: &mut this.meter,
        };
        match this
            .drain
            .as_mut()
            .poll_receive(cx, metered)
        {
            // Items may be left, for which there is no token.
            Intake::Dry if this.meter.left == 0 => Intake::Blocked,
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

/// The items that there are tokens for.
struct Paid<'a, 'm, I, W> {
    items: I,
    meter: &'a mut Meter<'m, W>,
}

impl<I: Iterator, W: Weigh<I::Item>> Iterator for Paid<'_, '_, I, W> {
    type Item = I::Item;

    #[inline]
    fn next(&mut self) -> Option<I::Item> {
        if self.meter.left == 0 {
            return None;
        }
        let item = self.items.next()?;
        self.meter.count(&item);
        Some(item)
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, self.items.size_hint().1)
    }
}
