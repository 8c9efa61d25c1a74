//! One value made of all items.

use std::fmt;
use std::mem::needs_drop;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::drain::{Drain, Intake};
use crate::error::{Error, Kind};
use crate::reason::Reason;

/// A drain that makes one value of all items, starting from `start`.
///
/// # Flow control
///
/// Always ready. Holds the value.
///
/// # Errors
///
/// After a failure the output is that failure: a partial value must not look like the whole.
///
/// # Examples
///
/// ```
/// use tubes::{Fount, drains, founts};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let sum = founts::iter([1, 2, 3]).flow_to(drains::fold(0, |sum, n| sum + n)).await?;
/// assert_eq!(sum, 6);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[inline]
pub fn fold<A, F, Item>(start: A, f: F) -> Fold<A, F>
where
    F: FnMut(A, Item) -> A,
{
    Fold {
        value: Some(start),
        f,
    }
}

/// The drain of [`fold`].
#[must_use = "nothing flows before a fount flows to it"]
pub struct Fold<A, F> {
    /// `None` only while `f` runs (it may panic) and after the output was handed over.
    value: Option<A>,
    f: F,
}

// Nothing in it is pinned.
impl<A, F> Unpin for Fold<A, F> {}

impl<A, F, Item> Drain<Item> for Fold<A, F>
where
    F: FnMut(A, Item) -> A,
{
    type Output = A;

    #[inline]
    fn poll_ready(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        Poll::Ready(Ok(()))
    }

    #[inline]
    fn receive(self: Pin<&mut Self>, item: Item) -> Result<(), Reason> {
        let this = self.get_mut();
        if let Some(value) = this.value.take() {
            this.value = Some((this.f)(value, item));
        }
        // Without a value there will be an error instead of an output; to say so here, for each
        // item, would cost the fusion.
        Ok(())
    }

    #[inline]
    fn poll_receive<I>(self: Pin<&mut Self>, _cx: &mut Context<'_>, items: I) -> Intake
    where
        I: Iterator<Item = Item>,
    {
        let this = self.get_mut();
        match this.value.take() {
            // An item with parts is best made where it is used, not in the `Option` of `next`;
            // a plain one is best used in a plain loop (measured: 2 times, and 1.4 times).
            Some(value) if needs_drop::<Item>() => {
                this.value = Some(items.fold(value, |value, item| (this.f)(value, item)));
            }
            Some(mut value) => {
                for item in items {
                    value = (this.f)(value, item);
                }
                this.value = Some(value);
            }
            None => return Intake::Refused(ended().into()),
        }
        Intake::Dry
    }

    fn poll_stopped(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        reason: &Reason,
    ) -> Poll<Result<A, Error>> {
        let value = self.value.take();
        Poll::Ready(
            reason
                .clone()
                .into_result()
                .and_then(|()| value.ok_or_else(ended)),
        )
    }
}

/// There is no value: it was handed over, or `f` panicked.
#[cold]
fn ended() -> Error {
    Error::new(Kind::UsedAfterEnd).at("fold")
}

impl<A: fmt::Debug, F> fmt::Debug for Fold<A, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("fold")
            .field(&self.value)
            .finish()
    }
}
