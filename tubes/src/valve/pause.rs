//! The guard that holds a valve shut.

use std::fmt;
use std::sync::Arc;

use super::state::Shut;

/// Holds a [`Valve`](super::Valve) shut until it is dropped.
///
/// ```
/// let valve = tubes::valve();
/// let (one, other) = (valve.pause("disk is full"), valve.pause("over the tariff"));
/// drop(one);
/// assert!(valve.is_paused());
/// drop(other);
/// assert!(!valve.is_paused());
/// ```
#[must_use = "the valve opens again when the guard is dropped: `let _ = ..` drops it at once"]
pub struct Pause {
    shut: Arc<Shut>,
    number: u64,
}

impl Pause {
    pub(super) fn new(shut: &Arc<Shut>, number: u64) -> Self {
        Self {
            shut: Arc::clone(shut),
            number,
        }
    }
}

impl Drop for Pause {
    fn drop(&mut self) {
        let gone = self.shut.change(|pauses| {
            let gone = pauses.held.remove(&self.number);
            (!pauses.held.is_empty(), gone)
        });
        drop(gone);
    }
}

impl fmt::Debug for Pause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by = self
            .shut
            .read(|pauses| pauses.held.get(&self.number).cloned());
        match by {
            Some(by) => write!(f, "pause({by:?})"),
            None => f.write_str("pause"),
        }
    }
}
