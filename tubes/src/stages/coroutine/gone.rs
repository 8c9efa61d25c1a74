//! Who has waited at a port of a coroutine, and was dropped outside of a poll of it.

use super::port::Wait;
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Mutex, lock};

/// The waits of futures that were dropped where nobody has the key. The stage takes them out of the
/// port when it looks there next.
pub(super) struct Gone {
    is_any: AtomicBool,
    waits: Mutex<Vec<Wait>>,
}

impl Gone {
    pub(super) fn new() -> Self {
        Self {
            is_any: AtomicBool::new(false),
            waits: Mutex::new(Vec::new()),
        }
    }

    #[cold]
    pub(super) fn add(&self, wait: Wait) {
        lock(&self.waits).push(wait);
        self.is_any
            .store(true, Ordering::Release);
    }

    /// A look without the lock: whoever was dropped before the stage was polled is seen.
    #[inline]
    pub(super) fn is_any(&self) -> bool {
        self.is_any.load(Ordering::Acquire)
    }

    pub(super) fn take(&self) -> Vec<Wait> {
        // In this order, so that one that comes in between is seen the next time.
        self.is_any
            .store(false, Ordering::Release);
        std::mem::take(&mut *lock(&self.waits))
    }
}
