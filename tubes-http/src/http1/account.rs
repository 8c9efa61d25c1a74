//! What is known of one exchange while it is served: for the log, and for who looks.

use std::time::{Duration, Instant};

use http::{Method, StatusCode, Uri};

use crate::record::{Record, RecordEnd};

/// What is known of one exchange.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) method: Method,
    pub(super) target: Uri,
    pub(super) began: Instant,
    /// The head of the response, and when it was written.
    answered: Option<(StatusCode, Instant)>,
    pub(super) waited_for_request: Duration,
    pub(super) waited_for_response: Duration,
    pub(super) stall: Stall,
}

/// Whether it was said that the peer takes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stall {
    Unsaid,
    Said,
}

impl Account {
    pub(super) fn new(method: Method, target: Uri, began: Instant) -> Self {
        Self {
            method,
            target,
            began,
            answered: None,
            waited_for_request: Duration::ZERO,
            waited_for_response: Duration::ZERO,
            stall: Stall::Unsaid,
        }
    }

    pub(super) fn answer(&mut self, status: StatusCode, now: Instant) {
        self.answered = Some((status, now));
    }

    pub(super) fn record(&self, now: Instant, received: u64, sent: u64, end: RecordEnd) -> Record {
        let since = |at: Instant| at.saturating_duration_since(self.began);
        Record {
            method: self.method.clone(),
            target: self.target.clone(),
            status: self.answered.map(|(status, _)| status),
            received,
            sent,
            first_byte: self.answered.map(|(_, at)| since(at)),
            duration: since(now),
            waited_for_request: self.waited_for_request,
            waited_for_response: self.waited_for_response,
            end,
        }
    }
}
