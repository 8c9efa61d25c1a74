//! The other end of an exchange, watched while the exchange is served.

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use crate::error::Error;
use crate::half::{Answer, Gone, Label};
use crate::handle::Stopping;
use crate::kind::Kind;
use crate::roster::Phase;
use crate::site::OnDisconnect;

/// The other end of an exchange: whether it is still there, and whether the server is to stop. A
/// clone is the same.
///
/// # Examples
///
/// A report that takes long is given up when nobody waits for it any more:
///
/// ```
/// use http::Response;
/// use tubes_http::{Body, Exchange};
///
/// async fn report(exchange: Exchange) -> Result<(), tubes::Error> {
///     let peer = exchange.peer();
///     let (_request, reply) = exchange.into_parts();
///     tokio::select! {
///         text = compute() => reply.send(Response::new(Body::from(text))).await,
///         gone = peer.closed() => Err(gone.into()),
///     }
/// }
/// # async fn compute() -> String { String::new() }
/// ```
#[derive(Clone)]
pub struct Peer {
    link: Arc<dyn Answer>,
    exchange: u64,
}

impl Peer {
    pub(crate) fn new(link: Arc<dyn Answer>, exchange: u64) -> Self {
        Self { link, exchange }
    }

    /// Ready when the peer is gone, or the exchange is over, and says why.
    ///
    /// A peer that has closed its direction is gone: nothing else shows of a client that was closed.
    /// To one that goes on reading, a server tells the two apart by
    /// [`OnDisconnect::CancelOnReset`](crate::OnDisconnect): then a peer is gone that has closed its
    /// direction inside a body, or is reset.
    ///
    /// # Flow control
    ///
    /// That a peer is gone shows when it is read from: while somebody waits for it, up to
    /// [`Limits::ahead`](crate::Limits::ahead) bytes are read that nobody has pulled yet. A peer that
    /// has sent more than that and is gone is noticed when its bytes are pulled, or when it does
    /// not take the reply.
    pub fn closed(&self) -> Closed {
        Closed {
            peer: self.clone(),
            number: None,
        }
    }

    /// Ready when the server is told to stop ([`Handle::shutdown`](crate::Handle::shutdown)): for
    /// responses that would go on for ever.
    pub fn stopping(&self) -> Stopping {
        Stopping::of(self.link.roster())
    }

    /// Whoever answers waits for something, which is noted; ready when the peer is gone and its
    /// exchanges are to end with it; waits under `number`.
    pub(crate) fn poll_cancelled(
        &self,
        number: &mut Option<u64>,
        cx: &mut Context<'_>,
    ) -> Poll<Error> {
        self.link.note_wait(self.exchange);
        match self.link.on_disconnect() {
            OnDisconnect::RunToEnd => Poll::Pending,
            OnDisconnect::Cancel | OnDisconnect::CancelOnReset => {
                match ready!(
                    self.link
                        .poll_gone(self.exchange, number, cx)
                ) {
                    Gone::Lost(error) => {
                        self.link.cut(self.exchange, &error);
                        Poll::Ready(error)
                    }
                    // What is done behind the end of an exchange is done for nobody.
                    Gone::Over => Poll::Pending,
                }
            }
        }
    }

    /// Who waited under this number waits no more.
    pub(crate) fn unwatch(&self, number: Option<u64>) {
        if let Some(number) = number {
            self.link.unwatch(number);
        }
    }

    /// Where it is, if the server was told so ([`Server::with_peer`](crate::Server::with_peer)).
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.link.address()
    }

    /// By what the log names the exchange.
    pub(crate) fn label(&self) -> Label {
        self.link
            .label(self.exchange)
            .unwrap_or_default()
    }

    /// Whether the exchange was answered with a refusal, in place of its reply.
    pub(crate) fn is_refused(&self) -> bool {
        self.link.is_refused(self.exchange)
    }

    /// What a failure of the application says to it.
    pub(crate) fn verdict(&self, failure: &tubes::Error) -> Error {
        self.link
            .verdict(self.exchange, failure)
    }

    /// Why the reply is not as the application gave it, if that was said.
    pub(crate) fn fault(&self) -> Option<Kind> {
        self.link.fault(self.exchange)
    }

    /// Whether the server has been told to stop.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.link.roster().phase() != Phase::Open
    }
}

/// The future of [`Peer::closed`].
///
/// # Cancel safety
///
/// Nothing is lost when it is dropped.
#[must_use = "it waits for nothing before it is awaited"]
pub struct Closed {
    peer: Peer,
    /// Under which the connection knows it, once it waits.
    number: Option<u64>,
}

impl Future for Closed {
    type Output = Error;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Error> {
        let Self { peer, number } = &mut *self;
        peer.link
            .poll_gone(peer.exchange, number, cx)
            .map(Error::from)
    }
}

impl Drop for Closed {
    fn drop(&mut self) {
        self.peer.unwatch(self.number);
    }
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("peer")
    }
}

impl fmt::Debug for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("closed")
    }
}
