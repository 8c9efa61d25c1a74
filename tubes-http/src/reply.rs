//! The application's means of answering, used up by it: interim responses, one response, trailers.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Response;
use http::response::Parts;
use pin_project::pin_project;
use tubes::siphon::FlowTo;
use tubes::{BoxError, Fount};

use crate::error::Error;
use crate::failing::failure;
use crate::half::{Answer, End, Half};
use crate::peer::Peer;
use crate::reply_body::ReplyBody;
use crate::roster::Roster;
use crate::span::Span;
use crate::upgrade::UpgradedFlow;

/// Answers one request. Used up by answering.
///
/// Interim responses first, as many as are useful; then one response, by [`send`](Self::send) or
/// [`start`](Self::start). A reply that is dropped instead is answered with 500, and says so in
/// the log: a peer is never left waiting.
///
/// # Examples
///
/// ```
/// use http::{Response, StatusCode};
/// use tubes_http::{Body, Exchange};
///
/// async fn teapot(exchange: Exchange) -> Result<(), tubes::Error> {
///     let (_request, reply) = exchange.into_parts();
///     let mut response = Response::new(Body::from("short and stout"));
///     *response.status_mut() = StatusCode::IM_A_TEAPOT;
///     reply.send(response).await
/// }
/// ```
#[must_use = "a reply that is dropped is answered with 500"]
pub struct Reply {
    half: Half,
    span: Span,
}

impl Reply {
    pub(crate) fn new(link: Arc<dyn Answer>, exchange: u64, span: Span) -> Self {
        Self {
            half: Half {
                link,
                exchange,
                end: End::Open,
            },
            span,
        }
    }

    /// What the exchange is traced in.
    pub(crate) fn span(&self) -> Span {
        self.span.clone()
    }

    pub(crate) fn roster(&self) -> Arc<Roster> {
        self.half.link.roster()
    }

    /// Sends an interim response (1xx but 101, RFC 9110 §15.2), at once.
    ///
    /// One that the peer could not use (HTTP/1.0, a 100 that nobody waits for) is left out.
    ///
    /// # Errors
    ///
    /// [`Kind::InvalidInterim`](crate::Kind::InvalidInterim) for another status; what ended the connection.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing: what it has written leaves when the peer takes it.
    pub async fn interim(&mut self, head: &Response<()>) -> Result<(), Error> {
        let half = &self.half;
        half.link.interim(half.exchange, head)?;
        let _waits = Waits(half);
        poll_fn(|cx| half.link.poll_flush(half.exchange, cx))
            .await
            .map_err(Error::of_transport)
    }

    /// Sends the response, and waits until all of it has been handed to the transport. Where a driver
    /// takes the exchanges ([`Fount::flow_to`]), it may wait there to leave together with the reply to
    /// a request that has already arrived; where they are taken by hand ([`Fount::next`]), it has left.
    ///
    /// A body that knows its length ([`Fount::remaining`]: the body of a request is sent on with
    /// the `Content-Length` that it came with), one of one piece, or of none leaves with its
    /// `Content-Length`; another in chunks, and so does each that [`Trailers`](crate::Trailers) are to follow. A
    /// `Content-Length` in the head comes before what the body says of itself; either is what it is
    /// held to. Where the two do not agree before anything has left, 500 is answered instead. `Transfer-Encoding: chunked` in the head asks for chunks even for a short body. When pieces leave
    /// says a [`Flush`](crate::Flush) in its extensions. Hop-by-hop fields of
    /// the head (`Connection`, `Transfer-Encoding`) are the connection's business and replaced.
    ///
    /// # Errors
    ///
    /// The failure of the body, which cuts the reply; a body that is not as long as declared;
    /// what ended the connection.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cuts the reply: the peer sees that it is not complete.
    #[inline(always)] // What it makes is large, and would be moved once more.
    pub fn send<B>(self, response: Response<B>) -> Sending<B>
    where
        B: Fount<Item = Bytes>,
    {
        let (head, body) = response.into_parts();
        let drain = self.drain(head, body.remaining());
        Sending {
            flow: body.flow_to(drain),
        }
    }

    /// Begins the response, and gives the drain for its body.
    ///
    /// The head leaves with the first piece of the body, or when the body has nothing right now,
    /// unless a [`Flush`](crate::Flush) in its extensions says otherwise.
    pub fn start(self, head: Response<()>) -> ReplyBody {
        self.drain(head.into_parts().0, None)
    }

    /// Answers what [`respond`](crate::respond()) answers to a handler that fails with `error`: the status of whose
    /// fault it is, and a line in the log. The connection may go on.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    ///
    /// # Cancel safety
    ///
    /// As [`send`](Self::send).
    ///
    /// # Examples
    ///
    /// ```
    /// use http::{Request, Response};
    /// use tubes::BoxError;
    /// use tubes_http::{Body, Exchange};
    ///
    /// # async fn chat(_: Request<Body>, _: tubes_http::Reply) -> Result<(), tubes::Error> { Ok(()) }
    /// # async fn page(_: Request<Body>) -> Result<Response<Body>, BoxError> { Ok(Response::new(Body::empty())) }
    /// /// One route upgrades; all others are functions from a request to a response.
    /// async fn route(exchange: Exchange) -> Result<(), tubes::Error> {
    ///     let (request, reply) = exchange.into_parts();
    ///     if request.uri().path() == "/chat" {
    ///         return chat(request, reply).await;
    ///     }
    ///     match page(request).await {
    ///         Ok(response) => reply.send(response).await,
    ///         Err(error) => reply.fail(error).await,
    ///     }
    /// }
    /// ```
    pub async fn fail(self, error: impl Into<BoxError>) -> Result<(), tubes::Error> {
        let response = failure(&self.peer(), error.into());
        self.send(response).await
    }

    /// Answers with the status of `error`, or cuts the reply where nothing can be answered. Over
    /// HTTP/1.1 the connection closes.
    pub fn refuse(mut self, error: &Error) {
        self.half.cut(error);
    }

    /// Sends the response that ends HTTP on this connection, and gives the flow of bytes: 101 to a
    /// request with `Upgrade`, naming the protocol that was chosen, or a 2xx to `CONNECT` (RFC 9110
    /// §7.8, §9.3.6). Ready when the response has left; what the peer had sent behind its request
    /// comes first.
    ///
    /// Whether the peer has asked for it says [`offers_upgrade`](Self::offers_upgrade). `CONNECT`
    /// reaches the application only if the server
    /// [accepts tunnels](crate::Server::accept_tunnels).
    ///
    /// # Errors
    ///
    /// [`Kind::InvalidSwitch`](crate::Kind::InvalidSwitch) for another status, or where the peer has not asked, or not for
    /// this protocol: it is answered with 500. What ended the connection.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cuts the reply.
    ///
    /// # Examples
    ///
    /// ```
    /// use http::{HeaderValue, Response, StatusCode, header};
    /// use tubes::Fount;
    /// use tubes_http::Exchange;
    ///
    /// /// Speaks `echo`, whatever that is: all bytes come back.
    /// async fn echo(exchange: Exchange) -> Result<(), tubes::Error> {
    ///     let (_request, reply) = exchange.into_parts();
    ///     let mut head = Response::new(());
    ///     *head.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    ///     head.headers_mut().insert(header::UPGRADE, HeaderValue::from_static("echo"));
    ///     let flow = reply.upgrade(head).await?;
    ///     flow.fount.flow_to(flow.drain).await
    /// }
    /// ```
    pub async fn upgrade(mut self, head: Response<()>) -> Result<UpgradedFlow, Error> {
        let half = &mut self.half;
        let mut head = head.into_parts().0;
        half.note_extensions(&mut head);
        half.link.switch(half.exchange, &head)?;
        poll_fn(|cx| half.link.poll_flush(half.exchange, cx))
            .await
            .map_err(Error::of_transport)?;
        half.end = End::Over;
        half.link.hand_on(half.exchange)
    }

    /// Whether the peer asks for another protocol (`Upgrade`, in HTTP/1.1, without a body), or for
    /// a tunnel (`CONNECT`).
    #[must_use]
    pub fn offers_upgrade(&self) -> bool {
        self.half
            .link
            .offers_switch(self.half.exchange)
    }

    /// The other end, to be watched while the reply is made.
    pub fn peer(&self) -> Peer {
        Peer::new(Arc::clone(&self.half.link), self.half.exchange)
    }

    #[inline]
    fn drain(self, head: Parts, length: Option<u64>) -> ReplyBody {
        ReplyBody::new(self.half, head, length)
    }
}

/// Waits for what is written to leave, and is forgotten if that is given up.
struct Waits<'a>(&'a Half);

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.link.give_up(self.0.exchange);
    }
}

/// The future of [`Reply::send`].
#[pin_project]
#[must_use = "nothing is sent before it is awaited; dropping it cuts the reply"]
pub struct Sending<B: Fount<Item = Bytes>> {
    #[pin]
    flow: FlowTo<B, ReplyBody>,
}

impl<B: Fount<Item = Bytes>> Future for Sending<B> {
    type Output = Result<(), tubes::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().flow.poll(cx)
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("reply")
    }
}

impl<B: Fount<Item = Bytes>> fmt::Debug for Sending<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sending a reply")
    }
}
