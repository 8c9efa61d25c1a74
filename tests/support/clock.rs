//! A clock that stands still until a test moves it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tubes::clock::{Clock, SharedClock, Timer};

#[derive(Debug)]
struct Sleeper {
    timer: usize,
    at: Instant,
    waker: Waker,
}

/// A clock that stands still until it is moved. It begins at the date of RFC 9110 §5.6.7.
#[derive(Clone, Debug)]
pub struct HandClock(Arc<Mutex<Hands>>);

#[derive(Debug)]
struct Hands {
    now: Instant,
    wall: SystemTime,
    /// Whom to wake, and when: at most one for each timer.
    sleepers: Vec<Sleeper>,
    /// Timers that were made.
    timers: usize,
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
            timers: 0,
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
        let sleepers = std::mem::take(&mut hands.sleepers).into_iter();
        let (due, sleepers): (Vec<_>, _) = sleepers.partition(|sleeper| sleeper.at <= now);
        hands.sleepers = sleepers;
        drop(hands);
        for sleeper in due {
            sleeper.waker.wake();
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
        let mut hands = self.hands();
        hands.timers += 1;
        Box::new(HandTimer {
            clock: self.clone(),
            number: hands.timers,
            at,
        })
    }
}

#[derive(Debug)]
struct HandTimer {
    clock: HandClock,
    number: usize,
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
            .retain(|sleeper| sleeper.timer != self.number);
        hands.sleepers.push(Sleeper {
            timer: self.number,
            at: self.at,
            waker: cx.waker().clone(),
        });
        Poll::Pending
    }
}
