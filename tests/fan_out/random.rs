//! Branches that come and go under random schedules, against vectors.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tubes::fan::{self, Branch, LossyBranch};
use tubes::testing::{Executor, FakeDrain, FakeFount, Schedule};
use tubes::{Fount, Lossy, Reason};

use super::kit::{below, bound};

/// A branch, and what came out of it since it was added.
enum Reader {
    Whole(Branch<u32>, Vec<u32>),
    Lossy(LossyBranch<u32>, Vec<Lossy<u32>>),
}

const ITEMS: u32 = 60;

#[test]
fn branches_that_come_and_go_miss_nothing_but_what_they_are_told() {
    for seed in 0..400 {
        play(seed);
    }
}

fn play(seed: u64) {
    let schedule = Schedule::seeded(seed);
    let items = 1 + below(&schedule, 6);
    let (feed, handle) = fan::broadcast(bound(items));
    let feed = feed.lasting();
    let source = FakeFount::new(0..ITEMS).scheduled(&schedule);
    let pulled = source.handle();
    let mut feeding = Box::pin(source.flow_to(feed));
    let mut executor = Executor::new(&schedule);
    let mut readers: Vec<Reader> = Vec::new();
    let mut is_over = false;
    for _ in 0..2_000 {
        match schedule.below(10) {
            0 if readers.len() < 4 => readers.push(Reader::Whole(handle.subscribe(), Vec::new())),
            1 if readers.len() < 4 => {
                readers.push(Reader::Lossy(handle.subscribe_lossy(), Vec::new()));
            }
            2 if !readers.is_empty() && schedule.below(8) == 0 => {
                let at = below(&schedule, readers.len());
                check(seed, readers.swap_remove(at));
            }
            3..6 if !is_over => {
                schedule.fire();
                is_over = executor
                    .poll(feeding.as_mut())
                    .is_ready();
            }
            _ if !readers.is_empty() => {
                let at = below(&schedule, readers.len());
                if step(&mut readers[at]) {
                    let last = check(seed, readers.swap_remove(at));
                    assert!(last.is_none_or(|last| last == ITEMS - 1), "seed {seed}");
                }
            }
            _ => {}
        }
        for reader in &readers {
            if let Reader::Whole(_, came) = reader
                && let Some(first) = came.first()
            {
                let behind = pulled.pulled() - (*first as usize + came.len());
                assert!(
                    behind <= items,
                    "seed {seed}: {behind} of {items} under way"
                );
            }
        }
    }
}

/// Pulls one item; whether it has ended.
fn step(reader: &mut Reader) -> bool {
    let mut cx = Context::from_waker(Waker::noop());
    let end = match reader {
        Reader::Whole(branch, came) => Pin::new(branch)
            .poll_next(&mut cx)
            .map_ok(|item| came.push(item)),
        Reader::Lossy(branch, came) => Pin::new(branch)
            .poll_next(&mut cx)
            .map_ok(|item| came.push(item)),
    };
    match end {
        Poll::Ready(Err(reason)) => {
            assert!(matches!(reason, Reason::Finished));
            true
        }
        _ => false,
    }
}

/// A row without holes, but for those that are told; gives its last item.
fn check(seed: u64, reader: Reader) -> Option<u32> {
    match reader {
        Reader::Whole(_, came) => {
            let due: Vec<u32> = (0..ITEMS)
                .skip_while(|item| Some(item) != came.first())
                .take(came.len())
                .collect();
            assert_eq!(came, due, "seed {seed}");
            came.last().copied()
        }
        Reader::Lossy(_, came) => {
            let mut next: Option<u64> = None;
            for item in &came {
                next = match (item, next) {
                    (Lossy::Item(item), None) => Some(u64::from(*item) + 1),
                    (Lossy::Item(item), Some(due)) => {
                        assert!(
                            u64::from(*item) == due || came[0] != Lossy::Item(*item) && due == 0
                        );
                        Some(u64::from(*item) + 1)
                    }
                    (Lossy::Gap(items), Some(next)) => Some(next + items.get()),
                    (Lossy::Gap(_), None) => None,
                };
            }
            came.iter()
                .rev()
                .find_map(|item| item.item())
        }
    }
}

#[test]
fn flows_of_branches_get_every_item_whatever_the_schedule() {
    for seed in 0..300 {
        let schedule = Schedule::seeded(seed);
        let (feed, handle) = fan::broadcast(bound(1 + below(&schedule, 5)));
        let drains: [FakeDrain<u32>; 3] =
            std::array::from_fn(|_| FakeDrain::new().scheduled(&schedule));
        let looks = drains.each_ref().map(FakeDrain::handle);
        let [a, b, c] = drains;
        let source = FakeFount::new(0..ITEMS).scheduled(&schedule);
        let flow = async {
            let (boxed, plain) = (handle.subscribe().boxed_local(), handle.subscribe());
            let lossless = handle.subscribe();
            tokio::join!(
                source.flow_to(feed),
                boxed.flow_to(a),
                plain.flow_to(b),
                lossless.flow_to(c),
            )
        };
        let (fed, a, b, c) = Executor::new(&schedule).run(flow);
        fed.and(a).and(b).and(c).unwrap();
        for look in looks {
            assert_eq!(look.items(), (0..ITEMS).collect::<Vec<_>>(), "seed {seed}");
        }
    }
}
