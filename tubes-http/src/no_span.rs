//! Without the feature `spans` nothing is traced, and it costs nothing.

use std::net::SocketAddr;

use http::{Method, Uri};

/// What a connection or an exchange would be traced in.
#[derive(Clone, Debug)]
pub(crate) struct Span;

impl Span {
    #[inline]
    pub(crate) fn connection(_peer: Option<SocketAddr>) -> Self {
        Self
    }

    #[inline]
    pub(crate) fn exchange(&self, _method: &Method, _target: &Uri) -> Self {
        Self
    }

    #[inline]
    pub(crate) fn within<T>(&self, run: impl FnOnce() -> T) -> T {
        run()
    }
}
