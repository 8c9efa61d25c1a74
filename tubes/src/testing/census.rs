//! Counts founts, stages and drains, and who of them was told its end.

use std::fmt;
use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::watched::{Mark, WatchedDrain, WatchedFount};
use crate::reason::Reason;
use crate::tube::type_name;

/// Counts the founts, stages and drains that are handed to it, so that a test can assert that
/// each of them was told its end: none is still waiting, and none was dropped in silence.
///
/// What it gives behaves as what it was given. Cheap to clone; clones are the same census.
///
/// # Examples
///
/// ```
/// use tubes::testing::Census;
/// use tubes::{Fount, drains, founts};
///
/// let census = Census::new();
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// census
///     .fount(founts::iter(0..))
///     .map(|n| n * 2)
///     .through(census.stage())
///     .take(3)
///     .flow_to(census.drain(drains::null()))
///     .await?;
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// census.assert_all_stopped();
/// assert_eq!(census.count(), 3);
/// ```
///
/// It fails where an end was forgotten:
///
/// ```should_panic
/// use tubes::testing::Census;
/// use tubes::founts;
///
/// let census = Census::new();
/// drop(census.fount(founts::iter(0..)));
/// census.assert_all_stopped(); // fount `Iter` at src/main.rs:8:13: abandoned
/// ```
#[derive(Clone, Default)]
pub struct Census {
    entries: Arc<Mutex<Vec<Entry>>>,
}

struct Entry {
    what: &'static str,
    name: &'static str,
    place: &'static Location<'static>,
    state: State,
}

enum State {
    /// Nobody has told it anything.
    Alive,
    /// A drain that was told, and has not finished yet.
    Finishing(Reason),
    /// It was told, or said it itself.
    Stopped(Reason),
    /// Dropped before it was told.
    Abandoned,
}

/// One line of a census.
pub(super) struct Line {
    entries: Arc<Mutex<Vec<Entry>>>,
    number: usize,
}

impl Census {
    /// Nobody so far.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Watches a fount: it has to say its end, or to be stopped.
    #[track_caller]
    pub fn fount<F>(&self, fount: F) -> WatchedFount<F> {
        WatchedFount::new(fount, self.line("fount", type_name::<F>()))
    }

    /// Watches a place in a chain: a stage that changes nothing, through which the end has to pass
    /// or the stop.
    #[track_caller]
    pub fn stage(&self) -> Mark {
        Mark::new(self.line("stage", "census"))
    }

    /// Watches a drain: it has to be told the end, and to finish.
    #[track_caller]
    pub fn drain<D>(&self, drain: D) -> WatchedDrain<D> {
        WatchedDrain::new(drain, self.line("drain", type_name::<D>()))
    }

    /// How many were handed to it.
    #[must_use]
    pub fn count(&self) -> usize {
        lock(&self.entries).len()
    }

    /// How many of them were not told their end yet, and were not dropped.
    #[must_use]
    pub fn alive(&self) -> usize {
        let entries = lock(&self.entries);
        let is_alive = |entry: &&Entry| matches!(entry.state, State::Alive | State::Finishing(_));
        entries.iter().filter(is_alive).count()
    }

    /// Asserts that all of them were told their end.
    ///
    /// # Panics
    ///
    /// When one was not: with a line for each, what it is, where it was handed over, and how it is.
    #[track_caller]
    pub fn assert_all_stopped(&self) {
        let untold: Vec<String> = lock(&self.entries)
            .iter()
            .filter(|entry| !matches!(entry.state, State::Stopped(_)))
            .map(|entry| format!("  {entry:?}"))
            .collect();
        let (untold, all) = (untold.join("\n"), self.count());
        assert!(
            untold.is_empty(),
            "of {all} in the census, not told their end:\n{untold}\n"
        );
    }

    #[track_caller]
    fn line(&self, what: &'static str, name: &'static str) -> Line {
        let mut entries = lock(&self.entries);
        entries.push(Entry {
            what,
            name,
            place: Location::caller(),
            state: State::Alive,
        });
        Line {
            entries: Arc::clone(&self.entries),
            number: entries.len() - 1,
        }
    }
}

impl Line {
    /// It has said its end, or was told.
    pub(super) fn stopped(&self, reason: &Reason) {
        self.change(|state| {
            if !matches!(state, State::Stopped(_)) {
                *state = State::Stopped(reason.clone());
            }
        });
    }

    /// It was told, and takes its time.
    pub(super) fn finishing(&self, reason: &Reason) {
        self.change(|state| {
            if let State::Alive = state {
                *state = State::Finishing(reason.clone());
            }
        });
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        if let Some(entry) = lock(&self.entries).get_mut(self.number) {
            change(&mut entry.state);
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.change(|state| {
            if let State::Alive | State::Finishing(_) = state {
                *state = State::Abandoned;
            }
        });
    }
}

/// No code of others runs under the lock, so that poison means nothing.
fn lock(entries: &Mutex<Vec<Entry>>) -> MutexGuard<'_, Vec<Entry>> {
    entries
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, name, place) = (self.what, self.name, self.place);
        write!(f, "{what} `{name}` at {place}: ")?;
        match &self.state {
            State::Alive => f.write_str("alive, and was not told anything"),
            State::Finishing(reason) => write!(f, "finishing after {reason:?}"),
            State::Stopped(reason) => write!(f, "stopped with {reason:?}"),
            State::Abandoned => f.write_str("abandoned: dropped before it was told"),
        }
    }
}

impl fmt::Debug for Census {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(lock(&self.entries).iter())
            .finish()
    }
}
