//! The raw flow after 101 or `CONNECT`, with the bytes that were already read.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use tubes::drains::BoxDrain;
use tubes::founts::BoxFount;
use tubes::{Drain, Flow, Fount, Reason};

use crate::error::Error;
use crate::kind::Kind;
use crate::roster::Tally;
use crate::until_cut::UntilCut;

/// A flow of bytes that was a connection of HTTP: what [`Reply::upgrade`](crate::Reply::upgrade)
/// gives.
///
/// Its fount begins with what the peer had sent behind its request. Its server counts it until
/// both ends are dropped; at the deadline of a shutdown both end with
/// [`Kind::ShutDown`](crate::Kind::ShutDown).
pub type UpgradedFlow = Flow<BoxFount<'static, Bytes>, BoxDrain<'static, Bytes, ()>>;

/// What the peer sends from now on.
struct From<F> {
    /// What it had sent before. If that was all, its end comes again from the fount.
    remainder: Bytes,
    fount: Pin<Box<F>>,
    cut: UntilCut,
    _tally: Arc<Tally>,
}

/// What goes to the peer from now on.
struct To<D> {
    drain: Pin<Box<D>>,
    cut: UntilCut,
    _tally: Arc<Tally>,
}

/// The flow behind an upgrade; `remainder`: what had been read when it was handed on.
pub(crate) fn upgraded<F, D>(
    remainder: Bytes,
    fount: Pin<Box<F>>,
    drain: Pin<Box<D>>,
    tally: Arc<Tally>,
) -> UpgradedFlow
where
    F: Fount<Item = Bytes> + Send + 'static,
    D: Drain<Bytes> + Send + 'static,
{
    let to = To {
        drain,
        cut: UntilCut::of(tally.roster()),
        _tally: Arc::clone(&tally),
    };
    let from = From {
        remainder,
        fount,
        cut: UntilCut::of(tally.roster()),
        _tally: tally,
    };
    Flow::new(from.boxed(), Box::pin(to))
}

impl<F: Fount<Item = Bytes>> Fount for From<F> {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Bytes, Reason>> {
        if self.cut.is_cut() {
            return Poll::Ready(Err(shut_down()));
        }
        if !self.remainder.is_empty() {
            return Poll::Ready(Ok(std::mem::take(&mut self.remainder)));
        }
        match self.fount.as_mut().poll_next(cx) {
            Poll::Pending => self
                .cut
                .poll(cx)
                .map(|()| Err(shut_down())),
            polled @ Poll::Ready(_) => polled,
        }
    }

    fn poll_progress(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // Who waits for the drain is to hear of it, too.
        match self.cut.poll(cx) {
            Poll::Ready(()) => Poll::Ready(()),
            Poll::Pending => self.fount.as_mut().poll_progress(cx),
        }
    }

    fn stop(mut self: Pin<&mut Self>, reason: &Reason) {
        self.remainder = Bytes::new();
        self.fount.as_mut().stop(reason);
    }
}

impl<D: Drain<Bytes>> Drain<Bytes> for To<D> {
    type Output = ();

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.check()?;
        let ready = self.drain.as_mut().poll_ready(cx);
        self.until_cut(ready, cx)
    }

    fn receive(mut self: Pin<&mut Self>, item: Bytes) -> Result<(), Reason> {
        self.drain.as_mut().receive(item)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.check()?;
        let flushed = self.drain.as_mut().poll_flush(cx);
        self.until_cut(flushed, cx)
    }

    fn moved(&self) -> u64 {
        self.drain.moved()
    }

    fn held(&self) -> usize {
        self.drain.held()
    }

    fn poll_stopped(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        reason: &Reason,
    ) -> Poll<Result<(), tubes::Error>> {
        let stopped = self
            .drain
            .as_mut()
            .poll_stopped(cx, reason);
        match stopped {
            Poll::Ready(stopped) => Poll::Ready(stopped.map(drop)),
            Poll::Pending => self
                .cut
                .poll(cx)
                .map(|()| Err(Error::from(Kind::ShutDown).into_flow())),
        }
    }
}

impl<D> To<D> {
    /// Nothing goes out behind the deadline of a shutdown.
    fn check(&self) -> Result<(), Reason> {
        if self.cut.is_cut() {
            Err(shut_down())
        } else {
            Ok(())
        }
    }

    /// What waits for the peer does not wait longer than that: it may be polled by nobody else then.
    fn until_cut(
        &mut self,
        polled: Poll<Result<(), Reason>>,
        cx: &Context<'_>,
    ) -> Poll<Result<(), Reason>> {
        match polled {
            Poll::Pending => self
                .cut
                .poll(cx)
                .map(|()| Err(shut_down())),
            Poll::Ready(_) => polled,
        }
    }
}

fn shut_down() -> Reason {
    Error::from(Kind::ShutDown).into_reason()
}

impl<F> fmt::Debug for From<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "upgraded({} bytes first)", self.remainder.len())
    }
}

impl<D> fmt::Debug for To<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("upgraded")
    }
}
