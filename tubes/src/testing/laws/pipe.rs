//! The laws of whatever joins a source and a drain: stages, drivers, chains of both.

use std::fmt::Debug;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;

use super::due::Due;
use super::suite::{Plan, Suite, quiet, reason_of, reasons, same_reason, same_result, trial};
use super::watch::{Watch, not_alone, own_end, told_once};
use crate::error::Error;
use crate::reason::Reason;
use crate::testing::fake_drain::{FakeDrain, Place};
use crate::testing::fake_drain_handle::FakeDrainHandle;
use crate::testing::fake_fount::FakeFount;
use crate::testing::fake_fount_handle::FakeFountHandle;
use crate::testing::schedule::Schedule;

/// Checks whatever joins a source and a drain; `join` makes the future that drives them.
///
/// [`stage`](super::stage), [`behind`](super::behind) and [`tube`](super::tube) are this and more.
/// `expected` is what `input` must become if the source finishes.
///
/// | law | what is tried, for each seed |
/// |---|---|
/// | 1 | nothing is pulled without room; a drop at every poll loses nothing but what is documented as held |
/// | 3 | every reason of the source comes once behind the data; a drain that refuses after every item, in each of its three places, with every reason: the source hears it once, nothing is pulled after it |
/// | 4 | a drain that waits, or a subject that waits for something of its own: progress upstream. A source that waits: a flush downstream |
/// | 5 | no wake is lost, and nothing happens while paused |
/// | 6 | an endless source: each poll ends |
///
/// # Examples
///
/// ```
/// use tubes::testing::laws;
/// use tubes::Fount;
///
/// laws::pipe(|source, drain| source.flow_to(drain), vec![1, 2, 3], vec![1, 2, 3]).check();
/// ```
pub fn pipe<In, Out, M, Fut, X>(join: M, input: Vec<In>, expected: Vec<Out>) -> Suite<In, Out, M>
where
    M: FnMut(FakeFount<In>, FakeDrain<Out>) -> Fut,
    Fut: Future<Output = Result<X, Error>> + 'static,
    In: Clone + Send + 'static,
    Out: Clone + PartialEq + Debug + Send + 'static,
{
    Suite::new(join, input, expected, |mut join, plan| {
        check(
            &mut |source, drain| {
                let flow = join(source, drain);
                Box::pin(async { flow.await.map(drop) })
            },
            plan,
        );
    })
}

/// A flow that is driven, whatever its output.
pub(super) type Flowing = Pin<Box<dyn Future<Output = Result<(), Error>>>>;

/// Joins a source and a drain.
pub(super) type Join<'a, In, Out> = dyn FnMut(FakeFount<In>, FakeDrain<Out>) -> Flowing + 'a;

pub(super) fn check<In, Out>(join: &mut Join<'_, In, Out>, plan: &Plan<In, Out>)
where
    In: Clone + Send + 'static,
    Out: Clone + PartialEq + Debug + Send + 'static,
{
    let mut pipe = Pipe {
        join,
        plan,
        due: Due {
            plan,
            made: Arc::new([]),
        },
    };
    pipe.due.made = pipe.outputs_of_prefixes();
    for seed in plan.seeds.clone() {
        pipe.ends(seed, &reason_of(seed));
        pipe.drops(seed);
    }
    // Every place on a short way, and some on a long one.
    let stride = 1 + plan.expected.len() / 16;
    for after in (0..=plan.expected.len()).step_by(stride) {
        for place in [Place::Ready, Place::Receive, Place::Flush] {
            for (index, reason) in (0..).zip(reasons()) {
                let first = plan.seeds.start;
                for seed in [first, first + 5 + index] {
                    pipe.refuses(seed, after, place, &reason);
                }
            }
        }
    }
    pipe.waits_for_the_drain();
    pipe.waits_for_the_source();
    pipe.is_fair();
}

/// Something between a source and a drain, under test.
pub(super) struct Pipe<'a, 'j, In, Out> {
    pub(super) join: &'a mut Join<'j, In, Out>,
    pub(super) plan: &'a Plan<In, Out>,
    pub(super) due: Due<'a, In, Out>,
}

impl<In, Out> Pipe<'_, '_, In, Out>
where
    In: Clone + Send + 'static,
    Out: Clone + PartialEq + Debug + Send + 'static,
{
    /// Feeds longer and longer beginnings of the input, and counts what comes out.
    fn outputs_of_prefixes(&mut self) -> Arc<[usize]> {
        (0..=self.plan.input.len())
            .map(|length| self.outputs_of(length))
            .collect()
    }

    fn outputs_of(&mut self, length: usize) -> usize {
        let schedule = quiet(format!("the first {length} inputs, and no end"));
        let drain = FakeDrain::new()
            .scheduled(&schedule)
            .at_most(self.plan.at_most());
        let sink = drain.handle();
        let inputs = self.plan.input[..length].to_vec();
        let source = FakeFount::new(inputs)
            .scheduled(&schedule)
            .open();
        let mut flow = (self.join)(source, drain);
        let mut executor = self.plan.executor(&schedule);
        drop(executor.run_until_stalled(flow.as_mut()));
        if !self
            .plan
            .expected
            .starts_with(&sink.items())
        {
            self.due.wrong_data(&schedule, &sink);
        }
        sink.count()
    }

    /// Law 3: the data, then the end of the source, once.
    fn ends(&mut self, seed: u64, reason: &Reason) {
        let step = format!("the source ends with {reason:?}, everybody is ready at random");
        let schedule = trial(seed, step);
        let (source, sink, flow) = self.joined(&schedule, reason, FakeDrain::new());
        let result = self.plan.executor(&schedule).run(flow);
        self.due
            .settled(&schedule, &source, &sink, reason, &result);
    }

    /// Law 3: a drain that wants no more.
    fn refuses(&mut self, seed: u64, after: usize, place: Place, reason: &Reason) {
        let step = format!("the drain refuses after {after} items in {place:?} with {reason:?}");
        let schedule = trial(seed, step);
        let drain = FakeDrain::new().refusing(after, place, reason.clone());
        let (source, sink, flow) = self.joined(&schedule, &Reason::Finished, drain);
        let result = self.plan.executor(&schedule).run(flow);
        if sink.refused().is_none() {
            return self
                .due
                .settled(&schedule, &source, &sink, &Reason::Finished, &result);
        }
        // Unless the subject had ended the flow before, and the farewell was refused.
        let own = own_end(self.plan, &source);
        let due = own
            .as_ref()
            .filter(|own| !own.is_clean())
            .unwrap_or(reason);
        same_reason(&schedule, "the drain", sink.end().as_ref(), due);
        same_result(&schedule, &result, due);
        told_once(&schedule, &source, own.as_ref().unwrap_or(reason));
        if !self
            .plan
            .expected
            .starts_with(&sink.items())
        {
            self.due.wrong_data(&schedule, &sink);
        }
        self.due
            .nothing_lost(&schedule, &source, &sink);
    }

    /// Law 1: a drop at every poll.
    fn drops(&mut self, seed: u64) {
        for polls in 0.. {
            let schedule = trial(seed, format!("the flow is dropped after {polls} polls"));
            let (source, sink, mut flow) =
                self.joined(&schedule, &Reason::Finished, FakeDrain::new());
            let mut executor = self.plan.executor(&schedule);
            let ended = (0..polls).any(|_| {
                executor.stir();
                executor.poll(flow.as_mut()).is_ready()
            });
            drop(flow);
            if !(source.is_dropped() && sink.is_dropped()) {
                schedule.broken(3, "the flow was dropped, and one of its ends was not");
            }
            if !self
                .plan
                .expected
                .starts_with(&sink.items())
            {
                self.due.wrong_data(&schedule, &sink);
            }
            self.due
                .nothing_lost(&schedule, &source, &sink);
            // Every poll of the first seed, and some of the others.
            if ended || (seed != self.plan.seeds.start && polls >= seed % 8) {
                return;
            }
        }
    }

    /// A flow of the whole input on this schedule, watched for law 1.
    pub(super) fn joined(
        &mut self,
        schedule: &Schedule,
        end: &Reason,
        drain: FakeDrain<Out>,
    ) -> (FakeFountHandle<In>, FakeDrainHandle<Out>, Flowing) {
        let drain = drain
            .scheduled(schedule)
            .at_most(self.plan.at_most());
        let sink = drain.handle();
        let watch = Watch {
            schedule: schedule.clone(),
            sink: sink.clone(),
            made: Arc::clone(&self.due.made),
            held: self.plan.held,
            room: self.plan.room,
        };
        let fount = FakeFount::new(self.plan.input.clone())
            .ending(end.clone())
            .scheduled(schedule)
            .before_each(move |pulled| watch.pull(pulled));
        let source = fount.handle();
        let mut flow = (self.join)(fount, drain);
        let (moving, schedule) = (source.clone(), schedule.clone());
        let is_one_task = self.plan.is_one_task();
        let watched = poll_fn(move |cx| {
            let polled = flow.as_mut().poll(cx);
            if polled.is_pending() && is_one_task {
                not_alone(&schedule, &moving);
            }
            polled
        });
        (source, sink, Box::pin(watched))
    }
}
