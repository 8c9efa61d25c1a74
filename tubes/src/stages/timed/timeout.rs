//! Fails when others take too long: for the first item, the next one, all of it, or to be ready.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use super::noting::Noting;
use super::timed_out::{TimedOut, Wait};
use crate::alarm::{Alarm, after};
use crate::clock::{Ambient, Clock};
use crate::drain::Drain;
use crate::fount::{Fount, Run};
use crate::pump::Pump;
use crate::reason::Reason;
use crate::upstream::Upstream;

/// A stage that fails the flow when the first item does not come within `limit`.
///
/// Counts while upstream has nothing (or is busy with what nothing comes of: a filter that passes
/// nothing) and downstream is ready for it. An upstream that ends in
/// time without an item is no failure.
///
/// # Flow control
///
/// Holds nothing. Items pass in runs; the clock is looked at while there is none.
///
/// # Errors
///
/// [`Kind::Timeout`](crate::error::Kind::Timeout), with a [`TimedOut`] as its source.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tubes::{Fount, drains, founts, stages};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let silent = founts::pending::<String>();
/// let error = silent
///     .through(stages::timeout_first(Duration::from_millis(1)))
///     .flow_to(drains::null())
///     .await
///     .unwrap_err();
/// assert_eq!(format!("{error}"), "timeout_first: a wait was longer than its time limit");
/// # });
/// ```
#[inline]
pub fn timeout_first(limit: Duration) -> Timeout {
    Timeout::new(Wait::First, limit)
}

/// A stage that fails the flow when no item comes for `limit`, from the first poll to the end.
///
/// Counts while upstream has nothing (or is busy with what nothing comes of: a filter that passes
/// nothing) and downstream is ready for it: a slow downstream is no
/// fault of upstream (see [`timeout_downstream`]).
///
/// Goes in front of a [`keep_alive`](super::keep_alive): behind it, it hears that one's items, and
/// never fires.
///
/// # Flow control
///
/// Holds nothing. Items pass in runs; the clock is looked at while there is none.
///
/// # Errors
///
/// [`Kind::Timeout`](crate::error::Kind::Timeout), with a [`TimedOut`] as its source.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tubes::{Fount, drains, founts, stages};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let all = founts::iter(1..4)
///     .through(stages::timeout_idle(Duration::from_secs(30)))
///     .flow_to(drains::collect(9))
///     .await?;
/// assert_eq!(all, [1, 2, 3]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[inline]
pub fn timeout_idle(limit: Duration) -> Timeout {
    Timeout::new(Wait::Idle, limit)
}

/// A stage that fails the flow when it has not ended within `limit`, whoever is slow.
///
/// Counts from the first poll. Driven by `flow_to`, it ends a flow whose drain is stuck, too;
/// behind it in a `boxed` fount, that drain hears of it when it is ready.
///
/// # Flow control
///
/// Holds nothing. Items pass in runs; the clock is looked at once a run, or every 64 items where
/// they are pulled one by one.
///
/// # Errors
///
/// [`Kind::Timeout`](crate::error::Kind::Timeout), with a [`TimedOut`] as its source.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tubes::testing::{Executor, ManualClock, Schedule};
/// use tubes::{Fount, Kind, drains, founts, stages};
///
/// // A tick a second is never idle, and goes on for ever.
/// let second = Duration::from_secs(1);
/// let clock = ManualClock::new();
/// let flow = founts::interval(second)
///     .on(clock.clone())
///     .through(stages::timeout_whole(3 * second).on(clock.clone()))
///     .flow_to(drains::null());
/// let mut executor = Executor::new(&Schedule::eager()).while_idle(|| clock.advance(second));
/// assert_eq!(executor.run(flow).unwrap_err().kind(), Kind::Timeout);
/// ```
#[inline]
pub fn timeout_whole(limit: Duration) -> Timeout {
    Timeout::new(Wait::Whole, limit)
}

/// A stage that fails the flow when downstream is not ready for `limit`.
///
/// Driven by `flow_to`, it ends a flow whose drain is stuck: that drain hears the failure as its
/// end. Behind it in a `boxed` fount, it hears of it when it is ready.
///
/// # Flow control
///
/// Holds nothing. Items pass in runs; the clock is looked at while downstream is not ready.
///
/// # Errors
///
/// [`Kind::Timeout`](crate::error::Kind::Timeout), with a [`TimedOut`] as its source.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tubes::testing::{Executor, FakeDrain, ManualClock, Schedule};
/// use tubes::{Fount, Kind, founts, stages};
///
/// let (clock, limit) = (ManualClock::new(), Duration::from_secs(1));
/// let stuck = FakeDrain::new().by_hand();
/// let flow = founts::iter(0..)
///     .through(stages::timeout_downstream(limit).on(clock.clone()))
///     .flow_to(stuck);
/// let mut executor = Executor::new(&Schedule::eager()).while_idle(|| clock.advance(limit));
/// assert_eq!(executor.run(flow).unwrap_err().kind(), Kind::Timeout);
/// ```
#[inline]
pub fn timeout_downstream(limit: Duration) -> Timeout {
    Timeout::new(Wait::Downstream, limit)
}

/// The stage of [`timeout_first`], [`timeout_idle`], [`timeout_whole`] and
/// [`timeout_downstream`].
#[must_use = "a stage does nothing before it is attached"]
pub struct Timeout<C = Ambient> {
    wait: Wait,
    limit: Duration,
    clock: C,
    alarm: Alarm,
    state: State,
    /// How many single items go before the clock is looked at; only for `Whole`.
    unlooked: u8,
}

#[derive(Clone, Copy)]
enum State {
    /// Nobody waits.
    Calm,
    /// It is over then.
    Until(Instant),
    /// What it was to wait for has come: never again.
    Come,
    /// It was waited too long.
    Over,
}

/// Who keeps the flow waiting.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Up,
    Down,
}

/// How many single items go for one look at the clock.
const ITEMS: u8 = 64;

impl Timeout {
    #[inline]
    fn new(wait: Wait, limit: Duration) -> Self {
        Self {
            wait,
            limit,
            clock: Ambient,
            alarm: Alarm::default(),
            state: State::Calm,
            unlooked: 0,
        }
    }
}

impl<C> Timeout<C> {
    /// The same stage with a clock of its own.
    #[inline]
    pub fn on<D: Clock>(self, clock: D) -> Timeout<D> {
        Timeout {
            wait: self.wait,
            limit: self.limit,
            clock,
            alarm: self.alarm,
            state: self.state,
            unlooked: self.unlooked,
        }
    }

    /// An item has come.
    #[inline]
    fn moved(&mut self) {
        self.state = match (self.wait, self.state) {
            (_, State::Over) => State::Over,
            (Wait::First, _) => State::Come,
            (Wait::Whole, state) => state,
            (Wait::Idle | Wait::Downstream, _) => State::Calm,
        };
    }

    #[cold]
    fn over(&mut self) -> Reason {
        self.state = State::Over;
        TimedOut::reason(self.wait, self.limit)
    }
}

impl<C: Clock> Timeout<C> {
    /// Ready when it was waited too long, now that one side keeps the flow waiting.
    fn poll_over(&mut self, side: Side, cx: &mut Context<'_>) -> Poll<Reason> {
        let counts = match self.wait {
            Wait::First | Wait::Idle => side == Side::Up,
            Wait::Whole => true,
            Wait::Downstream => side == Side::Down,
        };
        let at = match self.state {
            State::Come => return Poll::Pending,
            State::Over => return Poll::Ready(self.over()),
            State::Calm | State::Until(_) if !counts => {
                self.state = State::Calm;
                return Poll::Pending;
            }
            State::Until(at) => at,
            State::Calm => after(self.clock.now(), self.limit),
        };
        self.state = State::Until(at);
        self.alarm
            .poll_at(&self.clock, at, cx)
            .map(|()| self.over())
    }

    /// Whether it is over before anything else is looked at. Begins the wait for all of it.
    #[inline]
    fn is_over(&mut self) -> bool {
        if let (Wait::Whole, State::Calm | State::Until(_)) = (self.wait, self.state) {
            self.look();
        }
        matches!(self.state, State::Over)
    }

    fn look(&mut self) {
        let now = self.clock.now();
        let at = match self.state {
            State::Until(at) => at,
            State::Calm | State::Come | State::Over => after(now, self.limit),
        };
        self.state = if now >= at {
            State::Over
        } else {
            State::Until(at)
        };
    }
}

// Nothing in it is pinned.
impl<C> Unpin for Timeout<C> {}

impl<U: Fount, C: Clock> Pump<U> for Timeout<C> {
    type Item = U::Item;

    #[inline]
    fn poll_next(
        mut self: Pin<&mut Self>,
        upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<U::Item, Reason>> {
        self.unlooked = self.unlooked.saturating_sub(1);
        if self.unlooked == 0 {
            self.unlooked = ITEMS;
            if self.is_over() {
                return Poll::Ready(Err(self.over()));
            }
        } else if let State::Over = self.state {
            return Poll::Ready(Err(self.over()));
        }
        let next = upstream.poll_next(cx);
        match next {
            Poll::Ready(Ok(_)) => self.moved(),
            Poll::Ready(Err(_)) => {}
            Poll::Pending => return self.poll_over(Side::Up, cx).map(Err),
        }
        next
    }

    fn poll_progress(
        mut self: Pin<&mut Self>,
        upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        let was_over = matches!(self.state, State::Over);
        if upstream.ended().is_none()
            && !was_over
            && self
                .poll_over(Side::Down, cx)
                .is_ready()
        {
            // It is told by `poll_flow`, or when downstream pulls.
            cx.waker().wake_by_ref();
        }
        upstream.poll_progress(cx)
    }

    #[inline]
    fn poll_flow<D: Drain<U::Item>>(
        mut self: Pin<&mut Self>,
        upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
        drain: Pin<&mut D>,
    ) -> Run {
        if self.is_over() {
            return Run::Ended(self.over());
        }
        if let State::Come = self.state {
            return upstream.poll_flow(cx, drain);
        }
        let mut noting = std::pin::pin!(Noting::new(drain));
        let run = upstream.poll_flow(cx, noting.as_mut());
        let has_moved = noting.has_moved();
        if has_moved {
            self.moved();
        }
        let over = match run {
            Run::Starved => self.poll_over(Side::Up, cx),
            Run::Blocked => self.poll_over(Side::Down, cx),
            // Busy, and nothing came of it: it may go on so for ever.
            Run::Spent if !has_moved && self.wait != Wait::Downstream => {
                self.poll_over(Side::Up, cx)
            }
            Run::Spent | Run::Ended(_) | Run::Refused(_) => return run,
        };
        match over {
            Poll::Ready(reason) => Run::Ended(reason),
            Poll::Pending => run,
        }
    }

    fn stop(mut self: Pin<&mut Self>, upstream: Pin<&mut Upstream<U>>, reason: &Reason) {
        upstream.stop(reason);
        self.alarm.clear();
    }

    fn kind(&self) -> &'static str {
        match self.wait {
            Wait::First => "timeout_first",
            Wait::Idle => "timeout_idle",
            Wait::Whole => "timeout_whole",
            Wait::Downstream => "timeout_downstream",
        }
    }
}

impl<C> fmt::Debug for Timeout<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.wait {
            Wait::First => "timeout_first",
            Wait::Idle => "timeout_idle",
            Wait::Whole => "timeout_whole",
            Wait::Downstream => "timeout_downstream",
        };
        write!(f, "{kind}({:?})", self.limit)
    }
}
