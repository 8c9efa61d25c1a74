//! What the laws look at during a flow.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::suite::{Plan, Room};
use crate::budget;
use crate::reason::Reason;
use crate::testing::fake_drain_handle::FakeDrainHandle;
use crate::testing::fake_fount::{FakeFount, same};
use crate::testing::fake_fount_handle::FakeFountHandle;
use crate::testing::schedule::Schedule;

/// More items than one poll moves: `budget::TURN * budget::RUN`, and as much again.
pub(super) const PER_POLL: u64 = 2 * 64 * budget::RUN as u64;

/// Law 4, at each poll that is pending: who waits for something else than the source moves it.
///
/// What has spent its budget does not wait.
#[track_caller]
pub(super) fn not_alone<In>(schedule: &Schedule, source: &FakeFountHandle<In>) {
    if source.is_left_alone() && budget::is_left() {
        schedule.broken(
            4,
            "pending for something else than the source, and no `poll_progress` upstream",
        );
    }
}

/// Law 3: a source that had not ended by itself hears one reason, once, and is not asked again.
#[track_caller]
pub(super) fn told_once<In>(schedule: &Schedule, source: &FakeFountHandle<In>, due: &Reason) {
    let stops = source.stops();
    match (&stops[..], source.said()) {
        ([], Some(_)) => {}
        ([stop], None) if same(stop, due) => {}
        (stops, said) => {
            let found = format!("the source said {said:?} and heard {stops:?}, due was {due:?}");
            schedule.broken(3, found);
        }
    }
    if source.polls_after_stop() > 0 {
        schedule.broken(3, "the source was asked for more after it had been stopped");
    }
}

/// The reason with which the subject itself had stopped the source, if it has.
pub(super) fn own_end<In, Out>(
    plan: &Plan<In, Out>,
    source: &FakeFountHandle<In>,
) -> Option<Reason> {
    let stop = source.stops().into_iter().next()?;
    let own = plan.ending.as_ref()?;
    same(&stop, own).then_some(stop)
}

/// A source without end that counts what is pulled, and breaks law 6 when one turn is too long.
pub(super) fn endless<In>(schedule: &Schedule, input: &[In]) -> (FakeFount<In>, Arc<AtomicU64>)
where
    In: Clone + Send + 'static,
{
    let turn = Arc::new(AtomicU64::new(0));
    let (count, watch) = (Arc::clone(&turn), schedule.clone());
    let items: Vec<In> = input.to_vec();
    let mut next = 0;
    let items = std::iter::from_fn(move || {
        next += 1;
        items
            .get((next - 1) % items.len())
            .cloned()
    });
    let fount = FakeFount::new(items)
        .scheduled(schedule)
        .before_each(move |_| {
            if count.fetch_add(1, Ordering::Relaxed) > PER_POLL {
                watch.broken(6, format!("more than {PER_POLL} items pulled in one poll"));
            }
        });
    (fount, turn)
}

/// Law 1, at each pull.
pub(super) struct Watch<Out> {
    pub(super) schedule: Schedule,
    pub(super) sink: FakeDrainHandle<Out>,
    pub(super) made: Arc<[usize]>,
    pub(super) held: usize,
    pub(super) room: Room,
}

impl<Out> Watch<Out> {
    pub(super) fn pull(&self, before: u64) {
        let has_room = self.sink.has_room();
        let pulled = usize::try_from(before).unwrap_or(usize::MAX) + 1;
        let delivered = delivered(&self.made, self.sink.count());
        let bound = delivered + self.held + usize::from(has_room);
        if !has_room && self.room == Room::Below {
            let found = format!(
                "item {pulled} was pulled while the drain was not ready (if it is to: \
                 `.working_ahead()`, and `.holding(n)`)"
            );
            self.schedule.broken(1, found);
        }
        if pulled > bound {
            let found = format!(
                "item {pulled} was pulled, {bound} would have been enough{}",
                holding(self.held)
            );
            self.schedule.broken(1, found);
        }
    }
}

/// What to do if the subject holds more, and its docs say so.
pub(super) fn holding(held: usize) -> String {
    format!("\n         ({held} may be held; if its docs say that it holds n: `.holding(n)`)")
}

/// How many inputs are accounted for when so many outputs are delivered.
pub(super) fn delivered(made: &[usize], outputs: usize) -> usize {
    made.iter()
        .take_while(|made| **made <= outputs)
        .count()
        .saturating_sub(1)
}
