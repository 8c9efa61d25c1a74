//! What a coroutine holds: the inlet and the outlet.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::lent::Shared;
use super::port::Port;
use crate::error::Error;
use crate::reason::Reason;

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

    /// The next item, or the reason why there are no more: the end of upstream, which comes again
    /// if asked again; or that downstream wants no more.
    ///
    /// # Errors
    ///
    /// The reason why there are no more items. Also when this is not awaited in the coroutine that
    /// it was made for.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost: an item that comes all the same is there when this is called again.
    #[inline]
    pub fn next(&self) -> Asking<'_, In> {
        Asking {
            inlet: self,
            has_asked: false,
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
            outlet: self,
            item: Some(item),
        }
    }
}

/// The future of [`Inlet::next`].
#[must_use = "nothing is asked for before it is awaited"]
pub struct Asking<'a, In> {
    inlet: &'a Inlet<In>,
    has_asked: bool,
}

/// The future of [`Outlet::send`].
#[must_use = "nothing is sent before it is awaited"]
pub struct Sending<'a, Out> {
    outlet: &'a Outlet<Out>,
    item: Option<Out>,
}

// The item is never pinned.
impl<Out> Unpin for Sending<'_, Out> {}

/// What became of a look at a port.
enum Look<T> {
    Done(Result<T, Reason>),
    Waits,
    /// Waits with a waker that the port does not know yet.
    WaitsAnew,
}

impl<T> Look<T> {
    /// Ready, or pending with the waker kept.
    #[inline]
    fn poll<P>(
        look: Option<Self>,
        port: &Shared<Port<P>>,
        cx: &Context<'_>,
    ) -> Poll<Result<T, Reason>> {
        match look {
            Some(Self::Done(done)) => Poll::Ready(done),
            Some(Self::Waits) => Poll::Pending,
            Some(Self::WaitsAnew) => {
                // Cloned here: whatever a waker does, it does not do it inside the port.
                let waker = cx.waker().clone();
                port.with(|port| port.add(waker));
                Poll::Pending
            }
            None => Poll::Ready(Err(misplaced())),
        }
    }
}

impl<In> Future for Asking<'_, In> {
    type Output = Result<In, Reason>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let port = &self.inlet.port;
        let look = port.with(|port| {
            if let Some(item) = port.item.take() {
                port.is_awaited = false;
                return Look::Done(Ok(item));
            }
            match port.heard() {
                Some(reason) => Look::Done(Err(reason)),
                None if port.keep(cx.waker()) => Look::Waits,
                None => Look::WaitsAnew,
            }
        });
        let polled = Look::poll(look, port, cx);
        self.has_asked = polled.is_pending();
        polled
    }
}

impl<In> Drop for Asking<'_, In> {
    #[inline]
    fn drop(&mut self) {
        if self.has_asked {
            // Nobody asks any more.
            self.inlet
                .port
                .with(|port| port.is_awaited = false);
        }
    }
}

impl<Out> Future for Sending<'_, Out> {
    type Output = Result<(), Reason>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let port = &this.outlet.port;
        let look = port.with(|port| {
            if let Some(reason) = port.heard() {
                return Look::Done(Err(reason));
            }
            if port.item.is_none() && port.is_open() {
                port.is_awaited = false;
                // Not the option as a whole: it was written in parts a moment ago.
                if let Some(item) = this.item.take() {
                    port.item = Some(item);
                }
                return Look::Done(Ok(()));
            }
            if port.keep(cx.waker()) {
                Look::Waits
            } else {
                Look::WaitsAnew
            }
        });
        Look::poll(look, port, cx)
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

impl<Out> fmt::Debug for Sending<'_, Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sending")
    }
}
