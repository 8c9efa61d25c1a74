//! The laws of a drain.

use std::future::poll_fn;
use std::pin::Pin;

use super::suite::{Plan, Suite, poke, quiet, reasons, same_reason, same_result, trial};
use super::watch::told_once;
use crate::drain::Drain;
use crate::error::Error;
use crate::fount::Fount;
use crate::reason::Reason;
use crate::testing::fake_fount::FakeFount;
use crate::testing::schedule::Schedule;

/// Checks a drain: `make` makes one, `items` flow to it, and `check` looks at the output of each
/// clean end.
///
/// If the drain itself ends the flow, say why with [`ending`](Suite::ending).
///
/// | law | what is tried, for each seed |
/// |---|---|
/// | 1 | dropped at every poll: the source hears it |
/// | 3 | every reason of the source: an output after a clean end, the very failure after a failure; the end without an item before it; another flow behind the end, which nobody should give it, is not left waiting |
/// | 5 | no wake is lost; nothing happens while the source has nothing |
///
/// # Examples
///
/// ```
/// use tubes::{drains, testing::laws};
///
/// let sum = || drains::fold(0, |sum, n: i32| sum + n);
/// laws::drain(sum, vec![1, 2, 3], |sum| assert_eq!(sum, 6)).check();
/// ```
pub fn drain<T, M, D, C>(make: M, items: Vec<T>, check: C) -> Suite<T, (), (M, C)>
where
    M: FnMut() -> D,
    D: Drain<T>,
    C: FnMut(D::Output),
    T: Clone + Send + 'static,
{
    Suite::new((make, check), items, Vec::new(), |(make, look), plan| {
        Checked { make, look, plan }.check();
    })
}

struct Checked<'a, T, M, C> {
    make: M,
    look: C,
    plan: &'a Plan<T, ()>,
}

impl<T, M, D, C> Checked<'_, T, M, C>
where
    M: FnMut() -> D,
    D: Drain<T>,
    C: FnMut(D::Output),
    T: Clone + Send + 'static,
{
    fn check(&mut self) {
        for seed in self.plan.seeds.clone() {
            for reason in reasons() {
                self.ends(seed, &reason);
            }
            self.drops(seed);
            self.picky(seed);
        }
        for reason in reasons() {
            self.ends_at_once(&reason);
            self.waits_for_the_source(&reason);
            self.flows_again(&reason);
        }
    }

    /// Law 3: the end of the source, or the drain's own before it.
    fn ends(&mut self, seed: u64, reason: &Reason) {
        let step = format!("the source ends with {reason:?}, ready at random");
        let schedule = trial(seed, step);
        let fount = FakeFount::new(self.plan.input.clone())
            .ending(reason.clone())
            .scheduled(&schedule);
        let source = fount.handle();
        let flow = fount.flow_to((self.make)());
        let output = self.plan.executor(&schedule).run(flow);
        let due = self
            .plan
            .ending
            .as_ref()
            .unwrap_or(reason);
        self.output(&schedule, output, due);
        told_once(&schedule, &source, due);
    }

    /// Law 3: as a drain is driven by hand, asked and flushed more often than there is a reason to.
    fn picky(&mut self, seed: u64) {
        let schedule = trial(seed, "driven by hand, asked again and flushed at random");
        let mut executor = self.plan.executor(&schedule);
        let mut drain = Box::pin((self.make)());
        let mut end = Reason::Finished;
        for item in self.plan.input.clone() {
            if let Err(reason) = executor.run(offered(drain.as_mut(), item, &schedule)) {
                end = reason;
                break;
            }
        }
        if let Some(due) = &self.plan.ending {
            same_reason(&schedule, "upstream", Some(&end), due);
        }
        let output = executor.run(poll_fn(|cx| drain.as_mut().poll_stopped(cx, &end)));
        self.output(&schedule, output, &end);
    }

    /// Law 3: the end without anything before it, not even a question.
    fn ends_at_once(&mut self, reason: &Reason) {
        let schedule = quiet(format!("nothing but the end, {reason:?}"));
        let mut drain = Box::pin((self.make)());
        let mut executor = self.plan.executor(&schedule);
        let output = executor.run(poll_fn(|cx| drain.as_mut().poll_stopped(cx, reason)));
        same_result(&schedule, &output.map(drop), reason);
    }

    /// Law 3: whoever gives an ended drain another flow is not left waiting.
    fn flows_again(&mut self, reason: &Reason) {
        let schedule = quiet(format!("another flow behind the end, {reason:?}"));
        let mut drain = Box::pin((self.make)());
        let mut executor = self.plan.executor(&schedule);
        let input = &self.plan.input;
        let first = FakeFount::new(input.clone()).ending(reason.clone());
        drop(executor.run(first.flow_to(drain.as_mut())));
        // More than is to fit anywhere.
        let many = input
            .iter()
            .cycle()
            .take(4 * input.len());
        let again = FakeFount::new(many.cloned().collect::<Vec<_>>());
        drop(executor.run(again.flow_to(drain.as_mut())));
    }

    /// Law 1: dropped on the way.
    fn drops(&mut self, seed: u64) {
        let polls = seed % 16;
        let schedule = trial(seed, format!("the flow is dropped after {polls} polls"));
        let fount = FakeFount::new(self.plan.input.clone()).scheduled(&schedule);
        let source = fount.handle();
        let mut flow = Box::pin(fount.flow_to((self.make)()));
        let mut executor = self.plan.executor(&schedule);
        for _ in 0..polls {
            executor.stir();
            if executor.poll(flow.as_mut()).is_ready() {
                break;
            }
        }
        drop(flow);
        if !source.is_dropped() {
            schedule.broken(3, "the flow was dropped, and its source was not");
        }
    }

    /// Law 5: a source that has nothing right now.
    fn waits_for_the_source(&mut self, reason: &Reason) {
        let schedule = quiet("the source yields by hand only");
        let fount = FakeFount::new([]).open();
        let source = fount.handle();
        let mut flow = Box::pin(fount.flow_to((self.make)()));
        let mut executor = self.plan.executor(&schedule);
        let mut output = None;
        for item in self.plan.input.clone() {
            source.push(item);
            if let std::task::Poll::Ready(early) = executor.run_until_stalled(flow.as_mut()) {
                output = Some(early);
                break;
            }
            let wakes = executor.wakes();
            poke(&schedule, &mut executor, flow.as_mut());
            if executor.wakes() != wakes {
                schedule.broken(5, "a wake while the source had nothing");
            }
        }
        source.end(reason.clone());
        let output = output.unwrap_or_else(|| executor.run(flow));
        let due = self
            .plan
            .ending
            .as_ref()
            .unwrap_or(reason);
        self.output(&schedule, output, due);
        told_once(&schedule, &source, due);
    }

    /// Law 3: an output after a clean end, the failure after a failure.
    fn output(&mut self, schedule: &Schedule, output: Result<D::Output, Error>, due: &Reason) {
        let result = output
            .as_ref()
            .map(|_| ())
            .map_err(Clone::clone);
        same_result(schedule, &result, due);
        if let Ok(output) = output {
            (self.look)(output);
        }
    }
}

/// Offers an item as the contract says, with questions and flushes in between.
async fn offered<T, D: Drain<T>>(
    mut drain: Pin<&mut D>,
    item: T,
    schedule: &Schedule,
) -> Result<(), Reason> {
    for _ in 0..schedule.below(3) {
        poll_fn(|cx| drain.as_mut().poll_ready(cx)).await?;
        poll_fn(|cx| drain.as_mut().poll_flush(cx)).await?;
    }
    poll_fn(|cx| drain.as_mut().poll_ready(cx)).await?;
    drain.as_mut().receive(item)?;
    for _ in 0..schedule.below(2) {
        poll_fn(|cx| drain.as_mut().poll_flush(cx)).await?;
    }
    Ok(())
}
