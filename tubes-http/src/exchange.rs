//! A request and the reply it awaits.

use std::sync::Arc;

use http::Request;

use crate::body::Body;
use crate::peer::Peer;
use crate::reply::Reply;
use crate::roster::Roster;
use crate::span::Span;

/// A request, and the means of answering it.
///
/// Its two ends are independent: the body may be read while the reply is being sent, and each may
/// move to another task. Nobody holds a number of a stream or of a connection.
///
/// # Examples
///
/// ```
/// use http::Response;
/// use tubes_http::Exchange;
///
/// async fn echo(exchange: Exchange) -> Result<(), tubes::Error> {
///     let (request, reply) = exchange.into_parts();
///     reply.send(Response::new(request.into_body())).await
/// }
/// ```
#[derive(Debug)]
#[must_use = "an exchange that is dropped is answered with 500"]
pub struct Exchange {
    request: Request<Body>,
    reply: Reply,
}

impl Exchange {
    pub(crate) fn new(request: Request<Body>, reply: Reply) -> Self {
        Self { request, reply }
    }

    /// The request.
    #[must_use]
    pub fn request(&self) -> &Request<Body> {
        &self.request
    }

    /// The other end, to be watched while the exchange is served.
    pub fn peer(&self) -> Peer {
        self.reply.peer()
    }

    /// What it is traced in.
    pub(crate) fn span(&self) -> Span {
        self.reply.span()
    }

    /// What its server knows.
    pub(crate) fn roster(&self) -> Arc<Roster> {
        self.reply.roster()
    }

    /// The request and the reply, to be used apart.
    pub fn into_parts(self) -> (Request<Body>, Reply) {
        (self.request, self.reply)
    }
}
