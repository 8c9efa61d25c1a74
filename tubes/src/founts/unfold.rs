//! What an async function makes of a state, again and again.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project::pin_project;

use crate::error::{BoxError, Error};
use crate::fount::Fount;
use crate::reason::Reason;
use crate::siphon::label::Label;

/// A fount of what the async function `f` makes of a state: an item and the next state, or `None`,
/// which is the end.
///
/// The state is what a cursor, a page number or a connection is to the thing that is read with it. What
/// else `f` owns or changes belongs into the state, too; or write `move |state| async move { .. }`.
///
/// # Flow control
///
/// `f` is called when an item is pulled, one call at a time. While downstream is not ready a call that
/// has begun goes on, and what comes of it waits: one item at most.
///
/// # Stopping
///
/// A stop drops the call in progress.
///
/// # Examples
///
/// ```
/// use tubes::{Fount, drains, founts};
///
/// async fn page(number: u32) -> Vec<u32> {
///     if number < 2 { vec![number; 2] } else { Vec::new() }
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let pages = founts::unfold(0, async |number| {
///     let rows = page(number).await;
///     (!rows.is_empty()).then_some((rows, number + 1))
/// });
/// assert_eq!(pages.flow_to(drains::collect(9)).await?, [[0, 0], [1, 1]]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[inline]
pub fn unfold<S, F, Fut, T>(start: S, f: F) -> Unfold<S, F, Fut>
where
    F: FnMut(S) -> Fut,
    Fut: Future<Output = Option<(T, S)>>,
{
    Unfold {
        calls: Calls::new(start, f),
    }
}

/// As [`unfold`], with calls that may fail; the first failure ends the flow.
///
/// # Flow control
///
/// That of [`unfold`].
///
/// # Errors
///
/// The error of `f`, with kind [`Kind::User`](crate::Kind::User).
///
/// # Examples
///
/// ```
/// use tubes::{Fount, drains, founts};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let halves = founts::try_unfold(12, async |n| match n % 2 {
///     0 => Ok(Some((n, n / 2))),
///     _ => Err("odd"),
/// });
/// let seen = std::cell::Cell::new(0);
/// let failed = halves.inspect(|n| seen.set(*n)).flow_to(drains::null()).await;
/// assert_eq!(seen.get(), 6);
/// assert_eq!(failed.unwrap_err().to_string(), "try_unfold: odd");
/// # });
/// ```
#[inline]
#[track_caller]
pub fn try_unfold<S, F, Fut, T, E>(start: S, f: F) -> TryUnfold<S, F, Fut>
where
    F: FnMut(S) -> Fut,
    Fut: Future<Output = Result<Option<(T, S)>, E>>,
    E: Into<BoxError>,
{
    TryUnfold {
        calls: Calls::new(start, f),
        label: Label::here(),
    }
}

/// The fount of [`unfold`].
#[pin_project]
#[must_use = "nothing flows before it is driven: use `flow_to` or `next`"]
pub struct Unfold<S, F, Fut: Future> {
    #[pin]
    calls: Calls<S, F, Fut>,
}

/// The fount of [`try_unfold`].
#[pin_project]
#[must_use = "nothing flows before it is driven: use `flow_to` or `next`"]
pub struct TryUnfold<S, F, Fut: Future> {
    #[pin]
    calls: Calls<S, F, Fut>,
    label: Label,
}

/// The function, and the one call that may be in progress.
#[pin_project]
struct Calls<S, F, Fut: Future> {
    f: F,
    #[pin]
    state: State<S, Fut, Fut::Output>,
}

#[pin_project(project = Now, project_replace = Was)]
enum State<S, Fut, Made> {
    /// The next call has not begun.
    Idle(S),
    Busy(#[pin] Fut),
    /// What came of the call while nobody pulled.
    Waiting(Made),
    Over(Reason),
    /// Only while the function is called, or its output is looked at; what a panic leaves behind.
    Away,
}

impl<S, F, Fut> Calls<S, F, Fut>
where
    F: FnMut(S) -> Fut,
    Fut: Future,
{
    #[inline]
    fn new(start: S, f: F) -> Self {
        Self {
            f,
            state: State::Idle(start),
        }
    }

    /// What comes of the next call; whoever asks says with [`settle`](Self::settle) what that is.
    #[inline]
    fn poll_made(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Fut::Output, Reason>> {
        let mut this = self.project();
        if let Now::Over(reason) = this.state.as_mut().project() {
            return Poll::Ready(Err(reason.clone()));
        }
        if let Now::Idle(_) | Now::Waiting(_) = this.state.as_mut().project() {
            match this
                .state
                .as_mut()
                .project_replace(State::Away)
            {
                Was::Idle(state) => {
                    let call = (this.f)(state);
                    this.state.set(State::Busy(call));
                }
                Was::Waiting(made) => return Poll::Ready(Ok(made)),
                Was::Busy(_) | Was::Over(_) | Was::Away => {}
            }
        }
        let Now::Busy(call) = this.state.as_mut().project() else {
            return Poll::Ready(Err(Reason::abandoned()));
        };
        let made = ready!(call.poll(cx));
        this.state.set(State::Away);
        Poll::Ready(Ok(made))
    }

    #[inline]
    fn settle<T>(self: Pin<&mut Self>, made: Result<(T, S), Reason>) -> Result<T, Reason> {
        let mut state = self.project().state;
        match made {
            Ok((item, next)) => {
                state.set(State::Idle(next));
                Ok(item)
            }
            Err(reason) => {
                state.set(State::Over(reason.clone()));
                Err(reason)
            }
        }
    }

    /// Moves a call that has begun.
    fn poll_progress(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        if let Now::Busy(call) = this.state.as_mut().project() {
            let made = ready!(call.poll(cx));
            this.state.set(State::Waiting(made));
        }
        Poll::Ready(())
    }

    fn stop(self: Pin<&mut Self>, reason: &Reason) {
        let mut state = self.project().state;
        if let Now::Over(_) = state.as_mut().project() {
            return;
        }
        state.set(State::Over(reason.clone()));
    }

    fn fmt(&self, f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
        match self.state {
            State::Idle(_) => write!(f, "{name}(0 of 1)"),
            State::Busy(_) | State::Waiting(_) => write!(f, "{name}(1 of 1)"),
            State::Over(_) | State::Away => write!(f, "{name}(over)"),
        }
    }
}

impl<S, F, Fut, T> Fount for Unfold<S, F, Fut>
where
    F: FnMut(S) -> Fut,
    Fut: Future<Output = Option<(T, S)>>,
{
    type Item = T;

    #[inline]
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T, Reason>> {
        let mut calls = self.project().calls;
        let made = ready!(calls.as_mut().poll_made(cx));
        let made = made.and_then(|made| made.ok_or(Reason::Finished));
        Poll::Ready(calls.settle(made))
    }

    fn poll_progress(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.project().calls.poll_progress(cx)
    }

    fn stop(self: Pin<&mut Self>, reason: &Reason) {
        self.project().calls.stop(reason);
    }
}

impl<S, F, Fut, T, E> Fount for TryUnfold<S, F, Fut>
where
    F: FnMut(S) -> Fut,
    Fut: Future<Output = Result<Option<(T, S)>, E>>,
    E: Into<BoxError>,
{
    type Item = T;

    #[inline]
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T, Reason>> {
        let this = self.project();
        let mut calls = this.calls;
        let made = ready!(calls.as_mut().poll_made(cx));
        let made = made.and_then(|made| match made {
            Ok(made) => made.ok_or(Reason::Finished),
            Err(error) => {
                let failed = Reason::Failed(Error::user(error));
                Err(this.label.arisen("try_unfold", failed))
            }
        });
        Poll::Ready(calls.settle(made))
    }

    fn poll_progress(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.project().calls.poll_progress(cx)
    }

    fn stop(self: Pin<&mut Self>, reason: &Reason) {
        self.project().calls.stop(reason);
    }
}

impl<S, F, Fut> fmt::Debug for Unfold<S, F, Fut>
where
    F: FnMut(S) -> Fut,
    Fut: Future,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.calls.fmt(f, "unfold")
    }
}

impl<S, F, Fut> fmt::Debug for TryUnfold<S, F, Fut>
where
    F: FnMut(S) -> Fut,
    Fut: Future,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.calls.fmt(f, "try_unfold")
    }
}
