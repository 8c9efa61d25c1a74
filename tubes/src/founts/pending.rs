//! Nothing, and no end.

use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::fount::Fount;
use crate::reason::Reason;

/// A fount that never yields and never ends by itself.
///
/// # Flow control
///
/// Holds nothing. Never wakes.
///
/// # Stopping
///
/// Ends with the reason of [`stop`](Fount::stop).
///
/// # Examples
///
/// ```
/// use std::task::{Context, Waker};
/// use tubes::{Fount, founts};
///
/// let mut silent = std::pin::pin!(founts::pending::<String>());
/// let mut cx = Context::from_waker(Waker::noop());
/// assert!(silent.as_mut().poll_next(&mut cx).is_pending());
/// ```
#[inline]
pub fn pending<T>() -> Pending<T> {
    Pending {
        end: None,
        item: PhantomData,
    }
}

/// The fount of [`pending`].
#[derive(Debug)]
#[must_use = "nothing flows before it is driven: use `flow_to` or `next`"]
pub struct Pending<T> {
    end: Option<Reason>,
    item: PhantomData<fn() -> T>,
}

impl<T> Fount for Pending<T> {
    type Item = T;

    #[inline]
    fn poll_next(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<T, Reason>> {
        match &self.end {
            None => Poll::Pending,
            Some(reason) => Poll::Ready(Err(reason.clone())),
        }
    }

    fn stop(mut self: Pin<&mut Self>, reason: &Reason) {
        self.end
            .get_or_insert_with(|| reason.clone());
    }
}
