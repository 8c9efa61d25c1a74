//! How long a peer may keep us waiting: four waits, one timer behind them.
//!
//! Looked at only while something waits, and moved by a store: the timer is armed once, and moved
//! on when it fires early.

use std::fmt;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use tubes::clock::{SharedClock, Timer};

/// What is longer is for ever: a clock may not be able to say when it ends. tokio has the same.
const LONGEST: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// What one connection waits for.
pub(crate) struct Deadlines {
    clock: SharedClock,
    reading: Option<Wait>,
    writing: Option<Wait>,
    exchange: Option<Wait>,
    quiet: Option<Wait>,
    timer: Option<Armed>,
}

/// Bytes from the peer, room for bytes to the peer, the end of an exchange, or something for a peer
/// that only reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum For {
    Reading,
    Writing,
    Exchange,
    Quiet,
}

#[derive(Clone, Copy)]
struct Wait {
    since: Instant,
    until: Until,
}

/// Until when, or that it has passed.
#[derive(Clone, Copy)]
enum Until {
    At(Instant),
    Passed,
}

struct Armed {
    timer: Box<dyn Timer>,
    at: Instant,
    state: Armament,
}

/// Whether the timer knows whom to ring for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Armament {
    /// It is to be polled.
    New,
    /// It rings, and needs no look before.
    Waits,
}

impl Deadlines {
    pub(crate) fn new(clock: SharedClock) -> Self {
        Self {
            clock,
            reading: None,
            writing: None,
            exchange: None,
            quiet: None,
            timer: None,
        }
    }

    /// Begins to wait, at most `time` from now, unless it waits already.
    #[inline]
    pub(crate) fn begin(&mut self, what: For, time: Duration) {
        if self.wait(what).is_none() {
            let since = self.clock.now();
            let until = Until::At(since + time.min(LONGEST));
            *self.wait(what) = Some(Wait { since, until });
        }
    }

    /// What was waited for came.
    #[inline]
    pub(crate) fn end(&mut self, what: For) {
        *self.wait(what) = None;
    }

    /// We have not listened since `from`: that is not charged to who is waited for.
    pub(crate) fn forgive(&mut self, what: For, from: Instant) {
        let now = self.clock.now();
        if let Some(wait) = self.wait(what) {
            let unheard = now.saturating_duration_since(from.max(wait.since));
            wait.since += unheard;
            wait.until = Until::At(match wait.until {
                Until::At(at) => at + unheard,
                Until::Passed => now + unheard,
            });
        }
    }

    /// The same, and how long that took.
    pub(crate) fn end_timed(&mut self, what: For) -> Duration {
        match self.wait(what).take() {
            Some(wait) => self
                .clock
                .now()
                .saturating_duration_since(wait.since),
            None => Duration::ZERO,
        }
    }

    /// Since when it waits.
    #[inline]
    pub(crate) fn since(&self, what: For) -> Option<Instant> {
        let wait = match what {
            For::Reading => &self.reading,
            For::Writing => &self.writing,
            For::Exchange => &self.exchange,
            For::Quiet => &self.quiet,
        };
        wait.map(|wait| wait.since)
    }

    /// Ready when `what` is overdue. Whenever a deadline passes, `bell` rings; it is for whoever
    /// hears it to wake who waits.
    #[inline]
    pub(crate) fn poll(&mut self, what: For, bell: &Waker) -> Poll<()> {
        if let (Some(wait), Some(armed)) = (*self.wait(what), &self.timer)
            && armed.is_for(&wait)
        {
            return Poll::Pending;
        }
        loop {
            match self.wait(what) {
                None => return Poll::Pending,
                Some(Wait {
                    until: Until::Passed,
                    ..
                }) => return Poll::Ready(()),
                Some(_) => {}
            }
            match self.poll_timer(bell) {
                Poll::Ready(now) => self.pass(now),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// The bell has rung: the timer is to be looked at.
    pub(crate) fn rang(&mut self) {
        if let Some(armed) = &mut self.timer {
            armed.state = Armament::New;
        }
    }

    /// Lets go of the timer, and with it of the bell.
    pub(crate) fn close(&mut self) {
        self.reading = None;
        self.writing = None;
        self.exchange = None;
        self.quiet = None;
        self.timer = None;
    }

    /// Ready with the time when the earliest deadline may have come.
    fn poll_timer(&mut self, bell: &Waker) -> Poll<Instant> {
        let Some(at) = self.earliest() else {
            return Poll::Pending;
        };
        let clock = &self.clock;
        let armed = self.timer.get_or_insert_with(|| Armed {
            timer: clock.timer(at),
            at,
            state: Armament::New,
        });
        if armed.at > at {
            armed.reset(at);
        }
        if armed.state == Armament::Waits {
            return Poll::Pending;
        }
        armed.state = Armament::Waits;
        let mut cx = Context::from_waker(bell);
        while armed
            .timer
            .poll_elapsed(&mut cx)
            .is_ready()
        {
            armed.state = Armament::New;
            let now = clock.now();
            if now >= at {
                return Poll::Ready(now);
            }
            armed.reset(at);
            armed.state = Armament::Waits;
        }
        Poll::Pending
    }

    fn earliest(&self) -> Option<Instant> {
        let at = |wait: &Option<Wait>| match wait {
            Some(Wait {
                until: Until::At(at),
                ..
            }) => Some(*at),
            _ => None,
        };
        let waits = [&self.reading, &self.writing, &self.exchange, &self.quiet];
        waits.into_iter().filter_map(at).min()
    }

    fn pass(&mut self, now: Instant) {
        let waits = [
            &mut self.reading,
            &mut self.writing,
            &mut self.exchange,
            &mut self.quiet,
        ];
        for wait in waits.into_iter().flatten() {
            if let Until::At(at) = wait.until
                && at <= now
            {
                wait.until = Until::Passed;
            }
        }
    }

    #[inline]
    fn wait(&mut self, what: For) -> &mut Option<Wait> {
        match what {
            For::Reading => &mut self.reading,
            For::Writing => &mut self.writing,
            For::Exchange => &mut self.exchange,
            For::Quiet => &mut self.quiet,
        }
    }
}

impl Armed {
    /// Whether it rings in time for this one, and knows whom for.
    fn is_for(&self, wait: &Wait) -> bool {
        match wait.until {
            Until::At(at) => self.state == Armament::Waits && self.at <= at,
            Until::Passed => false,
        }
    }

    fn reset(&mut self, at: Instant) {
        self.timer.reset(at);
        self.at = at;
        self.state = Armament::New;
    }
}

impl fmt::Debug for Deadlines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waits = |what| self.since(what).is_some();
        write!(
            f,
            "deadlines(reading {}, writing {}, exchange {}, quiet {})",
            waits(For::Reading),
            waits(For::Writing),
            waits(For::Exchange),
            waits(For::Quiet)
        )
    }
}

/// How much longer a peer may keep us waiting in this exchange: a slow one gets time for each
/// byte that it moves, one that drips gets none to speak of.
///
/// `left <= most`
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    left: Duration,
}

impl Patience {
    pub(crate) fn new(most: Duration) -> Self {
        Self { left: most }
    }

    pub(crate) fn left(self) -> Duration {
        self.left
    }

    /// We waited so long.
    pub(crate) fn spend(&mut self, waited: Duration) {
        self.left = self.left.saturating_sub(waited);
    }

    /// So many bytes moved, of which `rate` are worth a second.
    pub(crate) fn earn(&mut self, bytes: u64, rate: u64, most: Duration) {
        if self.left >= most {
            return;
        }
        let nanos = u128::from(bytes) * 1_000_000_000 / u128::from(rate.max(1));
        let earned = u64::try_from(nanos).map_or(most, Duration::from_nanos);
        self.left = self
            .left
            .saturating_add(earned)
            .min(most);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::task::{Poll, Waker};
    use std::time::Duration;

    use tubes::testing::ManualClock;

    use super::{Deadlines, For, Patience};

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn each_wait_is_overdue_at_its_own_time_whoever_looks_first() {
        for first in [For::Reading, For::Writing, For::Exchange] {
            let clock = ManualClock::default();
            let mut deadlines = Deadlines::new(Arc::new(clock.clone()));
            deadlines.begin(For::Writing, 3 * SECOND);
            deadlines.begin(For::Exchange, 4 * SECOND);
            deadlines.begin(For::Reading, 2 * SECOND);
            let mut poll = |what| {
                deadlines.rang();
                deadlines.poll(what, Waker::noop())
            };
            assert_eq!(
                (poll(first), poll(For::Reading)),
                (Poll::Pending, Poll::Pending)
            );
            clock.advance(2 * SECOND);
            assert_eq!(poll(For::Writing), Poll::Pending);
            assert_eq!(poll(For::Reading), Poll::Ready(()));
            assert_eq!(poll(For::Reading), Poll::Ready(()), "it stays so");
            clock.advance(SECOND);
            assert_eq!(poll(For::Writing), Poll::Ready(()));
            assert_eq!(poll(For::Exchange), Poll::Pending);
            clock.advance(SECOND);
            assert_eq!(poll(For::Exchange), Poll::Ready(()));
        }
    }

    #[test]
    fn a_wait_that_ended_is_never_overdue_and_says_how_long_it_took() {
        let clock = ManualClock::default();
        let mut deadlines = Deadlines::new(Arc::new(clock.clone()));
        deadlines.begin(For::Reading, 2 * SECOND);
        assert!(
            deadlines
                .poll(For::Reading, Waker::noop())
                .is_pending()
        );
        clock.advance(SECOND);
        deadlines.begin(For::Reading, 9 * SECOND);
        assert_eq!(deadlines.end_timed(For::Reading), SECOND);
        deadlines.begin(For::Reading, 2 * SECOND);
        for overdue in [false, true] {
            clock.advance(SECOND);
            deadlines.rang();
            let polled = deadlines.poll(For::Reading, Waker::noop());
            assert_eq!(polled.is_ready(), overdue);
        }
    }

    #[test]
    fn patience_lasts_as_long_as_bytes_move_at_the_rate() {
        let most = 30 * SECOND;
        let mut steady = Patience::new(most);
        let mut drip = Patience::new(most);
        for _ in 0..100 {
            for (patience, bytes) in [(&mut steady, 256), (&mut drip, 1)] {
                patience.spend(SECOND);
                patience.earn(bytes, 256, most);
            }
        }
        assert_eq!((steady.left(), drip.left() < SECOND), (most, true));
        drip.earn(u64::MAX, 1, most);
        assert_eq!(drip.left(), most);
    }
}
