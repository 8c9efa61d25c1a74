//! What a coroutine holds: the inlet and the outlet.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use super::lent::Shared;
use super::port::{Port, Wait};
use crate::error::Error;
use crate::reason::{self, Reason};

/// Where a [`coroutine`](super::coroutine) gets its items.
///
/// # Flow control
///
/// An item is pulled when it is asked for, and not before downstream has taken what was sent. What
/// is never asked for stays upstream.
pub struct Inlet<In> {
    port: Shared<Port<In>>,
}

/// Where a [`coroutine`](super::coroutine) puts what it makes.
///
/// # Flow control
///
/// Holds one item, until downstream has room for it.
pub struct Outlet<Out> {
    port: Shared<Port<Out>>,
}

impl<In> Inlet<In> {
    pub(super) fn new(port: &Shared<Port<In>>) -> Self {
        Self { port: port.clone() }
    }

    /// The next item; `None` behind the last one, or when downstream wants no more; or the failure
    /// that ended the flow: as [`Fount::next`](crate::Fount::next).
    ///
    /// The end of upstream comes again if asked again.
    ///
    /// # Errors
    ///
    /// The failure that ended the flow. Also when this is not awaited in the coroutine that it was
    /// made for.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost: an item that comes all the same is there when this is called again.
    #[inline]
    pub fn next(&self) -> Asking<'_, In> {
        Asking {
            next: self.next_or_reason(),
        }
    }

    /// The next item, or the reason why there are no more: the end of upstream, which comes again
    /// if asked again; or that downstream wants no more.
    ///
    /// With `?`, for an item without which the coroutine has nothing more to do. A loop takes
    /// [`next`](Self::next).
    ///
    /// # Errors
    ///
    /// The reason why there are no more items: a clean end as well. Also when this is not awaited
    /// in the coroutine that it was made for.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost: an item that comes all the same is there when this is called again.
    #[inline]
    pub fn next_or_reason(&self) -> AskingOrReason<'_, In> {
        AskingOrReason {
            visit: Visit::new(&self.port),
        }
    }
}

impl<Out> Outlet<Out> {
    pub(super) fn new(port: &Shared<Port<Out>>) -> Self {
        Self { port: port.clone() }
    }

    /// Sends an item as soon as the one before it has been taken.
    ///
    /// Does not wait until it is taken itself: [`Inlet::next`] does.
    ///
    /// # Errors
    ///
    /// The reason why downstream wants no more; the item is gone. Also when this is not awaited in
    /// the coroutine that it was made for.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is ready, it takes the item with it.
    #[inline]
    pub fn send(&self, item: Out) -> Sending<'_, Out> {
        Sending {
            visit: Visit::new(&self.port),
            item: Some(item),
        }
    }
}

/// The future of [`Inlet::next`].
#[must_use = "nothing is asked for before it is awaited"]
pub struct Asking<'a, In> {
    next: AskingOrReason<'a, In>,
}

/// The future of [`Inlet::next_or_reason`].
#[must_use = "nothing is asked for before it is awaited"]
pub struct AskingOrReason<'a, In> {
    visit: Visit<'a, In>,
}

/// The future of [`Outlet::send`].
#[must_use = "nothing is sent before it is awaited"]
pub struct Sending<'a, Out> {
    visit: Visit<'a, Out>,
    item: Option<Out>,
}

// The item is never pinned.
impl<Out> Unpin for Sending<'_, Out> {}

/// A future at a port, where it may wait: each has a wait of its own, which it takes with it.
struct Visit<'a, T> {
    port: &'a Shared<Port<T>>,
    wait: Wait,
}

/// What became of a look at a port.
enum Look<T> {
    Done(Result<T, Reason>),
    Waits,
    /// Waits with a waker that the port does not know yet.
    WaitsAnew,
}

impl<'a, T> Visit<'a, T> {
    #[inline]
    fn new(port: &'a Shared<Port<T>>) -> Self {
        Self {
            port,
            wait: Wait::No,
        }
    }

    /// Ready with what `look` finds at the port; waits as long as that is nothing.
    #[inline]
    fn poll<R>(
        &mut self,
        cx: &Context<'_>,
        look: impl FnOnce(&mut Port<T>) -> Option<Result<R, Reason>>,
    ) -> Poll<Result<R, Reason>> {
        // Dropped at the end: whatever a waker does, it does not do it inside the port.
        let mut left = None;
        let wait = &mut self.wait;
        let look = self
            .port
            .with(|port, stage| match look(port) {
                Some(done) => {
                    left = port.leave(wait);
                    Look::Done(done)
                }
                None if port.wait(wait, cx.waker(), stage) => Look::Waits,
                None => Look::WaitsAnew,
            });
        match look {
            Some(Look::Done(done)) => Poll::Ready(done),
            Some(Look::Waits) => Poll::Pending,
            Some(Look::WaitsAnew) => {
                self.wait_anew(cx.waker());
                Poll::Pending
            }
            None => Poll::Ready(Err(misplaced())),
        }
    }

    #[cold]
    fn wait_anew(&mut self, waker: &Waker) {
        let (port, wait) = (self.port, &mut self.wait);
        // Cloned and dropped out here, for the same reason.
        let waker = waker.clone();
        drop(port.with(|port, stage| port.keep(wait, waker, stage)));
    }
}

impl<T> Visit<'_, T> {
    #[cold]
    fn give_up(&mut self) {
        let (port, wait) = (self.port, &mut self.wait);
        match port.with(|port, _| port.leave(wait)) {
            Some(waker) => drop(waker),
            None => port.gone().add(*wait),
        }
    }
}

impl<T> Drop for Visit<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if self.wait != Wait::No {
            self.give_up();
        }
    }
}

impl<In> Future for Asking<'_, In> {
    type Output = Result<Option<In>, Error>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.next)
            .poll(cx)
            .map(reason::item_or_end)
    }
}

impl<In> Future for AskingOrReason<'_, In> {
    type Output = Result<In, Reason>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.visit
            .poll(cx, |port| match port.item.take() {
                Some(item) => Some(Ok(item)),
                None => port.heard().map(Err),
            })
    }
}

impl<Out> Future for Sending<'_, Out> {
    type Output = Result<(), Reason>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { visit, item } = &mut *self;
        visit.poll(cx, |port| {
            if let Some(reason) = port.heard() {
                return Some(Err(reason));
            }
            if port.item.is_some() || !port.is_open() {
                return None;
            }
            // Not the option as a whole: it was written in parts a moment ago.
            if let Some(item) = item.take() {
                port.item = Some(item);
            }
            Some(Ok(()))
        })
    }
}

#[cold]
fn misplaced() -> Reason {
    Error::user("an end of a coroutine was used outside of it")
        .at("coroutine")
        .into()
}

impl<In> fmt::Debug for Inlet<In> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("inlet")
    }
}

impl<Out> fmt::Debug for Outlet<Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("outlet")
    }
}

impl<In> fmt::Debug for Asking<'_, In> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("asking")
    }
}

impl<In> fmt::Debug for AskingOrReason<'_, In> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("asking")
    }
}

impl<Out> fmt::Debug for Sending<'_, Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sending")
    }
}
