//! What waits until the lock of a connection is free again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use http::{Method, Uri};

use crate::http1::output::Output;
use crate::record::{Observer, Record, known};
use crate::roster::Roster;

/// Wakers and subscribers of the log run code of others, which may come back here; and so may
/// what is dropped. All of it waits until the lock is free.
pub(super) struct After<F, D> {
    pub(super) wake: Vec<Waker>,
    pub(super) gone: Vec<Waker>,
    /// The connection is over.
    pub(super) parting: Option<Box<Parting<F, D>>>,
    pub(super) record: Option<Box<Shown>>,
    /// The request behind that exchange was refused.
    pub(super) refused: Option<Box<Shown>>,
    pub(super) note: Option<Box<Note>>,
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
        method: Method,
        target: Uri,
        waited: Duration,
        held: usize,
    },
    /// A reply could not carry all of its trailers.
    TrailersLost { method: Method, target: Uri },
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
            record: None,
            refused: None,
            note: None,
        }
    }
}

impl<F, D> Drop for After<F, D> {
    fn drop(&mut self) {
        for waker in self.wake.drain(..) {
            waker.wake();
        }
        if let Some(note) = &self.note {
            note.say();
        }
        if let Some(shown) = &self.record {
            shown.show();
        }
        if let Some(shown) = &self.refused {
            shown.say_refused();
            shown.show();
        }
    }
}

impl Shown {
    fn show(&self) {
        let Self { observer, record } = self;
        let Some(observer) = observer else {
            return;
        };
        // A half may be dropped by a panic; another one would end the program.
        if catch_unwind(AssertUnwindSafe(|| observer(record))).is_err() {
            let (method, target) = (known(&record.method), known(&record.target));
            tracing::error!(%method, %target, "the observer of exchanges panicked");
        }
    }

    /// The fault of the peer: not worth an alarm.
    #[cold]
    fn say_refused(&self) {
        let Record { status, end, .. } = &self.record;
        let (method, target) = (known(&self.record.method), known(&self.record.target));
        let status = status.map_or(0, |status| status.as_u16());
        tracing::debug!(%method, %target, status, %end, "request refused");
    }
}

impl Note {
    #[cold]
    fn say(&self) {
        match self {
            Self::Stalled {
                method,
                target,
                waited,
                held,
            } => {
                tracing::warn!(%method, %target, ?waited, held, "the peer does not take the response");
            }
            Self::TrailersLost { method, target } => {
                tracing::warn!(%method, %target, "trailers lost: this message could not carry all of them");
            }
        }
    }
}
