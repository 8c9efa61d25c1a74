//! How much may be inside a boundary, exactly, by items and by weight.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use tubes::boundary::{Entry, Exit};
use tubes::testing::Schedule;
use tubes::{Drain, Error, Fount, Intake, Reason, Run, boundary, drains, founts, stages};

use super::kit::{bound, cx, next, offer};

/// An item that counts how many of its kind are alive.
struct Alive(Arc<AtomicUsize>);

impl Alive {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[test]
fn never_more_than_the_bound_is_inside_whoever_moves_and_however() {
    for size in [1, 2, 3, 7, 64] {
        for seed in 0..40 {
            let schedule = Schedule::seeded(seed);
            let count = Arc::new(AtomicUsize::new(0));
            let (mut entry, mut exit) = boundary::pair(bound(size));
            let mut most = 0;
            for _ in 0..400 {
                match schedule.below(4) {
                    0 => drop(offer(&mut entry, Alive::new(&count), &mut cx())),
                    1 => {
                        let run = schedule.below(100);
                        let items = (0..run).map(|_| Alive::new(&count));
                        let intake = Pin::new(&mut entry).poll_receive(&mut cx(), items);
                        assert!(matches!(intake, Intake::Dry | Intake::Blocked));
                    }
                    2 => drop(next(&mut exit, &mut cx())),
                    _ => flow_some(&mut exit, schedule.below(50)),
                }
                most = most.max(count.load(Ordering::Relaxed));
            }
            assert_eq!(most, size, "the bound, and all of it");
            drop((entry, exit));
            assert_eq!(count.load(Ordering::Relaxed), 0, "nothing leaks");
        }
    }
}

/// Lets so many items flow out, in a run.
fn flow_some<T>(exit: &mut Exit<T>, items: u64) {
    let drain = Few { left: items };
    let run = Pin::new(exit).poll_flow(&mut cx(), std::pin::pin!(drain));
    assert!(matches!(run, Run::Starved | Run::Blocked | Run::Spent));
}

/// Drops so many items, and is not ready for more.
struct Few {
    left: u64,
}

impl<T> Drain<T> for Few {
    type Output = ();

    fn poll_ready(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        if self.left > 0 {
            Poll::Ready(Ok(()))
        } else {
            Poll::Pending
        }
    }
    fn receive(mut self: Pin<&mut Self>, _item: T) -> Result<(), Reason> {
        self.left -= 1;
        Ok(())
    }
    fn poll_stopped(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        _reason: &Reason,
    ) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }
}

fn weighed(items: usize, weight: usize) -> (Entry<usize>, Exit<usize>) {
    boundary::of(bound(items))
        .weighing(weight, |item: &usize| *item)
        .pair()
}

#[test]
fn there_is_room_while_what_is_inside_is_lighter_than_the_bound() {
    // What enters, and how many of it fit into eight items of weight ten.
    let cases: [(&[usize], usize); 6] = [
        (&[100, 1], 1),
        (&[9, 100, 1], 2),
        (&[5, 5, 1], 2),
        (&[5, 4, 0, 0, 1, 0], 5),
        (&[0; 12], 8),
        (&[1; 12], 8),
    ];
    for (items, fit) in cases {
        let (mut entry, _exit) = weighed(8, 10);
        let single = items
            .iter()
            .take_while(|item| offer(&mut entry, **item, &mut cx()))
            .count();
        assert_eq!(single, fit, "{items:?}, one by one");

        let (mut entry, _exit) = weighed(8, 10);
        let mut left = items.iter().copied();
        let intake = Pin::new(&mut entry).poll_receive(&mut cx(), left.by_ref());
        assert!(matches!(intake, Intake::Blocked));
        assert_eq!(items.len() - left.len(), fit, "{items:?}, in a run");
    }
}

#[test]
fn weight_is_free_again_when_half_of_a_chunk_and_when_all_of_it_is_handed_on() {
    let (mut entry, mut exit) = weighed(100, 10);
    for weight in [4, 2, 3, 1] {
        assert!(offer(&mut entry, weight, &mut cx()));
    }
    let steps = [(4, false), (2, true)];
    for (item, is_room) in steps {
        assert!(matches!(next(&mut exit, &mut cx()), Some(Ok(next)) if next == item));
        let ready = Pin::new(&mut entry).poll_ready(&mut cx());
        assert_eq!(ready.is_ready(), is_room, "after {item}");
    }
    // Four are inside and taken out; six have room, whatever the last of them weighs.
    assert!(offer(&mut entry, 5, &mut cx()));
    assert!(offer(&mut entry, 50, &mut cx()));
    assert!(!offer(&mut entry, 1, &mut cx()));
    for item in [3, 1, 5, 50] {
        assert!(matches!(next(&mut exit, &mut cx()), Some(Ok(next)) if next == item));
    }
    assert!(offer(&mut entry, 1, &mut cx()));
}

#[test]
fn a_panic_of_whoever_weighs_or_makes_items_loses_nothing_that_had_entered() {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    let (mut entry, mut exit) = boundary::of(bound(8))
        .weighing(100, |item: &usize| {
            assert_ne!(*item, 3, "too heavy");
            *item
        })
        .pair();
    let run = catch_unwind(AssertUnwindSafe(|| {
        Pin::new(&mut entry).poll_receive(&mut cx(), 0..5)
    }));
    assert!(run.is_err());
    drop(entry);
    for item in 0..3 {
        assert!(matches!(next(&mut exit, &mut cx()), Some(Ok(next)) if next == item));
    }
    assert!(matches!(
        next(&mut exit, &mut cx()),
        Some(Err(Reason::Failed(_)))
    ));

    let (mut entry, mut exit) = boundary::pair(bound(4));
    let mut first = (0..9).inspect(|n| assert_ne!(*n, 2, "no more"));
    let run = catch_unwind(AssertUnwindSafe(|| {
        Pin::new(&mut entry).poll_receive(&mut cx(), first.by_ref())
    }));
    assert!(run.is_err());
    // Whoever goes on in spite of it is held to the bound.
    let run = Pin::new(&mut entry).poll_receive(&mut cx(), first);
    assert!(matches!(run, Intake::Blocked));
    let all = std::iter::from_fn(|| next(&mut exit, &mut cx())?.ok());
    assert_eq!(all.collect::<Vec<_>>(), [0, 1, 3, 4]);
}

#[test]
fn what_came_before_a_panic_enters_before_whatever_is_next() {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    for (next_is, due) in [
        ("an item", vec![0, 1, 9]),
        ("a flush", vec![0, 1]),
        ("the end", vec![0, 1]),
    ] {
        let (mut entry, mut exit) = boundary::pair(bound(3));
        let items = (0..9).inspect(|n| assert_ne!(*n, 2, "no more"));
        let run = catch_unwind(AssertUnwindSafe(|| {
            Pin::new(&mut entry).poll_receive(&mut cx(), items)
        }));
        assert!(run.is_err());
        let mut entry = Pin::new(&mut entry);
        match next_is {
            "an item" => {
                assert!(offer(&mut entry, 9, &mut cx()));
                assert!(!offer(&mut entry, 10, &mut cx()), "three are inside");
            }
            "a flush" => assert!(matches!(
                entry.as_mut().poll_flush(&mut cx()),
                Poll::Ready(Ok(()))
            )),
            _ => assert!(matches!(
                entry
                    .as_mut()
                    .poll_stopped(&mut cx(), &Reason::Finished),
                Poll::Ready(Ok(()))
            )),
        }
        let all = std::iter::from_fn(|| next(&mut exit, &mut cx())?.ok());
        assert_eq!(all.collect::<Vec<_>>(), due, "{next_is}");
    }
}

#[test]
fn many_items_come_in_order_over_twenty_tasks_of_two_workers() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    for (size, items) in [(1, 1_000), (3, 10_000), (64, 100_000), (1024, 100_000)] {
        let mut pipe = founts::iter(0..items).boxed();
        for number in 0..20 {
            let stage = stages::spawned(bound(size));
            pipe = if number % 2 == 0 {
                pipe.through(stage).boxed()
            } else {
                pipe.through(stage.weighing(size * 4, |_| 8))
                    .boxed()
            };
        }
        let check = drains::fold(0, |due: u32, item: u32| {
            assert_eq!(item, due);
            due + 1
        });
        let came = runtime.block_on(pipe.flow_to(check));
        assert_eq!(came.unwrap(), items);
    }
}
