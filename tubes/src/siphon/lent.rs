//! A drain that is lent to a run, with its type: what `Pin<&mut D>` is for any drain, without
//! losing the runs of a sized one.

use std::pin::Pin;
use std::task::{Context, Poll};

use crate::drain::{Drain, Intake};
use crate::error::Error;
use crate::reason::Reason;

#[derive(Debug)]
pub(crate) struct Lent<'a, D>(pub(crate) Pin<&'a mut D>);

impl<Item, D: Drain<Item>> Drain<Item> for Lent<'_, D> {
    type Output = D::Output;

    #[inline]
    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.0.as_mut().poll_ready(cx)
    }
    #[inline]
    fn receive(mut self: Pin<&mut Self>, item: Item) -> Result<(), Reason> {
        self.0.as_mut().receive(item)
    }
    #[inline]
    fn poll_receive<I>(mut self: Pin<&mut Self>, cx: &mut Context<'_>, items: I) -> Intake
    where
        I: Iterator<Item = Item>,
    {
        self.0.as_mut().poll_receive(cx, items)
    }
    #[inline]
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.0.as_mut().poll_flush(cx)
    }
    #[inline]
    fn moved(&self) -> u64 {
        self.0.moved()
    }

    #[inline]
    fn held(&self) -> usize {
        self.0.held()
    }
    #[inline]
    fn poll_stopped(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        reason: &Reason,
    ) -> Poll<Result<D::Output, Error>> {
        self.0.as_mut().poll_stopped(cx, reason)
    }
}
