//! Streams of the `futures` world as founts.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use pin_project::pin_project;

use crate::error::{BoxError, Error};
use crate::fount::Fount;
use crate::reason::Reason;
use crate::siphon::label::Label;

/// A fount of what a [`Stream`] yields; finished when the stream is.
///
/// A stream has no reason for its end: that of one whose producer went away looks like any other. If
/// its items are `Result`s, [`try_stream`] makes a failure of the first error.
///
/// # Flow control
///
/// Holds nothing; the stream is polled only when downstream has room for an item.
///
/// # Stopping
///
/// The stream is dropped when it has ended, and when it is stopped.
///
/// # Examples
///
/// ```
/// use futures_util::stream;
/// use tubes::{Fount, drains, founts};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let all = founts::stream(stream::iter([1, 2])).flow_to(drains::collect(9)).await?;
/// assert_eq!(all, [1, 2]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[inline]
pub fn stream<S: Stream>(stream: S) -> FromStream<S> {
    FromStream {
        state: State::Open(stream),
    }
}

/// A fount of what a [`Stream`] of `Result`s yields; the first error ends the flow.
///
/// # Flow control
///
/// Holds nothing; the stream is polled only when downstream has room for an item.
///
/// # Stopping
///
/// The stream is dropped when it has ended or failed, and when it is stopped.
///
/// # Errors
///
/// The error of the stream, with kind [`Kind::User`](crate::Kind::User).
///
/// # Examples
///
/// ```
/// use futures_util::stream;
/// use tubes::{Fount, drains, founts};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let parts = stream::iter([Ok(1), Err("torn"), Ok(3)]);
/// let error = founts::try_stream(parts).flow_to(drains::null()).await.unwrap_err();
/// assert_eq!(error.to_string(), "try_stream: torn");
/// # });
/// ```
#[inline]
#[track_caller]
pub fn try_stream<S, T, E>(stream: S) -> FromTryStream<S>
where
    S: Stream<Item = Result<T, E>>,
    E: Into<BoxError>,
{
    FromTryStream {
        state: State::Open(stream),
        label: Label::here(),
    }
}

/// The fount of [`stream`].
#[pin_project]
#[must_use = "nothing flows before it is driven: use `flow_to` or `next`"]
pub struct FromStream<S> {
    #[pin]
    state: State<S>,
}

/// The fount of [`try_stream`].
#[pin_project]
#[must_use = "nothing flows before it is driven: use `flow_to` or `next`"]
pub struct FromTryStream<S> {
    #[pin]
    state: State<S>,
    label: Label,
}

#[pin_project(project = Now)]
enum State<S> {
    Open(#[pin] S),
    Over(Reason),
}

impl<S> State<S> {
    /// The next item of the stream, or the end: what `settle` makes of one.
    #[inline]
    fn poll_next<T>(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        settle: impl FnOnce(S::Item) -> Result<T, Reason>,
    ) -> Poll<Result<T, Reason>>
    where
        S: Stream,
    {
        let next = match self.as_mut().project() {
            Now::Open(stream) => ready!(stream.poll_next(cx)),
            Now::Over(reason) => return Poll::Ready(Err(reason.clone())),
        };
        let settled = next.map_or(Err(Reason::Finished), settle);
        if let Err(reason) = &settled {
            self.set(Self::Over(reason.clone()));
        }
        Poll::Ready(settled)
    }

    fn stop(mut self: Pin<&mut Self>, reason: &Reason) {
        if let Now::Open(_) = self.as_mut().project() {
            self.set(Self::Over(reason.clone()));
        }
    }

    fn fmt(&self, f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
        match self {
            Self::Open(_) => f.write_str(name),
            Self::Over(_) => write!(f, "{name}(over)"),
        }
    }
}

impl<S: Stream> Fount for FromStream<S> {
    type Item = S::Item;

    #[inline]
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<S::Item, Reason>> {
        self.project().state.poll_next(cx, Ok)
    }

    fn stop(self: Pin<&mut Self>, reason: &Reason) {
        self.project().state.stop(reason);
    }
}

impl<S, T, E> Fount for FromTryStream<S>
where
    S: Stream<Item = Result<T, E>>,
    E: Into<BoxError>,
{
    type Item = T;

    #[inline]
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T, Reason>> {
        let this = self.project();
        this.state.poll_next(cx, |item| {
            item.map_err(|error| {
                let failed = Reason::Failed(Error::user(error));
                this.label.arisen("try_stream", failed)
            })
        })
    }

    fn stop(self: Pin<&mut Self>, reason: &Reason) {
        self.project().state.stop(reason);
    }
}

impl<S> fmt::Debug for FromStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.state.fmt(f, "stream")
    }
}

impl<S> fmt::Debug for FromTryStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.state.fmt(f, "try_stream")
    }
}
