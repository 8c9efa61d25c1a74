//! What waits until the lock of a connection is free again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use http::{Method, Uri};

use crate::error::Error;
use crate::http1::output::Output;
use crate::record::{Observer, Record};
use crate::roster::Roster;

/// Wakers and subscribers of the log run code of others, which may come back here; and so may
/// what is dropped. All of it waits until the lock is free.
pub(super) struct After<F, D> {
    pub(super) wake: Vec<Waker>,
    pub(super) gone: Vec<Waker>,
    /// The connection is over.
    pub(super) parting: Option<Box<Parting<F, D>>>,
    pub(super) record: Option<Box<(Observer, Record)>>,
    pub(super) note: Option<Box<Note>>,
}

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
    /// A request was not understood, or not wanted.
    Refused(Error),
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
            let (observer, record) = &**shown;
            // A half may be dropped by a panic; another one would end the program.
            if catch_unwind(AssertUnwindSafe(|| observer(record))).is_err() {
                tracing::error!(method = %record.method, target = %record.target, "the observer of exchanges panicked");
            }
        }
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
            Self::Refused(error) => tracing::debug!(%error, "request refused"),
            Self::TrailersLost { method, target } => {
                tracing::warn!(%method, %target, "trailers lost: this message could not carry all of them");
            }
        }
    }
}
