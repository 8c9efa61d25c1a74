//! One route that nobody waits for: while it is full, what comes is dropped, or what is oldest.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::drain::Drain;
use crate::fount::{Fount, Run};
use crate::keyed::reader::Reader;
use crate::lossy::Lossy;
use crate::reason::Reason;

/// The items for one address, and where some are missing: what
/// [`Routes::open_lossy`](super::Routes::open_lossy) and
/// [`Routes::open_latest`](super::Routes::open_latest) give.
///
/// # Flow control
///
/// At most so many items wait as its bound says; beyond that, what comes is dropped, or what is
/// oldest. At most one gap waits beside each item. Where the oldest is dropped, as many more may be
/// held that the reader has taken and not handed on.
///
/// # Stopping
///
/// As a [`Route`](super::Route).
#[must_use = "nothing flows before it is driven: use `flow_to` or `next`"]
pub struct LossyRoute<K, T> {
    reader: Reader<K, T>,
}

impl<K, T> LossyRoute<K, T> {
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
impl<K, T> Unpin for LossyRoute<K, T> {}

impl<K, T> Fount for LossyRoute<K, T> {
    type Item = Lossy<T>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Lossy<T>, Reason>> {
        self.reader.poll_one(cx)
    }

    #[inline]
    fn poll_flow<D>(mut self: Pin<&mut Self>, cx: &mut Context<'_>, drain: Pin<&mut D>) -> Run
    where
        D: Drain<Lossy<T>>,
    {
        self.reader.poll_flow(cx, drain, Some)
    }

    fn stop(mut self: Pin<&mut Self>, reason: &Reason) {
        self.reader.stop(reason);
    }
}

impl<K: fmt::Debug, T> fmt::Debug for LossyRoute<K, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "lossy_route {:?}", self.reader.key())?;
        self.reader.fmt_held(f)
    }
}
