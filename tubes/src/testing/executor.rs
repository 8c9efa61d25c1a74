//! Polls a future only when it was woken, and notices when nobody will.

use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use super::schedule::Schedule;

/// Polls one future under a [`Schedule`], with a waker that checks law 5.
///
/// The future is polled when it was woken, now and then without, and now and then with another
/// waker: from then on a wake of the old one counts for nothing. When it waits, the wakes that the
/// gates of the schedule owe are fired in random order. When none is owed and the future still
/// waits, it is *stalled*; [`run`](Self::run) calls that a lost wake.
///
/// # Examples
///
/// ```
/// use tubes::testing::{Executor, FakeDrain, FakeFount, Schedule};
/// use tubes::{Fount, Reason};
///
/// let schedule = Schedule::seeded(7);
/// let drain = FakeDrain::new().scheduled(&schedule);
/// let sink = drain.handle();
/// let flow = FakeFount::new([1, 2, 3]).scheduled(&schedule).flow_to(drain);
/// Executor::new(&schedule).run(flow)?;
/// assert_eq!(sink.items(), [1, 2, 3]);
/// assert!(matches!(sink.end(), Some(Reason::Finished)));
/// # Ok::<_, tubes::Error>(())
/// ```
pub struct Executor<'a> {
    schedule: Schedule,
    bell: Arc<Bell>,
    wakes: Arc<AtomicU64>,
    polls: u64,
    /// What had happened when the last poll ended.
    moves: u64,
    /// Polls after a wake in which nothing happened.
    idle: u64,
    outside: Option<Box<dyn FnMut() + 'a>>,
}

/// What a waker rings.
struct Bell {
    rung: AtomicBool,
    wakes: Arc<AtomicU64>,
}

/// More polls than any flow of a test needs.
const POLLS: u64 = 200_000;

/// How often the world outside may move before it must have come to a wake.
const TURNS: u32 = 8;

/// What else it may be when nothing wakes.
pub(super) const TIME: &str = "\n         (if it waits for time: give it a `HastyClock`, or move its clock \
                               in `.while_idle(..)`)";

/// More wakes for nothing than any flow of a test has a reason for.
const IDLE: u64 = 256;

impl<'a> Executor<'a> {
    /// An executor that goes by this schedule.
    #[must_use]
    pub fn new(schedule: &Schedule) -> Self {
        let wakes = Arc::default();
        Self {
            schedule: schedule.clone(),
            bell: Bell::new(&wakes),
            wakes,
            polls: 0,
            moves: 0,
            idle: 0,
            outside: None,
        }
    }

    /// Calls `turn` when the future waits and no gate owes a wake, to let the world outside move:
    /// the tasks of a runtime, a clock.
    #[must_use]
    pub fn while_idle(mut self, turn: impl FnMut() + 'a) -> Self {
        self.outside = Some(Box::new(turn));
        self
    }

    /// Runs the future to its end.
    ///
    /// # Panics
    ///
    /// When law 5 is broken: the future waits and nothing will wake it; or it is woken again and
    /// again for nothing.
    pub fn run<F: Future>(&mut self, future: F) -> F::Output {
        match self.run_until_stalled(pin!(future)) {
            Poll::Ready(output) => output,
            Poll::Pending => self.schedule.broken(
                5,
                format_args!("pending, and no wake is to come: a lost wake, or a lost end{TIME}"),
            ),
        }
    }

    /// Runs the future to its end, or until it waits for something that is not on the schedule.
    ///
    /// # Panics
    ///
    /// When law 5 is broken: the future is woken again and again for nothing.
    pub fn run_until_stalled<F>(&mut self, mut future: Pin<&mut F>) -> Poll<F::Output>
    where
        F: Future + ?Sized,
    {
        loop {
            if let Poll::Ready(output) = self.poll(future.as_mut()) {
                return Poll::Ready(output);
            }
            if !self.wait() {
                return Poll::Pending;
            }
        }
    }

    /// Polls once, woken or not.
    ///
    /// # Panics
    ///
    /// When law 5 is broken: the future is woken again and again for nothing.
    pub fn poll<F>(&mut self, future: Pin<&mut F>) -> Poll<F::Output>
    where
        F: Future + ?Sized,
    {
        self.polls += 1;
        if self.polls > POLLS {
            let found = format!("no end after {POLLS} polls");
            self.schedule.broken(5, found);
        }
        let woken = self
            .bell
            .rung
            .swap(false, Ordering::Relaxed);
        if self.schedule.below(4) == 0 {
            self.bell = Bell::new(&self.wakes);
        }
        let waker = Waker::from(Arc::clone(&self.bell));
        let polled = future.poll(&mut Context::from_waker(&waker));
        let before = std::mem::replace(&mut self.moves, self.schedule.moves());
        if woken && polled.is_pending() && self.moves == before {
            self.idle += 1;
            if self.idle > IDLE {
                let found = format!("woken {IDLE} times, and nothing had happened");
                self.schedule.broken(5, found);
            }
        }
        polled
    }

    /// Waits for a reason to poll; `false` if there is none to come.
    fn wait(&mut self) -> bool {
        let mut turns = 0;
        loop {
            let spurious = self.schedule.below(8) == 0;
            if spurious || self.is_woken() {
                return true;
            }
            if self.schedule.fire() {
                continue;
            }
            match &mut self.outside {
                Some(turn) if turns < TURNS => turn(),
                _ => return false,
            }
            turns += 1;
        }
    }

    /// Fires a wake that is owed; if there is none and the future waits, the world outside moves.
    pub(super) fn stir(&mut self) {
        if !self.schedule.fire()
            && !self.is_woken()
            && let Some(turn) = &mut self.outside
        {
            turn();
        }
    }

    /// Whether the future is woken, or is when the world outside has moved.
    pub(super) fn will_wake(&mut self) -> bool {
        (0..TURNS).any(|_| {
            if let (false, Some(turn)) = (self.is_woken(), &mut self.outside) {
                turn();
            }
            self.is_woken()
        })
    }

    /// Whether the future was woken since it was polled last.
    #[must_use]
    pub fn is_woken(&self) -> bool {
        self.bell.rung.load(Ordering::Relaxed)
    }

    /// How often the future was polled.
    #[must_use]
    pub fn polls(&self) -> u64 {
        self.polls
    }

    /// How often it was woken, by whatever waker it was given.
    #[must_use]
    pub fn wakes(&self) -> u64 {
        self.wakes.load(Ordering::Relaxed)
    }
}

impl Bell {
    fn new(wakes: &Arc<AtomicU64>) -> Arc<Self> {
        Arc::new(Self {
            rung: AtomicBool::new(false),
            wakes: Arc::clone(wakes),
        })
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.wakes
            .fetch_add(1, Ordering::Relaxed);
        self.rung.store(true, Ordering::Relaxed);
    }
}

impl fmt::Debug for Executor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "executor({} polls, {} wakes)", self.polls, self.wakes())
    }
}
