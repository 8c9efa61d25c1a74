//! A listening TCP socket is a fount of flows.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::io;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::net::{TcpListener, TcpSocket, ToSocketAddrs, lookup_host};

use super::accepting::{Accepting, Refused};
use super::door::Door;
use super::tcp::TcpFlow;
use crate::bridge::time;
use crate::drain::Drain;
use crate::error::Error;
use crate::fount::{Fount, Run};
use crate::reason::Reason;

/// Connections that the system keeps until they are pulled, unless [`Listen::backlog`] says
/// otherwise; what tokio asks for, too.
const BACKLOG: u32 = 1024;

/// Listens on a TCP address: awaiting it binds the port and gives a [`Listener`]. Of several
/// addresses that a name has, the first that can be bound counts.
///
/// # Errors
///
/// [`Kind::Io`](crate::Kind::Io), with the address that was asked for, when it cannot be
/// resolved or bound.
///
/// # Cancel safety
///
/// Dropping the future closes what was bound.
///
/// # Examples
///
/// ```
/// use tubes::net;
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let listener = net::listen("127.0.0.1:0").backlog(64).await?;
/// let error = net::listen(listener.local_addr()).await.unwrap_err();
/// assert!(error.to_string().starts_with("listen on 127.0.0.1:"));
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
pub fn listen<'a>(addr: impl ToSocketAddrs + fmt::Debug + Send + 'a) -> Listen<'a> {
    let name = format!("listen on {addr:?}");
    let resolve = async move { Ok(lookup_host(addr).await?.collect()) };
    Listen {
        name,
        resolve: Box::pin(resolve),
        backlog: BACKLOG,
        prepare: |_socket| Ok(()),
    }
}

/// What to listen on, and how: await it. Made by [`listen`].
#[must_use = "nothing is bound before it is awaited"]
pub struct Listen<'a> {
    name: String,
    resolve: BoxFuture<'a, io::Result<Vec<SocketAddr>>>,
    backlog: u32,
    /// Sets what only some systems have, before the socket is bound.
    pub(super) prepare: fn(&TcpSocket) -> io::Result<()>,
}

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

impl<'a> Listen<'a> {
    /// How many connections the system keeps until they are pulled, instead of 1,024; it may
    /// have a lower limit of its own.
    pub fn backlog(mut self, connections: u32) -> Self {
        self.backlog = connections;
        self
    }

    fn bind(&self, addr: SocketAddr) -> io::Result<TcpListener> {
        let socket = match addr {
            SocketAddr::V4(_) => TcpSocket::new_v4(),
            SocketAddr::V6(_) => TcpSocket::new_v6(),
        }?;
        // So that a server can be restarted at once. On Windows the option means something else.
        socket.set_reuseaddr(!cfg!(windows))?;
        (self.prepare)(&socket)?;
        socket.bind(addr)?;
        socket.listen(self.backlog)
    }

    async fn begin(mut self) -> io::Result<Listener> {
        let mut last = io::ErrorKind::AddrNotAvailable.into();
        for addr in self.resolve.as_mut().await? {
            match self.bind(addr) {
                Ok(socket) => return Listener::new(socket),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

impl<'a> IntoFuture for Listen<'a> {
    type Output = Result<Listener, Error>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let name = self.name.clone();
        Box::pin(async move {
            self.begin()
                .await
                .map_err(|error| Error::from(error).at(name))
        })
    }
}

/// A fount of TCP connections, each a [`TcpFlow`]. Made by [`listen`].
///
/// # Flow control
///
/// Accepts a connection only when it is pulled, and holds none. While it is not pulled, the
/// system keeps up to [`backlog`](Listen::backlog) connections, and nothing wakes. At most 500
/// connections of one address are open at once, or what
/// [`at_most_per_address`](Self::at_most_per_address) says; each one more is reset at once, and the log (of the
/// `tracing` crate) says so, once a minute at most.
///
/// # Stopping
///
/// Stopping it closes the port, at once. What the system still kept is reset.
///
/// # Errors
///
/// It never ends by itself. When a connection fails before it could be accepted, the next is
/// accepted; when the machine has no files or memory left, it waits for 5 ms, and longer each
/// time, up to 1 s. [`refused`](Self::refused) counts both, and who was one too many of his address.
///
/// # Cancel safety
///
/// Nothing is lost: a connection that was not pulled stays with the system.
///
/// # Examples
///
/// A server that takes 100 connections at once:
///
/// ```no_run
/// use std::num::NonZeroUsize;
/// use tubes::net::{self, TcpFlow};
/// use tubes::{Fount, drains};
///
/// # async fn serve(hundred: NonZeroUsize) -> Result<(), tubes::Error> {
/// let echo = drains::spawn(|flow: TcpFlow| flow.fount.flow_to(flow.drain));
/// net::listen("0.0.0.0:8007").await?.flow_to(echo.at_most(hundred)).await?;
/// # Ok(()) }
/// ```
#[must_use = "nothing flows before it is driven: use `flow_to` or `next`"]
pub struct Listener {
    accepting: Accepting<Door>,
    local: SocketAddr,
}

impl Listener {
    fn new(socket: TcpListener) -> io::Result<Self> {
        Ok(Self {
            local: socket.local_addr()?,
            accepting: Accepting::new(Door::new(socket, time::clock()), time::clock()),
        })
    }

    /// The address that it listens on; with the port that the system chose, if 0 was asked for.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// Lets at most so many connections of one address be open at once, instead of 500; each one
    /// more is reset at once.
    ///
    /// An address is one of IPv4, or a network of IPv6 that one subscriber has to himself (/64); a
    /// connection counts until both its halves are dropped. The default is half of what
    /// [`drains::spawn`](crate::drains::spawn()) takes at once, so that no single address shuts everybody
    /// out: set the two together. Loopback counts like any other address, and behind a proxy all
    /// connections come from that of the proxy.
    ///
    /// # Examples
    ///
    /// At most 10,000 connections behind a proxy on this machine, which may have all of them:
    ///
    /// ```no_run
    /// use tubes::net::{self, TcpFlow};
    /// use tubes::{Fount, bound, drains};
    ///
    /// # async fn serve() -> Result<(), tubes::Error> {
    /// let echo = drains::spawn(|flow: TcpFlow| flow.fount.flow_to(flow.drain));
    /// net::listen("127.0.0.1:8007")
    ///     .await?
    ///     .at_most_per_address(bound(10_000))
    ///     .flow_to(echo.at_most(bound(10_000)))
    ///     .await?;
    /// # Ok(()) }
    /// ```
    pub fn at_most_per_address(mut self, connections: NonZeroUsize) -> Self {
        if let Some(door) = self.accepting.socket_mut() {
            door.set_most(connections);
        }
        self
    }

    /// How often accepting has failed, and how many connections were refused
    /// ([`at_most_per_address`](Self::at_most_per_address)); goes on counting while the listener flows.
    #[must_use]
    pub fn refused(&self) -> Refused {
        self.accepting.refused()
    }
}

impl Fount for Listener {
    type Item = TcpFlow;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<TcpFlow, Reason>> {
        Pin::new(&mut self.accepting).poll_next(cx)
    }

    fn poll_flow<D: Drain<TcpFlow>>(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        drain: Pin<&mut D>,
    ) -> Run {
        Pin::new(&mut self.accepting).poll_flow(cx, drain)
    }

    fn stop(mut self: Pin<&mut Self>, reason: &Reason) {
        Pin::new(&mut self.accepting).stop(reason);
    }
}

impl fmt::Debug for Listen<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "listen({}){:?}", self.local, self.accepting)
    }
}
