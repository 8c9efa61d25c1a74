//! What waits until the lock of a connection is free again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use http::StatusCode;
use tracing::field;
use tubes::Reason;

use crate::half::Label;
use crate::http1::account::Left;
use crate::http1::output::Output;
use crate::record::{Observer, Record, RecordEnd, known};
use crate::roster::Roster;

/// Wakers and subscribers of the log run code of others, which may come back here; and so may
/// what is dropped. All of it waits until the lock is free.
pub(super) struct After<F, D> {
    pub(super) wake: Vec<Waker>,
    pub(super) gone: Vec<Waker>,
    /// The connection is over.
    pub(super) parting: Option<Box<Parting<F, D>>>,
    /// Of exchanges that are over, in their order.
    pub(super) records: Vec<Shown>,
    pub(super) notes: Vec<Note>,
}

/// A record, and who is to see it.
pub(super) struct Shown {
    pub(super) observer: Option<Observer>,
    pub(super) record: Record,
}

/// Something that is done by dropping it.
pub(super) trait Due {}

impl<F, D> Due for After<F, D> {}

/// What is left of a connection that is over.
pub(super) struct Parting<F, D> {
    pub(super) ends: Option<Ends<F, D>>,
    /// What nobody will take any more.
    pub(super) output: Output,
    /// Where it sat.
    pub(super) seat: Option<(Arc<Roster>, usize)>,
}

impl<F, D> Drop for Parting<F, D> {
    fn drop(&mut self) {
        // A server that is shut down is told when nothing is left.
        drop((self.ends.take(), std::mem::take(&mut self.output)));
        if let Some((roster, seat)) = self.seat.take() {
            roster.leave(seat);
        }
    }
}

/// What is to be said in the log.
pub(super) enum Note {
    /// The peer takes nothing.
    Stalled {
        label: Label,
        waited: Duration,
        held: usize,
    },
    /// The handler pulls nothing of a request's body.
    Unpulled {
        label: Label,
        waited: Duration,
        held: usize,
    },
    /// A reply could not carry all of its trailers.
    TrailersLost(Label),
    /// So many trailers of a request may not stand there, and were left out.
    TrailersDropped(Label, usize),
    /// A response may have no body, and was given one.
    BodyDropped(Label, StatusCode),
    /// A request's body was left before its end, of which nothing is said. Why it was left is an error
    /// of others, which may come back when it is dropped.
    #[expect(
        dead_code,
        reason = "it is here to be dropped with the connection free"
    )]
    Forgiven(Box<Left>),
    /// A request's body was left before its end: why, if that was said.
    Unread {
        label: Label,
        why: Option<Reason>,
        discarded: u64,
        cost: Cost,
    },
}

/// What it costs that a body is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cost {
    /// All of it was thrown away.
    Nothing,
    /// The connection, of which who has left it knew.
    Expected,
    /// The connection.
    Connection,
}

/// The two ends of the flow of bytes.
pub(super) struct Ends<F, D> {
    pub(super) fount: Pin<Box<F>>,
    pub(super) drain: Pin<Box<D>>,
}

impl<F, D> Default for After<F, D> {
    fn default() -> Self {
        Self {
            wake: Vec::new(),
            gone: Vec::new(),
            parting: None,
            records: Vec::new(),
            notes: Vec::new(),
        }
    }
}

impl<F, D> Drop for After<F, D> {
    fn drop(&mut self) {
        for waker in self.wake.drain(..) {
            waker.wake();
        }
        for note in &self.notes {
            note.say();
        }
        for shown in &self.records {
            shown.show();
        }
    }
}

impl Shown {
    fn show(&self) {
        let Self { observer, record } = self;
        if let RecordEnd::Refused(_) = record.end {
            self.say_refused();
        }
        let Some(observer) = observer else {
            return;
        };
        // A half may be dropped by a panic; another one would end the program.
        if catch_unwind(AssertUnwindSafe(|| observer(record))).is_err() {
            let (method, target) = (known(&record.method), known(&record.target));
            let peer = record.peer.map(field::display);
            tracing::error!(peer, %method, %target, "the observer of exchanges panicked");
        }
    }

    /// The fault of the peer: not worth an alarm.
    #[cold]
    fn say_refused(&self) {
        let Record { status, end, .. } = &self.record;
        let (method, target) = (known(&self.record.method), known(&self.record.target));
        let status = status.map_or(0, |status| status.as_u16());
        let peer = self.record.peer.map(field::display);
        tracing::debug!(peer, %method, %target, status, %end, "request refused");
    }
}

impl Note {
    #[cold]
    fn say(&self) {
        match self {
            Self::Stalled {
                label,
                waited,
                held,
            } => {
                let (Label { method, target, .. }, peer) = (label, label.peer());
                tracing::warn!(peer, %method, %target, ?waited, held, "the peer does not take the response");
            }
            Self::Unpulled {
                label,
                waited,
                held,
            } => {
                let (Label { method, target, .. }, peer) = (label, label.peer());
                tracing::warn!(peer, %method, %target, ?waited, held, "the handler does not pull the request's body");
            }
            Self::TrailersLost(label) => {
                let (Label { method, target, .. }, peer) = (label, label.peer());
                tracing::warn!(peer, %method, %target, "trailers lost: this message could not carry all of them");
            }
            Self::TrailersDropped(label, dropped) => {
                let (Label { method, target, .. }, peer) = (label, label.peer());
                tracing::debug!(peer, %method, %target, dropped, "trailers left out: fields that may not stand there");
            }
            Self::BodyDropped(label, status) => {
                let (Label { method, target, .. }, peer) = (label, label.peer());
                let status = status.as_u16();
                tracing::warn!(peer, %method, %target, status, "body left out: a response with this status has none");
            }
            Self::Forgiven(_) => {}
            Self::Unread {
                label,
                why,
                discarded,
                cost,
            } => say_unread(label, why.as_ref(), *discarded, *cost),
        }
    }
}

/// Who has left a body is known by what was asked, and by the stage that has failed.
#[cold]
fn say_unread(label: &Label, why: Option<&Reason>, discarded: u64, cost: Cost) {
    let (Label { method, target, .. }, peer) = (label, label.peer());
    let why = match why {
        None => "dropped".to_owned(),
        Some(Reason::Failed(error)) => format!("{error:#}"),
        Some(Reason::Enough | Reason::Finished) => "wanted no more".to_owned(),
    };
    match cost {
        Cost::Nothing => {
            tracing::debug!(peer, %method, %target, why, discarded, "the request's body is not read to its end");
        }
        Cost::Expected => {
            tracing::debug!(peer, %method, %target, why, discarded, "the request is refused before its body is read: the connection closes");
        }
        Cost::Connection => {
            tracing::warn!(peer, %method, %target, why, discarded, "the request's body is not read, and too much to be discarded: the connection closes");
        }
    }
}
