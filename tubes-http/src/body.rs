//! A fount of bytes that may end with trailers: the body of a message.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName};
use tubes::founts::BoxFount;
use tubes::{Drain, Fount, Reason, Run, budget, drains};

use crate::error::Error;
use crate::kind::Kind;
use crate::origin::Origin;

/// The body of a message: a fount of bytes that may end with trailers.
///
/// What arrives from a peer is a `Body`, whichever version of HTTP it speaks; and any fount of
/// bytes, a `Bytes`, a `String` or nothing can be made one, so that a handler with several kinds
/// of answers has one type for them all.
///
/// # Flow control
///
/// A body that arrives holds nothing: the peer may send only as much as is pulled. Over
/// HTTP/1.1 the socket is not read unless the body is.
///
/// # Stopping
///
/// Ends with [`Reason::Finished`] when the peer has said all. A body that is cut short ends with
/// a failure whose cause is [`Kind::Truncated`], never with a clean end. A body that is dropped
/// or stopped before its end is discarded within [`Limits::discard`](crate::Limits::discard),
/// or the connection closes after the reply.
///
/// # Cancel safety
///
/// Nothing is lost when a pull is given up.
///
/// # Examples
///
/// ```
/// use tubes::{Fount, founts};
/// use tubes_http::Body;
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// assert_eq!(Body::from("Hello").collect(100).await?, "Hello");
///
/// let lines = founts::iter(["a\n", "b\n"]).map(bytes::Bytes::from);
/// assert_eq!(Body::new(lines).collect(100).await?, "a\nb\n");
/// # Ok::<_, tubes_http::Error>(()) }).unwrap();
/// ```
///
/// Piece by piece. One that is cut short is an error, and not the end of the loop:
///
/// ```
/// use tubes::{Fount, founts, stages};
/// use tubes_http::{Body, Error};
///
/// async fn store(mut upload: Body) -> Result<usize, Error> {
///     let mut size = 0;
///     while let Some(piece) = upload.next().await? {
///         size += piece.len();
///     }
///     Ok(size)
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// assert_eq!(store(Body::from("Hello")).await?, 5);
///
/// let cut = founts::iter([Ok("Hel"), Err("gone")]).through(stages::try_map(|piece| piece));
/// let cut = Body::new(cut.map(bytes::Bytes::from));
/// assert!(store(cut).await.is_err());
/// # Ok::<_, Error>(()) }).unwrap();
/// ```
#[must_use = "a body that nobody reads has to be discarded"]
pub struct Body {
    source: Source,
    length: Option<u64>,
    received: u64,
    trailers: Option<Trailers>,
}

enum Source {
    Over(Reason),
    Whole(Bytes),
    Fount(BoxFount<'static, Bytes>),
    Incoming(Incoming),
}

/// Where the body of a message comes from a peer: implemented by each version of HTTP.
///
/// `exchange` tells a handle of now from one of an exchange that is over.
pub(crate) trait Receive: Send + Sync {
    fn poll_data(&self, exchange: u64, cx: &mut Context<'_>) -> Poll<Result<Bytes, Reason>>;
    fn progress(&self, exchange: u64, cx: &mut Context<'_>);
    fn trailers(&self, exchange: u64) -> Option<HeaderMap>;
    /// The body is wanted no more, and why if that was said. Called once.
    fn release(&self, exchange: u64, why: Option<&Reason>);
}

/// One body that arrives; lets go of it when dropped.
struct Incoming {
    link: Arc<dyn Receive>,
    exchange: u64,
    /// Why it is wanted no more, once that was said.
    why: Option<Reason>,
}

impl Drop for Incoming {
    fn drop(&mut self) {
        self.link
            .release(self.exchange, self.why.as_ref());
    }
}

impl Body {
    /// A body of whatever a fount yields, with an end as good as the fount's.
    pub fn new(fount: impl Fount<Item = Bytes> + Send + 'static) -> Self {
        let length = fount.remaining();
        Self::of(Source::Fount(fount.boxed()), length)
    }

    /// A body without a byte.
    pub fn empty() -> Self {
        Self::of(Source::Over(Reason::Finished), Some(0))
    }

    /// What arrives over `link`.
    pub(crate) fn incoming(link: Arc<dyn Receive>, exchange: u64, length: Option<u64>) -> Self {
        let incoming = Incoming {
            link,
            exchange,
            why: None,
        };
        Self::of(Source::Incoming(incoming), length)
    }

    /// How many bytes it has from its beginning, where that was declared or is known.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// How many bytes of it have been pulled so far.
    ///
    /// For its progress, beside [`length`](Self::length) where that is known:
    ///
    /// ```
    /// use tubes::Fount;
    /// use tubes_http::Body;
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let mut body = Body::from("Hello");
    /// assert_eq!((body.received(), body.length()), (0, Some(5)));
    /// while let Some(_piece) = body.next().await? {
    ///     println!("{} bytes", body.received());
    /// }
    /// assert_eq!(body.received(), 5);
    /// # Ok::<_, tubes::Error>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn received(&self) -> u64 {
        self.received
    }

    /// The trailers of this body: there once the body has ended, if the peer sent any.
    pub fn trailers(&mut self) -> Trailers {
        self.trailers
            .get_or_insert_with(Trailers::new)
            .clone()
    }

    /// All of it in one piece, at most `limit` bytes.
    ///
    /// # Errors
    ///
    /// [`Kind::BodyTooLarge`] with the limit, which a server answers with 413; what cut the body
    /// short.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future discards what was collected.
    pub async fn collect(mut self, limit: usize) -> Result<Bytes, Error> {
        if self
            .length
            .is_some_and(|length| length > limit as u64)
        {
            return Err(self.too_large(limit));
        }
        let mut whole = Bytes::new();
        let mut joined = BytesMut::new();
        while let Some(piece) = self.next().await? {
            if whole.len() + joined.len() + piece.len() > limit {
                return Err(self.too_large(limit));
            }
            if whole.is_empty() && joined.is_empty() {
                whole = piece;
            } else {
                joined.extend_from_slice(&std::mem::take(&mut whole));
                joined.extend_from_slice(&piece);
            }
        }
        Ok(if joined.is_empty() {
            whole
        } else {
            joined.freeze()
        })
    }

    /// Reads it to its end and throws it away, and says how many bytes it had.
    ///
    /// # Errors
    ///
    /// What cut the body short.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves the rest of the body as dropping the body does.
    pub async fn discard(self) -> Result<u64, Error> {
        let count = drains::fold(0, |count, piece: Bytes| count + piece.len() as u64);
        self.flow_to(count)
            .await
            .map_err(Error::from_flow)
    }

    /// Who collects it wants no more, and says so to where it comes from.
    #[cold]
    fn too_large(&mut self, limit: usize) -> Error {
        let kind = Kind::BodyTooLarge {
            limit: limit as u64,
        };
        let error = Error::new(kind).raised_by(Origin::Collector);
        Pin::new(self).stop(&error.clone().into_reason());
        error
    }

    fn of(source: Source, length: Option<u64>) -> Self {
        Self {
            source,
            length,
            received: 0,
            trailers: None,
        }
    }

    /// Remembers the end, and lets go of where it came from.
    fn end(&mut self, reason: Reason) -> Reason {
        if let Source::Incoming(incoming) = &self.source
            && let Some(fields) = incoming
                .link
                .trailers(incoming.exchange)
        {
            self.trailers
                .get_or_insert_default()
                .set(fields);
        }
        self.source = Source::Over(reason.clone());
        reason
    }
}

impl Fount for Body {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Bytes, Reason>> {
        let next = match &mut self.source {
            Source::Over(reason) => return Poll::Ready(Err(reason.clone())),
            Source::Whole(bytes) => Poll::Ready(if bytes.is_empty() {
                Err(Reason::Finished)
            } else {
                Ok(std::mem::take(bytes))
            }),
            Source::Fount(fount) => fount.as_mut().poll_next(cx),
            Source::Incoming(incoming) => incoming
                .link
                .poll_data(incoming.exchange, cx),
        };
        match next {
            Poll::Ready(Ok(piece)) => {
                self.received += piece.len() as u64;
                Poll::Ready(Ok(piece))
            }
            Poll::Ready(Err(reason)) => Poll::Ready(Err(self.end(reason))),
            Poll::Pending => Poll::Pending,
        }
    }

    /// One that is whole is handed over with its end.
    #[inline]
    fn poll_flow<D>(mut self: Pin<&mut Self>, cx: &mut Context<'_>, mut drain: Pin<&mut D>) -> Run
    where
        D: Drain<Bytes>,
    {
        while budget::spend() {
            match drain.as_mut().poll_ready(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(reason)) => return Run::Refused(reason),
                Poll::Pending => return Run::Blocked,
            }
            let (piece, is_last) = match &mut self.source {
                Source::Whole(bytes) if !bytes.is_empty() => (std::mem::take(bytes), true),
                _ => match self.as_mut().poll_next(cx) {
                    Poll::Ready(Ok(piece)) => (piece, false),
                    Poll::Ready(Err(reason)) => return Run::Ended(reason),
                    Poll::Pending => return Run::Starved,
                },
            };
            if let Err(reason) = drain.as_mut().receive(piece) {
                return Run::Refused(reason);
            }
            if is_last {
                return Run::Ended(self.end(Reason::Finished));
            }
        }
        Run::Spent
    }

    fn poll_progress(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.source {
            Source::Over(_) | Source::Whole(_) => {}
            Source::Fount(fount) => return fount.as_mut().poll_progress(cx),
            Source::Incoming(incoming) => incoming
                .link
                .progress(incoming.exchange, cx),
        }
        Poll::Ready(())
    }

    /// What of its [`length`](Self::length) has not been pulled.
    #[inline]
    fn remaining(&self) -> Option<u64> {
        match &self.source {
            Source::Over(reason) => reason.is_clean().then_some(0),
            Source::Fount(fount) => fount.remaining(),
            Source::Whole(_) | Source::Incoming(_) => self
                .length
                .map(|length| length.saturating_sub(self.received)),
        }
    }

    fn stop(mut self: Pin<&mut Self>, reason: &Reason) {
        match &mut self.source {
            Source::Over(_) => return,
            Source::Whole(_) => {}
            Source::Fount(fount) => fount.as_mut().stop(reason),
            Source::Incoming(incoming) => incoming.why = Some(reason.clone()),
        }
        self.source = Source::Over(reason.clone());
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        let length = bytes.len() as u64;
        Self::of(Source::Whole(bytes), Some(length))
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Bytes::from(text).into()
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = match self.source {
            Source::Over(_) => "over",
            Source::Whole(_) => "whole",
            Source::Fount(_) => "fount",
            Source::Incoming(_) => "incoming",
        };
        let Self {
            length, received, ..
        } = self;
        write!(f, "body({source}, length {length:?}, received {received})")
    }
}

/// The trailers of a body: fields that are known only behind it (RFC 9110 §6.5).
///
/// A place that is filled when the body ends: by the peer for a body that arrives
/// ([`Body::trailers`]), by the program for one that leaves. They leave behind a body in chunks,
/// whether or not the peer has said `TE: trailers`; a `Trailer` field in the head names them if they are
/// there when the head leaves and the response has no such field of its own.
/// HTTP/1.0 cannot carry them, and that they were lost is said in the log. To send trailers, put one into the
/// extensions of the response, and [`set`](Self::set) it before the body ends.
///
/// # Examples
///
/// ```
/// use http::{HeaderMap, Response};
/// use tubes_http::{Body, Trailers};
///
/// let trailers = Trailers::new();
/// let mut response = Response::new(Body::from("measured"));
/// response.extensions_mut().insert(trailers.clone());
/// // later, by the stage that has seen the whole body:
/// let mut fields = HeaderMap::new();
/// fields.insert("x-digest", "1234".parse().unwrap());
/// trailers.set(fields);
/// assert_eq!(trailers.take().unwrap()["x-digest"], "1234");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Trailers {
    fields: Arc<Mutex<Option<HeaderMap>>>,
}

impl Trailers {
    /// A place for trailers, still empty.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Fills it; what was there is replaced.
    pub fn set(&self, fields: HeaderMap) {
        *self
            .fields
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(fields);
    }

    /// The names of what is there by now.
    pub(crate) fn names(&self) -> Vec<HeaderName> {
        self.fields
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .flat_map(HeaderMap::keys)
            .cloned()
            .collect()
    }

    /// Takes what is there.
    #[must_use]
    pub fn take(&self) -> Option<HeaderMap> {
        self.fields
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }
}
