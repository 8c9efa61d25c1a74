//! A clock that stands still until a test moves it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tubes::clock::{Clock, SharedClock, Timer};

/// A clock that stands still until it is moved. It begins at the date of RFC 9110 §5.6.7.
#[derive(Clone, Debug)]
pub struct HandClock(Arc<Mutex<Hands>>);

#[derive(Debug)]
struct Hands {
    now: Instant,
    wall: SystemTime,
    /// Whom to wake, and when.
    sleepers: Vec<(Instant, Waker)>,
}

impl HandClock {
    /// A clock that stands still.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "an instant cannot be made of nothing; how far it lies back does not matter"
    )]
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(Hands {
            now: Instant::now(),
            wall: UNIX_EPOCH + Duration::from_secs(784_111_777),
            sleepers: Vec::new(),
        })))
    }

    /// As the clock that everybody asks.
    #[must_use]
    pub fn shared(&self) -> SharedClock {
        Arc::new(self.clone())
    }

    /// Moves it on, and wakes whose time has come.
    pub fn advance(&self, time: Duration) {
        let mut hands = self.hands();
        hands.now += time;
        hands.wall += time;
        let now = hands.now;
        let (due, sleepers) = std::mem::take(&mut hands.sleepers)
            .into_iter()
            .partition(|(at, _)| *at <= now);
        hands.sleepers = sleepers;
        drop(hands);
        for (_, waker) in Vec::<(Instant, Waker)>::into_iter(due) {
            waker.wake();
        }
    }

    fn hands(&self) -> MutexGuard<'_, Hands> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for HandClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for HandClock {
    fn now(&self) -> Instant {
        self.hands().now
    }

    fn wall(&self) -> SystemTime {
        self.hands().wall
    }

    fn timer(&self, at: Instant) -> Box<dyn Timer> {
        Box::new(HandTimer {
            clock: self.clone(),
            at,
        })
    }
}

#[derive(Debug)]
struct HandTimer {
    clock: HandClock,
    at: Instant,
}

impl Timer for HandTimer {
    fn reset(&mut self, at: Instant) {
        self.at = at;
    }

    fn poll_elapsed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut hands = self.clock.hands();
        if hands.now >= self.at {
            return Poll::Ready(());
        }
        hands
            .sleepers
            .retain(|(_, waker)| !waker.will_wake(cx.waker()));
        hands
            .sleepers
            .push((self.at, cx.waker().clone()));
        Poll::Pending
    }
}
