//! A flow of bytes becomes a fount of exchanges, whichever version of HTTP the peer speaks.

use std::fmt;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use tubes::clock::SharedClock;
use tubes::stage::{Direct, Stage};
use tubes::{Drain, Flow, Fount, Reason, Run};

use crate::exchange::Exchange;
use crate::handle::Handle;
use crate::http1;
use crate::limits::Limits;
use crate::record::Record;
use crate::site::{OnDisconnect, Site, Tunnels};

/// A stage that speaks HTTP on a flow of bytes, with time from `clock`: the server's side.
///
/// `tubes_http::server()` (feature `tokio`) is this with the clock of tokio.
///
/// # Flow control
///
/// An exchange is pulled when downstream has room for it; the next head is not looked at before.
/// Exchanges flow to [`respond`](crate::respond()), to [`answer`](crate::answer()), or to a drain of yours; then replies
/// of pipelined requests leave in one write, up to 64 of them. Whoever takes them one by one instead
/// ([`Fount::next`]) is given the next when the replies before it have left; and between two polls of
/// the connection, its exchange, or their halves, nothing moves and no timer is looked at.
///
/// Per connection, what waits is at most: one segment from the peer (or one head), 32 KiB of small
/// replies and one piece of a body, 64 KiB besides that [`Flush::Bytes`](crate::Flush::Bytes) gathers,
/// and what the drain of the flow holds; while somebody waits for the peer to go, up to
/// [`Limits::ahead`] bytes of the peer more. Until a connection has been idle for a second, it keeps
/// what makes its next exchange cheaper: a head of up to 4 KiB that was said twice, to be compared
/// with the next, and the place of an exchange. A thread keeps a buffer of up to 4 KiB for small
/// replies.
///
/// # Stopping
///
/// The fount of exchanges ends with [`Reason::Finished`] when the peer has closed, asked to
/// close, was idle for too long, or broke the protocol (which is answered, and then closed in a
/// way that lets the peer read the answer); and with the failure when the transport fails or the
/// peer takes nothing for too long. When it is stopped, the exchange that is served is finished, its
/// head says so if it has not left, and the connection closed in order, which the flow waits for. When it
/// is dropped, the connection is cut, also for halves of an exchange that live on elsewhere.
///
/// All connections are ended by the [`handle`](Server::handle) of their server. One is ended by a stage behind it:
///
/// ```no_run
/// use http::{Request, Response};
/// use tubes::net::TcpFlow;
/// use tubes::{Error, Fount, stages};
/// use tubes_http::{Body, Server, respond};
///
/// async fn hello(_request: Request<Body>) -> Result<Response<Body>, Error> {
///     Ok(Response::new(Body::from("Hello")))
/// }
///
/// async fn serve(flow: TcpFlow, http: &Server, stop: impl Future) -> Result<(), Error> {
///     flow.through(http)
///         .through(stages::until(stop))
///         .flow_to(respond(hello))
///         .await
/// }
/// ```
pub fn server_on(clock: SharedClock) -> Server {
    Server {
        site: Arc::new(Site::new(clock)),
        peer: None,
    }
}

/// The stage of `server` and [`server_on`].
#[must_use = "a stage does nothing before it is attached"]
pub struct Server {
    site: Arc<Site>,
    peer: Option<SocketAddr>,
}

impl Server {
    /// With these bounds, these timers, and this [strictness](crate::Strictness). An `Arc` is shared
    /// by all connections.
    pub fn limits(mut self, limits: impl Into<Arc<Limits>>) -> Self {
        self.site_mut().limits = limits.into();
        self
    }

    /// What becomes of an exchange whose peer is gone: it runs to its end, unless this says
    /// otherwise.
    pub fn on_disconnect(mut self, what: OnDisconnect) -> Self {
        self.site_mut().on_disconnect = what;
        self
    }

    /// Hands out requests with `CONNECT`, too, to be answered by
    /// [`Reply::upgrade`](crate::Reply::upgrade); else each is answered with 405. A `CONNECT` that is answered
    /// otherwise is the last request of its connection: what comes behind it was meant for the tunnel.
    ///
    /// ```no_run
    /// use http::{Response, StatusCode};
    /// use tubes::net::{self, TcpFlow};
    /// use tubes::{Error, Fount, drains};
    /// use tubes_http::{Body, Exchange, answer, server};
    ///
    /// async fn tunnel(exchange: Exchange) -> Result<(), Error> {
    ///     let (request, reply) = exchange.into_parts();
    ///     if request.uri().port_u16() != Some(443) {
    ///         let mut refused = Response::new(Body::empty());
    ///         *refused.status_mut() = StatusCode::FORBIDDEN;
    ///         return reply.send(refused).await;
    ///     }
    ///     let there = net::connect(request.uri().to_string()).await?;
    ///     let here = reply.upgrade(Response::new(())).await?;
    ///     let (out, back) = (here.fount.flow_to(there.drain), there.fount.flow_to(here.drain));
    ///     tokio::try_join!(out, back)?;
    ///     Ok(())
    /// }
    ///
    /// # async fn serve() -> Result<(), Error> {
    /// net::listen("127.0.0.1:8080")
    ///     .await?
    ///     .flow_to(drains::spawn(|flow: TcpFlow| {
    ///         flow.through(server().accept_tunnels()).flow_to(answer(tunnel))
    ///     }))
    ///     .await?;
    /// # Ok(()) }
    /// ```
    pub fn accept_tunnels(mut self) -> Self {
        self.site_mut().tunnels = Tunnels::Accepted;
        self
    }

    /// Shows each exchange that is over to `observer`, and each request that was refused before a
    /// handler has seen it: for a log of accesses ([`log_access`](crate::log_access) is one), or for
    /// metrics.
    ///
    /// It is called by whoever ends the exchange, and is to be quick.
    pub fn on_exchange(mut self, observer: impl Fn(&Record) + Send + Sync + 'static) -> Self {
        self.site_mut().observer = Some(Arc::new(observer));
        self
    }

    /// The same server, for a connection with the peer at this address: shown in records, snapshots,
    /// spans and the log, and by [`Peer::address`](crate::Peer::address).
    ///
    /// What comes from it shares limits, memory and handle with this one.
    ///
    /// ```no_run
    /// use http::{Request, Response};
    /// use tubes::net::{self, TcpFlow};
    /// use tubes::{Error, Fount, drains};
    /// use tubes_http::{Body, log_access, respond, server};
    ///
    /// async fn hello(_request: Request<Body>) -> Result<Response<Body>, Error> {
    ///     Ok(Response::new(Body::from("Hello")))
    /// }
    ///
    /// # async fn serve() -> Result<(), Error> {
    /// let http = server().on_exchange(log_access);
    /// net::listen("127.0.0.1:8080")
    ///     .await?
    ///     .flow_to(drains::spawn(move |flow: TcpFlow| {
    ///         let peer = flow.fount.peer_addr();
    ///         flow.through(http.with_peer(peer)).flow_to(respond(hello))
    ///     }))
    ///     .await?;
    /// # Ok(()) }
    /// ```
    pub fn with_peer(&self, address: SocketAddr) -> Self {
        Self {
            site: Arc::clone(&self.site),
            peer: Some(address),
        }
    }

    /// A handle on all connections that this server serves: to shut it down, to see what it does.
    #[must_use]
    pub fn handle(&self) -> Handle {
        Handle::new(Arc::clone(&self.site.roster), Arc::clone(&self.site.clock))
    }

    fn site_mut(&mut self) -> &mut Site {
        Arc::make_mut(&mut self.site)
    }
}

impl<F, D> Stage<Flow<F, D>, Direct> for Server
where
    F: Fount<Item = Bytes> + Send + 'static,
    D: Drain<Bytes> + Send + 'static,
{
    type Output = Exchanges<F, D>;

    fn attach(self, flow: Flow<F, D>) -> Exchanges<F, D> {
        let http1 = http1::server::Exchanges::new(flow, self.site, self.peer);
        Exchanges { http1 }
    }
}

/// One server for many connections: they share its limits and its handle.
impl<F, D> Stage<Flow<F, D>, Direct> for &Server
where
    F: Fount<Item = Bytes> + Send + 'static,
    D: Drain<Bytes> + Send + 'static,
{
    type Output = Exchanges<F, D>;

    fn attach(self, flow: Flow<F, D>) -> Exchanges<F, D> {
        let http1 = http1::server::Exchanges::new(flow, Arc::clone(&self.site), self.peer);
        Exchanges { http1 }
    }
}

/// The fount of the exchanges of one connection.
#[must_use = "nothing is served before it is driven: use `flow_to(respond(..))` or `next`"]
pub struct Exchanges<F, D> {
    http1: http1::server::Exchanges<F, D>,
}

impl<F, D> Fount for Exchanges<F, D>
where
    F: Fount<Item = Bytes> + Send + 'static,
    D: Drain<Bytes> + Send + 'static,
{
    type Item = Exchange;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Exchange, Reason>> {
        Pin::new(&mut self.http1).poll_next(cx)
    }

    #[inline]
    fn poll_flow<To>(mut self: Pin<&mut Self>, cx: &mut Context<'_>, drain: Pin<&mut To>) -> Run
    where
        To: Drain<Exchange>,
    {
        Pin::new(&mut self.http1).poll_flow(cx, drain)
    }

    fn poll_progress(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.http1).poll_progress(cx)
    }

    fn stop(mut self: Pin<&mut Self>, reason: &Reason) {
        Pin::new(&mut self.http1).stop(reason);
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("http server")
    }
}

impl<F, D> fmt::Debug for Exchanges<F, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("http exchanges")
    }
}
