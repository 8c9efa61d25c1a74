//! What the connection says: a head, data, an end, closed.

use bytes::Bytes;
use http::{HeaderMap, Request};

use crate::http1::fields::Found;

/// What the bytes of the peer say.
#[derive(Debug)]
pub(crate) enum Event {
    /// A request, and what its head says about the message.
    Head(Request<()>, Found),
    /// A piece of its body, never empty.
    Data(Bytes),
    /// The end of its body; trailers if there are any. An empty body has it, too.
    End(Option<HeaderMap>),
    /// The peer ended between two requests.
    Closed,
}
