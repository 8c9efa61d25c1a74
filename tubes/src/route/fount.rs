//! One route: the items for one address.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::drain::Drain;
use crate::fount::{Fount, Run};
use crate::keyed::reader::Reader;
use crate::lossy::Lossy;
use crate::reason::Reason;

/// The items for one address: what [`Routes::open`](super::Routes::open) gives.
///
/// # Flow control
///
/// At most so many items wait as its bound says, and one more, for which the router waits.
///
/// # Stopping
///
/// Ends behind its items with the reason that ended the flow into the router. Stopped or dropped,
/// it leaves alone: what it held is gone, and its address is free.
#[must_use = "nothing flows before it is driven: use `flow_to` or `next`"]
pub struct Route<K, T> {
    reader: Reader<K, T>,
}

impl<K, T> Route<K, T> {
    pub(super) fn new(reader: Reader<K, T>) -> Self {
        Self { reader }
    }

    /// Its address.
    #[must_use]
    pub fn key(&self) -> &K {
        self.reader.key()
    }
}

// No item is ever pinned.
impl<K, T> Unpin for Route<K, T> {}

impl<K, T> Fount for Route<K, T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T, Reason>> {
        self.reader.poll_item(cx)
    }

    #[inline]
    fn poll_flow<D>(mut self: Pin<&mut Self>, cx: &mut Context<'_>, drain: Pin<&mut D>) -> Run
    where
        D: Drain<T>,
    {
        self.reader
            .poll_flow(cx, drain, Lossy::item)
    }

    fn stop(mut self: Pin<&mut Self>, reason: &Reason) {
        self.reader.stop(reason);
    }
}

impl<K: fmt::Debug, T> fmt::Debug for Route<K, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "route {:?}", self.reader.key())?;
        self.reader.fmt_held(f)
    }
}
