//! Items until a future is ready: how a flow is ended from outside.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project::pin_project;

use crate::fount::Fount;
use crate::reason::Reason;
use crate::stage::{Direct, Stage};

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
/// For a server of HTTP, tell its connections, too: they have an `until` of their own.
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
    Until { signal }
}

/// The stage of [`until`].
#[must_use = "a stage does nothing before it is attached"]
pub struct Until<S> {
    signal: S,
}

impl<F: Fount, S: Future> Stage<F, Direct> for Until<S> {
    type Output = UntilFount<F, S>;

    fn attach(self, upstream: F) -> Self::Output {
        UntilFount {
            upstream,
            signal: self.signal,
            end: None,
        }
    }
}

/// The fount with [`until`] behind it.
#[pin_project]
#[must_use = "nothing flows before it is driven: use `flow_to` or `next`"]
pub struct UntilFount<F, S> {
    #[pin]
    upstream: F,
    #[pin]
    signal: S,
    /// Set once the flow is over.
    end: Option<Reason>,
}

impl<F: Fount, S: Future> UntilFount<F, S> {
    /// Looks at the signal; the end, if there is one.
    fn poll_end(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Option<Reason> {
        let this = self.project();
        if this.end.is_none() && this.signal.poll(cx).is_ready() {
            this.upstream.stop(&Reason::Enough);
            *this.end = Some(Reason::Enough);
        }
        this.end.clone()
    }
}

impl<F: Fount, S: Future> Fount for UntilFount<F, S> {
    type Item = F::Item;

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Self::Item, Reason>> {
        if let Some(reason) = self.as_mut().poll_end(cx) {
            return Poll::Ready(Err(reason));
        }
        let this = self.project();
        let next = this.upstream.poll_next(cx);
        if let Poll::Ready(Err(reason)) = &next {
            *this.end = Some(reason.clone());
        }
        next
    }

    fn poll_progress(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // The source hears of the signal at once; downstream hears when it pulls again.
        self.as_mut().poll_end(cx);
        self.project()
            .upstream
            .poll_progress(cx)
    }

    fn stop(self: Pin<&mut Self>, reason: &Reason) {
        let this = self.project();
        if this.end.is_none() {
            *this.end = Some(reason.clone());
            this.upstream.stop(reason);
        }
    }
}

impl<S> fmt::Debug for Until<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("until")
    }
}

impl<F: fmt::Debug, S> fmt::Debug for UntilFount<F, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} -> until", self.upstream)
    }
}
