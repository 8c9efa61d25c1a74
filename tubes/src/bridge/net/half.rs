//! The sending half of a socket that never looks finished unless it was finished.

use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::AsyncWrite;

/// The sending half of a socket.
pub(super) trait WriteHalf: AsyncWrite + Unpin {
    /// Drops it without closing the sending direction: the peer must not take what came so far
    /// for all.
    fn abort(self);
}

/// A sending half that is aborted when it is dropped, unless it was shut down.
#[derive(Debug)]
pub(super) struct Unfinished<H: WriteHalf> {
    /// There until it is shut down.
    half: Option<H>,
}

impl<H: WriteHalf> Unfinished<H> {
    pub(super) fn new(half: H) -> Self {
        Self { half: Some(half) }
    }

    fn half(&mut self) -> io::Result<Pin<&mut H>> {
        self.half
            .as_mut()
            .map(Pin::new)
            .ok_or_else(|| ErrorKind::BrokenPipe.into())
    }
}

impl<H: WriteHalf> AsyncWrite for Unfinished<H> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.half()?.poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.half()?
            .poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.half
            .as_ref()
            .is_some_and(AsyncWrite::is_write_vectored)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.half()?.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut_down = self.half()?.poll_shutdown(cx);
        if let Poll::Ready(Ok(())) = shut_down {
            self.half = None;
        }
        shut_down
    }
}

impl<H: WriteHalf> Drop for Unfinished<H> {
    fn drop(&mut self) {
        if let Some(half) = self.half.take() {
            half.abort();
        }
    }
}
