//! What feeds a channel, alone.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::port::Port;
use super::send_error::{SendError, TrySendError};
use super::shared_sender::SharedSender;
use crate::drain::Drain;
use crate::error::Error;
use crate::reason::Reason;

/// What feeds a [`Channel`](crate::founts::Channel); a drain, too.
///
/// # Flow control
///
/// Ready while fewer items wait than the bound of the channel; a place is kept then, until an item
/// has it. Holds nothing itself.
///
/// # Stopping
///
/// The end of a flow into it is its last word; what comes behind that is refused with the same
/// reason. Dropped without a last word, it has failed
/// ([`Kind::Abandoned`](crate::Kind::Abandoned)). A stop of the channel is heard when something is
/// sent, or awaited.
pub struct Sender<T> {
    port: Port<T>,
}

impl<T> Sender<T> {
    pub(super) fn new(port: Port<T>) -> Self {
        Self { port }
    }

    /// A sender that can be cloned, so that many feed one channel.
    ///
    /// # Examples
    ///
    /// ```
    /// use tubes::{Fount, bound, drains, founts};
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let (sender, channel) = founts::channel(bound(2));
    /// let (one, sum) = (sender.shared(), channel.flow_to(drains::fold(0, |sum, n| sum + n)));
    /// let other = one.clone();
    /// let (_, _, sum) = tokio::join!(
    ///     founts::iter(0..10).flow_to(one),
    ///     founts::iter(10..20).flow_to(other),
    ///     sum,
    /// );
    /// assert_eq!(sum?, 190);
    /// # Ok::<_, tubes::Error>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn shared(self) -> SharedSender<T> {
        SharedSender::new(self.port)
    }

    /// Sends an item, waiting for room.
    ///
    /// # Errors
    ///
    /// The item and the reason, when the channel takes no more.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the item if it was not sent yet.
    pub fn send(&mut self, item: T) -> Sending<'_, T> {
        Sending::new(&mut self.port, item)
    }

    /// Sends an item, if there is room for it now.
    ///
    /// # Errors
    ///
    /// The item, when there is no room or the channel takes no more.
    pub fn try_send(&mut self, item: T) -> Result<(), TrySendError<T>> {
        self.port.try_send(item)
    }

    /// All was said: the channel ends with [`Reason::Finished`] behind the items.
    pub fn finish(mut self) {
        self.port.end(Reason::Finished);
    }

    /// Something failed: the channel ends with this error behind the items.
    pub fn fail(mut self, error: impl Into<Error>) {
        self.port
            .end(Reason::Failed(error.into()));
    }
}

// Nothing in it is pinned.
impl<T> Unpin for Sender<T> {}

impl<T> Drain<T> for Sender<T> {
    type Output = ();

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.port.poll_ready(cx)
    }

    fn receive(mut self: Pin<&mut Self>, item: T) -> Result<(), Reason> {
        self.port.receive(item)
    }

    /// Nothing is held back; but who waits for a source hears that the channel was stopped.
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

/// The future of [`Sender::send`] and [`SharedSender::send`].
#[must_use = "nothing is sent before it is awaited"]
pub struct Sending<'a, T> {
    port: &'a mut Port<T>,
    item: Option<T>,
}

// The item is never pinned.
impl<T> Unpin for Sending<'_, T> {}

impl<'a, T> Sending<'a, T> {
    pub(super) fn new(port: &'a mut Port<T>, item: T) -> Self {
        Self {
            port,
            item: Some(item),
        }
    }
}

impl<T> Future for Sending<'_, T> {
    type Output = Result<(), SendError<T>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        loop {
            let ready = std::task::ready!(this.port.poll_ready(cx));
            let Some(item) = this.item.take() else {
                return Poll::Ready(Ok(()));
            };
            if let Err(reason) = ready {
                return Poll::Ready(Err(SendError { item, reason }));
            }
            match this.port.try_send(item) {
                Ok(()) => return Poll::Ready(Ok(())),
                Err(TrySendError::Stopped(error)) => return Poll::Ready(Err(error)),
                // A place was kept for it: cannot be. If it were, it would wait again.
                Err(TrySendError::Full(item)) => this.item = Some(item),
            }
        }
    }
}

impl<T> Drop for Sending<'_, T> {
    fn drop(&mut self) {
        // It was not sent: the next in line may go.
        if self.item.is_some() {
            self.port.give_up();
        }
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sender")
    }
}

impl<T> fmt::Debug for Sending<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("send")
    }
}
