//! Items handed in from elsewhere, bounded.

use std::collections::VecDeque;
use std::error;
use std::fmt;
use std::future::Future;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::drain::Drain;
use crate::error::Error;
use crate::fount::Fount;
use crate::reason::Reason;

/// A fount fed from elsewhere: what goes into the [`Sender`] comes out of the [`Channel`].
///
/// # Flow control
///
/// At most `bound` items wait between the two. A full channel makes the sender wait.
///
/// # Stopping
///
/// The channel ends with the reason that the sender gives: [`Sender::finish`], [`Sender::fail`],
/// or the end of the flow into it. A sender dropped without any of these is a failure,
/// [`Kind::Abandoned`](crate::Kind::Abandoned). When the channel is stopped, the sender hears why.
///
/// # Examples
///
/// ```
/// use std::num::NonZeroUsize;
/// use tubes::{Fount, drains, founts};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let (mut sender, channel) = founts::channel(NonZeroUsize::MIN);
/// let feed = async move {
///     for n in 0..3 {
///         sender.send(n).await?;
///     }
///     sender.finish();
///     Ok::<_, founts::SendError<i32>>(())
/// };
/// let (fed, all) = tokio::join!(feed, channel.flow_to(drains::collect(9)));
/// fed?;
/// assert_eq!(all?, [0, 1, 2]);
/// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
pub fn channel<T>(bound: NonZeroUsize) -> (Sender<T>, Channel<T>) {
    let shared = Arc::new(Mutex::new(Shared {
        items: VecDeque::new(),
        bound: bound.get(),
        end: None,
        stopped: None,
        fount: None,
        sender: None,
    }));
    let sender = Sender {
        shared: Arc::clone(&shared),
    };
    (sender, Channel { shared })
}

/// The fount of [`channel`].
#[must_use = "nothing flows before it is driven: use `flow_to` or `next`"]
pub struct Channel<T> {
    shared: Arc<Mutex<Shared<T>>>,
}

/// What feeds a [`Channel`]; a drain, too.
pub struct Sender<T> {
    shared: Arc<Mutex<Shared<T>>>,
}

struct Shared<T> {
    /// `items.len() <= bound`
    items: VecDeque<T>,
    bound: usize,
    /// What the sender said last; heard behind the items.
    end: Option<Reason>,
    /// Why the fount wants no more.
    stopped: Option<Reason>,
    fount: Option<Waker>,
    sender: Option<Waker>,
}

/// An item that could not be sent, and why.
#[derive(Clone)]
#[non_exhaustive]
pub struct SendError<T> {
    /// The item, given back.
    pub item: T,
    /// Why the channel takes no more.
    pub reason: Reason,
}

impl<T> Sender<T> {
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
        Sending {
            sender: self,
            item: Some(item),
        }
    }

    /// All was said: the channel ends with [`Reason::Finished`] behind the items.
    pub fn finish(self) {
        self.end(Reason::Finished);
    }

    /// Something failed: the channel ends with this error behind the items.
    pub fn fail(self, error: impl Into<Error>) {
        self.end(Reason::Failed(error.into()));
    }

    fn end(&self, reason: Reason) {
        let mut shared = lock(&self.shared);
        if shared.end.is_none() {
            shared.end = Some(reason);
        }
        wake(shared, |shared| shared.fount.take());
    }
}

impl<T> Drain<T> for Sender<T> {
    type Output = ();

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        poll_for(&self.shared, cx, Side::Sender, |shared| {
            if let Some(reason) = &shared.stopped {
                return Some(Err(reason.clone()));
            }
            (shared.items.len() < shared.bound).then_some(Ok(()))
        })
    }

    fn receive(self: Pin<&mut Self>, item: T) -> Result<(), Reason> {
        let mut shared = lock(&self.shared);
        if let Some(reason) = &shared.stopped {
            return Err(reason.clone());
        }
        shared.items.push_back(item);
        wake(shared, |shared| shared.fount.take());
        Ok(())
    }

    /// Nothing is held back; but who waits for a source hears that the channel was stopped.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        let stopped = poll_for(&self.shared, cx, Side::Sender, |shared| {
            shared.stopped.clone()
        });
        match stopped {
            Poll::Ready(reason) => Poll::Ready(Err(reason)),
            Poll::Pending => Poll::Ready(Ok(())),
        }
    }

    fn poll_stopped(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        reason: &Reason,
    ) -> Poll<Result<(), Error>> {
        self.end(reason.clone());
        Poll::Ready(reason.clone().into_result())
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.end(Reason::abandoned());
    }
}

impl<T> Fount for Channel<T> {
    type Item = T;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T, Reason>> {
        let mut sender = None;
        let next = poll_for(&self.shared, cx, Side::Fount, |shared| {
            if let Some(reason) = &shared.stopped {
                return Some(Err(reason.clone()));
            }
            let was_full = shared.items.len() == shared.bound;
            if let Some(item) = shared.items.pop_front() {
                if was_full {
                    sender = shared.sender.take();
                }
                return Some(Ok(item));
            }
            shared.end.clone().map(Err)
        });
        if let Some(sender) = sender {
            sender.wake();
        }
        next
    }

    fn stop(self: Pin<&mut Self>, reason: &Reason) {
        self.end(reason.clone());
    }
}

impl<T> Channel<T> {
    fn end(&self, reason: Reason) {
        let mut shared = lock(&self.shared);
        if shared.stopped.is_some() {
            return;
        }
        shared.stopped = Some(reason);
        let unread = std::mem::take(&mut shared.items);
        wake(shared, |shared| shared.sender.take());
        drop(unread);
    }
}

impl<T> Drop for Channel<T> {
    fn drop(&mut self) {
        self.end(Reason::abandoned());
    }
}

/// The future of [`Sender::send`].
#[must_use = "nothing is sent before it is awaited"]
pub struct Sending<'a, T> {
    sender: &'a mut Sender<T>,
    item: Option<T>,
}

// The item is never pinned.
impl<T> Unpin for Sending<'_, T> {}

impl<T> Future for Sending<'_, T> {
    type Output = Result<(), SendError<T>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let ready = std::task::ready!(Pin::new(&mut *self.sender).poll_ready(cx));
        let Some(item) = self.item.take() else {
            return Poll::Ready(Ok(()));
        };
        if let Err(reason) = ready {
            return Poll::Ready(Err(SendError { item, reason }));
        }
        let mut shared = lock(&self.sender.shared);
        if let Some(reason) = shared.stopped.clone() {
            return Poll::Ready(Err(SendError { item, reason }));
        }
        shared.items.push_back(item);
        wake(shared, |shared| shared.fount.take());
        Poll::Ready(Ok(()))
    }
}

/// No code of the user runs under the lock, so that poison means nothing.
fn lock<T>(shared: &Mutex<Shared<T>>) -> MutexGuard<'_, Shared<T>> {
    shared
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}

/// Wakes the other side, after the lock is free.
fn wake<T>(
    mut shared: MutexGuard<'_, Shared<T>>,
    other: impl FnOnce(&mut Shared<T>) -> Option<Waker>,
) {
    let waker = other(&mut shared);
    drop(shared);
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// Who waits for the other.
#[derive(Clone, Copy)]
enum Side {
    Fount,
    Sender,
}

/// What `look` finds; if nothing, `side` is woken when there may be something. Wakers are cloned
/// and dropped while the lock is free, and then `look` looks again.
fn poll_for<T, Found>(
    shared: &Mutex<Shared<T>>,
    cx: &mut Context<'_>,
    side: Side,
    mut look: impl FnMut(&mut Shared<T>) -> Option<Found>,
) -> Poll<Found> {
    let mut waker: Option<Waker> = None;
    loop {
        let mut shared = lock(shared);
        if let Some(found) = look(&mut shared) {
            return Poll::Ready(found);
        }
        let kept = match side {
            Side::Fount => &mut shared.fount,
            Side::Sender => &mut shared.sender,
        };
        let is_known = |waker: &Waker| waker.will_wake(cx.waker());
        if kept.as_ref().is_some_and(is_known) {
            return Poll::Pending;
        }
        if waker.is_some() {
            // The old one is dropped behind the guard.
            std::mem::swap(kept, &mut waker);
            return Poll::Pending;
        }
        drop(shared);
        waker = Some(cx.waker().clone());
    }
}

impl<T> fmt::Debug for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SendError({:?})", self.reason)
    }
}

impl<T> fmt::Display for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            Reason::Failed(error) => write!(f, "the channel takes no more: {error}"),
            Reason::Finished | Reason::Enough => f.write_str("the channel takes no more"),
        }
    }
}

impl<T> error::Error for SendError<T> {}

impl<T> fmt::Debug for Channel<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shared = lock(&self.shared);
        write!(f, "channel({} of {})", shared.items.len(), shared.bound)
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
