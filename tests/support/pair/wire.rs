//! What lies between the two ends of a pair.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};

use bytes::Bytes;
use tubes::{Error, Reason};

use crate::chance::Chance;

/// What has become of one end of a flow.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Fate {
    /// It is in use.
    Open,
    /// It was told why there is no more.
    Told(Reason),
    /// It was dropped in silence.
    Dropped,
}

impl Fate {
    /// In a word: `open`, `finished`, `enough`, `failed`, `dropped`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Told(Reason::Finished) => "finished",
            Self::Told(Reason::Enough) => "enough",
            Self::Told(Reason::Failed(_)) => "failed",
            Self::Dropped => "dropped",
        }
    }
}

/// How what is received leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leaves {
    /// When it is flushed.
    AtOnce,
    /// As the peer sips it.
    BySips,
}

/// Whether an end answers when it is polled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// It does.
    Free,
    /// It does, so many times.
    For(usize),
    /// It says "not yet".
    Held,
}

impl Pace {
    fn is_held(&mut self) -> bool {
        *self = match *self {
            Self::For(0) => Self::Held,
            Self::For(left) => Self::For(left - 1),
            other => other,
        };
        *self == Self::Held
    }
}

#[derive(Debug)]
pub(super) struct Wire {
    pub(super) segments: VecDeque<Bytes>,
    pub(super) end: Option<Reason>,
    pub(super) reader: Option<Waker>,
    /// Yielded when there is no other segment, for ever.
    pub(super) drip: Option<Bytes>,
    /// Segments that were pulled.
    pub(super) pulls: usize,
    /// How often the fount was asked to keep moving.
    pub(super) progress: usize,
    pub(super) inlet: Fate,
    /// Each was flushed at once.
    pub(super) writes: Vec<Vec<u8>>,
    /// Received and not flushed.
    pub(super) held: Vec<u8>,
    /// How many more items are taken.
    pub(super) room: usize,
    pub(super) promised: bool,
    pub(super) leaves: Leaves,
    /// Bytes that have left.
    pub(super) moved: u64,
    pub(super) writer: Option<Waker>,
    pub(super) broken: Option<Reason>,
    /// Calls of the drain until it breaks.
    pub(super) fuse: Option<usize>,
    pub(super) outlet: Fate,
    /// Says "not yet" now and then.
    pub(super) moods: Option<Chance>,
    pub(super) reads: Pace,
    pub(super) flushes: Pace,
    /// Those that wait for an end that is held.
    pub(super) kept: Vec<Waker>,
}

impl Default for Wire {
    fn default() -> Self {
        Self {
            segments: VecDeque::new(),
            end: None,
            reader: None,
            drip: None,
            pulls: 0,
            progress: 0,
            inlet: Fate::Open,
            writes: Vec::new(),
            held: Vec::new(),
            room: usize::MAX,
            promised: false,
            leaves: Leaves::AtOnce,
            moved: 0,
            writer: None,
            broken: None,
            fuse: None,
            outlet: Fate::Open,
            moods: None,
            reads: Pace::Free,
            flushes: Pace::Free,
            kept: Vec::new(),
        }
    }
}

impl Wire {
    /// Whether this poll of the fount says "not yet".
    pub(super) fn keeps_reader(&mut self, cx: &Context<'_>) -> bool {
        if self.reads.is_held() {
            self.kept.push(cx.waker().clone());
            return true;
        }
        self.hesitates(cx)
    }

    /// Whether this poll of the drain says "not yet".
    pub(super) fn keeps_writer(&mut self, cx: &Context<'_>) -> bool {
        if self.flushes.is_held() {
            self.kept.push(cx.waker().clone());
            return true;
        }
        self.hesitates(cx)
    }

    /// For no reason; woken at once.
    fn hesitates(&mut self, cx: &Context<'_>) -> bool {
        let hesitates = self
            .moods
            .as_mut()
            .is_some_and(|moods| moods.below(2) == 0);
        if hesitates {
            cx.waker().wake_by_ref();
        }
        hesitates
    }

    pub(super) fn break_writes(&mut self) {
        self.broken = Some(failure(ErrorKind::BrokenPipe));
        self.held.clear();
        wake(&mut self.writer);
    }

    /// Counts a call of the drain.
    pub(super) fn burn(&mut self) {
        match &mut self.fuse {
            Some(0) => {
                self.fuse = None;
                self.break_writes();
            }
            Some(left) => *left -= 1,
            None => {}
        }
    }

    pub(super) fn write_out(&mut self) {
        if !self.held.is_empty() {
            let write = std::mem::take(&mut self.held);
            self.writes.push(write);
        }
    }

    /// Whether what is received has to wait for the peer.
    pub(super) fn is_full(&self) -> bool {
        self.room == 0 || (self.leaves == Leaves::BySips && !self.held.is_empty())
    }
}

pub(super) fn lock(wire: &Mutex<Wire>) -> MutexGuard<'_, Wire> {
    wire.lock()
        .unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn wake(waker: &mut Option<Waker>) {
    if let Some(waker) = waker.take() {
        waker.wake();
    }
}

pub(super) fn failure(kind: ErrorKind) -> Reason {
    Error::from(io::Error::from(kind)).into()
}
