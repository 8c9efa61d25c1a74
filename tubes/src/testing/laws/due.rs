//! What is due at the end of a flow.

use std::fmt::Debug;
use std::sync::Arc;

use super::suite::{Plan, same_reason, same_result};
use super::watch::{delivered, holding, told_once};
use crate::error::Error;
use crate::reason::Reason;
use crate::testing::fake_drain_handle::FakeDrainHandle;
use crate::testing::fake_fount_handle::FakeFountHandle;
use crate::testing::schedule::Schedule;

/// What is due at the end of a flow.
pub(super) struct Due<'a, In, Out> {
    pub(super) plan: &'a Plan<In, Out>,
    /// How many outputs come of the first so many inputs, before any end.
    pub(super) made: Arc<[usize]>,
}

impl<In, Out: Clone + PartialEq + Debug> Due<'_, In, Out> {
    /// Law 3: the source ended with `reason`, or the subject before it with its own.
    pub(super) fn settled(
        &self,
        schedule: &Schedule,
        source: &FakeFountHandle<In>,
        sink: &FakeDrainHandle<Out>,
        reason: &Reason,
        result: &Result<(), Error>,
    ) {
        let end = self
            .plan
            .ending
            .as_ref()
            .unwrap_or(reason);
        let items = sink.items();
        let due = &self.plan.expected;
        let is_due = match (&self.plan.ending, reason) {
            // After a failure of the source, a farewell may differ.
            (None, Reason::Failed(_)) => {
                let before_the_end = self.made.last().copied().unwrap_or(0);
                items.get(..before_the_end) == due.get(..before_the_end)
            }
            _ => items == *due,
        };
        if !is_due {
            self.wrong_data(schedule, sink);
        }
        same_reason(schedule, "the drain", sink.end().as_ref(), end);
        same_result(schedule, result, end);
        told_once(schedule, source, end);
        self.nothing_lost(schedule, source, sink);
    }

    /// Law 1: all that was pulled is delivered, or within what may be held.
    pub(super) fn nothing_lost(
        &self,
        schedule: &Schedule,
        source: &FakeFountHandle<In>,
        sink: &FakeDrainHandle<Out>,
    ) {
        let delivered = delivered(&self.made, sink.count() + sink.lost());
        if source.pulled() > delivered + self.plan.held {
            let found = format!(
                "{} items were pulled, the outputs of {delivered} were delivered{}",
                source.pulled(),
                holding(self.plan.held)
            );
            schedule.broken(1, found);
        }
    }

    #[track_caller]
    pub(super) fn wrong_data(&self, schedule: &Schedule, sink: &FakeDrainHandle<Out>) -> ! {
        let (items, due) = (sink.items(), &self.plan.expected);
        schedule.broken(3, format!("the drain received {items:?}, due were {due:?}"))
    }
}
