//! What the connection says: a head, data, an end, closed.

use bytes::Bytes;
use http::{HeaderMap, Request};

/// What the bytes of the peer say.
#[derive(Debug)]
pub(crate) enum Event {
    /// A request, and how long its body will be.
    Head(Request<()>, BodyLength),
    /// A piece of its body, never empty.
    Data(Bytes),
    /// The end of its body; trailers if there are any. An empty body has it, too.
    End(Option<HeaderMap>),
    /// The peer ended between two requests.
    Closed,
}

/// How long a body is, as its head says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyLength {
    /// There is none.
    Empty,
    /// That many bytes, not 0.
    Known(u64),
    /// Chunks until the last.
    Chunked,
}
