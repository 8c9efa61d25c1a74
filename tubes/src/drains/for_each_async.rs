//! An awaited call for each item, one after another.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project::pin_project;

use crate::drain::Drain;
use crate::error::{BoxError, Error};
use crate::reason::Reason;

/// A drain that calls `f` with each item and awaits it before it takes the next one.
///
/// # Flow control
///
/// Ready when the last call is done. Holds that call's future. As only one call is made at a time,
/// a call must not wait for what comes of a later item: one group of
/// [`group_by`](crate::stages::group_by) would wait for the others for ever.
///
/// # Errors
///
/// The failure that ended the flow.
///
/// # Cancel safety
///
/// Dropping the flow drops the call in progress, with the item that it was given.
///
/// # Examples
///
/// ```
/// use tubes::{Fount, drains, founts};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let flow = founts::iter(["a", "b"]).flow_to(drains::for_each_async(async |word: &str| {
///     tokio::task::yield_now().await;
///     println!("{word}");
/// }));
/// flow.await?;
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[inline]
pub fn for_each_async<F, Item, Fut>(f: F) -> ForEachAsync<F, Fut>
where
    F: FnMut(Item) -> Fut,
    Fut: Future<Output = ()>,
{
    ForEachAsync {
        calls: Calls { f, call: None },
    }
}

/// As [`for_each_async`], for calls that may fail: the first failure ends the flow.
///
/// # Flow control
///
/// As [`for_each_async`].
///
/// # Errors
///
/// The error of the call, with kind [`Kind::User`](crate::Kind::User); the failure that ended
/// the flow.
///
/// # Cancel safety
///
/// Dropping the flow drops the call in progress, with the item that it was given.
///
/// # Examples
///
/// ```
/// use tubes::{Error, Fount, Kind, drains, founts};
///
/// async fn store(n: u32) -> Result<(), Error> {
///     if n < 2 { Ok(()) } else { Err(Error::user("disk full")) }
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let error = founts::iter(0..).flow_to(drains::try_for_each_async(store)).await.unwrap_err();
/// assert_eq!(error.kind(), Kind::User);
/// # });
/// ```
#[inline]
pub fn try_for_each_async<F, Item, Fut, E>(f: F) -> TryForEachAsync<F, Fut>
where
    F: FnMut(Item) -> Fut,
    Fut: Future<Output = Result<(), E>>,
    E: Into<BoxError>,
{
    TryForEachAsync {
        calls: Calls { f, call: None },
    }
}

/// The drain of [`for_each_async`].
#[pin_project]
#[must_use = "nothing flows before a fount flows to it"]
pub struct ForEachAsync<F, Fut> {
    #[pin]
    calls: Calls<F, Fut>,
}

/// The drain of [`try_for_each_async`].
#[pin_project]
#[must_use = "nothing flows before a fount flows to it"]
pub struct TryForEachAsync<F, Fut> {
    #[pin]
    calls: Calls<F, Fut>,
}

/// The function, and the one call that may be in progress.
#[pin_project]
struct Calls<F, Fut> {
    f: F,
    #[pin]
    call: Option<Fut>,
}

impl<F, Fut: Future> Calls<F, Fut> {
    /// What the call in progress came to; `None` if there was none.
    #[inline]
    fn poll_idle(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Fut::Output>> {
        let mut this = self.project();
        let Some(call) = this.call.as_mut().as_pin_mut() else {
            return Poll::Ready(None);
        };
        let output = ready!(call.poll(cx));
        this.call.set(None);
        Poll::Ready(Some(output))
    }

    #[inline]
    fn begin<Item>(self: Pin<&mut Self>, item: Item)
    where
        F: FnMut(Item) -> Fut,
    {
        let mut this = self.project();
        let call = (this.f)(item);
        this.call.set(Some(call));
    }
}

impl<F, Item, Fut> Drain<Item> for ForEachAsync<F, Fut>
where
    F: FnMut(Item) -> Fut,
    Fut: Future<Output = ()>,
{
    type Output = ();

    #[inline]
    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.project()
            .calls
            .poll_idle(cx)
            .map(|_done| Ok(()))
    }

    #[inline]
    fn receive(self: Pin<&mut Self>, item: Item) -> Result<(), Reason> {
        self.project().calls.begin(item);
        Ok(())
    }

    /// The call in progress goes on while upstream has nothing.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.poll_ready(cx)
    }

    fn poll_stopped(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        reason: &Reason,
    ) -> Poll<Result<(), Error>> {
        ready!(self.project().calls.poll_idle(cx));
        Poll::Ready(reason.clone().into_result())
    }
}

impl<F, Item, Fut, E> Drain<Item> for TryForEachAsync<F, Fut>
where
    F: FnMut(Item) -> Fut,
    Fut: Future<Output = Result<(), E>>,
    E: Into<BoxError>,
{
    type Output = ();

    #[inline]
    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        let done = ready!(self.project().calls.poll_idle(cx));
        Poll::Ready(checked(done).map_err(Reason::Failed))
    }

    #[inline]
    fn receive(self: Pin<&mut Self>, item: Item) -> Result<(), Reason> {
        self.project().calls.begin(item);
        Ok(())
    }

    /// The call in progress goes on while upstream has nothing.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.poll_ready(cx)
    }

    fn poll_stopped(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        reason: &Reason,
    ) -> Poll<Result<(), Error>> {
        let done = ready!(self.project().calls.poll_idle(cx));
        let last = checked(done);
        Poll::Ready(reason.clone().into_result().and(last))
    }
}

/// The error of a call, named.
fn checked<E: Into<BoxError>>(done: Option<Result<(), E>>) -> Result<(), Error> {
    match done {
        None | Some(Ok(())) => Ok(()),
        Some(Err(error)) => Err(Error::user(error).at("try_for_each_async")),
    }
}

impl<F, Fut> fmt::Debug for ForEachAsync<F, Fut> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let busy = u8::from(self.calls.call.is_some());
        write!(f, "for_each_async({busy} of 1)")
    }
}

impl<F, Fut> fmt::Debug for TryForEachAsync<F, Fut> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let busy = u8::from(self.calls.call.is_some());
        write!(f, "try_for_each_async({busy} of 1)")
    }
}
