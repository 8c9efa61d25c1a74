//! One item, pulled by hand.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use crate::budget::{self, Turn};
use crate::error::Error;
use crate::fount::Fount;
use crate::reason::{self, Reason};

/// The future of one item: what [`Fount::next`] gives.
///
/// Inside a driver's poll (in a call of `for_each_async`, say) each item takes a unit of the
/// [`budget`](crate::budget) of that poll: at most 64 items, then other tasks get their turn.
/// While there is no item, nothing is taken.
///
/// # Cancel safety
///
/// Holds no item; dropping it loses nothing.
#[derive(Debug)]
#[must_use = "nothing is pulled before it is awaited"]
pub struct Next<'a, F> {
    next: NextOrReason<'a, F>,
}

/// The future of one item or the reason why there is none: what [`Fount::next_or_reason`] gives.
///
/// Takes of the [`budget`](crate::budget) what [`Next`] does.
///
/// # Cancel safety
///
/// Holds no item; dropping it loses nothing.
#[derive(Debug)]
#[must_use = "nothing is pulled before it is awaited"]
pub struct NextOrReason<'a, F> {
    fount: &'a mut F,
}

impl<'a, F> Next<'a, F> {
    #[inline]
    pub(crate) fn new(fount: &'a mut F) -> Self {
        Self {
            next: NextOrReason::new(fount),
        }
    }
}

impl<'a, F> NextOrReason<'a, F> {
    #[inline]
    pub(crate) fn new(fount: &'a mut F) -> Self {
        Self { fount }
    }
}

impl<F: Fount + Unpin> Future for Next<'_, F> {
    type Output = Result<Option<F::Item>, Error>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.next)
            .poll(cx)
            .map(reason::item_or_end)
    }
}

impl<F: Fount + Unpin> Future for NextOrReason<'_, F> {
    type Output = Result<F::Item, Reason>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let _turn = ready!(Turn::open(cx));
        if !budget::is_left() {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let next = Pin::new(&mut *self.fount).poll_next(cx);
        if next.is_ready() {
            budget::take_one();
        }
        next
    }
}
