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
    /// That of the response, once its head was written.
    status: Option<StatusCode>,
    /// When that was, if somebody wants to know.
    answered: Option<Instant>,
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
            status: None,
            answered: None,
            waited_for_request: Duration::ZERO,
            waited_for_response: Duration::ZERO,
            stall: Stall::Unsaid,
        }
    }

    pub(super) fn answer(&mut self, status: StatusCode, now: Option<Instant>) {
        self.status = Some(status);
        self.answered = now;
    }

    /// Whether a head has been written.
    pub(super) fn is_answered(&self) -> bool {
        self.status.is_some()
    }

    pub(super) fn record(&self, now: Instant, received: u64, sent: u64, end: RecordEnd) -> Record {
        let since = |at: Instant| at.saturating_duration_since(self.began);
        Record {
            method: Some(self.method.clone()),
            target: Some(self.target.clone()),
            status: self.status,
            received,
            sent,
            first_byte: self.answered.map(since),
            duration: since(now),
            waited_for_request: self.waited_for_request,
            waited_for_response: self.waited_for_response,
            end,
        }
    }
}
