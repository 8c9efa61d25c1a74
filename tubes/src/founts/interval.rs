//! A tick in each period.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use crate::alarm::{Alarm, after};
use crate::clock::{Ambient, Clock};
use crate::fount::Fount;
use crate::reason::Reason;

/// A fount of ticks, one in each `period`: the first at once, then on the grid that it begins.
///
/// A tick is its number on the grid: how many periods have passed since the first one. Ticks that
/// nobody pulled in time are missing, never made up for: after a delay comes one tick, late, with
/// its number, and the next one is on the grid again. So there is no burst, and a gap shows.
///
/// # Flow control
///
/// Holds nothing. Counts on while downstream is not ready. A period of zero is one of a nanosecond.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tubes::{Fount, drains, founts};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let ticks = founts::interval(Duration::from_millis(1))
///     .take(3)
///     .flow_to(drains::collect(9))
///     .await?;
/// assert!(ticks[0] == 0 && ticks.is_sorted());
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[inline]
pub fn interval(period: Duration) -> Interval {
    Interval {
        period: period.max(Duration::from_nanos(1)),
        clock: Ambient,
        alarm: Alarm::default(),
        state: State::New,
    }
}

/// The fount of [`interval`].
#[must_use = "nothing flows before it is driven: use `flow_to` or `next`"]
pub struct Interval<C = Ambient> {
    period: Duration,
    clock: C,
    alarm: Alarm,
    state: State,
}

enum State {
    New,
    Ticking {
        start: Instant,
        /// The number of the next tick.
        next: u64,
    },
    Over(Reason),
}

impl<C> Interval<C> {
    /// The same fount with a clock of its own.
    #[inline]
    pub fn on<D: Clock>(self, clock: D) -> Interval<D> {
        Interval {
            period: self.period,
            clock,
            alarm: self.alarm,
            state: self.state,
        }
    }
}

// Nothing in it is pinned.
impl<C> Unpin for Interval<C> {}

impl<C: Clock> Fount for Interval<C> {
    type Item = u64;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<u64, Reason>> {
        let this = &mut *self;
        let (start, next) = match &mut this.state {
            State::New => {
                let start = this.clock.now();
                this.state = State::Ticking { start, next: 1 };
                return Poll::Ready(Ok(0));
            }
            State::Ticking { start, next } => (*start, next),
            State::Over(reason) => return Poll::Ready(Err(reason.clone())),
        };
        let at = after(start, times(this.period, *next));
        ready!(this.alarm.poll_at(&this.clock, at, cx));
        let passed = this
            .clock
            .now()
            .saturating_duration_since(start);
        let periods = passed.as_nanos() / this.period.as_nanos();
        let number = u64::try_from(periods)
            .unwrap_or(u64::MAX)
            .max(*next);
        *next = number.saturating_add(1);
        Poll::Ready(Ok(number))
    }

    fn stop(mut self: Pin<&mut Self>, reason: &Reason) {
        if !matches!(self.state, State::Over(_)) {
            self.state = State::Over(reason.clone());
            self.alarm.clear();
        }
    }
}

fn times(period: Duration, count: u64) -> Duration {
    let nanos = period
        .as_nanos()
        .saturating_mul(count.into());
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

impl<C> fmt::Debug for Interval<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let over = match self.state {
            State::New | State::Ticking { .. } => "",
            State::Over(_) => ", over",
        };
        write!(f, "interval({:?}{over})", self.period)
    }
}
