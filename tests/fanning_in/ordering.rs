//! In an order that is known: one after the other, in turn, in pairs, sorted.

use std::num::NonZeroUsize;
use std::pin::{Pin, pin};

use proptest::prelude::*;
use tubes::testing::{Executor, FakeFount, FakeFountHandle, Schedule};
use tubes::{Error, Fount, Kind, Reason, drains, fan, founts};

fn fakes(schedule: &Schedule, lists: &[Vec<u8>]) -> Vec<FakeFount<u8>> {
    let fake = |list: &Vec<u8>| FakeFount::new(list.clone()).scheduled(schedule);
    lists.iter().map(fake).collect()
}

fn all<F: Fount>(schedule: &Schedule, fount: F) -> Vec<F::Item> {
    let flow = fount.flow_to(drains::collect(1000));
    Executor::new(schedule)
        .run(flow)
        .unwrap()
}

/// `count` of each in turn, as one would write it with vectors.
fn interleaved(lists: &[Vec<u8>], count: usize) -> Vec<u8> {
    let mut chunks: Vec<_> = lists
        .iter()
        .map(|list| list.as_slice())
        .collect();
    let mut due = Vec::new();
    while chunks
        .iter()
        .any(|list| !list.is_empty())
    {
        for list in &mut chunks {
            let (now, later) = list.split_at(count.min(list.len()));
            due.extend(now);
            *list = later;
        }
    }
    due
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_order_is_that_of_vectors(
        mut lists in prop::collection::vec(prop::collection::vec(0_u8..9, 0..9), 0..6),
        count in 1_usize..4, seed: u64,
    ) {
        let schedule = Schedule::seeded(seed);
        prop_assert_eq!(all(&schedule, fan::concat(fakes(&schedule, &lists))), lists.concat());
        let turns = NonZeroUsize::new(count).unwrap();
        let came = all(&schedule, fan::interleave(fakes(&schedule, &lists), turns));
        prop_assert_eq!(came, interleaved(&lists, count));
        lists.iter_mut().for_each(|list| list.sort_unstable());
        let mut due = lists.concat();
        due.sort_unstable();
        prop_assert_eq!(all(&schedule, fan::merge_sorted(fakes(&schedule, &lists))), due);
    }

    #[test]
    fn pairs_are_those_of_iterators(one: Vec<u8>, other: Vec<u8>, seed: u64) {
        let (one, other) = (&one[..one.len().min(9)], &other[..other.len().min(9)]);
        let schedule = Schedule::seeded(seed);
        let lists = [one.to_vec(), other.to_vec()];
        let mut fakes = fakes(&schedule, &lists).into_iter();
        let came = all(&schedule, fan::zip(fakes.next().unwrap(), fakes.next().unwrap()));
        let due: Vec<_> = one.iter().copied().zip(other.iter().copied()).collect();
        prop_assert_eq!(came, due);
    }
}

#[test]
fn equal_items_come_in_the_order_of_their_founts() {
    let founts = [
        founts::iter([(1, 'a'), (2, 'a')]),
        founts::iter([(1, 'b'), (2, 'b')]),
    ];
    let came = all(
        &Schedule::eager(),
        fan::merge_sorted_by_key(founts, |(n, _)| *n),
    );
    assert_eq!(came, [(1, 'a'), (1, 'b'), (2, 'a'), (2, 'b')]);
}

type Joined = Pin<Box<dyn Fount<Item = u8>>>;
type Join = fn(Vec<FakeFount<u8>>) -> Joined;

/// Every way to put founts in a row.
fn ways() -> [(&'static str, Join); 5] {
    [
        ("concat", |founts| Box::pin(fan::concat(founts))),
        ("interleave", |founts| {
            Box::pin(fan::interleave(founts, NonZeroUsize::MIN))
        }),
        ("merge_sorted", |founts| Box::pin(fan::merge_sorted(founts))),
        ("concat_with", |mut founts| {
            let next = founts.pop().unwrap();
            Box::pin(
                founts
                    .pop()
                    .unwrap()
                    .through(fan::concat_with(next)),
            )
        }),
        ("zip", |mut founts| {
            let next = founts.pop().unwrap();
            Box::pin(fan::zip(founts.pop().unwrap(), next).map(|(one, _)| one))
        }),
    ]
}

#[test]
fn a_failure_of_the_first_is_heard_by_the_others_and_below() {
    for (name, way) in ways() {
        let failed = Reason::Failed(Error::new(Kind::Timeout));
        let founts = vec![FakeFount::new([]).ending(failed), FakeFount::new([5])];
        let other = founts[1].handle();
        let mut executor = Executor::new(&Schedule::eager());
        let error = executor
            .run(way(founts).flow_to(drains::null()))
            .unwrap_err();
        assert_eq!(error.kind(), Kind::Timeout, "{name}");
        let stops = other.stops();
        assert!(
            matches!(stops.as_slice(), [Reason::Failed(_)]),
            "{name}: {stops:?}"
        );
    }
}

#[test]
fn a_stop_is_heard_by_all_also_by_those_that_had_not_begun() {
    for (name, way) in ways() {
        let founts = vec![FakeFount::new([1, 2]), FakeFount::new([5, 6])];
        let sources: Vec<_> = founts
            .iter()
            .map(FakeFount::handle)
            .collect();
        let mut joined = way(founts);
        let mut executor = Executor::new(&Schedule::eager());
        assert_eq!(executor.run(joined.next()).unwrap(), Some(1), "{name}");
        joined.as_mut().stop(&Reason::Enough);
        joined.as_mut().stop(&Reason::Finished);
        for source in &sources {
            assert!(
                matches!(source.stops().as_slice(), [Reason::Enough]),
                "{name}"
            );
        }
        let end = executor.run(joined.next_or_reason());
        assert!(matches!(end, Err(Reason::Enough)), "{name}");
        drop(joined);
        assert!(
            !sources
                .iter()
                .any(FakeFountHandle::is_abandoned),
            "{name}"
        );
    }
}

#[test]
fn a_zip_that_ends_stops_the_other_with_enough() {
    let (short, long) = (FakeFount::new([1]), FakeFount::new(0..));
    let (one, other) = (short.handle(), long.handle());
    let mut executor = Executor::new(&Schedule::eager());
    let flow = fan::zip(short, long).flow_to(drains::collect(9));
    assert_eq!(executor.run(flow).unwrap(), [(1, 0)]);
    assert!(one.stops().is_empty());
    assert!(matches!(other.stops().as_slice(), [Reason::Enough]));
    assert!(other.pulled() <= 2);
}

#[test]
fn the_half_of_a_zip_that_waits_keeps_moving_and_comes_before_its_end() {
    let wait = |is_first: bool| {
        let (early, late) = (FakeFount::new([1]), FakeFount::new([]).open());
        let (waiting, hand) = (early.handle(), late.handle());
        let pairs = if is_first {
            fan::zip(early, late)
        } else {
            fan::zip(late, early)
        };
        let mut flow = pin!(pairs.flow_to(drains::collect(9)));
        let mut executor = Executor::new(&Schedule::eager());
        let before = waiting.progress();
        assert!(
            executor
                .run_until_stalled(flow.as_mut())
                .is_pending()
        );
        assert_eq!(waiting.pulled(), 1);
        assert!(waiting.progress() > before, "first: {is_first}");
        hand.push(5);
        hand.end(Reason::Finished);
        executor.run(flow).unwrap()
    };
    assert_eq!(wait(true), [(1, 5)]);
    assert_eq!(wait(false), [(5, 1)]);
}

#[test]
fn a_zip_behind_a_merge_hears_both() {
    // The merge polls what is in front of it with a waker of its own.
    let (one, other) = (FakeFount::new([]).open(), FakeFount::new([]).open());
    let (first, second) = (one.handle(), other.handle());
    let merged = fan::merge([one.boxed(), founts::iter([1]).boxed()]);
    let mut flow = pin!(fan::zip(merged, other).flow_to(drains::collect(9)));
    let mut executor = Executor::new(&Schedule::eager());
    assert!(
        executor
            .run_until_stalled(flow.as_mut())
            .is_pending()
    );
    second.push(5);
    assert!(
        executor
            .run_until_stalled(flow.as_mut())
            .is_pending()
    );
    second.push(6);
    first.push(2);
    second.end(Reason::Finished);
    assert_eq!(executor.run(flow).unwrap(), [(1, 5), (2, 6)]);
    assert!(matches!(first.stops().as_slice(), [Reason::Enough]));
}

#[test]
fn a_zip_whose_second_half_fails_in_a_run_says_so_behind_the_pairs() {
    let failed = || Reason::Failed(Error::new(Kind::Timeout));
    let short = FakeFount::new([5, 6]).ending(failed());
    let (long, seen) = (FakeFount::new(0..9), drains::for_each(|_| ()));
    let source = long.handle();
    let mut executor = Executor::new(&Schedule::eager());
    let error = executor
        .run(fan::zip(long, short).flow_to(seen))
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Timeout);
    assert!(matches!(source.stops().as_slice(), [Reason::Failed(_)]));
    // As of an iterator: the first half was asked for before the end of the second was known.
    assert_eq!(source.pulled(), 3);
}

#[test]
fn an_interleave_waits_for_whose_turn_it_is_and_pulls_no_other() {
    let (late, early) = (FakeFount::new([]).open(), FakeFount::new([5, 6]));
    let (hand, other) = (late.handle(), early.handle());
    let mut row = pin!(fan::interleave([late, early], NonZeroUsize::MIN));
    let mut executor = Executor::new(&Schedule::eager());
    assert!(
        executor
            .run_until_stalled(pin!(row.next()))
            .is_pending()
    );
    assert_eq!(other.pulled(), 0);
    hand.push(1);
    assert_eq!(executor.run(row.next()).unwrap(), Some(1));
    assert_eq!(executor.run(row.next()).unwrap(), Some(5));
    assert!(
        executor
            .run_until_stalled(pin!(row.next()))
            .is_pending()
    );
    hand.end(Reason::Finished);
    assert_eq!(executor.run(row.next()).unwrap(), Some(6));
}
