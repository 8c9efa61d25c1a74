//! A connection on a Unix socket as a flow of bytes.

use std::fmt;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};

use super::half::{Unfinished, WriteHalf};
use crate::bridge::io::{Read, Write, read, write};
use crate::drain::{Drain, Intake};
use crate::error::Error;
use crate::flow::Flow;
use crate::fount::{Fount, Run};
use crate::reason::Reason;

/// A connection on a Unix socket: what comes from the peer, and what goes to it.
pub type UnixFlow = Flow<UnixFount, UnixDrain>;

/// Connects to the Unix socket at `path`.
///
/// # Errors
///
/// [`Kind::Io`](crate::Kind::Io), with the path, when nobody listens there.
///
/// # Cancel safety
///
/// Dropping the future closes what was opened.
///
/// # Examples
///
/// ```
/// use tubes::net;
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let error = net::connect_unix("/nowhere/at.all").await.unwrap_err();
/// assert!(error.to_string().starts_with("connect to \"/nowhere/at.all\": "));
/// # });
/// ```
pub async fn connect_unix(path: impl AsRef<Path>) -> Result<UnixFlow, Error> {
    let path = path.as_ref();
    match UnixStream::connect(path).await {
        Ok(stream) => Ok(split(stream)),
        Err(error) => Err(Error::from(error).at(format!("connect to {path:?}"))),
    }
}

pub(super) fn split(stream: UnixStream) -> UnixFlow {
    let (from, to) = stream.into_split();
    let fount = UnixFount { bytes: read(from) };
    let drain = UnixDrain {
        bytes: write(Unfinished::new(to)),
    };
    Flow::new(fount, drain)
}

/// The bytes that come from the peer on a Unix socket.
///
/// # Flow control
///
/// As [`io::read`](crate::io::read): reads only when it is pulled, and holds no buffer while
/// idle.
///
/// # Stopping
///
/// Finished when the peer has closed its sending direction, or the socket. Stopping it reads no
/// more, and leaves the drain alone.
///
/// # Errors
///
/// [`Kind::Io`](crate::Kind::Io) at `read`.
#[must_use = "nothing flows before it is driven: use `flow_to` or `next`"]
pub struct UnixFount {
    bytes: Read<OwnedReadHalf>,
}

/// The bytes that go to the peer on a Unix socket.
///
/// # Flow control
///
/// As [`io::write`](crate::io::write): holds less than 512 KiB and one item.
///
/// # Stopping
///
/// After a clean end everything is written, and the sending direction is closed. After a
/// failure, or when it is dropped before its end, the direction is left open until the other
/// half is gone, too. A Unix socket knows no reset: from then on the peer sees an end like any
/// other, and has to tell from the bytes whether they are complete.
///
/// # Errors
///
/// [`Kind::Io`](crate::Kind::Io) at `write`; the failure that ended the flow.
#[must_use = "nothing flows before a fount flows to it"]
pub struct UnixDrain {
    bytes: Write<Unfinished<OwnedWriteHalf>>,
}

impl UnixFount {
    /// As [`Read::with_buffer`].
    pub fn with_buffer(mut self, max: usize) -> Self {
        self.bytes = self.bytes.with_buffer(max);
        self
    }
}

impl UnixDrain {
    /// As [`Write::with_bound`].
    pub fn with_bound(mut self, bytes: usize) -> Self {
        self.bytes = self.bytes.with_bound(bytes);
        self
    }
}

impl WriteHalf for OwnedWriteHalf {
    fn abort(self) {
        self.forget();
    }
}

impl Fount for UnixFount {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Bytes, Reason>> {
        Pin::new(&mut self.bytes).poll_next(cx)
    }

    fn poll_progress(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.bytes).poll_progress(cx)
    }

    fn poll_flow<D: Drain<Bytes>>(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        drain: Pin<&mut D>,
    ) -> Run {
        Pin::new(&mut self.bytes).poll_flow(cx, drain)
    }

    fn stop(mut self: Pin<&mut Self>, reason: &Reason) {
        Pin::new(&mut self.bytes).stop(reason);
    }
}

impl Drain<Bytes> for UnixDrain {
    type Output = ();

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        Pin::new(&mut self.bytes).poll_ready(cx)
    }

    fn receive(mut self: Pin<&mut Self>, item: Bytes) -> Result<(), Reason> {
        Pin::new(&mut self.bytes).receive(item)
    }

    fn poll_receive<I: Iterator<Item = Bytes>>(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        items: I,
    ) -> Intake {
        Pin::new(&mut self.bytes).poll_receive(cx, items)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        Pin::new(&mut self.bytes).poll_flush(cx)
    }

    fn moved(&self) -> u64 {
        self.bytes.moved()
    }

    fn held(&self) -> usize {
        self.bytes.held()
    }

    fn poll_stopped(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        reason: &Reason,
    ) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.bytes).poll_stopped(cx, reason)
    }
}

impl fmt::Debug for UnixFount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unix {:?}", self.bytes)
    }
}

impl fmt::Debug for UnixDrain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unix {:?}", self.bytes)
    }
}
