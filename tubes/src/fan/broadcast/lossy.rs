//! A branch that misses items when it is slow.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::reader::{Held, Reader};
use crate::drain::Drain;
use crate::fount::{Fount, Run};
use crate::lossy::Lossy;
use crate::reason::Reason;

/// A fount of what a [`broadcast`](super::broadcast()) is fed, and of where items are missing.
///
/// Made by [`Subscribers::subscribe_lossy`](super::Subscribers::subscribe_lossy); may live in any
/// task.
///
/// # Flow control
///
/// Does not hold the feed back: when it is more items behind than the bound of the broadcast, it
/// misses the oldest, and [`Lossy::Gap`] says how many in their place. Takes a run of items at once,
/// at most the bound.
///
/// # Stopping
///
/// Ends as the feed does, behind the data.
#[must_use = "nothing flows before it is driven: use `flow_to` or `next`"]
pub struct LossyBranch<T> {
    reader: Reader<T>,
}

impl<T> LossyBranch<T> {
    pub(super) fn new(reader: Reader<T>) -> Self {
        Self { reader }
    }

    /// Begins with the last `items` items before it was added: as
    /// [`Branch::replaying`](super::Branch::replaying).
    pub fn replaying(mut self, items: usize) -> Self {
        self.reader.replay(items);
        self
    }
}

// The items are never pinned.
impl<T> Unpin for LossyBranch<T> {}

impl<T: Clone> Fount for LossyBranch<T> {
    type Item = Lossy<T>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Lossy<T>, Reason>> {
        self.reader.poll_next(cx, pop)
    }

    #[inline]
    fn poll_flow<D>(mut self: Pin<&mut Self>, cx: &mut Context<'_>, drain: Pin<&mut D>) -> Run
    where
        D: Drain<Lossy<T>>,
    {
        self.reader.poll_flow(cx, drain, pop)
    }

    fn stop(mut self: Pin<&mut Self>, reason: &Reason) {
        self.reader.leave(reason.clone());
    }
}

#[inline]
fn pop<T>(held: &mut Held<T>) -> Option<Lossy<T>> {
    match held.gap.take() {
        Some(gap) => Some(Lossy::Gap(gap)),
        None => held.queue.pop_front().map(Lossy::Item),
    }
}

impl<T> fmt::Debug for LossyBranch<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reader.fmt(f, "lossy branch")
    }
}
