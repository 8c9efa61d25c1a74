//! Where branches come from.

use std::fmt;
use std::sync::Arc;

use super::branch::Branch;
use super::hub::Hub;
use super::lossy::LossyBranch;
use super::reader::{Pace, Reader};

/// Adds branches to a [`broadcast`](super::broadcast()), from any task; its clones do the same.
///
/// When the last handle and the last branch are gone, nobody can come any more, and the feed is
/// stopped.
pub struct Subscribers<T> {
    hub: Arc<Hub<T>>,
}

impl<T> Subscribers<T> {
    /// The first handle, which the hub has counted.
    pub(super) fn new(hub: Arc<Hub<T>>) -> Self {
        Self { hub }
    }

    /// A branch that gets every item from now on, and holds the feed back when it is slow.
    ///
    /// It counts at once, whether it is polled or not. After the end it hears the end.
    pub fn subscribe(&self) -> Branch<T> {
        Branch::new(Reader::join(&self.hub, Pace::Waits))
    }

    /// A branch that misses items when it is slow, and hears how many.
    pub fn subscribe_lossy(&self) -> LossyBranch<T> {
        LossyBranch::new(Reader::join(&self.hub, Pace::Misses))
    }

    /// How many branches there are.
    #[must_use]
    pub fn branches(&self) -> usize {
        self.hub.look(|state| state.branches)
    }
}

impl<T> Clone for Subscribers<T> {
    fn clone(&self) -> Self {
        self.hub
            .change(|state| state.handles += 1);
        Self {
            hub: Arc::clone(&self.hub),
        }
    }
}

impl<T> Drop for Subscribers<T> {
    fn drop(&mut self) {
        self.hub.change(|state| {
            state.handles -= 1;
            if state.handles == 0 {
                state.starts();
            }
        });
    }
}

impl<T> fmt::Debug for Subscribers<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "subscribers({})", self.branches())
    }
}
