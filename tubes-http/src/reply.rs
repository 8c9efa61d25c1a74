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
use crate::kind::Kind;

/// Where a reply goes to a peer: implemented by each version of HTTP.
///
/// `exchange` tells a handle of now from one of an exchange that is over.
pub(crate) trait Answer: Send + Sync {
    /// Room for a piece of the body.
    fn poll_room(&self, exchange: u64, cx: &mut Context<'_>) -> Poll<Result<(), Reason>>;
    fn poll_flush(&self, exchange: u64, cx: &mut Context<'_>) -> Poll<Result<(), Reason>>;
    fn interim(&self, exchange: u64, head: &Response<()>) -> Result<(), Error>;
    /// The final head; `length` where the whole body is known. Says whether a body is wanted.
    fn start(&self, exchange: u64, head: &Parts, length: Option<u64>) -> Result<Wanted, Error>;
    fn send(&self, exchange: u64, piece: Bytes) -> Result<(), Error>;
    fn finish(&self, exchange: u64, trailers: Option<&HeaderMap>) -> Result<(), Error>;
    /// The reply ends here without its end: answered with the error's status if no head has
    /// left, else cut.
    fn cut(&self, exchange: u64, error: &Error);
}

/// Whether a body is to be sent: not to `HEAD`, nor with some statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Body,
    Nothing,
}

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
}

/// One reply on its way; cut if dropped before its end.
struct Half {
    link: Arc<dyn Answer>,
    exchange: u64,
    end: End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Open,
    Said,
}

impl Half {
    fn cut(&mut self, error: &Error) {
        if self.end == End::Open {
            self.end = End::Said;
            self.link.cut(self.exchange, error);
        }
    }
}

impl Drop for Half {
    fn drop(&mut self) {
        if self.end == End::Open {
            self.cut(&Kind::Abandoned.into());
        }
    }
}

impl Reply {
    pub(crate) fn new(link: Arc<dyn Answer>, exchange: u64) -> Self {
        Self {
            half: Half {
                link,
                exchange,
                end: End::Open,
            },
        }
    }

    /// Sends an interim response (1xx but 101, RFC 9110 §15.2) and waits until it has left.
    ///
    /// One that the peer could not use (HTTP/1.0, a 100 that nobody waits for) is left out.
    ///
    /// # Errors
    ///
    /// [`Kind::InvalidInterim`] for another status; what ended the connection.
    pub async fn interim(&mut self, head: &Response<()>) -> Result<(), Error> {
        let half = &self.half;
        half.link.interim(half.exchange, head)?;
        poll_fn(|cx| half.link.poll_flush(half.exchange, cx))
            .await
            .map_err(Error::from_reason)
    }

    /// Sends the response, and waits until its body has been handed over to the connection.
    ///
    /// A body of one piece, or of none, leaves with its `Content-Length`; a longer one in chunks
    /// (HTTP/1.1) or frames (HTTP/2), unless the head declares its length. Hop-by-hop fields of
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
    pub fn send<B>(self, response: Response<B>) -> Sending<B>
    where
        B: Fount<Item = Bytes>,
    {
        let (head, body) = response.into_parts();
        Sending {
            flow: body.flow_to(self.drain(head)),
        }
    }

    /// Begins the response, and gives the drain for its body.
    ///
    /// The head leaves with the first piece of the body, or when the body has nothing right now.
    pub fn start(self, head: Response<()>) -> ReplyBody {
        self.drain(head.into_parts().0)
    }

    /// Answers with the status of `error`, or cuts the reply where nothing can be answered. The
    /// connection closes.
    pub fn refuse(mut self, error: &Error) {
        self.half.cut(error);
    }

    fn drain(self, head: Parts) -> ReplyBody {
        ReplyBody {
            half: self.half,
            stage: Stage::Head(Box::new(head)),
            trailers: None,
        }
    }
}

/// The drain for the body of a reply: see [`Reply::start`].
///
/// # Flow control
///
/// Ready while the connection has room for a piece. Holds the head and at most one piece, until
/// it is known whether more follow.
///
/// # Stopping
///
/// A clean end completes the reply. A failure cuts it: answered with the status of the failure
/// if the head has not left, else the connection closes (HTTP/1.1) or the stream is reset
/// (HTTP/2). Dropping it does the same.
#[must_use = "a reply that is dropped is cut"]
pub struct ReplyBody {
    half: Half,
    stage: Stage,
    trailers: Option<Trailers>,
}

enum Stage {
    /// The head waits for the body's first news.
    Head(Box<Parts>),
    /// The head waits with the first piece: if there is no other, its length is the body's.
    First(Box<Parts>, Bytes),
    /// The head is written.
    Body,
    /// No body is wanted, or all was said.
    Over,
}

impl ReplyBody {
    /// Writes the head if it waits, then the piece that waits with it.
    fn begin(&mut self, known: Known) -> Result<(), Reason> {
        let (head, first) = match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Head(head) => (head, Bytes::new()),
            Stage::First(head, first) => (head, first),
            begun => {
                self.stage = begun;
                return Ok(());
            }
        };
        self.trailers = head.extensions.get().cloned();
        let length = match known {
            Known::All if self.trailers.is_none() => Some(first.len() as u64),
            Known::All | Known::Nothing => None,
        };
        let half = &self.half;
        let wanted = half
            .link
            .start(half.exchange, &head, length)
            .map_err(Error::into_reason)?;
        self.stage = Stage::Body;
        if wanted == Wanted::Nothing {
            return Err(Reason::Enough);
        }
        if first.is_empty() {
            return Ok(());
        }
        half.link
            .send(half.exchange, first)
            .map_err(Error::into_reason)
    }
}

/// What is known of the body when its head is written.
#[derive(Clone, Copy)]
enum Known {
    All,
    Nothing,
}

impl Drain<Bytes> for ReplyBody {
    type Output = ();

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        if let Stage::Head(head) = &self.stage {
            if has_no_body(head.status) {
                return Poll::Ready(
                    self.begin(Known::Nothing)
                        .and(Err(Reason::Enough)),
                );
            }
        }
        self.half
            .link
            .poll_room(self.half.exchange, cx)
    }

    fn receive(mut self: Pin<&mut Self>, piece: Bytes) -> Result<(), Reason> {
        if piece.is_empty() {
            return Ok(());
        }
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Head(head) => {
                self.stage = Stage::First(head, piece);
                return Ok(());
            }
            begun => self.stage = begun,
        }
        self.begin(Known::Nothing)?;
        let half = &self.half;
        half.link
            .send(half.exchange, piece)
            .map_err(Error::into_reason)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.begin(Known::Nothing)?;
        self.half
            .link
            .poll_flush(self.half.exchange, cx)
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
        // The end, too, waits for room: what is written is bounded.
        if ready!(
            self.half
                .link
                .poll_room(self.half.exchange, cx)
        )
        .is_err()
        {
            let closed = Error::from(Kind::Closed);
            self.half.cut(&closed);
            return Poll::Ready(Err(closed.into_flow()));
        }
        if let Err(Reason::Failed(error)) = self.begin(Known::All) {
            return Poll::Ready(Err(error));
        }
        self.half.end = End::Said;
        let trailers = self
            .trailers
            .take()
            .and_then(|trailers| trailers.take());
        let half = &self.half;
        let finished = half
            .link
            .finish(half.exchange, trailers.as_ref());
        Poll::Ready(finished.map_err(Error::into_flow))
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
pub struct Sending<B> {
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
            Stage::Head(_) => "reply(head waits)",
            Stage::First(..) => "reply(head and first piece wait)",
            Stage::Body => "reply(body)",
            Stage::Over => "reply(over)",
        })
    }
}

impl<B> fmt::Debug for Sending<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sending a reply")
    }
}
