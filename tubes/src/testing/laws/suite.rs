//! What is to be checked, before it is.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::ops::Range;
use std::pin::Pin;
use std::rc::Rc;

use crate::error::Error;
use crate::reason::Reason;
use crate::testing::executor::{Executor, TIME};
use crate::testing::fake_fount::{same, same_error};
use crate::testing::schedule::Schedule;

/// A check of the laws, to be refined and then run with [`check`](Self::check).
#[must_use = "nothing is checked before `check`"]
pub struct Suite<In, Out, M> {
    plan: Plan<In, Out>,
    make: M,
    run: fn(M, &Plan<In, Out>),
}

/// What goes in, what must come out, and what the subject may do on the way.
pub(super) struct Plan<In, Out> {
    pub(super) input: Vec<In>,
    pub(super) expected: Vec<Out>,
    pub(super) held: usize,
    pub(super) room: Room,
    /// The subject itself ends the flow with this reason.
    pub(super) ending: Option<Reason>,
    pub(super) seeds: Range<u64>,
    outside: Option<Rc<RefCell<dyn FnMut()>>>,
}

/// When the subject may take an item out of its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// When downstream has room.
    Below,
    /// When it has room itself.
    Within,
}

/// How many seeds are tried unless [`Suite::seeds`] says otherwise.
const SEEDS: u64 = 64;

impl<In, Out, M> Suite<In, Out, M> {
    pub(super) fn new(
        make: M,
        input: Vec<In>,
        expected: Vec<Out>,
        run: fn(M, &Plan<In, Out>),
    ) -> Self {
        let plan = Plan {
            input,
            expected,
            held: 0,
            room: Room::Below,
            ending: None,
            seeds: 0..SEEDS,
            outside: None,
        };
        Self { plan, make, run }
    }

    /// May hold up to so many inputs, the outputs of which were not all delivered: what its
    /// documentation says. Without this, none.
    pub fn holding(mut self, inputs: usize) -> Self {
        self.plan.held = inputs;
        self
    }

    /// Takes in what it may hold even while downstream is not ready: futures in flight, say.
    pub fn working_ahead(mut self) -> Self {
        self.plan.room = Room::Within;
        self
    }

    /// Ends the flow by itself with this reason behind what is expected: upstream is stopped with
    /// it. For a fount: the reason that it ends with, if it is not `Finished`.
    pub fn ending(mut self, reason: impl Into<Reason>) -> Self {
        self.plan.ending = Some(reason.into());
        self
    }

    /// Tries these seeds: more of them, or the one of a message.
    pub fn seeds(mut self, seeds: Range<u64>) -> Self {
        self.plan.seeds = seeds;
        self
    }

    /// Calls `turn` when everybody waits, to let the world outside move: the tasks of a runtime, a
    /// clock.
    ///
    /// With it, a poll of the subject is not all that happens to its source. So it is not checked
    /// whether one poll both asks and moves it, or does neither (laws 4 and 5 of
    /// [`stage`](super::stage), pulled by hand): with a [`HastyClock`] instead, it is.
    ///
    /// [`HastyClock`]: crate::testing::HastyClock
    ///
    /// # Examples
    ///
    /// All that `make` makes goes by one clock, which moves when nothing else does:
    ///
    /// ```
    /// use std::time::Duration;
    /// use tubes::testing::{ManualClock, laws};
    /// use tubes::{Fount, bound, stages};
    ///
    /// let (clock, second) = (ManualClock::new(), Duration::from_secs(1));
    /// let hands = clock.clone();
    /// let slow = move || stages::throttle(bound(1), second).on(clock.clone());
    /// laws::stage(move |source| source.through(slow()), vec![1, 2], vec![1, 2])
    ///     .while_idle(move || hands.advance(second))
    ///     .check();
    /// ```
    pub fn while_idle(mut self, turn: impl FnMut() + 'static) -> Self {
        self.plan.outside = Some(Rc::new(RefCell::new(turn)));
        self
    }

    /// Checks the laws.
    ///
    /// # Panics
    ///
    /// When a law is broken: with its number and sentence, what was tried, what was found, and
    /// the seed.
    pub fn check(self) {
        (self.run)(self.make, &self.plan);
    }
}

impl<In, Out> Plan<In, Out> {
    /// More items than this are too many, even with another farewell after a failure.
    pub(super) fn at_most(&self) -> usize {
        self.expected.len() + 16
    }

    /// Whether all is done in the polls of the executor, none in tasks outside.
    pub(super) fn is_one_task(&self) -> bool {
        self.outside.is_none()
    }

    pub(super) fn executor(&self, schedule: &Schedule) -> Executor<'static> {
        let executor = Executor::new(schedule);
        let Some(outside) = self.outside.clone() else {
            return executor;
        };
        executor.while_idle(move || (outside.borrow_mut())())
    }
}

/// A schedule for one try.
pub(super) fn trial(seed: u64, step: impl Into<String>) -> Schedule {
    Schedule::seeded(seed).named(step)
}

/// A schedule for one try in which only hands decide.
pub(super) fn quiet(step: impl Into<String>) -> Schedule {
    Schedule::eager().named(step)
}

/// Polls a stalled flow without a wake: nothing may come of it.
#[track_caller]
pub(super) fn poke<F>(schedule: &Schedule, executor: &mut Executor<'_>, mut flow: Pin<&mut F>)
where
    F: Future + ?Sized,
{
    for _ in 0..3 {
        if executor.poll(flow.as_mut()).is_ready() {
            schedule.broken(5, "could end, and had not been woken: a lost wake");
        }
    }
}

/// Law 5: what had nobody to wait for waits.
#[track_caller]
pub(super) fn no_wake(schedule: &Schedule) -> ! {
    schedule.broken(
        5,
        format_args!("pending without a wake, and nobody had to wait{TIME}"),
    )
}

/// Every kind of reason; the failure is told from any other by its message.
pub(super) fn reasons() -> [Reason; 3] {
    let failure = Error::user("the failure of the law suite").at("laws");
    [Reason::Finished, Reason::Enough, Reason::Failed(failure)]
}

/// One of them, in turn.
pub(super) fn reason_of(seed: u64) -> Reason {
    let [finished, enough, failed] = reasons();
    match seed % 3 {
        0 => finished,
        1 => enough,
        _ => failed,
    }
}

/// Law 3: the same reason.
#[track_caller]
pub(super) fn same_reason(schedule: &Schedule, who: &str, found: Option<&Reason>, due: &Reason) {
    if !found.is_some_and(|found| same(found, due)) {
        schedule.broken(3, format!("{who} heard {found:?} instead of {due:?}"));
    }
}

/// Law 3: an output only if the end was clean, else the failure that it was.
#[track_caller]
pub(super) fn same_result(schedule: &Schedule, result: &Result<(), Error>, due: &Reason) {
    let is_same = match (result, due) {
        (Ok(()), due) => due.is_clean(),
        (Err(error), Reason::Failed(failure)) => same_error(error, failure),
        (Err(_), Reason::Finished | Reason::Enough) => false,
    };
    if !is_same {
        schedule.broken(
            3,
            format!("a flow that ended with {due:?} resolved to {result:?}"),
        );
    }
}

impl<In, Out, M> fmt::Debug for Suite<In, Out, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "laws(seeds {:?})", self.plan.seeds)
    }
}
