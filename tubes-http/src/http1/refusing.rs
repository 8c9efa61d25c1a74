//! Requests that no handler sees: answered here, said in the log, and shown in a record.

use std::time::Duration;

use http::request::Parts;
use http::{Extensions, Method, Request};
use tubes::Reason;

use crate::error::Error;
use crate::http1::deadlines::For;
use crate::http1::length::BodyLength;
use crate::http1::link::Link;
use crate::http1::receiving::check_total;
use crate::http1::turn::{Awaited, Closing, Turn};
use crate::kind::Kind;
use crate::record::{Record, RecordEnd};
use crate::site::Tunnels;

impl<F, D> Link<F, D> {
    /// Whether a request that makes sense is for a handler.
    pub(super) fn check_wanted(&self, request: &Request<()>, body: BodyLength) -> Result<(), Kind> {
        // RFC 9110 §9.3.6: no tunnel is to be opened by accident.
        if request.method() == Method::CONNECT && self.site.tunnels == Tunnels::Refused {
            return Err(Kind::ConnectUnsupported);
        }
        // RFC 9110 §15.5.14: before anybody has read, or asked for, a byte of it.
        check_total(body.declared().unwrap_or(0), self.limits())
    }

    /// Answers what cannot be served, and hears no more.
    #[cold]
    pub(super) fn refuse(&mut self, why: impl Into<Error>, head: Option<Parts>) {
        let error = why.into();
        let (method, target, version) = match head
            .map(|head| (head.method, head.uri, head.version))
            .or_else(|| self.engine.take_asked())
        {
            Some((method, target, version)) => (Some(method), Some(target), Some(version)),
            None => (None, None, None),
        };
        let now = self.site.clock.now();
        let began = match self.turn {
            Turn::Between(Awaited::Rest) => self.deadlines.since(For::Reading),
            _ => None,
        };
        let duration = now.saturating_duration_since(began.unwrap_or(now));
        self.deadlines.end(For::Reading);
        self.engine
            .refuse(&error, self.site.clock.wall());
        let status = error.status();
        let record = Record {
            peer: self.peer,
            method,
            target,
            version,
            status,
            received: 0,
            sent: self.engine.sent_bytes(),
            first_byte: status.map(|_| duration),
            duration,
            waited_for_request: Duration::ZERO,
            waited_for_response: Duration::ZERO,
            end: RecordEnd::Refused(error),
            extensions: Extensions::new(),
        };
        self.show(record, now);
        self.turn = Turn::Closing(Closing::Write(Reason::Finished));
    }
}
