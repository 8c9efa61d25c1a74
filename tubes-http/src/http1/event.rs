//! What the connection says: a head, data, an end, closed.

use bytes::Bytes;
use http::HeaderMap;

use crate::http1::fields::Found;

/// What the bytes of the peer say.
#[derive(Debug)]
pub(crate) enum Event {
    /// A request, and what its head says about the message; it stands where the caller wants it.
    Head(Found),
    /// A piece of its body, never empty.
    Data(Bytes),
    /// The end of its body; trailers if there are any. An empty body has it, too.
    End(Option<Box<HeaderMap>>),
    /// The peer ended between two requests.
    Closed,
}
