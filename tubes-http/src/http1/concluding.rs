//! The end of an exchange: it goes into the record, when its reply has left or is lost.

use std::time::Instant;

use http::Extensions;

use crate::body::Trailers;
use crate::error::Error;
use crate::http1::after::Shown;
use crate::http1::link::Link;
use crate::http1::turn::Turn;
use crate::kind::Kind;
use crate::record::{Record, RecordEnd};
use crate::site::Site;

impl<F, D> Link<F, D> {
    /// The exchange is over, if there was one: it goes into the record.
    #[inline]
    pub(super) fn conclude(&mut self) {
        let end = match &self.turn {
            Turn::Serving { .. } | Turn::Discarding if self.engine.is_cut() => {
                RecordEnd::Cut(Error::of_transport(self.lost(Kind::Abandoned)))
            }
            Turn::Serving { .. } | Turn::Discarding => RecordEnd::Whole,
            Turn::Between(_) | Turn::Closing(_) | Turn::Over(_) => return,
        };
        self.note_end(end);
    }

    /// What the application says of the exchange is kept for its record. Nothing is dropped here: it
    /// is not our code, and may come back for the lock.
    pub(super) fn note_extensions(&mut self, extensions: &mut Extensions) {
        if let Some(account) = &mut self.account {
            std::mem::swap(&mut account.extensions, extensions);
            // Those are still to be sent.
            if let Some(trailers) = account.extensions.remove::<Trailers>() {
                extensions.insert(trailers);
            }
        }
    }

    /// An exchange is over: it goes into the record.
    #[inline]
    pub(super) fn note_end(&mut self, end: RecordEnd) {
        // Else it waits for what it throws away, which is nobody's loss.
        if let Turn::Serving { .. } = self.turn {
            self.end_reading();
        }
        self.end_writing();
        self.failed = match (&end, &self.broken) {
            (RecordEnd::Cut(error) | RecordEnd::Refused(error), _) | (_, Some(error)) => {
                Some(error.clone())
            }
            (RecordEnd::Whole | RecordEnd::Upgraded, None) => None,
        };
        if matches!(end, RecordEnd::Whole) {
            if self.has_left() {
                self.site.roster.finish(1);
            } else {
                self.leaving.wait();
            }
        }
        if self.site.observer.is_some()
            && let Some(account) = &mut self.account
        {
            let now = self.site.clock.now();
            let (received, sent) = (self.engine.received_bytes(), self.engine.sent_bytes());
            let mut record = account.record(now, received, sent, end);
            record.peer = self.peer;
            record.version = self.engine.version();
            self.show(record, now);
        }
        self.wake_watchers();
    }

    /// Whether all that is written has left.
    pub(super) fn has_left(&self) -> bool {
        self.leaving.is_flushed() && self.engine.output_len() == 0
    }

    /// Shows the record of an exchange that is over, when the replies before it have left.
    pub(super) fn show(&mut self, record: Record, now: Instant) {
        if self.leaving.is_empty() {
            self.show_now(record);
        } else {
            self.leaving.keep(record, now);
        }
    }

    fn show_now(&mut self, record: Record) {
        let observer = self.site.observer.clone();
        self.after()
            .records
            .push(Shown { observer, record });
    }

    /// Replies that waited for the drain have left, or are lost.
    pub(super) fn settle_leaving(&mut self, lost: Option<Error>) {
        let Site {
            clock,
            observer,
            roster,
            ..
        } = &*self.site;
        let whole = lost.is_none();
        let now = observer.is_some().then(|| clock.now());
        let (replies, records) = self.leaving.settle(lost, now);
        if whole {
            roster.finish(replies);
        }
        for record in records {
            self.show_now(record);
        }
    }

    /// What has not left never will.
    pub(super) fn cut_leaving(&mut self) {
        if !self.leaving.is_empty() {
            let lost = Error::of_transport(self.lost(Kind::Abandoned));
            self.settle_leaving(Some(lost));
        }
    }
}
