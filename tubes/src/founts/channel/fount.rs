//! The fount of what was handed in from elsewhere.

use std::fmt;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::port::Port;
use super::sender::Sender;
use super::state::{State, poll_for, wake};
use crate::fount::Fount;
use crate::reason::Reason;
use crate::sync::{Mutex, lock};

/// A fount fed from elsewhere: what goes into the [`Sender`] comes out of the [`Channel`].
///
/// # Flow control
///
/// At most `bound` items wait between the two. A full channel makes the sender wait. Many senders
/// on one channel: [`Sender::shared`].
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
    let shared = Arc::new(Mutex::new(State::new(bound.get())));
    let sender = Sender::new(Port::open(&shared));
    (sender, Channel { shared })
}

/// The fount of [`channel`].
#[must_use = "nothing flows before it is driven: use `flow_to` or `next`"]
pub struct Channel<T> {
    shared: Arc<Mutex<State<T>>>,
}

impl<T> Fount for Channel<T> {
    type Item = T;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T, Reason>> {
        let mut next = None;
        let polled = poll_for(
            &self.shared,
            cx,
            |state| &mut state.fount,
            |state| {
                if let Some(reason) = &state.stopped {
                    return Some(Err(reason.clone()));
                }
                if let Some((item, admitted)) = state.pop() {
                    next = admitted;
                    return Some(Ok(item));
                }
                state.end().map(Err)
            },
        );
        wake(next);
        polled
    }

    fn stop(self: Pin<&mut Self>, reason: &Reason) {
        self.end(reason.clone());
    }
}

impl<T> Channel<T> {
    fn end(&self, reason: Reason) {
        let mut state = lock(&self.shared);
        if state.stopped.is_some() {
            return;
        }
        let (unread, wakers) = state.stop(reason);
        let fount = state.fount.take();
        drop(state);
        drop(fount);
        wakers.into_iter().for_each(wake);
        drop(unread);
    }
}

impl<T> Drop for Channel<T> {
    fn drop(&mut self) {
        self.end(Reason::abandoned());
    }
}

impl<T> fmt::Debug for Channel<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = lock(&self.shared);
        write!(f, "channel({} of {})", state.items.len(), state.bound)
    }
}
