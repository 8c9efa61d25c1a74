//! A drain of exchanges: a handler answers each.

use std::fmt;
use std::future::Future;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{Request, Response};
use tubes::{BoxError, Drain, Fount, Reason};

use crate::body::Body;
use crate::exchange::Exchange;
use crate::in_work::InWork;
use crate::serving::Serving;

/// A drain of exchanges that answers each with what `handler` makes of its request.
///
/// The handler is called when the head of the request is there; its body arrives while the
/// handler pulls it, and may flow straight into the body of the response.
///
/// # Flow control
///
/// Answers at most 100 exchanges at once, or what [`at_most`](Respond::at_most) says. Over
/// HTTP/1.1 there is only one at a time.
///
/// # Stopping
///
/// When the flow ends, the exchanges that are being answered are finished first; at the deadline of a
/// shutdown ([`Handle::shutdown`](crate::Handle::shutdown)) they are dropped.
///
/// # Errors
///
/// A handler that fails is answered with the status of the [`Error`](crate::Error) in its failure (413 for
/// [`Kind::BodyTooLarge`](crate::Kind::BodyTooLarge)), else with 500; one that panics, with 500 and the connection closes.
/// After the head has left, the reply is cut instead: the connection closes in order where the
/// length or the chunks of the reply show that it is cut, else by a reset. Each is said in the log (of the `tracing`
/// crate: install a subscriber to see it), with method and target; neither ends the server.
///
/// The peer is blamed only for what its request has brought. A failure that has stopped the request's
/// body, as that of each stage and each drain behind it does, is the peer's fault if it is a limit
/// (413, [`Kind::BodyBeyondLimit`](crate::Kind::BodyBeyondLimit)) or something malformed (400,
/// [`Kind::BodyInvalid`](crate::Kind::BodyInvalid)); and an error of HTTP that came out of a body is that of the peer
/// whose body it is. A place that is full ([`tubes::Kind::Full`]) is answered with 503
/// ([`Kind::Overloaded`](crate::Kind::Overloaded)), and a warning in the log. Where a body is one of many sources
/// (`merge`, `zip`), all of them are stopped by the failure of each, so that a limit of another source looks like
/// one of the body. Everything else is answered with 500, and an error in the log: the same limit in a pipeline of the handler's own, what is wrong with another connection, and a failure that
/// only shows behind the end of the body. Who knows better returns an [`Error`](crate::Error) of the kind that he
/// means: one that is made by [`Error::new`](crate::Error::new) is taken at its word.
///
/// # Cancel safety
///
/// Dropping the flow drops the handlers that run and cuts their replies.
///
/// # Examples
///
/// ```no_run
/// use http::{Request, Response};
/// use tubes::net::{self, TcpFlow};
/// use tubes::{Fount, drains};
/// use tubes_http::{Body, Error};
///
/// async fn hello(_request: Request<Body>) -> Result<Response<Body>, Error> {
///     Ok(Response::new(Body::from("Hello, World!")))
/// }
///
/// # async fn serve() -> Result<(), tubes::Error> {
/// net::listen("127.0.0.1:8080")
///     .await?
///     .flow_to(drains::spawn(|flow: TcpFlow| {
///         flow.through(tubes_http::server())
///             .flow_to(tubes_http::respond(hello))
///     }))
///     .await?;
/// # Ok(()) }
/// ```
///
/// A handler with shared state is a closure that clones it for each request; the error type of
/// choice is [`BoxError`](tubes::BoxError), into which every error turns by `?`:
///
/// ```no_run
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// use http::{Request, Response};
/// use tubes::net::{self, TcpFlow};
/// use tubes::{BoxError, Fount, drains};
/// use tubes_http::{Body, respond, server};
///
/// async fn count(seen: Arc<AtomicU64>, request: Request<Body>) -> Result<Response<Body>, BoxError> {
///     let words = request.into_body().collect(1024).await?;
///     let text = std::str::from_utf8(&words)?;
///     let number = seen.fetch_add(1, Ordering::Relaxed);
///     Ok(Response::new(format!("{number}: {text}\n").into()))
/// }
///
/// # async fn serve() -> Result<(), tubes::Error> {
/// let seen = Arc::new(AtomicU64::new(0));
/// let connection = move |flow: TcpFlow| {
///     let seen = seen.clone();
///     flow.through(server())
///         .flow_to(respond(move |request| count(seen.clone(), request)))
/// };
/// net::listen("127.0.0.1:8080")
///     .await?
///     .flow_to(drains::spawn(connection).on_failure(|error| eprintln!("connection: {error}")))
///     .await?;
/// # Ok(()) }
/// ```
///
/// A handler that is to know who asks is a closure that has the address; told to the server, it
/// stands in records and in the log, too:
///
/// ```no_run
/// use std::net::SocketAddr;
///
/// use http::{Request, Response};
/// use tubes::net::{self, TcpFlow};
/// use tubes::{Fount, drains};
/// use tubes_http::{Body, Error, log_access, respond, server};
///
/// async fn who(peer: SocketAddr, _request: Request<Body>) -> Result<Response<Body>, Error> {
///     Ok(Response::new(format!("you are {peer}\n").into()))
/// }
///
/// # async fn serve() -> Result<(), tubes::Error> {
/// let http = server().on_exchange(log_access);
/// net::listen("127.0.0.1:8080")
///     .await?
///     .flow_to(drains::spawn(move |flow: TcpFlow| {
///         let peer = flow.fount.peer_addr();
///         flow.through(http.with_peer(peer))
///             .flow_to(respond(move |request| who(peer, request)))
///     }))
///     .await?;
/// # Ok(()) }
/// ```
pub fn respond<H, Fut, B, E>(handler: H) -> Respond<H, Fut, B>
where
    H: FnMut(Request<Body>) -> Fut,
    Fut: Future<Output = Result<Response<B>, E>>,
    B: Fount<Item = Bytes>,
    E: Into<BoxError>,
{
    Respond {
        handler,
        in_work: InWork::new(),
    }
}

/// The drain of [`respond`].
#[must_use = "nothing is answered before exchanges flow to it"]
pub struct Respond<H, Fut, B: Fount<Item = Bytes>> {
    handler: H,
    in_work: InWork<Serving<Fut, B>>,
}

// The handler is called, never polled; what is polled is boxed.
impl<H, Fut, B: Fount<Item = Bytes>> Unpin for Respond<H, Fut, B> {}

impl<H, Fut, B: Fount<Item = Bytes>> Respond<H, Fut, B> {
    /// At most so many exchanges at once.
    pub fn at_most(mut self, count: NonZeroUsize) -> Self {
        self.in_work.set_at_most(count);
        self
    }
}

impl<H, Fut, B, E> Drain<Exchange> for Respond<H, Fut, B>
where
    H: FnMut(Request<Body>) -> Fut,
    Fut: Future<Output = Result<Response<B>, E>>,
    B: Fount<Item = Bytes>,
    E: Into<BoxError>,
{
    type Output = ();

    #[inline]
    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.in_work.poll_room(cx).map(Ok)
    }

    #[inline]
    fn receive(mut self: Pin<&mut Self>, exchange: Exchange) -> Result<(), Reason> {
        let this = &mut *self;
        this.in_work.note_server(&exchange);
        let serving = Serving::begin(exchange, &mut this.handler);
        this.in_work.begin(serving);
        Ok(())
    }

    /// What is being answered goes on while no exchange comes.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.in_work.poll_all(cx).map(Ok)
    }

    fn poll_stopped(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        reason: &Reason,
    ) -> Poll<Result<(), tubes::Error>> {
        ready!(self.in_work.poll_last(cx));
        Poll::Ready(reason.clone().into_result())
    }
}

impl<H, Fut, B: Fount<Item = Bytes>> fmt::Debug for Respond<H, Fut, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "respond({:?})", self.in_work)
    }
}
