//! The application's means of answering, used up by it: interim responses, one response, trailers.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::response::Parts;
use http::{HeaderMap, Response, StatusCode};
use pin_project::pin_project;
use tubes::siphon::FlowTo;
use tubes::{Drain, Fount, Reason};

use crate::body::Trailers;
use crate::error::Error;
use crate::flush::{Flush, Flushing, Waiting};
use crate::half::{Answer, End, Half, Wanted};
use crate::peer::Peer;
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

    /// Sends the response, and waits until all of it has been handed to the transport (or waits
    /// there to leave together with the reply to a request that has already arrived).
    ///
    /// A body that knows its length ([`Fount::remaining`]: the body of a request is sent on with
    /// the `Content-Length` that it came with), one of one piece, or of none leaves with its
    /// `Content-Length`; another in chunks, and so does each that [`Trailers`] are to follow. A
    /// `Content-Length` in the head comes before what the body says of itself; either is what it is
    /// held to. `Transfer-Encoding: chunked` in the head asks for chunks even for a short body. When pieces leave
    /// says a [`Flush`] in its extensions. Hop-by-hop fields of
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
    /// unless a [`Flush`] in its extensions says otherwise.
    pub fn start(self, head: Response<()>) -> ReplyBody {
        self.drain(head.into_parts().0, None)
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
        let head = head.into_parts().0;
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
        ReplyBody {
            half: self.half,
            flushing: head.extensions.get::<Flush>().into(),
            head,
            length,
            stage: Stage::Head,
        }
    }
}

/// Waits for what is written to leave, and is forgotten if that is given up.
struct Waits<'a>(&'a Half);

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.link.give_up(self.0.exchange);
    }
}

/// The drain for the body of a reply: see [`Reply::start`].
///
/// # Flow control
///
/// Ready while the connection has room for a piece. Holds the head and at most one piece, until
/// it is known whether more follow; or what [`Flush`] says.
///
/// A piece of less than 4 KiB is copied and dropped at once. A larger one leaves as it is, and is
/// dropped by the transport while the connection is locked: what owns it
/// ([`Bytes::from_owner`]) must not look at the server, or at its exchange, when it is dropped.
///
/// # Stopping
///
/// A clean end completes the reply. A failure cuts it: answered with the status of the failure
/// if the head has not left, else the connection closes without the body's end. Dropping it does
/// the same.
#[must_use = "a reply that is dropped is cut"]
pub struct ReplyBody {
    half: Half,
    /// Its fields are gone once they are written.
    head: Parts,
    /// How long the body says that it is.
    length: Option<u64>,
    flushing: Flushing,
    stage: Stage,
}

enum Stage {
    /// The head waits for the body's first news.
    Head,
    /// The head waits with the first piece: if there is no other, its length is the body's.
    First(Bytes),
    /// The head is written.
    Body,
    /// No body is wanted, or all was said.
    Over,
}

impl ReplyBody {
    /// Writes the head if it waits, and the piece that waits with it; more may follow.
    fn begin(&mut self) -> Result<(), Reason> {
        let first = match &mut self.stage {
            Stage::Head => Bytes::new(),
            Stage::First(first) => std::mem::take(first),
            Stage::Body | Stage::Over => return Ok(()),
        };
        self.stage = Stage::Over;
        // Trailers leave behind chunks only.
        let length = self
            .length
            .filter(|_| !self.has_trailers());
        let half = &self.half;
        let wanted = half
            .link
            .start(half.exchange, &mut self.head, length, first)
            .map_err(Error::into_reason)?;
        self.head.headers = HeaderMap::new();
        self.stage = Stage::Body;
        match wanted {
            Wanted::Body => Ok(()),
            Wanted::Nothing => Err(Reason::Enough),
        }
    }

    /// Writes a piece, or waits with the first.
    fn write(&mut self, piece: Bytes) -> Result<(), Reason> {
        if let Stage::Head = self.stage {
            self.stage = Stage::First(piece);
            return Ok(());
        }
        self.begin()?;
        let half = &self.half;
        half.link
            .send(half.exchange, piece)
            .map_err(Error::into_reason)
    }

    /// Writes a piece that leaves before another is taken.
    fn write_to_leave(&mut self, piece: Bytes) -> Result<(), Reason> {
        self.flushing
            .set_waiting(Waiting::Something);
        self.write(piece)?;
        self.begin()
    }

    /// Room for another piece: what is to leave first has left.
    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        if self.flushing.waiting() == Waiting::Something {
            ready!(self.poll_out(cx))?;
        }
        self.half.poll_room(cx)
    }

    /// Everything that is written leaves.
    fn poll_out(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.begin()?;
        ready!(
            self.half
                .link
                .poll_flush(self.half.exchange, cx)
        )?;
        self.flushing
            .set_waiting(Waiting::Nothing);
        Poll::Ready(Ok(()))
    }

    /// Writes the reply that waits, now that it is known to be whole.
    fn poll_whole(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let Self {
            half,
            head,
            length,
            stage,
            ..
        } = self;
        let body = match stage {
            Stage::First(first) => first,
            Stage::Head | Stage::Body | Stage::Over => &mut Bytes::new(),
        };
        let exchange = half.exchange;
        let end = ready!(
            half.link
                .poll_whole(exchange, head, *length, body, cx)
        );
        self.stage = Stage::Over;
        match end {
            Ok(end) => half.end = end,
            Err(error) => {
                half.cut(&error);
                return Poll::Ready(Err(error));
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Writes what is left, the end, and the trailers behind it. Each waits for room: what is
    /// written is bounded.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let mut written = ready!(self.half.poll_room(cx));
        if let (Ok(()), Stage::Head | Stage::First(_)) = (&written, &self.stage) {
            written = match self.begin() {
                Ok(()) | Err(Reason::Enough | Reason::Finished) => {
                    ready!(self.half.poll_room(cx))
                }
                Err(failed) => Err(failed),
            };
        }
        if let Err(reason) = written {
            let error = Error::of_transport(reason);
            self.half.cut(&error);
            return Poll::Ready(Err(error));
        }
        let trailers = self.head.extensions.get();
        let fields = trailers.and_then(Trailers::take);
        Poll::Ready(self.half.finish(fields))
    }

    fn has_trailers(&self) -> bool {
        self.head
            .extensions
            .get::<Trailers>()
            .is_some()
    }
}

impl Drain<Bytes> for ReplyBody {
    type Output = ();

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        match self.stage {
            Stage::Head if has_no_body(self.head.status) => {
                Poll::Ready(self.begin().and(Err(Reason::Enough)))
            }
            // The first piece is not written before it is known whether others follow.
            Stage::Head => Poll::Ready(Ok(())),
            Stage::First(_) | Stage::Body | Stage::Over => self.poll_room(cx),
        }
    }

    fn receive(mut self: Pin<&mut Self>, piece: Bytes) -> Result<(), Reason> {
        if piece.is_empty() {
            return Ok(());
        }
        if let Flushing::Gather(gathered) = &mut self.flushing {
            return match gathered.gather(piece) {
                Some(enough) => self.write_to_leave(enough),
                None => Ok(()),
            };
        }
        if let Flushing::Immediate(_) = self.flushing {
            return self.write_to_leave(piece);
        }
        self.write(piece)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        if let Flushing::Gather(gathered) = &self.flushing
            && gathered.waiting == Waiting::Nothing
        {
            return Poll::Ready(Ok(()));
        }
        self.poll_out(cx)
    }

    fn poll_stopped(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        reason: &Reason,
    ) -> Poll<Result<(), tubes::Error>> {
        if let Reason::Failed(error) = reason {
            self.half
                .cut(&Error::from_flow(error.clone()));
            return Poll::Ready(Err(error.clone()));
        }
        if self.half.end == End::Open {
            if let Flushing::Gather(gathered) = &mut self.flushing
                && let Some(rest) = gathered.take()
                && let Err(Reason::Failed(error)) = self.write(rest)
            {
                self.half
                    .cut(&Error::from_flow(error.clone()));
                return Poll::Ready(Err(error));
            }
            let ended = match self.stage {
                Stage::Head | Stage::First(_) if !self.has_trailers() => self.poll_whole(cx),
                _ => self.poll_end(cx),
            };
            ready!(ended).map_err(Error::into_flow)?;
        }
        if self.half.end == End::Said {
            ready!(self.half.poll_left(cx))
                .map_err(|reason| Error::of_transport(reason).into_flow())?;
        }
        Poll::Ready(Ok(()))
    }
}

/// Statuses that never have a body (RFC 9110 §15.3.5, §15.3.6, §15.4.5): nothing is pulled.
fn has_no_body(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED
    )
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

impl fmt::Debug for ReplyBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.stage {
            Stage::Head => "reply(head waits)",
            Stage::First(_) => "reply(head and first piece wait)",
            Stage::Body => "reply(body)",
            Stage::Over => "reply(over)",
        })
    }
}

impl<B: Fount<Item = Bytes>> fmt::Debug for Sending<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sending a reply")
    }
}
