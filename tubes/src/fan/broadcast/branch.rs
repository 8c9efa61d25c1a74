//! A branch that gets every item.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::reader::{Held, Pace, Reader};
use crate::drain::Drain;
use crate::fount::{Fount, Run};
use crate::reason::Reason;

/// A fount of all that a [`broadcast`](super::broadcast()) is fed from when this branch was added on.
///
/// Made by [`Subscribers::subscribe`](super::Subscribers::subscribe); may live in any task.
///
/// # Flow control
///
/// Holds the feed back by what it has not delivered: at most the bound of the broadcast. Takes a
/// run of items at once, which counts in that bound.
///
/// # Stopping
///
/// Ends as the feed does, behind the data. Stopped or dropped, it frees what it held back; the
/// others go on.
#[must_use = "nothing flows before it is driven: use `flow_to` or `next`"]
pub struct Branch<T> {
    reader: Reader<T>,
}

impl<T> Branch<T> {
    pub(super) fn new(reader: Reader<T>) -> Self {
        Self { reader }
    }

    /// Begins with the last `items` items before it was added, as far as they are still there:
    /// those that some branch has yet to take, and those that are
    /// [kept](super::Broadcast::keeping).
    ///
    /// To be said before the branch is polled. A replay does not take away room that the feed has
    /// been promised.
    pub fn replaying(mut self, items: usize) -> Self {
        self.reader.replay(items);
        self
    }

    /// Does not hold the feed back: falls out when it is more items behind than the bound of the
    /// broadcast.
    ///
    /// It then ends with [`Kind::Full`](crate::Kind::Full), behind what it had taken.
    pub fn disconnecting(mut self) -> Self {
        self.reader.let_go(Pace::IsCut);
        self
    }
}

// The items are never pinned.
impl<T> Unpin for Branch<T> {}

impl<T: Clone> Fount for Branch<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T, Reason>> {
        self.reader.poll_next(cx, pop)
    }

    #[inline]
    fn poll_flow<D>(mut self: Pin<&mut Self>, cx: &mut Context<'_>, drain: Pin<&mut D>) -> Run
    where
        D: Drain<T>,
    {
        self.reader.poll_flow(cx, drain, pop)
    }

    fn stop(mut self: Pin<&mut Self>, reason: &Reason) {
        self.reader.leave(reason.clone());
    }
}

#[inline]
fn pop<T>(held: &mut Held<T>) -> Option<T> {
    held.queue.pop_front()
}

impl<T> fmt::Debug for Branch<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reader.fmt(f, "branch")
    }
}
