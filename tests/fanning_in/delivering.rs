//! What is delivered, under random scheduling, and dropped at every poll.

use std::num::NonZeroUsize;

use proptest::prelude::*;
use tubes::testing::{Executor, FakeDrain, FakeFount, FakeFountHandle, Schedule};
use tubes::{Fount, Reason, drains, fan, founts};

/// So many sources of so many items each: `(source, number)`, so that the order is seen.
fn sources(schedule: &Schedule, counts: &[u32]) -> Vec<FakeFount<(usize, u32)>> {
    let source = |(source, count): (usize, &u32)| {
        FakeFount::new((0..*count).map(move |n| (source, n))).scheduled(schedule)
    };
    counts
        .iter()
        .enumerate()
        .map(source)
        .collect()
}

/// All that the counts say, of each source in its order.
fn check_all(counts: &[u32], mut came: Vec<(usize, u32)>) {
    came.sort_by_key(|(source, _)| *source);
    let due = |(source, count): (usize, &u32)| {
        (0..*count)
            .map(move |n| (source, n))
            .collect()
    };
    let due: Vec<Vec<_>> = counts
        .iter()
        .enumerate()
        .map(due)
        .collect();
    assert_eq!(came, due.concat());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_merge_delivers_all_and_each_source_in_its_order(
        counts in prop::collection::vec(0_u32..20, 0..9), seed: u64, weights: Vec<u32>, seam: bool,
    ) {
        let schedule = Schedule::seeded(seed);
        let merge = fan::merge(sources(&schedule, &counts)).weighted(weights);
        let drain = FakeDrain::new().scheduled(&schedule);
        let sink = drain.handle();
        let mut executor = Executor::new(&schedule);
        let result = if seam {
            executor.run(merge.boxed().flow_to(drain))
        } else {
            executor.run(merge.flow_to(drain))
        };
        prop_assert!(result.is_ok());
        check_all(&counts, sink.items());
    }

    #[test]
    fn a_flattened_merge_delivers_all_and_holds_no_more_than_it_may(
        counts in prop::collection::vec(0_u32..4, 0..9), seed: u64, at_most in 1_usize..6,
    ) {
        let schedule = Schedule::seeded(seed);
        let inner = sources(&schedule, &counts);
        let handles: Vec<_> = inner.iter().map(FakeFount::handle).collect();
        let outer = FakeFount::new(inner).scheduled(&schedule);
        let taken = outer.handle();
        let merge = outer.through(fan::flatten_merge(NonZeroUsize::new(at_most).unwrap()));
        let drain = FakeDrain::new().scheduled(&schedule);
        let sink = drain.handle();
        let mut flow = Box::pin(merge.flow_to(drain));
        let mut executor = Executor::new(&schedule);
        while executor.poll(flow.as_mut()).is_pending() {
            let over = handles.iter().filter(|it| it.is_dropped()).count();
            prop_assert!(taken.pulled() - over <= at_most);
            while !executor.is_woken() {
                prop_assert!(schedule.fire(), "a lost wake");
            }
        }
        check_all(&counts, sink.items());
    }
}

#[test]
fn dropped_at_every_poll_a_merge_loses_nothing() {
    for seed in 0..20 {
        for polls in 0.. {
            let schedule = Schedule::seeded(seed);
            let founts = sources(&schedule, &[3, 5, 2]);
            let handles: Vec<FakeFountHandle<_>> = founts
                .iter()
                .map(FakeFount::handle)
                .collect();
            let drain = FakeDrain::new().scheduled(&schedule);
            let sink = drain.handle();
            let mut flow = Box::pin(fan::merge(founts).flow_to(drain));
            let mut executor = Executor::new(&schedule);
            let is_over = (0..polls).any(|_| {
                schedule.fire();
                executor.poll(flow.as_mut()).is_ready()
            });
            drop(flow);
            let pulled: usize = handles
                .iter()
                .map(FakeFountHandle::pulled)
                .sum();
            assert_eq!(pulled, sink.count(), "seed {seed}, {polls} polls");
            assert!(
                handles
                    .iter()
                    .all(FakeFountHandle::is_dropped)
            );
            if is_over {
                break;
            }
        }
    }
}

#[test]
fn founts_of_two_types_and_boxed_ones_of_any_are_merged() {
    let mut executor = Executor::new(&Schedule::eager());
    let two = fan::merge2(founts::iter([1, 2]), founts::once(3).map(|n| n + 1));
    let any = fan::merge([
        founts::once(5).boxed(),
        founts::iter(6..8)
            .filter(|n| n % 2 == 1)
            .boxed(),
    ]);
    let all = fan::merge2(two, any).flow_to(drains::collect(9));
    let mut all = executor.run(all).unwrap();
    all.sort_unstable();
    assert_eq!(all, [1, 2, 4, 5, 7]);
    let none: [founts::Empty<u8>; 0] = [];
    let end = executor.run(fan::merge(none).next_or_reason());
    assert!(matches!(end, Err(Reason::Finished)));
}
