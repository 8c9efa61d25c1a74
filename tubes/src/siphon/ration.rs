//! A drain lent to one of many sources, for so many items.

use std::pin::Pin;
use std::task::{Context, Poll};

use crate::drain::{Drain, Intake};
use crate::error::Error;
use crate::reason::Reason;

/// A drain lent for so many items, under the context of whoever owns it: a source is polled with
/// a waker of its own, the drain is not.
#[derive(Debug)]
pub(crate) struct Ration<'a, 'cx, 'w, D> {
    drain: Pin<&'a mut D>,
    cx: &'cx mut Context<'w>,
    /// Cheap items are counted by run: it may end a little early.
    left: usize,
    waits: Waits,
}

/// For what the source of a ration waits, after `Blocked`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waits {
    /// The ration is used up (or nothing waits): the next source, then this one again.
    ForItsTurn,
    /// The drain itself is not ready.
    ForTheDrain,
}

impl<'a, 'cx, 'w, D> Ration<'a, 'cx, 'w, D> {
    #[inline]
    pub(crate) fn new(drain: Pin<&'a mut D>, cx: &'cx mut Context<'w>, items: usize) -> Self {
        Self {
            drain,
            cx,
            left: items,
            waits: Waits::ForItsTurn,
        }
    }

    /// For what the source waits, after `Blocked`.
    #[inline]
    pub(crate) fn waits(&self) -> Waits {
        self.waits
    }

    /// How many items are left of it.
    #[inline]
    pub(crate) fn left(&self) -> usize {
        self.left
    }
}

impl<Item, D: Drain<Item>> Drain<Item> for Ration<'_, '_, '_, D> {
    type Output = D::Output;

    #[inline]
    fn poll_ready(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        if self.left == 0 {
            return Poll::Pending;
        }
        let this = &mut *self;
        let ready = this.drain.as_mut().poll_ready(this.cx);
        if ready.is_pending() {
            this.waits = Waits::ForTheDrain;
        }
        ready
    }

    #[inline]
    fn receive(mut self: Pin<&mut Self>, item: Item) -> Result<(), Reason> {
        self.left = self.left.saturating_sub(1);
        self.drain.as_mut().receive(item)
    }

    #[inline]
    fn poll_receive<I>(mut self: Pin<&mut Self>, _cx: &mut Context<'_>, mut items: I) -> Intake
    where
        I: Iterator<Item = Item>,
    {
        if self.left == 0 {
            return Intake::Blocked;
        }
        let this = &mut *self;
        // Not counted item by item, where a run fits: the loop stays one that fuses.
        let most = items
            .size_hint()
            .1
            .unwrap_or(usize::MAX);
        let intake = if most <= this.left {
            this.drain
                .as_mut()
                .poll_receive(this.cx, items)
        } else {
            // Erased, so that the type does not contain that of `items`: with two types made of each,
            // the code behind would double with each merge in a chain (12 of them did not compile).
            let items: &mut dyn Iterator<Item = Item> = &mut items;
            this.drain
                .as_mut()
                .poll_receive(this.cx, items.take(this.left))
        };
        match intake {
            Intake::Dry => {
                this.left = this.left.saturating_sub(most);
                if this.left == 0 {
                    return Intake::Blocked;
                }
            }
            Intake::Blocked => this.waits = Waits::ForTheDrain,
            Intake::Spent | Intake::Refused(_) => {}
        }
        intake
    }

    #[inline]
    fn poll_flush(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        let this = &mut *self;
        this.drain.as_mut().poll_flush(this.cx)
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
        _cx: &mut Context<'_>,
        reason: &Reason,
    ) -> Poll<Result<D::Output, Error>> {
        let this = &mut *self;
        this.drain
            .as_mut()
            .poll_stopped(this.cx, reason)
    }
}
