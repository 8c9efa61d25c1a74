//! A deadline, looked at only when something waits.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tubes::clock::{SharedClock, Timer};

/// No wait is longer than a day, whatever the limits say.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// One deadline that is moved often and seldom passes.
///
/// Moving it costs a store: the timer behind it is armed once, and moved on when it fires early.
#[derive(Debug)]
pub(crate) struct Watch {
    clock: SharedClock,
    deadline: Option<Instant>,
    timer: Option<Armed>,
}

#[derive(Debug)]
struct Armed {
    timer: Box<dyn Timer>,
    at: Instant,
}

impl Watch {
    pub(crate) fn new(clock: &SharedClock) -> Self {
        Self {
            clock: Arc::clone(clock),
            deadline: None,
            timer: None,
        }
    }

    /// Sets the deadline `after` from now, unless one is set.
    pub(crate) fn begin(&mut self, after: Duration) {
        if self.deadline.is_none() {
            self.deadline = Some(self.clock.now() + after.min(LONGEST));
        }
    }

    /// What was waited for came: no deadline.
    pub(crate) fn end(&mut self) {
        self.deadline = None;
    }

    /// Ready when the deadline has passed.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(deadline) = self.deadline else {
            return Poll::Pending;
        };
        let clock = &self.clock;
        let armed = self.timer.get_or_insert_with(|| Armed {
            timer: clock.timer(deadline),
            at: deadline,
        });
        if armed.at > deadline {
            armed.timer.reset(deadline);
            armed.at = deadline;
        }
        while armed.timer.poll_elapsed(cx).is_ready() {
            if self.clock.now() >= deadline {
                return Poll::Ready(());
            }
            armed.timer.reset(deadline);
            armed.at = deadline;
        }
        Poll::Pending
    }
}
