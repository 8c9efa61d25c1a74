//! One item, pulled by hand.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use crate::budget::Turn;
use crate::fount::Fount;
use crate::reason::Reason;

/// The future of one item: what [`Fount::next`] gives.
///
/// # Cancel safety
///
/// Holds no item; dropping it loses nothing.
#[derive(Debug)]
#[must_use = "nothing is pulled before it is awaited"]
pub struct Next<'a, F> {
    fount: &'a mut F,
}

impl<'a, F> Next<'a, F> {
    #[inline]
    pub(crate) fn new(fount: &'a mut F) -> Self {
        Self { fount }
    }
}

impl<F: Fount + Unpin> Future for Next<'_, F> {
    type Output = Result<F::Item, Reason>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let _turn = ready!(Turn::open(cx));
        Pin::new(&mut *self.fount).poll_next(cx)
    }
}
