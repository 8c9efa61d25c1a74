//! A clock that stands still until it is moved by hand.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant, SystemTime};

use crate::clock::{Clock, Timer};

/// A clock that stands still until [`advance`](Self::advance) moves it.
///
/// Its clones tell the same time: keep one, give the other away.
///
/// # Examples
///
/// ```
/// use std::task::{Context, Waker};
/// use std::time::Duration;
/// use tubes::clock::Clock;
/// use tubes::testing::ManualClock;
///
/// let clock = ManualClock::new();
/// let mut timer = clock.timer(clock.now() + Duration::from_secs(60));
/// let mut cx = Context::from_waker(Waker::noop());
/// assert!(timer.poll_elapsed(&mut cx).is_pending());
///
/// clock.advance(Duration::from_secs(60));
/// assert!(timer.poll_elapsed(&mut cx).is_ready());
/// ```
#[derive(Clone)]
pub struct ManualClock {
    hands: Arc<Mutex<Hands>>,
}

struct Hands {
    start: Instant,
    passed: Duration,
    made: u64,
    /// Timers that somebody waits for, by number.
    waiting: BTreeMap<u64, (Instant, Waker)>,
}

/// 2015-10-21 07:28:00 UTC: the future, once.
const START: Duration = Duration::from_secs(1_445_412_480);

impl ManualClock {
    /// A clock that shows always the same date at first.
    #[must_use]
    pub fn new() -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "there is no other way to an `Instant`; how it moves is up to the hand"
        )]
        let start = Instant::now();
        Self {
            hands: Arc::new(Mutex::new(Hands {
                start,
                passed: Duration::ZERO,
                made: 0,
                waiting: BTreeMap::new(),
            })),
        }
    }

    /// Moves the clock, and wakes those whose time has come, the earliest first.
    pub fn advance(&self, by: Duration) {
        let mut hands = lock(&self.hands);
        hands.passed += by;
        let now = hands.now();
        let mut due = Vec::new();
        hands.waiting.retain(|_, (at, waker)| {
            if *at <= now {
                due.push((*at, waker.clone()));
            }
            *at > now
        });
        drop(hands);
        due.sort_by_key(|(at, _)| *at);
        for (_, waker) in due {
            waker.wake();
        }
    }

    /// How many timers are waited for.
    #[must_use]
    pub fn waiting(&self) -> usize {
        lock(&self.hands).waiting.len()
    }

    /// When the next timer that is waited for is due.
    #[must_use]
    pub fn next_due(&self) -> Option<Instant> {
        let hands = lock(&self.hands);
        let due = hands.waiting.values();
        due.map(|(at, _)| *at).min()
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        lock(&self.hands).now()
    }

    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + START + lock(&self.hands).passed
    }

    fn timer(&self, at: Instant) -> Box<dyn Timer> {
        let mut hands = lock(&self.hands);
        hands.made += 1;
        Box::new(ManualTimer {
            hands: Arc::clone(&self.hands),
            number: hands.made,
            at,
        })
    }
}

impl Hands {
    fn now(&self) -> Instant {
        self.start + self.passed
    }
}

struct ManualTimer {
    hands: Arc<Mutex<Hands>>,
    number: u64,
    at: Instant,
}

impl Timer for ManualTimer {
    fn reset(&mut self, at: Instant) {
        self.at = at;
        let mut hands = lock(&self.hands);
        let now = hands.now();
        if let Some((due, _)) = hands.waiting.get_mut(&self.number) {
            *due = at;
        }
        if at <= now
            && let Some((_, waker)) = hands.waiting.remove(&self.number)
        {
            drop(hands);
            waker.wake();
        }
    }

    fn poll_elapsed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut hands = lock(&self.hands);
        if self.at <= hands.now() {
            hands.waiting.remove(&self.number);
            return Poll::Ready(());
        }
        let waiting = (self.at, cx.waker().clone());
        hands
            .waiting
            .insert(self.number, waiting);
        Poll::Pending
    }
}

impl Drop for ManualTimer {
    fn drop(&mut self) {
        lock(&self.hands)
            .waiting
            .remove(&self.number);
    }
}

/// Nothing in this file panics while it holds the lock, so that poison means nothing.
fn lock(hands: &Mutex<Hands>) -> MutexGuard<'_, Hands> {
    hands
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hands = lock(&self.hands);
        let waiting = hands.waiting.len();
        write!(f, "clock(+{:?}, {waiting} waiting)", hands.passed)
    }
}

impl fmt::Debug for ManualTimer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "timer({})", self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::ManualClock;
    use crate::clock::Clock;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::task::{Context, Wake, Waker};
    use std::time::Duration;

    struct Count(AtomicU32);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_timer_wakes_once_when_it_is_due_and_again_after_a_reset() {
        let second = Duration::from_secs(1);
        let (clock, count) = (ManualClock::new(), Arc::new(Count(AtomicU32::new(0))));
        let woken = || count.0.load(Ordering::Relaxed);
        let waker = Waker::from(Arc::clone(&count));
        let mut cx = Context::from_waker(&waker);
        let mut timer = clock.timer(clock.now() + 2 * second);

        assert!(timer.poll_elapsed(&mut cx).is_pending());
        clock.advance(second);
        assert_eq!((woken(), clock.waiting()), (0, 1));
        clock.advance(second);
        assert_eq!((woken(), clock.waiting()), (1, 0));
        assert!(timer.poll_elapsed(&mut cx).is_ready());

        timer.reset(clock.now() + second);
        assert!(timer.poll_elapsed(&mut cx).is_pending());
        timer.reset(clock.now());
        assert_eq!(woken(), 2);
        assert!(timer.poll_elapsed(&mut cx).is_ready());

        timer.reset(clock.now() + second);
        assert!(timer.poll_elapsed(&mut cx).is_pending());
        drop(timer);
        assert_eq!(clock.waiting(), 0);
    }
}
