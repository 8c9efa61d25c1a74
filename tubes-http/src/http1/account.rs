//! What is known of one exchange while it is served: for the log, and for who looks.

use std::fmt::Write;
use std::time::{Duration, Instant};

use http::{Extensions, HeaderMap, Method, StatusCode, Uri};
use tubes::Reason;

use crate::record::{Record, RecordEnd};
use crate::verdict::Refused;

/// What is known of one exchange.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) method: Method,
    /// As text, which is copied into the place of the one before: hardly anybody asks for it.
    target: String,
    /// When that was, for who wants to know; the first time that it had to wait, for all others: a
    /// look at the clock costs as much as some fields.
    began: Option<Instant>,
    /// That of the response, once its head was written.
    status: Option<StatusCode>,
    /// When that was, if somebody wants to know.
    answered: Option<Instant>,
    pub(super) waited_for_request: Duration,
    pub(super) waited_for_response: Duration,
    pub(super) stall: Stall,
    /// Since when its handler is known to neither read nor write.
    still: Option<Instant>,
    /// Of the request's body, which nobody pulls.
    pub(super) unpulled: Stall,
    /// Trailers of the request, until somebody asks for them.
    pub(super) trailers: Option<Box<HeaderMap>>,
    /// Its body, if that was left before its end.
    pub(super) left: Option<Box<Left>>,
    /// What the application says of it, if somebody is to see that; gone with its record.
    pub(super) extensions: Extensions,
    /// With what its body was stopped, if that was a failure.
    pub(super) refused: Option<Refused>,
}

/// A body that was left before its end.
#[derive(Debug)]
pub(super) struct Left {
    /// What was said; nothing by who drops it.
    pub(super) why: Option<Reason>,
    /// Behind so many bytes.
    pub(super) at: u64,
}

/// Whether it was said that something does not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stall {
    Unsaid,
    Said,
}

impl Account {
    pub(super) fn new() -> Self {
        Self {
            method: Method::GET,
            target: String::new(),
            began: None,
            status: None,
            answered: None,
            waited_for_request: Duration::ZERO,
            waited_for_response: Duration::ZERO,
            stall: Stall::Unsaid,
            still: None,
            unpulled: Stall::Unsaid,
            trailers: None,
            left: None,
            extensions: Extensions::new(),
            refused: None,
        }
    }

    /// Begins anew, for another exchange.
    pub(super) fn begin(&mut self, method: &Method, target: &Uri, began: Option<Instant>) {
        self.method = method.clone();
        self.target.clear();
        write_target(&mut self.target, target);
        self.began = began;
        self.status = None;
        self.answered = None;
        self.waited_for_request = Duration::ZERO;
        self.waited_for_response = Duration::ZERO;
        self.stall = Stall::Unsaid;
        self.still = None;
        self.unpulled = Stall::Unsaid;
        self.left = None;
        self.refused = None;
    }

    /// It has to wait.
    #[inline]
    pub(super) fn wait(&mut self, now: impl FnOnce() -> Instant) {
        self.began.get_or_insert_with(now);
    }

    /// It has to wait, and its handler neither reads nor writes.
    #[inline]
    pub(super) fn rest(&mut self, now: impl FnOnce() -> Instant) {
        if self.still.is_none() {
            let now = now();
            self.wait(|| now);
            self.still = Some(now);
        }
    }

    /// Its handler reads or writes.
    #[inline]
    pub(super) fn stir(&mut self) {
        self.still = None;
    }

    /// Since when its handler neither reads nor writes.
    pub(super) fn still(&self) -> Option<Instant> {
        self.still
    }

    /// The status of the response, once its head was written.
    pub(super) fn status(&self) -> Option<StatusCode> {
        self.status
    }

    /// How long ago it began.
    pub(super) fn age(&self, now: Instant) -> Duration {
        self.began
            .map_or(Duration::ZERO, |began| now.saturating_duration_since(began))
    }

    pub(super) fn target(&self) -> Uri {
        self.target.parse().unwrap_or_default()
    }

    pub(super) fn answer(&mut self, status: StatusCode, now: Option<Instant>) {
        self.stir();
        self.status = Some(status);
        self.answered = now;
    }

    /// Whether a head has been written.
    pub(super) fn is_answered(&self) -> bool {
        self.status.is_some()
    }

    /// Whether the request was answered with an error.
    pub(super) fn is_refusal(&self) -> bool {
        self.status
            .is_some_and(|status| status.is_client_error() || status.is_server_error())
    }

    pub(super) fn record(
        &mut self,
        now: Instant,
        received: u64,
        sent: u64,
        end: RecordEnd,
    ) -> Record {
        Record {
            peer: None,
            version: None,
            method: Some(self.method.clone()),
            target: Some(self.target()),
            status: self.status,
            received,
            sent,
            first_byte: self.answered.map(|at| self.age(at)),
            duration: self.age(now),
            waited_for_request: self.waited_for_request,
            waited_for_response: self.waited_for_response,
            end,
            extensions: std::mem::take(&mut self.extensions),
        }
    }
}

fn write_target(text: &mut String, target: &Uri) {
    match (target.path_and_query(), target.authority()) {
        (Some(path), None) => text.push_str(path.as_str()),
        // A `String` takes everything.
        _ => drop(write!(text, "{target}")),
    }
}

#[cfg(test)]
mod tests {
    use http::{Method, Uri};

    use super::Account;

    #[test]
    fn a_target_that_was_kept_as_text_is_the_same() {
        let mut account = Account::new();
        for text in [
            "/a/b?c=d&e",
            "/",
            "*",
            "a:80",
            "http://a/b?c",
            "http://a",
            "http://a:1?b",
        ] {
            let target: Uri = text.parse().unwrap();
            account.begin(&Method::POST, &target, None);
            assert_eq!((&account.method, account.target()), (&Method::POST, target));
        }
    }
}
