//! One exchange that is over: what was asked, what was answered, how long it took.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{Extensions, Method, StatusCode, Uri, Version};
use tracing::field;

use crate::error::Error;

/// One exchange that is over, or a request that was refused before anybody was asked: for a log of
/// accesses, or for metrics.
///
/// # Examples
///
/// A log of accesses with what only the handler knows: it puts that into the extensions of its
/// response, and the record has them.
///
/// ```
/// use http::header::{HeaderValue, USER_AGENT};
/// use http::{Request, Response};
/// use tubes_http::{Body, Error, Record};
///
/// #[derive(Clone)]
/// struct Seen {
///     id: HeaderValue,
///     agent: Option<HeaderValue>,
/// }
///
/// async fn hello(request: Request<Body>) -> Result<Response<Body>, Error> {
///     let id = request.headers().get("x-request-id");
///     let id = id.cloned().unwrap_or(HeaderValue::from_static("-"));
///     let agent = request.headers().get(USER_AGENT).cloned();
///     let mut response = Response::new(Body::from("Hello"));
///     response.headers_mut().insert("x-request-id", id.clone());
///     response.extensions_mut().insert(Seen { id, agent });
///     Ok(response)
/// }
///
/// fn log(record: &Record) {
///     let seen = record.extensions.get::<Seen>();
///     let (id, agent) = seen.map(|seen| (&seen.id, &seen.agent)).unzip();
///     println!("{:?} {:?} {id:?} {agent:?}", record.target, record.status);
/// }
///
/// let http = tubes_http::server().on_exchange(log);
/// # let _ = (http, hello);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Record {
    /// Where it came from, if that was said ([`Server::with_peer`](crate::Server::with_peer)).
    pub peer: Option<SocketAddr>,
    /// The method of its request; none if the first line of that makes no sense.
    pub method: Option<Method>,
    /// The target of its request; none if the first line of that makes no sense.
    pub target: Option<Uri>,
    /// The version of its request; none if its first line makes no sense.
    pub version: Option<Version>,
    /// The status that was answered; none if none was.
    pub status: Option<StatusCode>,
    /// Bytes of the request's body that were pulled, or thrown away because nobody pulled them. What has
    /// arrived besides is not counted.
    pub received: u64,
    /// Bytes of the response's body that were written, whether or not they have left.
    pub sent: u64,
    /// From the head of the request, when it was whole, to when the head of the response was written,
    /// which may leave later: with a reply behind it, or when the peer takes it. A head that is refused
    /// counts from when its rest was waited for.
    pub first_byte: Option<Duration>,
    /// From the head of the request to the end of the exchange: its reply has left, or is lost.
    pub duration: Duration,
    /// How long the handler waited for the request's body.
    pub waited_for_request: Duration,
    /// How long the reply waited for the peer to take it.
    pub waited_for_response: Duration,
    /// How it ended.
    pub end: RecordEnd,
    /// What the application put into the extensions of its response, but for
    /// [`Trailers`](crate::Trailers); nothing where it has given none: a handler that fails, panics or is cut
    /// before it has answered, and a request that no handler has seen.
    pub extensions: Extensions,
}

/// How an exchange ended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum RecordEnd {
    /// Its reply was written to its end, and handed to the transport.
    Whole,
    /// Its request was refused, for this reason, and no handler has seen it: what makes no sense, what
    /// did not come in time or to its end, what is too large from the beginning, a tunnel that nobody
    /// serves.
    Refused(Error),
    /// It was cut: why, as far as that is known.
    Cut(Error),
    /// The flow went on as something else.
    Upgraded,
}

/// Is shown each record.
pub(crate) type Observer = Arc<dyn Fn(&Record) + Send + Sync>;

/// A line in the log (of the `tracing` crate, at level `INFO`, target `tubes_http::access`) for
/// each exchange: for [`Server::on_exchange`](crate::Server::on_exchange).
pub fn log_access(record: &Record) {
    let Record { received, sent, .. } = record;
    let (method, target) = (known(&record.method), known(&record.target));
    tracing::info!(
        target: "tubes_http::access",
        peer = record.peer.map(field::display),
        version = record.version.map(field::debug),
        %method,
        %target,
        status = record.status.map(|status| status.as_u16()),
        received,
        sent,
        first_byte = ?record.first_byte,
        duration = ?record.duration,
        waited_for_request = ?record.waited_for_request,
        waited_for_response = ?record.waited_for_response,
        end = %record.end,
        "exchange"
    );
}

impl fmt::Display for RecordEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => f.write_str("whole"),
            Self::Refused(error) => write!(f, "refused: {error}"),
            Self::Cut(error) => write!(f, "cut: {error}"),
            Self::Upgraded => f.write_str("upgraded"),
        }
    }
}

/// For the log: what is known, or a dash.
pub(crate) fn known<T: fmt::Display>(what: &Option<T>) -> &dyn fmt::Display {
    match what {
        Some(known) => known,
        None => &"-",
    }
}
