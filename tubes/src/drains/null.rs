//! Takes everything, keeps nothing.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::drain::Drain;
use crate::error::Error;
use crate::reason::Reason;

/// A drain that takes every item and keeps none.
///
/// # Flow control
///
/// Always ready. Holds nothing.
///
/// # Errors
///
/// The failure that ended the flow.
///
/// # Examples
///
/// ```
/// use tubes::{Fount, drains, founts};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let mut seen = 0;
/// founts::iter(0..5).inspect(|_| seen += 1).flow_to(drains::null()).await?;
/// assert_eq!(seen, 5);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[inline]
pub fn null<T>() -> Null<T> {
    Null { item: PhantomData }
}

/// The drain of [`null`].
#[must_use = "nothing flows before a fount flows to it"]
pub struct Null<T> {
    item: PhantomData<fn(T)>,
}

impl<T> Drain<T> for Null<T> {
    type Output = ();

    #[inline]
    fn poll_ready(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        Poll::Ready(Ok(()))
    }

    #[inline]
    fn receive(self: Pin<&mut Self>, item: T) -> Result<(), Reason> {
        drop(item);
        Ok(())
    }

    fn poll_stopped(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        reason: &Reason,
    ) -> Poll<Result<(), Error>> {
        Poll::Ready(reason.clone().into_result())
    }
}

impl<T> fmt::Debug for Null<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("null")
    }
}
