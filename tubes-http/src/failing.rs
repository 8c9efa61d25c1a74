//! What is answered to a failed handler, and said in the log.

use http::{Response, StatusCode};
use tubes::BoxError;

use crate::body::Body;
use crate::half::Label;
use crate::kind::Kind;
use crate::peer::Peer;

/// What is answered to a failed handler.
#[cold]
pub(crate) fn failure(peer: &Peer, error: BoxError) -> Response<Body> {
    let status = log_failure(peer, &tubes::Error::user(error));
    let reason = status
        .canonical_reason()
        .unwrap_or("error");
    let mut response = Response::new(Body::from(format!("{reason}\n")));
    *response.status_mut() = status;
    response
}

/// Says that a handler failed, and with which status it is answered.
#[cold]
pub(crate) fn log_failure(peer: &Peer, failure: &tubes::Error) -> StatusCode {
    let error = peer.verdict(failure);
    let status = error
        .status()
        .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let label = peer.label();
    let (Label { method, target, .. }, peer) = (&label, label.peer());
    match error.kind() {
        Kind::Overloaded => {
            tracing::warn!(peer, %method, %target, %failure, "handler had no room");
        }
        kind if kind.is_ours() => {
            tracing::error!(peer, %method, %target, ?error, "handler failed");
        }
        // The peer's fault, or the transport's: not worth an alarm.
        _ => tracing::info!(peer, %method, %target, %error, "handler gave up"),
    }
    status
}
