//! What a test sees of a fake drain, and does with it.

use std::fmt;
use std::sync::{Arc, Mutex};

use super::fake_drain_state::{Life, Shared, lock};
use super::schedule::Schedule;
use crate::reason::Reason;

/// Looks at a [`FakeDrain`](super::FakeDrain) from outside, and makes it ready by hand.
pub struct FakeDrainHandle<T> {
    shared: Arc<Mutex<Shared<T>>>,
    schedule: Schedule,
}

impl<T> FakeDrainHandle<T> {
    pub(super) fn new(shared: &Arc<Mutex<Shared<T>>>, schedule: &Schedule) -> Self {
        Self {
            shared: Arc::clone(shared),
            schedule: schedule.clone(),
        }
    }

    /// So many more items may come.
    pub fn allow(&self, items: u64) {
        let mut shared = lock(&self.shared);
        if let Some(allowed) = &mut shared.allowed {
            *allowed += items;
        }
        let waker = shared.waker.take();
        drop(shared);
        self.schedule.moved();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// What was received.
    #[must_use]
    pub fn items(&self) -> Vec<T>
    where
        T: Clone,
    {
        lock(&self.shared).items.clone()
    }

    /// How many items were received.
    #[must_use]
    pub fn count(&self) -> usize {
        lock(&self.shared).items.len()
    }

    /// The reason that it refused with, once it has.
    #[must_use]
    pub fn refused(&self) -> Option<Reason> {
        lock(&self.shared).refused.clone()
    }

    /// How many items went down with a refusal in `receive`: none or one.
    #[must_use]
    pub fn lost(&self) -> usize {
        lock(&self.shared).lost
    }

    /// Whether it has said yes to an item that has not come yet.
    #[must_use]
    pub fn has_room(&self) -> bool {
        matches!(lock(&self.shared).life, Life::Ready)
    }

    /// How often `poll_ready` was called.
    #[must_use]
    pub fn asked(&self) -> u64 {
        lock(&self.shared).asked
    }

    /// How often `poll_flush` was called.
    #[must_use]
    pub fn flushes(&self) -> u64 {
        lock(&self.shared).flushes
    }

    /// The one end that it heard, to the end of which it came.
    #[must_use]
    pub fn end(&self) -> Option<Reason> {
        match &lock(&self.shared).life {
            Life::Over(reason) => Some(reason.clone()),
            Life::Open | Life::Ready | Life::Refused(_) | Life::Ending(_) => None,
        }
    }

    /// Whether the drain is gone.
    #[must_use]
    pub fn is_dropped(&self) -> bool {
        lock(&self.shared).dropped
    }
}

impl<T> Clone for FakeDrainHandle<T> {
    fn clone(&self) -> Self {
        Self::new(&self.shared, &self.schedule)
    }
}

impl<T> fmt::Debug for FakeDrainHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shared = lock(&self.shared);
        f.debug_struct("FakeDrainHandle")
            .field("received", &shared.items.len())
            .field("flushes", &shared.flushes)
            .field("life", &shared.life)
            .field("dropped", &shared.dropped)
            .finish_non_exhaustive()
    }
}
