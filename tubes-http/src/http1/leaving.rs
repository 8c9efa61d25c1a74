//! Exchanges that are over, and whose replies have not left yet: the record of one says "whole"
//! only when the drain has flushed it.

use std::time::Instant;

use crate::error::Error;
use crate::record::{Record, RecordEnd};

/// What has not left.
#[derive(Debug, Default)]
pub(super) struct Leaving {
    drain: Drained,
    /// Replies that are written to their end: `replies <= MOST`
    replies: u8,
    /// Theirs, and those of exchanges that ended otherwise behind one of them, if somebody is to
    /// see them: since when each waits.
    records: Vec<(Record, Instant)>,
}

/// What the drain of the flow does with what it was given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Drained {
    /// It has passed it on.
    #[default]
    Flushed,
    /// It may hold some of it.
    Holds,
}

impl Leaving {
    /// The drain was given bytes.
    #[inline]
    pub(super) fn handed(&mut self) {
        self.drain = Drained::Holds;
    }

    /// The drain has passed on all that it was given; whether a reply waited for that.
    #[inline]
    pub(super) fn flushed(&mut self) -> bool {
        self.drain = Drained::Flushed;
        self.replies > 0
    }

    /// Whether the drain has passed on all that it was given.
    #[inline]
    pub(super) fn is_flushed(&self) -> bool {
        self.drain == Drained::Flushed
    }

    /// How many replies wait.
    pub(super) fn replies(&self) -> u64 {
        u64::from(self.replies)
    }

    /// Whether no reply waits.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.replies == 0
    }

    /// Whether as many replies wait as may.
    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.replies >= MOST
    }

    /// A reply is written to its end, and waits.
    pub(super) fn wait(&mut self) {
        self.replies = self.replies.saturating_add(1);
    }

    /// The record of an exchange that is over, to be shown behind those of the replies that wait.
    pub(super) fn keep(&mut self, record: Record, now: Instant) {
        self.records.push((record, now));
    }

    /// The replies that wait have left, or are `lost`, `now`: how many there were, and what is to
    /// be shown.
    pub(super) fn settle(
        &mut self,
        lost: Option<Error>,
        now: Option<Instant>,
    ) -> (u64, impl Iterator<Item = Record> + use<>) {
        let replies = std::mem::take(&mut self.replies);
        let records = std::mem::take(&mut self.records);
        let settled = records
            .into_iter()
            .map(move |(mut record, since)| {
                if let RecordEnd::Whole = record.end {
                    if let Some(now) = now {
                        record.duration += now.saturating_duration_since(since);
                    }
                    if let Some(lost) = &lost {
                        record.end = RecordEnd::Cut(lost.clone());
                    }
                }
                record
            });
        (u64::from(replies), settled)
    }
}

/// So many replies of pipelined requests leave in one write at most: enough to make the cost of a
/// write small, few enough for what is remembered of each.
const MOST: u8 = 64;
