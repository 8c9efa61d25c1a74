//! The branches that wait for the next item.

use std::task::Waker;

/// A waker for each branch that waits, found by the key of the branch.
///
/// To wake all costs as much as there are that wait, not as there are branches.
#[derive(Default)]
pub(super) struct Sleepers {
    /// One place for each branch.
    wakers: Vec<Option<Waker>>,
    /// Each key at most once: those with a waker.
    asleep: Vec<usize>,
    free: Vec<usize>,
}

impl Sleepers {
    /// A key for a branch, to be given back by `remove`.
    pub(super) fn insert(&mut self) -> usize {
        self.free.pop().unwrap_or_else(|| {
            self.wakers.push(None);
            self.wakers.len() - 1
        })
    }

    /// The branch is gone; its waker is for the caller to drop, while nothing is locked.
    #[must_use]
    pub(super) fn remove(&mut self, key: usize) -> Option<Waker> {
        let waker = self.wakers[key].take();
        if waker.is_some() {
            self.asleep
                .retain(|asleep| *asleep != key);
        }
        self.free.push(key);
        waker
    }

    pub(super) fn waker(&self, key: usize) -> Option<&Waker> {
        self.wakers[key].as_ref()
    }

    /// Keeps the waker of a branch; the one before is for the caller to drop.
    #[must_use]
    pub(super) fn keep(&mut self, key: usize, waker: Waker) -> Option<Waker> {
        let before = self.wakers[key].replace(waker);
        if before.is_none() {
            self.asleep.push(key);
        }
        before
    }

    /// Takes the wakers of all that wait.
    pub(super) fn take_all(&mut self, into: &mut Vec<Waker>) {
        for key in self.asleep.drain(..) {
            into.extend(self.wakers[key].take());
        }
    }
}
