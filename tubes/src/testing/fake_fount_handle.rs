//! What a test sees of a fake fount, and does with it.

use std::fmt;
use std::sync::{Arc, Mutex};

use super::fake_fount::{Care, Shared, Turn, lock};
use super::schedule::Schedule;
use crate::reason::Reason;

/// Looks at a [`FakeFount`](super::FakeFount) from outside, and feeds it by hand.
pub struct FakeFountHandle<T> {
    shared: Arc<Mutex<Shared<T>>>,
    schedule: Schedule,
}

impl<T> FakeFountHandle<T> {
    pub(super) fn new(shared: &Arc<Mutex<Shared<T>>>, schedule: &Schedule) -> Self {
        Self {
            shared: Arc::clone(shared),
            schedule: schedule.clone(),
        }
    }

    /// Adds an item behind the script and behind what was pushed before.
    pub fn push(&self, item: T) {
        self.change(|shared| shared.fed.push_back(item));
    }

    /// There is no more behind what was pushed.
    pub fn end(&self, reason: Reason) {
        self.change(|shared| shared.end = Some(reason));
    }

    fn change(&self, change: impl FnOnce(&mut Shared<T>)) {
        let mut shared = lock(&self.shared);
        change(&mut shared);
        let waker = shared.waker.take();
        drop(shared);
        self.schedule.moved();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// How many items were handed out.
    #[must_use]
    pub fn pulled(&self) -> usize {
        usize::try_from(lock(&self.shared).pulled).unwrap_or(usize::MAX)
    }

    /// How often it was asked for an item, in vain or not.
    #[must_use]
    pub fn polls(&self) -> u64 {
        lock(&self.shared).polls
    }

    /// How often it was asked for an item after it had been stopped.
    #[must_use]
    pub fn polls_after_stop(&self) -> u64 {
        lock(&self.shared).polls_after_stop
    }

    /// How often `poll_progress` was called.
    #[must_use]
    pub fn progress(&self) -> u64 {
        lock(&self.shared).progress
    }

    /// What has been done with it since the last time.
    pub(super) fn turn(&self) -> Turn {
        std::mem::replace(&mut lock(&self.shared).turn, Turn::Fresh)
    }

    /// Whether it has neither ended nor had an occasion to move since it was pulled last.
    pub(super) fn is_left_alone(&self) -> bool {
        let shared = lock(&self.shared);
        shared.care == Care::LeftAlone && shared.said.is_none() && shared.stops.is_empty()
    }

    /// What it owns has moved on by itself: wakes whoever called `poll_progress` last.
    pub fn nudge(&self) {
        let mover = lock(&self.shared).mover.take();
        self.schedule.moved();
        if let Some(mover) = mover {
            mover.wake();
        }
    }

    /// Every reason that `stop` was called with.
    #[must_use]
    pub fn stops(&self) -> Vec<Reason> {
        lock(&self.shared).stops.clone()
    }

    /// The end that it gave by itself, once it has.
    #[must_use]
    pub fn said(&self) -> Option<Reason> {
        lock(&self.shared).said.clone()
    }

    /// Whether the fount is gone.
    #[must_use]
    pub fn is_dropped(&self) -> bool {
        lock(&self.shared).dropped
    }

    /// Whether it is gone and nobody had told it why, nor had it ended by itself.
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        let shared = lock(&self.shared);
        shared.dropped && shared.stops.is_empty() && shared.said.is_none()
    }
}

impl<T> Clone for FakeFountHandle<T> {
    fn clone(&self) -> Self {
        Self::new(&self.shared, &self.schedule)
    }
}

impl<T> fmt::Debug for FakeFountHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shared = lock(&self.shared);
        f.debug_struct("FakeFountHandle")
            .field("pulled", &shared.pulled)
            .field("progress", &shared.progress)
            .field("said", &shared.said)
            .field("stops", &shared.stops)
            .field("dropped", &shared.dropped)
            .finish_non_exhaustive()
    }
}
