//! What each version of HTTP does for a reply, and one reply on its way.

use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::response::Parts;
use http::{Extensions, HeaderMap, Method, Response, Uri};
use tracing::field::{self, DisplayValue};
use tubes::Reason;

use crate::error::Error;
use crate::flush::News;
use crate::kind::Kind;
use crate::roster::Roster;
use crate::site::OnDisconnect;
use crate::upgrade::UpgradedFlow;

/// Where a reply goes to a peer: implemented by each version of HTTP.
///
/// `exchange` tells a handle of now from one of an exchange that is over.
pub(crate) trait Answer: Send + Sync {
    /// Room for a piece of the body.
    fn poll_room(&self, exchange: u64, cx: &mut Context<'_>) -> Poll<Result<(), Reason>>;
    fn poll_flush(&self, exchange: u64, cx: &mut Context<'_>) -> Poll<Result<(), Reason>>;
    /// The same for a body that has nothing right now; then the peer is looked at.
    fn poll_quiet(&self, exchange: u64, cx: &mut Context<'_>) -> Poll<Result<(), Reason>>;
    /// The same where nothing is to leave before it is enough.
    fn look_while_gathering(
        &self,
        exchange: u64,
        news: News,
        cx: &mut Context<'_>,
    ) -> Result<(), Reason>;
    /// Who waited for what is written to leave waits no more; it leaves without him.
    fn give_up(&self, exchange: u64);
    fn interim(&self, exchange: u64, head: &Response<()>) -> Result<(), Error>;
    /// Waits for room, then writes the whole reply: head, body (what is left of it means nothing) and
    /// end; and lets it leave, if it can at once. `poll_left` is called next if it is not `Over` then.
    /// A `length` that is known is what the body is held to, unless the head says something of it.
    fn poll_whole(
        &self,
        exchange: u64,
        head: &mut Parts,
        length: Option<u64>,
        body: &mut Bytes,
        cx: &mut Context<'_>,
    ) -> Poll<Result<End, Error>>;
    /// What the application says of the exchange is taken out, if somebody is to see it.
    fn note_extensions(&self, exchange: u64, extensions: &mut Extensions);
    /// The final head, and the first piece of the body (or nothing) if a body is wanted; which is
    /// said. A `length` that is known is declared, unless the head says something of it.
    fn start(
        &self,
        exchange: u64,
        head: &mut Parts,
        length: Option<u64>,
        first: Bytes,
    ) -> Result<Wanted, Error>;
    fn send(&self, exchange: u64, piece: Bytes) -> Result<(), Error>;
    /// The end of the body; `poll_left` is called next.
    fn finish(&self, exchange: u64, trailers: Option<HeaderMap>) -> Result<(), Error>;
    /// What is written leaves, at once or together with the next reply; then the reply is over.
    fn poll_left(&self, exchange: u64, cx: &mut Context<'_>) -> Poll<Result<(), Reason>>;
    /// The reply is over, whether or not it has left.
    fn let_go(&self, exchange: u64);
    /// The reply ends here without its end: answered with the error's status if no head has
    /// left, else cut.
    fn cut(&self, exchange: u64, error: &Error);
    /// Whoever answers waits for something.
    fn note_wait(&self, exchange: u64);
    /// Ready when the peer is gone; who waits for it is known under the number that he is given.
    fn poll_gone(
        &self,
        exchange: u64,
        number: &mut Option<u64>,
        cx: &mut Context<'_>,
    ) -> Poll<Gone>;
    /// Who had this number waits no more.
    fn unwatch(&self, number: u64);
    fn on_disconnect(&self) -> OnDisconnect;
    fn roster(&self) -> Arc<Roster>;
    /// By what the log names the exchange; nothing when another has begun.
    fn label(&self, exchange: u64) -> Option<Label>;
    /// Where the peer is, if that is known.
    fn address(&self) -> Option<SocketAddr>;
    /// Whether the exchange is over, or cut: nobody can be answered any more.
    fn is_lost(&self, exchange: u64) -> bool;
    /// Whether the exchange was answered with a refusal, in place of its reply.
    fn is_refused(&self, exchange: u64) -> bool;
    /// What a failure of the application says to the peer of this exchange.
    fn verdict(&self, exchange: u64, failure: &tubes::Error) -> Error;
    /// Why the reply is not as the application gave it, if that was said.
    fn fault(&self, exchange: u64) -> Option<Kind>;
    /// Whether the request asks for another protocol, or for a tunnel.
    fn offers_switch(&self, exchange: u64) -> bool;
    /// Writes the head behind which another protocol is spoken.
    fn switch(&self, exchange: u64, head: &Parts) -> Result<(), Error>;
    /// Gives the flow away; that head has left.
    fn hand_on(&self, exchange: u64) -> Result<UpgradedFlow, Error>;
}

/// By what the log names an exchange.
#[derive(Debug, Default)]
pub(crate) struct Label {
    pub(crate) method: Method,
    pub(crate) target: Uri,
    pub(crate) peer: Option<SocketAddr>,
}

impl Label {
    /// The peer, as a field of a line.
    pub(crate) fn peer(&self) -> Option<DisplayValue<SocketAddr>> {
        self.peer.map(field::display)
    }
}

/// Why nobody waits for an exchange any more.
pub(crate) enum Gone {
    /// The peer is gone, or the exchange was cut.
    Lost(Error),
    /// The exchange is over.
    Over,
}

impl From<Gone> for Error {
    fn from(gone: Gone) -> Self {
        match gone {
            Gone::Lost(error) => error,
            Gone::Over => Kind::Closed.into(),
        }
    }
}

/// Whether a body is to be sent: not to `HEAD`, nor with some statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Body,
    Nothing,
}

/// One reply on its way; cut if dropped before its end.
pub(crate) struct Half {
    pub(crate) link: Arc<dyn Answer>,
    pub(crate) exchange: u64,
    pub(crate) end: End,
}

/// How far a reply has come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Its end has not been said.
    Open,
    /// Its end is written, and may not have left.
    Said,
    /// The connection goes on without it.
    Over,
}

impl Half {
    pub(crate) fn cut(&mut self, error: &Error) {
        if self.end == End::Open {
            self.end = End::Over;
            self.link.cut(self.exchange, error);
        }
    }

    /// What the application says of the exchange is for its record.
    #[inline]
    pub(crate) fn note_extensions(&self, head: &mut Parts) {
        if !head.extensions.is_empty() {
            self.link
                .note_extensions(self.exchange, &mut head.extensions);
        }
    }

    /// The reply ends with this failure of its body.
    pub(crate) fn fail(&mut self, failure: &tubes::Error) {
        if self.end == End::Open {
            let error = self
                .link
                .verdict(self.exchange, failure);
            self.cut(&error);
        }
    }

    /// Says the end.
    pub(crate) fn finish(&mut self, trailers: Option<HeaderMap>) -> Result<(), Error> {
        self.end = End::Said;
        self.link
            .finish(self.exchange, trailers)
    }

    pub(crate) fn poll_room(&self, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.link.poll_room(self.exchange, cx)
    }

    pub(crate) fn poll_left(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        let left = ready!(self.link.poll_left(self.exchange, cx));
        self.end = End::Over;
        Poll::Ready(left)
    }
}

impl Drop for Half {
    fn drop(&mut self) {
        match self.end {
            End::Open => {
                // An alarm, unless nobody is there to be answered.
                if !self.link.is_lost(self.exchange)
                    && let Some(label) = self.link.label(self.exchange)
                {
                    let (Label { method, target, .. }, peer) = (&label, label.peer());
                    tracing::error!(peer, %method, %target, "a reply was dropped before its end");
                }
                self.cut(&Kind::Abandoned.into());
            }
            End::Said => self.link.let_go(self.exchange),
            End::Over => {}
        }
    }
}
