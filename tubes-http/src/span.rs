//! Spans of the `tracing` crate: one for each connection, one in it for each exchange.

use std::net::SocketAddr;

use http::{Method, Uri};
use tracing::field;

/// What a connection or an exchange is traced in.
#[derive(Clone, Debug)]
pub(crate) struct Span(tracing::Span);

impl Span {
    pub(crate) fn connection(peer: Option<SocketAddr>) -> Self {
        Self(tracing::info_span!(
            "connection",
            peer = peer.map(field::display)
        ))
    }

    /// Within this connection.
    pub(crate) fn exchange(&self, method: &Method, target: &Uri) -> Self {
        Self(tracing::info_span!(parent: &self.0, "exchange", %method, %target))
    }

    pub(crate) fn within<T>(&self, run: impl FnOnce() -> T) -> T {
        self.0.in_scope(run)
    }
}
