//! A clock that goes on whenever somebody looks at it.

use std::task::{Context, Poll};
use std::time::{Duration, Instant, SystemTime};

use super::clock::ManualClock;
use crate::clock::{Clock, Timer};

/// A clock that goes on by a step whenever somebody looks at it or asks one of its timers: so what
/// waits for time waits, and is woken at once.
///
/// For [`laws`](super::laws), which know of no clock that they could move. Its clones tell the same
/// time.
///
/// As it wakes at once, what wakes *itself* at once instead of setting a timer looks the same. That
/// shows with a [`ManualClock`](super::ManualClock) that is moved in
/// [`while_idle`](super::laws::Suite::while_idle): woken for nothing again and again, law 5.
///
/// # Examples
///
/// A throttle that has to wait for its tokens:
///
/// ```
/// use std::time::Duration;
/// use tubes::testing::{HastyClock, laws};
/// use tubes::{Fount, bound, founts, stages};
///
/// let step = Duration::from_millis(1);
/// let slow = move || stages::throttle(bound(1), 3 * step).on(HastyClock::new(step));
/// laws::stage(move |source| source.through(slow()), vec![1, 2], vec![1, 2]).check();
/// laws::fair(founts::iter(0..).through(slow()));
/// ```
#[derive(Clone, Debug)]
pub struct HastyClock {
    clock: ManualClock,
    step: Duration,
}

impl HastyClock {
    /// A clock that goes on by `step` at each look.
    #[must_use]
    pub fn new(step: Duration) -> Self {
        Self {
            clock: ManualClock::new(),
            step,
        }
    }
}

impl Clock for HastyClock {
    fn now(&self) -> Instant {
        self.clock.advance(self.step);
        self.clock.now()
    }

    fn wall(&self) -> SystemTime {
        self.clock.advance(self.step);
        self.clock.wall()
    }

    fn timer(&self, at: Instant) -> Box<dyn Timer> {
        Box::new(HastyTimer {
            clock: self.clone(),
            at,
        })
    }
}

#[derive(Debug)]
struct HastyTimer {
    clock: HastyClock,
    at: Instant,
}

impl Timer for HastyTimer {
    fn reset(&mut self, at: Instant) {
        self.at = at;
    }

    fn poll_elapsed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.clock.now() >= self.at {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
