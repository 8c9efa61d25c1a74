//! One timer for one stage: made when it is needed, moved when it rings too early.

use std::fmt;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use crate::clock::{Clock, Timer};

/// A timer of a clock, for a time that moves with each item.
///
/// A later time costs nothing: the timer rings at the earlier one, and is moved then. So the time
/// may move with every item, and the timer is touched only while there is nothing to do.
#[derive(Default)]
pub(crate) struct Alarm {
    timer: Option<(Instant, Box<dyn Timer>)>,
}

impl Alarm {
    /// Ready when `at` has come; until then the waker is kept.
    pub(crate) fn poll_at<C>(&mut self, clock: &C, at: Instant, cx: &mut Context<'_>) -> Poll<()>
    where
        C: Clock + ?Sized,
    {
        let (set, timer) = self
            .timer
            .get_or_insert_with(|| (at, clock.timer(at)));
        if *set > at {
            *set = at;
            timer.reset(at);
        }
        loop {
            ready!(timer.poll_elapsed(cx));
            if *set >= at {
                return Poll::Ready(());
            }
            *set = at;
            timer.reset(at);
        }
    }

    /// Wakes nobody any more.
    pub(crate) fn clear(&mut self) {
        self.timer = None;
    }
}

/// So much later; a time that is past all that a clock can tell becomes one that is as good as
/// never.
pub(crate) fn after(now: Instant, wait: Duration) -> Instant {
    now.checked_add(wait)
        .or_else(|| now.checked_add(NEVER))
        .unwrap_or(now)
}

/// 30 years: any clock can tell it.
const NEVER: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

impl fmt::Debug for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.timer.is_some() {
            "alarm(set)"
        } else {
            "alarm"
        })
    }
}
