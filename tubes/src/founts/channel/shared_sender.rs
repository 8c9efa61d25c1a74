//! What feeds a channel, one of many.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::port::Port;
use super::send_error::TrySendError;
use super::sender::Sending;
use crate::drain::Drain;
use crate::error::Error;
use crate::reason::Reason;

/// What feeds a [`Channel`](crate::founts::Channel), one of many: its clones come and go in any
/// task, and each is a drain. [`Sender::shared`](crate::founts::Sender::shared) gives the first.
///
/// # Flow control
///
/// The bound of the channel is that of all together: a clone adds no room. Senders that wait stand
/// in line, each once, and the first that came goes first; a sender that comes when others wait
/// does not overtake them. A place is kept for one that was told that it is ready, until it has
/// sent, has nothing to send, or is gone.
///
/// # Stopping
///
/// The channel ends when all senders have: behind the items, with the first failure, if one of
/// them [failed](Self::fail), was dropped in silence ([`Kind::Abandoned`](crate::Kind::Abandoned)),
/// or was the drain of a flow that failed. A sender that has ended refuses what comes behind, and
/// its clones have ended, too. A stop of the channel is heard by all.
pub struct SharedSender<T> {
    port: Port<T>,
}

impl<T> SharedSender<T> {
    pub(super) fn new(port: Port<T>) -> Self {
        Self { port }
    }

    /// Sends an item, waiting in line for room.
    ///
    /// # Errors
    ///
    /// The item and the reason, when the channel takes no more.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the item if it was not sent yet, and leaves the line.
    pub fn send(&mut self, item: T) -> Sending<'_, T> {
        Sending::new(&mut self.port, item)
    }

    /// Sends an item, if there is room for it now and nobody waits.
    ///
    /// # Errors
    ///
    /// The item, when there is no room or the channel takes no more.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::num::NonZeroUsize;
    /// use tubes::founts;
    ///
    /// let (sender, _channel) = founts::channel(NonZeroUsize::MIN);
    /// let mut one = sender.shared();
    /// let mut other = one.clone();
    /// assert!(one.try_send("first").is_ok());
    /// assert_eq!(other.try_send("second").unwrap_err().into_item(), "second");
    /// ```
    pub fn try_send(&mut self, item: T) -> Result<(), TrySendError<T>> {
        self.port.try_send(item)
    }

    /// This sender has said all that it had to say.
    pub fn finish(mut self) {
        self.port.end(Reason::Finished);
    }

    /// Something failed: the channel ends with this error, when all senders have ended.
    pub fn fail(mut self, error: impl Into<Error>) {
        self.port
            .end(Reason::Failed(error.into()));
    }
}

// Nothing in it is pinned.
impl<T> Unpin for SharedSender<T> {}

impl<T> Clone for SharedSender<T> {
    fn clone(&self) -> Self {
        Self::new(self.port.another())
    }
}

impl<T> Drain<T> for SharedSender<T> {
    type Output = ();

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.port.poll_ready(cx)
    }

    fn receive(mut self: Pin<&mut Self>, item: T) -> Result<(), Reason> {
        self.port.receive(item)
    }

    /// Nothing is held back; others may have the place that was kept for it.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.port.poll_flush(cx)
    }

    fn poll_stopped(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        reason: &Reason,
    ) -> Poll<Result<(), Error>> {
        self.port.end(reason.clone());
        Poll::Ready(reason.clone().into_result())
    }
}

impl<T> fmt::Debug for SharedSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("shared_sender")
    }
}
