//! The laws of a fount.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;

use super::mixed::Mixed;
use super::stage::ends_again;
use super::suite::{Plan, Suite, no_wake, poke, quiet, reasons, same_reason, same_result, trial};
use super::watch::PER_POLL;
use crate::error::Error;
use crate::fount::Fount;
use crate::reason::Reason;
use crate::testing::executor::Executor;
use crate::testing::fake_drain::{FakeDrain, Place};
use crate::testing::fake_drain_handle::FakeDrainHandle;
use crate::testing::schedule::Schedule;

/// Checks a fount: `make` makes one that yields `expected` and then finishes (or ends as
/// [`ending`](Suite::ending) says).
///
/// | law | what is tried, for each seed |
/// |---|---|
/// | 1 | a drain that is not ready receives nothing; dropped at every poll |
/// | 3 | driven by `flow_to`, through `boxed`, by both in turn, pulled with `next`: the items, then one end. A drain that refuses after every item, in each place, with every reason. Stopped at first, or on the way: no item after it. Asked after its end: the same |
/// | 5 | no wake is lost, and nothing happens while paused |
///
/// For law 6, give a fount without end to [`fair`](super::fair).
///
/// # Examples
///
/// ```
/// use tubes::testing::laws;
/// use tubes::founts;
///
/// laws::fount(|| founts::iter(1..4), vec![1, 2, 3]).check();
/// ```
pub fn fount<T, M, F>(make: M, expected: Vec<T>) -> Suite<(), T, M>
where
    M: FnMut() -> F,
    F: Fount<Item = T> + 'static,
    T: Clone + PartialEq + Debug + 'static,
{
    Suite::new(make, Vec::new(), expected, |make, plan| {
        Checked { make, plan }.check();
    })
}

/// Checks law 6 with a fount that has no end and never waits: each poll moves a bounded number of
/// items.
///
/// One that waits for time goes by a [`HastyClock`](crate::testing::HastyClock) here.
///
/// # Panics
///
/// When law 5 or 6 is broken.
///
/// # Examples
///
/// ```
/// use tubes::{Fount, founts, testing::laws};
///
/// laws::fair(founts::iter(0..).filter(|n| n % 1000 == 0));
/// ```
pub fn fair<F: Fount>(fount: F) {
    let schedule = quiet("a fount without end, a drain that is always ready");
    let drain = FakeDrain::new();
    let sink = drain.handle();
    let mut flow = std::pin::pin!(fount.flow_to(drain));
    let mut executor = Executor::new(&schedule);
    for _ in 0..3 {
        let before = sink.count();
        if executor.poll(flow.as_mut()).is_ready() {
            schedule.broken(6, "a fount without end has ended");
        }
        let moved = sink.count() - before;
        if moved as u64 > PER_POLL {
            schedule.broken(6, format!("{moved} items in one poll"));
        }
        if !executor.is_woken() {
            no_wake(&schedule);
        }
    }
}

struct Checked<'a, T, M> {
    make: M,
    plan: &'a Plan<(), T>,
}

type Flowing = Pin<Box<dyn Future<Output = Result<(), Error>>>>;

impl<T, M, F> Checked<'_, T, M>
where
    M: FnMut() -> F,
    F: Fount<Item = T> + 'static,
    T: Clone + PartialEq + Debug + 'static,
{
    fn check(&mut self) {
        for seed in self.plan.seeds.clone() {
            for way in 0..3 {
                self.flows(seed, way);
            }
            self.by_hand(seed);
            self.stops(seed);
            self.drops(seed);
            for place in [Place::Ready, Place::Receive, Place::Flush] {
                self.refuses(seed, place);
            }
        }
        self.waits();
    }

    fn end(&self) -> Reason {
        self.plan
            .ending
            .clone()
            .unwrap_or(Reason::Finished)
    }

    fn flow(&mut self, way: usize, drain: FakeDrain<T>) -> Flowing {
        let fount = (self.make)();
        match way {
            0 => Box::pin(fount.flow_to(drain)),
            1 => Box::pin(fount.boxed_local().flow_to(drain)),
            _ => Box::pin(Mixed::new(fount).flow_to(drain)),
        }
    }

    /// Law 3: the items, then the end.
    fn flows(&mut self, seed: u64, way: usize) {
        let way_name = ["`flow_to`", "`boxed`", "both in turn"][way];
        let schedule = trial(
            seed,
            format!("driven by {way_name}, the drain ready at random"),
        );
        let drain = FakeDrain::new()
            .scheduled(&schedule)
            .at_most(self.plan.at_most());
        let sink = drain.handle();
        let flow = self.flow(way, drain);
        let result = self.plan.executor(&schedule).run(flow);
        self.data(&schedule, &sink, self.plan.expected.len());
        same_reason(&schedule, "the drain", sink.end().as_ref(), &self.end());
        same_result(&schedule, &result, &self.end());
    }

    /// Law 3: a drain that wants no more, after a number of items that goes with the seed.
    fn refuses(&mut self, seed: u64, place: Place) {
        let after = usize::try_from(seed).unwrap_or(0) % (self.plan.expected.len() + 1);
        for reason in reasons() {
            let step = format!("the drain refuses after {after} items in {place:?}: {reason:?}");
            let schedule = trial(seed, step);
            let drain = FakeDrain::new()
                .scheduled(&schedule)
                .at_most(self.plan.at_most())
                .refusing(after, place, reason.clone());
            let sink = drain.handle();
            let flow = self.flow(usize::from(seed % 2 == 1), drain);
            let result = self.plan.executor(&schedule).run(flow);
            let due = sink
                .refused()
                .unwrap_or_else(|| self.end());
            self.data(&schedule, &sink, after.min(sink.count()));
            same_reason(&schedule, "the drain", sink.end().as_ref(), &due);
            same_result(&schedule, &result, &due);
        }
    }

    /// Law 3: pulled by hand, to the end and beyond it.
    fn by_hand(&mut self, seed: u64) {
        let schedule = trial(seed, "pulled by `next`");
        let mut executor = self.plan.executor(&schedule);
        let mut fount = Box::pin((self.make)());
        let mut items = Vec::new();
        let end = loop {
            match executor.run(fount.next_or_reason()) {
                Ok(item) if items.len() < self.plan.at_most() => items.push(item),
                Ok(_) => schedule.broken(3, "more items came than were due"),
                Err(reason) => break reason,
            }
        };
        if items != self.plan.expected {
            let due = &self.plan.expected;
            schedule.broken(3, format!("{items:?} came, due were {due:?}"));
        }
        same_reason(&schedule, "who pulls", Some(&end), &self.end());
        ends_again(&schedule, &mut executor, &mut fount, &end);
    }

    /// Law 3: stopped after some items.
    fn stops(&mut self, seed: u64) {
        let after = usize::try_from(seed).unwrap_or(0) % (self.plan.expected.len() + 1);
        for reason in reasons() {
            let step = format!("pulled by `next`, stopped with {reason:?} after {after} items");
            let schedule = trial(seed, step);
            let mut executor = self.plan.executor(&schedule);
            let mut fount = Box::pin((self.make)());
            for _ in 0..after {
                if executor
                    .run(fount.next_or_reason())
                    .is_err()
                {
                    schedule.broken(3, "ended before the data did");
                }
            }
            fount.as_mut().stop(&reason);
            fount.as_mut().stop(&Reason::Finished);
            ends_again(&schedule, &mut executor, &mut fount, &reason);
        }
    }

    /// Law 1: dropped on the way.
    fn drops(&mut self, seed: u64) {
        let polls = seed % 16;
        let schedule = trial(seed, format!("the flow is dropped after {polls} polls"));
        let drain = FakeDrain::new()
            .scheduled(&schedule)
            .at_most(self.plan.at_most());
        let sink = drain.handle();
        let mut flow = self.flow(0, drain);
        let mut executor = self.plan.executor(&schedule);
        for _ in 0..polls {
            executor.stir();
            if executor.poll(flow.as_mut()).is_ready() {
                break;
            }
        }
        drop(flow);
        self.data(&schedule, &sink, 0);
    }

    /// Laws 1 and 5: a drain that is ready by hand only.
    fn waits(&mut self) {
        let schedule = quiet("the drain is ready by hand only");
        let drain = FakeDrain::new()
            .scheduled(&schedule)
            .at_most(self.plan.at_most())
            .by_hand();
        let sink = drain.handle();
        let mut flow = self.flow(0, drain);
        let mut executor = self.plan.executor(&schedule);
        for allowed in 0.. {
            if executor
                .run_until_stalled(flow.as_mut())
                .is_ready()
            {
                return;
            }
            let (came, wakes) = (sink.count(), executor.wakes());
            poke(&schedule, &mut executor, flow.as_mut());
            if executor.wakes() != wakes {
                schedule.broken(5, "a wake while the drain was not ready");
            }
            if came != allowed || allowed > self.plan.expected.len() + 1 {
                schedule.broken(5, format!("{came} items came, {allowed} were allowed"));
            }
            sink.allow(1);
        }
    }

    /// Law 3: what came is the beginning of what is due, and at least so much of it.
    #[track_caller]
    fn data(&self, schedule: &Schedule, sink: &FakeDrainHandle<T>, least: usize) {
        let (items, due) = (sink.items(), &self.plan.expected);
        if items.len() < least || !due.starts_with(&items) {
            schedule.broken(3, format!("the drain received {items:?}, due were {due:?}"));
        }
    }
}
