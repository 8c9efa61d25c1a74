//! Items until a future is ready: how a flow is ended from outside.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project::pin_project;

use crate::fount::Fount;
use crate::pump::Pump;
use crate::reason::Reason;
use crate::upstream::Upstream;

/// A stage that ends the flow with [`Reason::Enough`] when `signal` is ready.
///
/// # Flow control
///
/// Holds no item. The signal is looked at before each pull, and while downstream is not ready.
///
/// # Stopping
///
/// When the signal comes, upstream is stopped with `Enough` and downstream hears the same.
///
/// For a server of HTTP, tell its connections, too: by its handle.
///
/// # Examples
///
/// A server that stops accepting on Ctrl-C, and then finishes what it has begun:
///
/// ```no_run
/// use tubes::net::{self, TcpFlow};
/// use tubes::{Fount, drains, stages};
///
/// # async fn serve() -> Result<(), tubes::Error> {
/// net::listen("127.0.0.1:8007")
///     .await?
///     .through(stages::until(async { tokio::signal::ctrl_c().await }))
///     .flow_to(drains::spawn(|flow: TcpFlow| flow.fount.flow_to(flow.drain)))
///     .await?;
/// # Ok(()) }
/// ```
#[inline]
pub fn until<S: Future>(signal: S) -> Until<S> {
    Until {
        signal,
        come: false,
    }
}

/// The stage of [`until`].
#[pin_project]
#[must_use = "a stage does nothing before it is attached"]
pub struct Until<S> {
    #[pin]
    signal: S,
    /// The signal has come.
    come: bool,
}

impl<S: Future> Until<S> {
    /// Looks at the signal; once it has come, upstream is stopped.
    fn poll_come<U: Fount>(
        self: Pin<&mut Self>,
        upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> bool {
        let this = self.project();
        if !*this.come && upstream.ended().is_none() && this.signal.poll(cx).is_ready() {
            *this.come = true;
            upstream.stop(&Reason::Enough);
        }
        *this.come
    }
}

impl<U: Fount, S: Future> Pump<U> for Until<S> {
    type Item = U::Item;

    fn poll_next(
        self: Pin<&mut Self>,
        mut upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<U::Item, Reason>> {
        if self.poll_come(upstream.as_mut(), cx) {
            return Poll::Ready(Err(Reason::Enough));
        }
        upstream.poll_next(cx)
    }

    fn poll_progress(
        self: Pin<&mut Self>,
        mut upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        // The source hears of the signal at once; downstream hears when it pulls again.
        self.poll_come(upstream.as_mut(), cx);
        upstream.poll_progress(cx)
    }

    fn kind(&self) -> &'static str {
        "until"
    }
}

impl<S> fmt::Debug for Until<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("until")
    }
}
