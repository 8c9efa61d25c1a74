//! What a server does at one moment: each connection, each exchange, who waits for whom.

use std::net::SocketAddr;
use std::time::Duration;

use http::{Method, Uri};

/// What a server does at one moment: see [`Handle::snapshot`](crate::Handle::snapshot).
///
/// Each connection is looked at in turn, so that the whole is not of one instant.
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
    /// For how long, where that is known.
    pub waited: Option<Duration>,
    /// Bytes of the request's body so far.
    pub received: u64,
    /// Bytes of the response's body so far.
    pub sent: u64,
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
