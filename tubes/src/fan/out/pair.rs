//! Two branches of two types.

use std::fmt;
use std::task::{Context, Poll};

use super::branches::{Branches, Sealed, Seats};
use super::seat::Seat;
use crate::drain::{Drain, Intake};
use crate::error::Error;
use crate::reason::Reason;

/// Two branches of two types, for items of two types or of one.
pub struct Pair<X, Y, A: Drain<X>, B: Drain<Y>> {
    pub(super) first: Seat<X, A>,
    pub(super) second: Seat<Y, B>,
}

impl<X, Y, A: Drain<X>, B: Drain<Y>> Pair<X, Y, A, B> {
    pub(super) fn new(first: A, second: B) -> Self {
        Self {
            first: Seat::new(first),
            second: Seat::new(second),
        }
    }
}

impl<X, Y, A: Drain<X>, B: Drain<Y>> Sealed for Pair<X, Y, A, B> {}

impl<X, Y, A: Drain<X>, B: Drain<Y>> Seats for Pair<X, Y, A, B> {
    type Outputs = (A::Output, B::Output);
    type Results = (Result<A::Output, Error>, Result<B::Output, Error>);

    #[inline]
    fn count(&self) -> usize {
        2
    }
    #[inline]
    fn is_open(&self, at: usize) -> bool {
        match at {
            0 => self.first.is_open(),
            _ => self.second.is_open(),
        }
    }
    fn is_leaving(&self, at: usize) -> bool {
        match at {
            0 => self.first.is_leaving(),
            _ => self.second.is_leaving(),
        }
    }
    #[inline]
    fn poll_ready(&mut self, at: usize, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        match at {
            0 => self.first.poll_ready(cx),
            _ => self.second.poll_ready(cx),
        }
    }
    #[inline]
    fn poll_flush(&mut self, at: usize, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        match at {
            0 => self.first.poll_flush(cx),
            _ => self.second.poll_flush(cx),
        }
    }
    fn moved(&self) -> u64 {
        self.first
            .moved()
            .wrapping_add(self.second.moved())
    }

    fn held(&self) -> usize {
        self.first
            .held()
            .saturating_add(self.second.held())
    }
    fn leave(&mut self, at: usize, reason: &Reason) {
        match at {
            0 => self.first.leave(reason),
            _ => self.second.leave(reason),
        }
    }
    fn poll_over(&mut self, at: usize, cx: &mut Context<'_>) -> Poll<Option<Error>> {
        match at {
            0 => self.first.poll_over(cx),
            _ => self.second.poll_over(cx),
        }
    }
    fn results(&mut self) -> Self::Results {
        (self.first.take_output(), self.second.take_output())
    }
    fn outputs(&mut self) -> Result<Self::Outputs, Error> {
        Ok((self.first.take_output()?, self.second.take_output()?))
    }
}

impl<Item, A: Drain<Item>, B: Drain<Item>> Branches<Item> for Pair<Item, Item, A, B> {
    #[inline]
    fn receive(&mut self, at: usize, item: Item) -> Result<(), Reason> {
        match at {
            0 => self.first.receive(item),
            _ => self.second.receive(item),
        }
    }
    #[inline]
    fn poll_receive<I>(&mut self, at: usize, cx: &mut Context<'_>, items: I) -> Intake
    where
        I: Iterator<Item = Item>,
    {
        match at {
            0 => self.first.poll_receive(cx, items),
            _ => self.second.poll_receive(cx, items),
        }
    }
}

impl<X, Y, A, B> fmt::Debug for Pair<X, Y, A, B>
where
    A: Drain<X> + fmt::Debug,
    B: Drain<Y> + fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entry(&self.first)
            .entry(&self.second)
            .finish()
    }
}
