//! The laws of a stage behind a fount.

use std::fmt::Debug;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::Ordering;

use super::mixed::Mixed;
use super::pipe;
use super::suite::{Plan, Suite, no_wake, quiet, reason_of, reasons, same_reason, trial};
use super::watch::{endless, not_alone, own_end, told_once};
use crate::fount::Fount;
use crate::reason::Reason;
use crate::testing::executor::Executor;
use crate::testing::fake_fount::{FakeFount, Turn};
use crate::testing::fake_fount_handle::FakeFountHandle;
use crate::testing::schedule::Schedule;

/// Checks a stage behind a fount: `make` puts it behind the source that it is given.
///
/// All that [`pipe`](super::pipe) checks, driven by `flow_to`, by `flow_to` through a `boxed`
/// fount (so by `poll_next` alone), by both in turn, and pulled by hand with `next`; then:
///
/// | law | what is tried |
/// |---|---|
/// | 1 | stopped before the first poll: not one pull |
/// | 3 | stopped after each item, twice: the source hears it once. Asked after its end: the same end |
/// | 4 | while the stage itself waits (for a clock, a future): progress upstream |
/// | 5 | a source that had nothing is not given `poll_progress` by the same call: it was moved when it was asked |
/// | 6 | an endless source, pulled by hand: each poll ends |
///
/// # Examples
///
/// ```
/// use tubes::testing::laws;
/// use tubes::Fount;
///
/// laws::stage(|source| source.map(|n| n * 2), vec![1, 2, 3], vec![2, 4, 6]).check();
///
/// // holds the iterator of its last input: says so
/// laws::stage(|source| source.flat_map(|n| 0..n), vec![2, 1], vec![0, 1, 0]).holding(1).check();
/// ```
pub fn stage<In, Out, M, F>(make: M, input: Vec<In>, expected: Vec<Out>) -> Suite<In, Out, M>
where
    M: FnMut(FakeFount<In>) -> F,
    F: Fount<Item = Out> + 'static,
    In: Clone + Send + 'static,
    Out: Clone + PartialEq + Debug + Send + 'static,
{
    Suite::new(make, input, expected, |mut make, plan| {
        check(&mut make, plan);
    })
}

pub(super) fn check<In, Out, M, F>(make: &mut M, plan: &Plan<In, Out>)
where
    M: FnMut(FakeFount<In>) -> F,
    F: Fount<Item = Out> + 'static,
    In: Clone + Send + 'static,
    Out: Clone + PartialEq + Debug + Send + 'static,
{
    pipe::check(
        &mut |source, drain| {
            let flow = make(source).flow_to(drain);
            Box::pin(async { flow.await.map(drop) })
        },
        plan,
    );
    pipe::check(
        &mut |source, drain| {
            let flow = make(source)
                .boxed_local()
                .flow_to(drain);
            Box::pin(async { flow.await.map(drop) })
        },
        plan,
    );
    pipe::check(
        &mut |source, drain| {
            let flow = Mixed::new(make(source)).flow_to(drain);
            Box::pin(async { flow.await.map(drop) })
        },
        plan,
    );
    let mut pulled = Pulled { make, plan };
    for seed in plan.seeds.clone() {
        let reason = reason_of(seed);
        pulled.by_hand(seed, &reason);
        pulled.stops(seed, &reason);
    }
    for reason in reasons() {
        pulled.never_starts(&reason);
    }
    pulled.is_fair();
}

/// The stage, pulled by hand.
struct Pulled<'a, In, Out, M> {
    make: &'a mut M,
    plan: &'a Plan<In, Out>,
}

impl<In, Out, M, F> Pulled<'_, In, Out, M>
where
    M: FnMut(FakeFount<In>) -> F,
    F: Fount<Item = Out>,
    In: Clone + Send + 'static,
    Out: Clone + PartialEq + Debug + Send + 'static,
{
    fn open(&mut self, schedule: &Schedule, end: &Reason) -> (FakeFountHandle<In>, Pin<Box<F>>) {
        let fount = FakeFount::new(self.plan.input.clone())
            .ending(end.clone())
            .scheduled(schedule);
        (fount.handle(), Box::pin((self.make)(fount)))
    }

    /// Law 3: the data, then the end, again and again.
    fn by_hand(&mut self, seed: u64, reason: &Reason) {
        let schedule = trial(
            seed,
            format!("pulled by `next`, the source ends with {reason:?}"),
        );
        let (source, mut fount) = self.open(&schedule, reason);
        let mut executor = self.plan.executor(&schedule);
        let mut items = Vec::new();
        let end = loop {
            match executor.run(self.asked_or_moved(&schedule, &source, fount.next_or_reason())) {
                Ok(item) if items.len() < self.plan.at_most() => items.push(item),
                Ok(_) => schedule.broken(3, "more items came than were due"),
                Err(reason) => break reason,
            }
        };
        let is_failure = self.plan.ending.is_none() && !reason.is_clean();
        if items != self.plan.expected && !is_failure {
            let due = &self.plan.expected;
            schedule.broken(3, format!("{items:?} came, due were {due:?}"));
        }
        let due = self
            .plan
            .ending
            .as_ref()
            .unwrap_or(reason);
        same_reason(&schedule, "who pulls", Some(&end), due);
        told_once(&schedule, &source, due);
        ends_again(&schedule, &mut executor, &mut fount, due);
        fount.as_mut().stop(&Reason::Enough);
        told_once(&schedule, &source, due);
    }

    /// Law 5: no poll that asks the source in vain moves it besides. Law 4: one that waits, and not
    /// for the source, moves it. What a task outside does is not one poll.
    async fn asked_or_moved<Fut: Future + Unpin>(
        &self,
        schedule: &Schedule,
        source: &FakeFountHandle<In>,
        mut next: Fut,
    ) -> Fut::Output {
        let is_one_task = self.plan.is_one_task();
        poll_fn(|cx| {
            source.turn();
            let polled = Pin::new(&mut next).poll(cx);
            if source.turn() == Turn::Moved && is_one_task {
                schedule.broken(5, "the source had nothing, and was moved besides");
            }
            if polled.is_pending() && is_one_task {
                not_alone(schedule, source);
            }
            polled
        })
        .await
    }

    /// Law 3: stopped twice after some items, the source hears it once.
    fn stops(&mut self, seed: u64, reason: &Reason) {
        let after = usize::try_from(seed).unwrap_or(0) % (self.plan.expected.len() + 1);
        let step = format!("pulled by `next`, stopped twice with {reason:?} after {after} items");
        let schedule = trial(seed, step);
        let (source, mut fount) = self.open(&schedule, &Reason::Finished);
        let mut executor = self.plan.executor(&schedule);
        for _ in 0..after {
            if executor
                .run(fount.next_or_reason())
                .is_err()
            {
                schedule.broken(3, "ended before the data did");
            }
        }
        let pulled = source.pulled();
        fount.as_mut().stop(reason);
        fount.as_mut().stop(reason);
        let own = own_end(self.plan, &source);
        told_once(&schedule, &source, own.as_ref().unwrap_or(reason));
        let due = if own.is_none() && source.said().is_none() {
            reason.clone()
        } else {
            // It was over before: whoever pulls may hear that end or the stop.
            let end = executor
                .run(fount.next_or_reason())
                .err();
            end.unwrap_or_else(|| schedule.broken(3, "an item after `stop`"))
        };
        ends_again(&schedule, &mut executor, &mut fount, &due);
        if source.pulled() != pulled {
            schedule.broken(3, "the source was pulled after `stop`");
        }
    }

    /// Law 1: stopped before it began.
    fn never_starts(&mut self, reason: &Reason) {
        let schedule = quiet(format!("stopped with {reason:?} before the first poll"));
        let (source, mut fount) = self.open(&schedule, &Reason::Finished);
        fount.as_mut().stop(reason);
        fount.as_mut().stop(reason);
        told_once(&schedule, &source, reason);
        ends_again(
            &schedule,
            &mut self.plan.executor(&schedule),
            &mut fount,
            reason,
        );
        if source.polls() > 0 {
            schedule.broken(1, "the source was pulled, and was stopped before");
        }
    }

    /// Law 6: an endless source, pulled by hand.
    fn is_fair(&mut self) {
        if self.plan.input.is_empty() {
            return;
        }
        let schedule = quiet("an endless source, pulled by hand");
        let (fount, turn) = endless(&schedule, &self.plan.input);
        let mut fount = Box::pin((self.make)(fount));
        let mut executor = self.plan.executor(&schedule);
        for _ in 0..300 {
            turn.store(0, Ordering::Relaxed);
            let mut next = fount.next_or_reason();
            let polled = executor.poll(Pin::new(&mut next));
            if polled.is_pending() && !executor.will_wake() {
                no_wake(&schedule);
            }
        }
    }
}

/// Law 3: asked after its end, a fount says the same.
#[track_caller]
pub(super) fn ends_again<F: Fount>(
    schedule: &Schedule,
    executor: &mut Executor<'_>,
    fount: &mut Pin<Box<F>>,
    due: &Reason,
) {
    for _ in 0..3 {
        match executor.run(poll_fn(|cx| fount.as_mut().poll_next(cx))) {
            Ok(_) => schedule.broken(3, "an item after the end"),
            Err(again) => same_reason(schedule, "who asks again", Some(&again), due),
        }
    }
}
