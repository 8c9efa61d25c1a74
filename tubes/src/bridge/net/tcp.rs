//! A TCP connection as a flow of bytes.

use std::fmt;
use std::io;
use std::net::{SocketAddr, SocketAddrV4};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpStream, ToSocketAddrs};

use super::half::{Unfinished, WriteHalf};
use super::per_address::Place;
use crate::bridge::io::{Read, Write, read, write};
use crate::drain::{Drain, Intake};
use crate::error::Error;
use crate::flow::Flow;
use crate::fount::{Fount, Run};
use crate::reason::Reason;

/// A TCP connection: what comes from the peer, and what goes to it.
pub type TcpFlow = Flow<TcpFount, TcpDrain>;

/// Connects to a TCP address. Of several addresses that a name has, the first that answers
/// counts. Small writes are not held back (`TCP_NODELAY`): the drain gathers them itself.
///
/// # Errors
///
/// [`Kind::Io`](crate::Kind::Io), with the address that was asked for, when it cannot be
/// resolved or nobody answers there.
///
/// # Cancel safety
///
/// Dropping the future closes what was opened.
///
/// # Examples
///
/// ```no_run
/// use bytes::Bytes;
/// use tubes::{Fount, drains, founts, net};
///
/// # async fn ask() -> Result<(), tubes::Error> {
/// let flow = net::connect("127.0.0.1:8007").await?;
/// founts::once(Bytes::from("hello")).flow_to(flow.drain).await?;
/// let answer = flow.fount.flow_to(drains::collect(9)).await?;
/// assert_eq!(answer.concat(), b"hello");
/// # Ok(()) }
/// ```
pub async fn connect(addr: impl ToSocketAddrs + fmt::Debug) -> Result<TcpFlow, Error> {
    let name = format!("connect to {addr:?}");
    let connected = match TcpStream::connect(addr).await {
        Ok(stream) => stream
            .peer_addr()
            .and_then(|peer| split(stream, peer)),
        Err(error) => Err(error),
    };
    connected.map_err(|error| Error::from(error).at(name))
}

pub(super) fn split(stream: TcpStream, peer: SocketAddr) -> io::Result<TcpFlow> {
    stream.set_nodelay(true)?;
    let addrs = Addrs::new(stream.local_addr()?, peer);
    let (from, to) = stream.into_split();
    let fount = TcpFount {
        bytes: read(from),
        addrs: addrs.clone(),
        place: None,
    };
    let drain = TcpDrain {
        bytes: write(Unfinished::new(to)),
        addrs,
        place: None,
    };
    Ok(Flow::new(fount, drain))
}

/// Where the two ends of a connection are. Small, for both halves of an idle one have it.
#[derive(Clone)]
enum Addrs {
    V4 {
        local: SocketAddrV4,
        peer: SocketAddrV4,
    },
    /// Our own and the peer's, four times as large.
    Other(Arc<(SocketAddr, SocketAddr)>),
}

impl Addrs {
    fn new(local: SocketAddr, peer: SocketAddr) -> Self {
        match (local, peer) {
            (SocketAddr::V4(local), SocketAddr::V4(peer)) => Self::V4 { local, peer },
            both => Self::Other(Arc::new(both)),
        }
    }

    fn local(&self) -> SocketAddr {
        match self {
            Self::V4 { local, .. } => (*local).into(),
            Self::Other(both) => both.0,
        }
    }

    fn peer(&self) -> SocketAddr {
        match self {
            Self::V4 { peer, .. } => (*peer).into(),
            Self::Other(both) => both.1,
        }
    }
}

/// The bytes that come from a TCP peer.
///
/// # Flow control
///
/// As [`io::read`](crate::io::read): reads only when it is pulled, and holds no buffer while
/// idle. While it is not pulled, the window of the connection fills, and the peer has to wait.
///
/// # Stopping
///
/// Finished when the peer has closed its sending direction. Stopping it reads no more, and
/// leaves the drain alone; the socket is closed when both halves are gone. If bytes of the peer
/// are unread then, the system resets the connection, and what was sent last may be lost: a
/// protocol in which that can happen reads to the end first.
///
/// # Errors
///
/// [`Kind::Io`](crate::Kind::Io) at `read`: the connection was reset, or was lost.
#[must_use = "nothing flows before it is driven: use `flow_to` or `next`"]
pub struct TcpFount {
    // Dropped in this order: the place is free when the socket is.
    bytes: Read<OwnedReadHalf>,
    addrs: Addrs,
    place: Option<Arc<Place>>,
}

/// The bytes that go to a TCP peer.
///
/// # Flow control
///
/// As [`io::write`](crate::io::write): holds less than 512 KiB and one item.
///
/// # Stopping
///
/// After a clean end everything is written, and the sending direction is closed; the peer may
/// go on sending. After a failure, or when it is dropped before its end, the connection is
/// *reset* as soon as the other half is gone, too: the peer sees an error and no clean end.
/// Bytes that were written, and have not left the machine, are then lost.
///
/// # Errors
///
/// [`Kind::Io`](crate::Kind::Io) at `write`; the failure that ended the flow.
#[must_use = "nothing flows before a fount flows to it"]
pub struct TcpDrain {
    // Dropped in this order: the place is free when the socket is.
    bytes: Write<Unfinished<OwnedWriteHalf>>,
    addrs: Addrs,
    place: Option<Arc<Place>>,
}

impl TcpFount {
    /// Its place among the connections of its address, if it has one.
    pub(super) fn place(&self) -> Option<Arc<Place>> {
        self.place.clone()
    }

    /// Keeps its place among the connections of its address until it is dropped.
    pub(super) fn keep(&mut self, place: Arc<Place>) {
        self.place = Some(place);
    }

    /// The address of the peer.
    #[must_use]
    pub fn peer_addr(&self) -> SocketAddr {
        self.addrs.peer()
    }

    /// Our own address.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.addrs.local()
    }

    /// As [`Read::with_buffer`].
    pub fn with_buffer(mut self, max: usize) -> Self {
        self.bytes = self.bytes.with_buffer(max);
        self
    }
}

impl TcpDrain {
    /// Keeps its place among the connections of its address until it is dropped.
    pub(super) fn keep(&mut self, place: Arc<Place>) {
        self.place = Some(place);
    }

    /// The address of the peer.
    #[must_use]
    pub fn peer_addr(&self) -> SocketAddr {
        self.addrs.peer()
    }

    /// Our own address.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.addrs.local()
    }

    /// As [`Write::with_bound`].
    pub fn with_bound(mut self, bytes: usize) -> Self {
        self.bytes = self.bytes.with_bound(bytes);
        self
    }
}

impl WriteHalf for OwnedWriteHalf {
    /// A socket that does not linger is reset when it is closed, which is when both halves are
    /// gone.
    fn abort(self) {
        // If even that fails, the connection is gone.
        self.as_ref().set_zero_linger().ok();
        self.forget();
    }
}

impl Fount for TcpFount {
    type Item = Bytes;

    #[inline]
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

impl Drain<Bytes> for TcpDrain {
    type Output = ();

    #[inline]
    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        Pin::new(&mut self.bytes).poll_ready(cx)
    }

    #[inline]
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

    #[inline]
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

impl fmt::Debug for TcpFount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tcp {} {:?}", self.addrs.peer(), self.bytes)
    }
}

impl fmt::Debug for TcpDrain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tcp {} {:?}", self.addrs.peer(), self.bytes)
    }
}
