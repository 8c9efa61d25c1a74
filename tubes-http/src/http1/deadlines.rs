//! How long we wait for a peer, or a peer for us: five waits, one timer behind them.
//!
//! Looked at only while something waits, and moved by a store: the timer is armed once, and moved
//! on when it fires early. What an idle connection does not wait for has no place on it.

use std::fmt;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use tubes::clock::{SharedClock, Timer};

use crate::http1::patience::Patience;

/// What is longer is for ever: a clock may not be able to say when it ends. tokio has the same.
const LONGEST: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// What one connection waits for.
pub(crate) struct Deadlines {
    clock: SharedClock,
    reading: Option<Wait>,
    /// There from the first time that an exchange has to wait until the connection is idle.
    slow: Option<Box<Slow>>,
    timer: Option<Armed>,
}

/// What there is only with an exchange that has to wait.
#[derive(Default)]
struct Slow {
    writing: Option<Wait>,
    exchange: Option<Wait>,
    quiet: Option<Wait>,
    pull: Option<Wait>,
    /// With a peer that sends a body, once it was waited for.
    with_request: Option<Patience>,
    /// With a peer that takes a reply, once it was waited for.
    with_response: Option<Patience>,
    /// Since when nothing is read because all connections hold too much.
    thirst: Option<Instant>,
}

/// Bytes from the peer, room for bytes to the peer, the end of an exchange, something for a peer that
/// only reads, or somebody who pulls the body of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum For {
    Reading,
    Writing,
    Exchange,
    Quiet,
    Pull,
}

/// What the peer is slow with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum With {
    Request,
    Response,
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
            slow: None,
            timer: None,
        }
    }

    /// Begins to wait, at most `time` from now, unless it waits already.
    #[inline]
    pub(crate) fn begin(&mut self, what: For, time: Duration) {
        if self.wait(what).is_none() {
            let since = self.clock.now();
            let until = Until::At(since + time.min(LONGEST));
            *self.own_wait(what) = Some(Wait { since, until });
        }
    }

    /// What was waited for came.
    #[inline]
    pub(crate) fn end(&mut self, what: For) {
        match (what, &mut self.slow) {
            (For::Reading, _) => self.reading = None,
            (_, None) => {}
            (For::Writing, Some(slow)) => slow.writing = None,
            (For::Exchange, Some(slow)) => slow.exchange = None,
            (For::Quiet, Some(slow)) => slow.quiet = None,
            (For::Pull, Some(slow)) => slow.pull = None,
        }
    }

    /// Nothing is read any more, because all connections hold too much.
    pub(crate) fn thirst(&mut self) {
        if !self.is_thirsty() {
            self.slow().thirst = Some(self.clock.now());
        }
    }

    /// Whether nothing is read because all connections hold too much.
    #[inline]
    pub(crate) fn is_thirsty(&self) -> bool {
        self.slow
            .as_ref()
            .is_some_and(|slow| slow.thirst.is_some())
    }

    /// There is memory: while there was none, we have not listened, and that is not charged to who
    /// is waited for.
    pub(crate) fn quench(&mut self) {
        let thirst = self
            .slow
            .as_mut()
            .and_then(|slow| slow.thirst.take());
        if let (Some(from), Some(wait)) = (thirst, &mut self.reading) {
            let now = self.clock.now();
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
        match self.since(what) {
            Some(since) => {
                self.end(what);
                self.clock
                    .now()
                    .saturating_duration_since(since)
            }
            None => Duration::ZERO,
        }
    }

    /// Since when it waits.
    #[inline]
    pub(crate) fn since(&self, what: For) -> Option<Instant> {
        self.wait(what).map(|wait| wait.since)
    }

    /// An exchange begins: with its peer there is all patience.
    #[inline]
    pub(crate) fn renew(&mut self) {
        if let Some(slow) = &mut self.slow {
            slow.with_request = None;
            slow.with_response = None;
        }
    }

    /// How much longer the peer may keep us waiting in this exchange, of `most`.
    pub(crate) fn left(&self, with: With, most: Duration) -> Duration {
        let slow = self.slow.as_ref();
        let patience = match with {
            With::Request => slow.and_then(|slow| slow.with_request),
            With::Response => slow.and_then(|slow| slow.with_response),
        };
        patience.map_or(most, Patience::left)
    }

    /// We waited so long; it may be `most` in all.
    pub(crate) fn spend(&mut self, with: With, waited: Duration, most: Duration) {
        if waited.is_zero() {
            return;
        }
        let slow = self.slow();
        let patience = match with {
            With::Request => &mut slow.with_request,
            With::Response => &mut slow.with_response,
        };
        patience
            .get_or_insert(Patience::new(most))
            .spend(waited);
    }

    /// So many bytes moved, of which `rate` are worth a second.
    pub(crate) fn earn(&mut self, with: With, bytes: u64, rate: u64, most: Duration) {
        let slow = self.slow.as_mut();
        let patience = match with {
            With::Request => slow.and_then(|slow| slow.with_request.as_mut()),
            With::Response => slow.and_then(|slow| slow.with_response.as_mut()),
        };
        if let Some(patience) = patience {
            patience.earn(bytes, rate, most);
        }
    }

    /// Ready when `what` is overdue. Whenever a deadline passes, `bell` rings; it is for whoever
    /// hears it to wake who waits.
    #[inline]
    pub(crate) fn poll(&mut self, what: For, bell: &Waker) -> Poll<()> {
        if let (Some(wait), Some(armed)) = (self.wait(what), &self.timer)
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

    /// The connection is idle: what only an exchange needs is given up, unless it still waits.
    pub(crate) fn settle(&mut self) {
        self.slow.take_if(|slow| !slow.waits());
    }

    /// Lets go of the timer, and with it of the bell.
    pub(crate) fn close(&mut self) {
        self.reading = None;
        self.slow = None;
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
        let at = |wait: Option<Wait>| match wait {
            Some(Wait {
                until: Until::At(at),
                ..
            }) => Some(at),
            _ => None,
        };
        let waits = For::ALL.map(|what| self.wait(what));
        waits.into_iter().filter_map(at).min()
    }

    fn pass(&mut self, now: Instant) {
        let slow = self.slow.as_deref_mut().map(|slow| {
            [
                &mut slow.writing,
                &mut slow.exchange,
                &mut slow.quiet,
                &mut slow.pull,
            ]
        });
        let waits = slow.into_iter().flatten();
        for wait in waits
            .chain([&mut self.reading])
            .flatten()
        {
            if let Until::At(at) = wait.until
                && at <= now
            {
                wait.until = Until::Passed;
            }
        }
    }

    #[inline]
    fn wait(&self, what: For) -> Option<Wait> {
        let slow = self.slow.as_ref();
        match what {
            For::Reading => self.reading,
            For::Writing => slow.and_then(|slow| slow.writing),
            For::Exchange => slow.and_then(|slow| slow.exchange),
            For::Quiet => slow.and_then(|slow| slow.quiet),
            For::Pull => slow.and_then(|slow| slow.pull),
        }
    }

    /// The place of a wait, which is made if there is none.
    #[inline]
    fn own_wait(&mut self, what: For) -> &mut Option<Wait> {
        match what {
            For::Reading => &mut self.reading,
            For::Writing => &mut self.slow().writing,
            For::Exchange => &mut self.slow().exchange,
            For::Quiet => &mut self.slow().quiet,
            For::Pull => &mut self.slow().pull,
        }
    }

    fn slow(&mut self) -> &mut Slow {
        self.slow.get_or_insert_default()
    }
}

impl For {
    const ALL: [Self; 5] = [
        Self::Reading,
        Self::Writing,
        Self::Exchange,
        Self::Quiet,
        Self::Pull,
    ];
}

impl Slow {
    fn waits(&self) -> bool {
        let waits = [self.writing, self.exchange, self.quiet, self.pull];
        waits.iter().any(Option::is_some) || self.thirst.is_some()
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
            "deadlines(reading {}, writing {}, exchange {}, quiet {}, pull {})",
            waits(For::Reading),
            waits(For::Writing),
            waits(For::Exchange),
            waits(For::Quiet),
            waits(For::Pull)
        )
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::task::{Poll, Waker};
    use std::time::Duration;

    use tubes::testing::ManualClock;

    use super::{Deadlines, For};

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
}
