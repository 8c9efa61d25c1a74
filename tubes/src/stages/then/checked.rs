//! What futures make of items, up to the first failure.

use std::fmt;
use std::future::Future;
use std::num::NonZeroUsize;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use super::keys::{ByKey, Keys, Unkeyed};
use super::plain::{Then, then};
use crate::drain::{Drain, Intake};
use crate::error::{BoxError, Error, Kind};
use crate::fount::{Fount, Run};
use crate::pump::Pump;
use crate::reason::Reason;
use crate::upstream::Upstream;

/// As [`then`], for futures that may fail: the first failure ends the flow.
///
/// To keep failures as items and go on, use [`then`]: it gives the `Result`s.
///
/// # Flow control
///
/// As [`then`].
///
/// # Stopping
///
/// A failure takes its turn as an output does: in the order of the items, what comes before it is
/// delivered first. What comes behind it is dropped, although its futures may have begun.
///
/// # Errors
///
/// The error of the future, with kind [`Kind::User`].
///
/// # Panics
///
/// As [`then`].
///
/// # Examples
///
/// ```
/// use tubes::{Fount, drains, founts, stages};
///
/// async fn parse(word: &str) -> Result<u32, std::num::ParseIntError> {
///     word.parse()
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let numbers = founts::iter(["1", "2"]).through(stages::try_then(parse));
/// assert_eq!(numbers.flow_to(drains::collect(9)).await?, [1, 2]);
///
/// let failed = founts::iter(["x"]).through(stages::try_then(parse)).flow_to(drains::null()).await;
/// assert_eq!(failed.unwrap_err().to_string(), "try_then: invalid digit found in string");
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
///
/// An `async move` closure with state of its own does not compile: it would lend that state to each
/// of its futures. A closure that gives each future a clone does. An async block that uses `?` says
/// of which type its error is: by `Ok::<_, Error>(..)` at its end, or as an `async fn` that is
/// called. Here each item is tried again, too ([`Backoff::retry`]); each try needs a text of its own:
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
/// use tubes::{Backoff, Error, Fount, bound, drains, founts, stages};
///
/// struct Client;
///
/// impl Client {
///     async fn get(&self, url: &str) -> Result<usize, std::io::Error> {
///         Ok(url.len())
///     }
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let (client, millisecond) = (Arc::new(Client), Duration::from_millis(1));
/// let backoff = Backoff::new(millisecond, 100 * millisecond).at_most(3);
/// let get = stages::try_then(move |url: String| {
///     let (client, backoff) = (Arc::clone(&client), backoff.clone());
///     async move {
///         let size = backoff.retry(|| client.get(&url)).await?;
///         Ok::<_, Error>((url, size))
///     }
/// });
/// let sizes = founts::iter(["/", "/index"])
///     .map(String::from)
///     .through(get.at_most(bound(4)))
///     .flow_to(drains::collect(9))
///     .await?;
/// assert_eq!(sizes, [("/".to_owned(), 1), ("/index".to_owned(), 6)]);
/// # Ok::<_, Error>(()) }).unwrap();
/// ```
///
/// [`Backoff::retry`]: crate::backoff::Backoff::retry
#[inline]
pub fn try_then<F, In, Fut, Out, E>(f: F) -> TryThen<F, Fut>
where
    F: FnMut(In) -> Fut,
    Fut: Future<Output = Result<Out, E>>,
    E: Into<BoxError>,
{
    TryThen { then: then(f) }
}

/// The stage of [`try_then`].
#[must_use = "a stage does nothing before it is attached"]
pub struct TryThen<F, Fut: Future, K = Unkeyed> {
    then: Then<F, Fut, K>,
}

impl<F, Fut: Future, K> TryThen<F, Fut, K> {
    /// Allows so many futures in flight at once, instead of one.
    #[inline]
    pub fn at_most(self, futures: NonZeroUsize) -> Self {
        let then = self.then.at_most(futures);
        Self { then }
    }

    /// Gives outputs, and the failure, as they come: see [`Then::unordered`].
    #[inline]
    pub fn unordered(self) -> Self {
        let then = self.then.unordered();
        Self { then }
    }

    /// Runs the futures of one key one after another: see [`Then::by_key`].
    #[inline]
    pub fn by_key<G, In, Key>(self, key: G) -> TryThen<F, Fut, ByKey<G, Key, In>>
    where
        F: FnMut(In) -> Fut,
        G: FnMut(&In) -> Key,
        Key: Eq,
    {
        let then = self.then.by_key(key);
        TryThen { then }
    }

    /// A future has failed: the others are not wanted any more.
    #[cold]
    fn failed<In, E>(&mut self, error: E) -> Reason
    where
        K: Keys<In>,
        E: Into<BoxError>,
    {
        self.then.clear::<In>();
        Error::user(error).into()
    }
}

impl<U, F, Fut, K, Out, E> Pump<U> for TryThen<F, Fut, K>
where
    U: Fount,
    F: FnMut(U::Item) -> Fut,
    Fut: Future<Output = Result<Out, E>>,
    E: Into<BoxError>,
    K: Keys<U::Item>,
{
    type Item = Out;

    #[inline]
    fn poll_next(
        self: Pin<&mut Self>,
        upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Out, Reason>> {
        let this = self.get_mut();
        let next = Pin::new(&mut this.then).poll_next(upstream, cx);
        Poll::Ready(match ready!(next)? {
            Ok(out) => Ok(out),
            Err(error) => Err(this.failed::<U::Item, E>(error)),
        })
    }

    fn poll_progress(
        self: Pin<&mut Self>,
        upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        Pin::new(&mut self.get_mut().then).poll_progress(upstream, cx)
    }

    #[inline]
    fn poll_flow<D>(
        self: Pin<&mut Self>,
        upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
        drain: Pin<&mut D>,
    ) -> Run
    where
        D: Drain<Out>,
    {
        let this = self.get_mut();
        let mut checked = pin!(Checked {
            drain,
            error: None::<E>,
        });
        let run = Pin::new(&mut this.then).poll_flow(upstream, cx, checked.as_mut());
        match checked.error.take() {
            Some(error) => Run::Ended(this.failed::<U::Item, E>(error)),
            None => run,
        }
    }

    fn stop(self: Pin<&mut Self>, upstream: Pin<&mut Upstream<U>>, reason: &Reason) {
        Pin::new(&mut self.get_mut().then).stop(upstream, reason);
    }

    fn kind(&self) -> &'static str {
        "try_then"
    }
}

/// A drain that takes outputs up to the first error, and keeps that.
struct Checked<'a, D, E> {
    drain: Pin<&'a mut D>,
    error: Option<E>,
}

// The error is never pinned.
impl<D, E> Unpin for Checked<'_, D, E> {}

impl<D, E> Checked<'_, D, E> {
    /// Keeps the error: whoever lent this drain looks at it, and not at the reason.
    #[cold]
    fn refuse(&mut self, error: E) -> Reason {
        self.error = Some(error);
        Reason::Enough
    }
}

impl<Out, E, D: Drain<Out>> Drain<Result<Out, E>> for Checked<'_, D, E> {
    type Output = ();

    #[inline]
    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.drain.as_mut().poll_ready(cx)
    }

    #[inline]
    fn receive(mut self: Pin<&mut Self>, item: Result<Out, E>) -> Result<(), Reason> {
        match item {
            Ok(out) => self.drain.as_mut().receive(out),
            Err(error) => Err(self.refuse(error)),
        }
    }

    #[inline]
    fn poll_receive<I>(mut self: Pin<&mut Self>, cx: &mut Context<'_>, mut items: I) -> Intake
    where
        I: Iterator<Item = Result<Out, E>>,
    {
        let mut error = None;
        let outs = std::iter::from_fn(|| {
            if error.is_some() {
                return None;
            }
            match items.next()? {
                Ok(out) => Some(out),
                Err(failed) => {
                    error = Some(failed);
                    None
                }
            }
        });
        let intake = self
            .drain
            .as_mut()
            .poll_receive(cx, outs);
        match error {
            Some(error) => Intake::Refused(self.refuse(error)),
            None => intake,
        }
    }

    #[inline]
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.drain.as_mut().poll_flush(cx)
    }

    #[inline]
    fn moved(&self) -> u64 {
        self.drain.moved()
    }

    #[inline]
    fn held(&self) -> usize {
        self.drain.held()
    }

    fn poll_stopped(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        _reason: &Reason,
    ) -> Poll<Result<(), Error>> {
        Poll::Ready(Err(Error::new(Kind::UsedAfterEnd)))
    }
}

impl<F, Fut: Future, K> fmt::Debug for TryThen<F, Fut, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.then.fmt_as("try_then", f)
    }
}
