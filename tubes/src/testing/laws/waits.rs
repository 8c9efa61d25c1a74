//! The laws while somebody waits, and while nobody does.

use std::fmt::Debug;
use std::sync::atomic::Ordering;

use super::pipe::Pipe;
use super::suite::{no_wake, poke, quiet};
use super::watch::{PER_POLL, endless};
use crate::reason::Reason;
use crate::testing::fake_drain::FakeDrain;
use crate::testing::fake_fount::FakeFount;

impl<In, Out> Pipe<'_, '_, In, Out>
where
    In: Clone + Send + 'static,
    Out: Clone + PartialEq + Debug + Send + 'static,
{
    /// Laws 4 and 5: a drain that is not ready.
    pub(super) fn waits_for_the_drain(&mut self) {
        let schedule = quiet("the drain is ready by hand only");
        let (source, sink, mut flow) =
            self.joined(&schedule, &Reason::Finished, FakeDrain::new().by_hand());
        let mut executor = self.plan.executor(&schedule);
        for allowed in 1.. {
            let moved = source.progress();
            if executor
                .run_until_stalled(flow.as_mut())
                .is_ready()
            {
                return;
            }
            let before = (source.pulled(), executor.wakes());
            poke(&schedule, &mut executor, flow.as_mut());
            if source.pulled() != before.0 {
                schedule.broken(1, "the source was pulled while the drain was not ready");
            }
            // Once is enough, until the source has woken whoever moved it on.
            if source.progress() == moved && source.said().is_none() && source.stops().is_empty() {
                schedule.broken(
                    4,
                    "no `poll_progress` upstream while the drain was not ready",
                );
            }
            if executor.wakes() != before.1 {
                schedule.broken(5, "a wake while the drain was not ready");
            }
            let moved = source.progress();
            source.nudge();
            let is_over = executor
                .run_until_stalled(flow.as_mut())
                .is_ready();
            if is_over {
                return;
            }
            if source.progress() == moved && source.said().is_none() && source.stops().is_empty() {
                schedule.broken(
                    4,
                    "the source had something to move, and no `poll_progress` came",
                );
            }
            if allowed > self.plan.expected.len() + 2 {
                schedule.broken(
                    5,
                    "ready for one more than all items, and the flow did not end",
                );
            }
            sink.allow(1);
        }
    }

    /// Laws 4 and 5: a source that has nothing right now.
    pub(super) fn waits_for_the_source(&mut self) {
        let schedule = quiet("the source yields by hand only");
        let drain = FakeDrain::new()
            .scheduled(&schedule)
            .at_most(self.plan.at_most());
        let fount = FakeFount::new([])
            .scheduled(&schedule)
            .open();
        let (sink, source) = (drain.handle(), fount.handle());
        let mut flow = (self.join)(fount, drain);
        let mut executor = self.plan.executor(&schedule);
        for item in &self.plan.input {
            if executor
                .run_until_stalled(flow.as_mut())
                .is_ready()
            {
                return;
            }
            let before = (sink.flushes(), executor.wakes());
            poke(&schedule, &mut executor, flow.as_mut());
            if sink.flushes() == before.0 {
                schedule.broken(4, "no `poll_flush` downstream while the source had nothing");
            }
            if executor.wakes() != before.1 {
                schedule.broken(5, "a wake while the source had nothing");
            }
            source.push(item.clone());
        }
        source.end(Reason::Finished);
        let result = executor.run(flow);
        self.due
            .settled(&schedule, &source, &sink, &Reason::Finished, &result);
    }

    /// Law 6: an endless source and a drain that is always ready.
    pub(super) fn is_fair(&mut self) {
        if self.plan.input.is_empty() {
            return;
        }
        let schedule = quiet("an endless source, a drain that is always ready");
        let (fount, turn) = endless(&schedule, &self.plan.input);
        let drain = FakeDrain::new().scheduled(&schedule);
        let sink = drain.handle();
        let mut flow = (self.join)(fount, drain);
        let mut executor = self.plan.executor(&schedule);
        for _ in 0..3 {
            turn.store(0, Ordering::Relaxed);
            let before = sink.count();
            if executor.poll(flow.as_mut()).is_ready() {
                return;
            }
            if (sink.count() - before) as u64 > PER_POLL {
                schedule.broken(6, format!("{} items in one poll", sink.count() - before));
            }
            if !executor.will_wake() {
                no_wake(&schedule);
            }
        }
    }
}
