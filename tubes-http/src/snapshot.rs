//! What a server does at one moment: each connection, each exchange, who waits for whom.

use std::net::SocketAddr;
use std::time::Duration;

use http::{Method, StatusCode, Uri};

/// What a server does at one moment: see [`Handle::snapshot`](crate::Handle::snapshot).
///
/// Each connection is looked at in turn, so that the whole is not of one instant.
///
/// # Examples
///
/// ```
/// use tubes_http::{Snapshot, WaitsFor, server};
///
/// /// How many peers do not take their response.
/// fn stalled(now: &Snapshot) -> usize {
///     let exchanges = now.connections.iter().filter_map(|connection| connection.exchange.as_ref());
///     exchanges.filter(|exchange| exchange.waits_for == WaitsFor::Response).count()
/// }
///
/// let handle = server().handle();
/// let now = handle.snapshot();
/// assert_eq!((stalled(&now), now.upgraded, now.held), (0, 0, 0));
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Snapshot {
    /// Each connection that speaks HTTP.
    pub connections: Vec<ConnectionState>,
    /// Flows that went on as something else ([`Reply::upgrade`](crate::Reply::upgrade)) and are
    /// still there.
    pub upgraded: usize,
    /// Bytes that all connections hold, as [`Limits::held`](crate::Limits::held) counts them.
    pub held: usize,
}

/// What one connection does.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ConnectionState {
    /// Where its peer is, if that was said ([`Server::with_peer`](crate::Server::with_peer)).
    pub peer: Option<SocketAddr>,
    /// How many exchanges it has begun.
    pub exchanges: u64,
    /// What it is about.
    pub phase: ConnectionPhase,
    /// Bytes that it holds: of heads and bodies that nobody has pulled yet, and of replies that
    /// have not been handed to the transport.
    pub held: usize,
    /// The exchange that is served.
    pub exchange: Option<ExchangeState>,
}

/// What a connection is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectionPhase {
    /// Nothing has come of a next request.
    Idle,
    /// A part of a head is there.
    Head,
    /// An exchange is served.
    Serving,
    /// The rest of a body that nobody reads is thrown away.
    Discarding,
    /// Last bytes go out, last bytes come in.
    Closing,
}

/// What one exchange does.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ExchangeState {
    /// The method of its request.
    pub method: Method,
    /// The target of its request.
    pub target: Uri,
    /// Since its head was there; where nobody is shown records, since it first had to wait.
    pub age: Duration,
    /// Who keeps it from going on.
    pub waits_for: WaitsFor,
    /// For how long. Where exchanges are taken one by one ([`Fount::next`](tubes::Fount::next)), a
    /// handler is not seen to wait before somebody looks; then it is longer than this.
    pub waited: Option<Duration>,
    /// How far its request has come.
    pub request: RequestPhase,
    /// How long nobody has pulled the request's body, of which more is to come. After
    /// [`Limits::stall_time`](crate::Limits::stall_time) the log says so.
    pub unpulled: Option<Duration>,
    /// The status of the response, once its head has been written.
    pub status: Option<StatusCode>,
    /// Bytes that it holds: of the request's body, which nobody has pulled yet, and of the response,
    /// which have not been handed to the transport. What an earlier response has left there is among
    /// them, and so is what comes behind a body in chunks. More may wait in the transport.
    pub held: usize,
    /// Bytes of the request's body that were pulled, or thrown away because nobody will pull them.
    pub received: u64,
    /// Bytes of the response's body that were written.
    pub sent: u64,
}

/// How far the request of an exchange has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestPhase {
    /// A part of its body has not been pulled.
    Coming,
    /// All of it has been pulled, or it has no body.
    Whole,
    /// Its body was left before its end: nobody will pull the rest.
    Left,
}

/// Who keeps an exchange from going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaitsFor {
    /// The application: it neither reads nor writes.
    Handler,
    /// The peer: the body of its request is pulled, and nothing comes.
    Request,
    /// The peer: it does not take the response.
    Response,
}
