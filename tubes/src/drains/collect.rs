//! All items, up to a limit.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::drain::Drain;
use crate::error::{Error, Kind};
use crate::reason::Reason;

/// A drain that keeps all items, at most `limit` of them.
///
/// # Flow control
///
/// Always ready. Holds up to `limit` items.
///
/// # Errors
///
/// [`Kind::Limit`] with the limit when one more item comes; the failure that ended the flow.
///
/// # Examples
///
/// ```
/// use tubes::{Fount, Kind, drains, founts};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// assert_eq!(founts::iter(0..3).flow_to(drains::collect(3)).await.unwrap(), [0, 1, 2]);
///
/// let error = founts::iter(0..).flow_to(drains::collect(3)).await.unwrap_err();
/// assert_eq!(error.kind(), Kind::Limit { what: "collection", limit: 3 });
/// # });
/// ```
#[inline]
pub fn collect<T>(limit: usize) -> Collect<T> {
    Collect {
        items: Vec::new(),
        limit,
    }
}

/// The drain of [`collect`].
#[must_use = "nothing flows before a fount flows to it"]
pub struct Collect<T> {
    /// `items.len() <= limit`
    items: Vec<T>,
    limit: usize,
}

// Nothing in it is pinned.
impl<T> Unpin for Collect<T> {}

impl<T> Drain<T> for Collect<T> {
    type Output = Vec<T>;

    #[inline]
    fn poll_ready(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        Poll::Ready(Ok(()))
    }

    #[inline]
    fn receive(mut self: Pin<&mut Self>, item: T) -> Result<(), Reason> {
        if self.items.len() < self.limit {
            self.items.push(item);
            return Ok(());
        }
        let limit = self.limit;
        let kind = Kind::Limit {
            what: "collection",
            limit,
        };
        Err(Error::new(kind).at("collect").into())
    }

    fn poll_stopped(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        reason: &Reason,
    ) -> Poll<Result<Vec<T>, Error>> {
        let items = std::mem::take(&mut self.items);
        Poll::Ready(
            reason
                .clone()
                .into_result()
                .map(|()| items),
        )
    }
}

impl<T> fmt::Debug for Collect<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "collect({} of {})", self.items.len(), self.limit)
    }
}
