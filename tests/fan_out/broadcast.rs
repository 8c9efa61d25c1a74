//! Branches in other tasks: who holds back whom, what is missed, who is the last.

use std::future::Future;
use std::num::NonZeroU64;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use tubes::testing::{Executor, FakeDrain, FakeFount, Place, Schedule};
use tubes::{Drain, Error, Fount, Kind, Lossy, Reason, drains, fan, founts};

use super::kit::{bound, failed, is_same, reasons};

/// A flow that runs in a task of its own.
type Task = Pin<Box<dyn Future<Output = Result<(), Error>>>>;

fn task<F: Fount + 'static, D: Drain<F::Item> + 'static>(fount: F, drain: D) -> Task {
    let flow = fount.flow_to(drain);
    Box::pin(async move { flow.await.map(drop) })
}

/// Polls a task once, and again for as long as it wakes itself.
fn turn(task: &mut Task) -> Poll<Result<(), Error>> {
    Executor::new(&Schedule::eager()).run_until_stalled(task.as_mut())
}

fn next<F: Fount + Unpin>(fount: &mut F) -> Poll<Result<F::Item, Reason>> {
    Pin::new(fount).poll_next(&mut Context::from_waker(Waker::noop()))
}

fn gap(items: u64) -> Lossy<u32> {
    Lossy::Gap(NonZeroU64::new(items).unwrap())
}

#[test]
fn every_end_reaches_every_branch_behind_the_data_and_those_that_come_later() {
    for reason in reasons() {
        let (feed, handle) = fan::broadcast(bound(9));
        let mut branches = [handle.subscribe(), handle.subscribe(), handle.subscribe()];
        let mut lossy = handle.subscribe_lossy();
        let source = FakeFount::new(0..3).ending(reason.clone());
        let mut feeding = task(source, feed);
        // One has read before, one reads later, one has left.
        assert!(next(&mut branches[0]).is_pending());
        Pin::new(&mut branches[2]).stop(&Reason::Enough);
        let fed = turn(&mut feeding);
        assert!(matches!(fed, Poll::Ready(fed) if fed.is_ok() == reason.is_clean()));
        for branch in &mut branches[..2] {
            for item in 0..3 {
                assert!(matches!(next(branch), Poll::Ready(Ok(came)) if came == item));
            }
        }
        for item in 0..3 {
            let came = next(&mut lossy);
            assert!(matches!(came, Poll::Ready(Ok(Lossy::Item(came))) if came == item));
        }
        let mut late = handle.subscribe();
        let ends = [
            end_of(&mut branches[0]),
            end_of(&mut branches[1]),
            end_of(&mut lossy),
            end_of(&mut late),
            end_of(&mut late),
        ];
        assert!(
            ends.iter()
                .all(|end| is_same(Some(end), &reason)),
            "{ends:?}"
        );
        assert!(matches!(end_of(&mut branches[2]), Reason::Enough));
    }
}

fn end_of<F: Fount + Unpin>(fount: &mut F) -> Reason {
    match next(fount) {
        Poll::Ready(Err(reason)) => reason,
        Poll::Ready(Ok(_)) => panic!("an item"),
        Poll::Pending => panic!("it waits"),
    }
}

#[test]
fn a_dropped_feed_is_a_failure_behind_the_data() {
    let (feed, handle) = fan::broadcast(bound(9));
    let mut branch = handle.subscribe();
    let mut feeding = task(FakeFount::new([1]).open(), feed);
    assert!(turn(&mut feeding).is_pending());
    drop(feeding);
    assert!(matches!(next(&mut branch), Poll::Ready(Ok(1))));
    let end = end_of(&mut branch);
    assert_eq!(end.error().unwrap().kind(), Kind::Abandoned);
}

#[test]
fn the_slowest_branch_sets_the_pace_and_leaving_lets_go_of_what_it_held() {
    let leaves: [fn(fan::Branch<u32>); 2] = [drop, |mut branch| {
        Pin::new(&mut branch).stop(&Reason::Enough);
        std::mem::forget(branch);
    }];
    for leave in leaves {
        let (feed, handle) = fan::broadcast(bound(2));
        let slow = handle.subscribe();
        let source = FakeFount::new(0..9);
        let hand = source.handle();
        let mut feeding = task(source, feed);
        let fast = FakeDrain::new();
        let look = fast.handle();
        let mut reading = task(handle.subscribe(), fast);
        for _ in 0..3 {
            assert!(turn(&mut feeding).is_pending());
            assert!(turn(&mut reading).is_pending());
        }
        assert_eq!((hand.pulled(), look.count()), (2, 2));
        leave(slow);
        while turn(&mut feeding).is_pending() {
            assert!(turn(&mut reading).is_pending());
        }
        assert!(turn(&mut reading).is_ready());
        assert_eq!(look.items(), (0..9).collect::<Vec<_>>());
    }
}

#[test]
fn a_branch_that_stops_while_it_receives_leaves_the_others_flowing() {
    for place in [Place::Ready, Place::Receive, Place::Flush] {
        for reason in reasons() {
            let (feed, handle) = fan::broadcast(bound(3));
            let bad = FakeDrain::new().refusing(2, place, reason.clone());
            let good = FakeDrain::new();
            let looks = [bad.handle(), good.handle()];
            let source = FakeFount::new(0..9);
            let hand = source.handle();
            let mut tasks = [
                task(handle.subscribe(), bad),
                task(handle.subscribe(), good),
                task(source, feed),
            ];
            drop(handle);
            let mut results = [None, None, None];
            while results.iter().any(Option::is_none) {
                for (task, result) in tasks.iter_mut().zip(&mut results) {
                    if result.is_none()
                        && let Poll::Ready(ended) = turn(task)
                    {
                        *result = Some(ended);
                    }
                }
            }
            let clean = results.map(|result| result.unwrap().is_ok());
            assert_eq!(clean, [reason.is_clean(), true, true]);
            assert!(is_same(looks[0].end().as_ref(), &reason));
            assert_eq!(looks[1].items(), (0..9).collect::<Vec<_>>());
            assert!(hand.stops().is_empty());
        }
    }
}

#[test]
fn the_feed_waits_for_the_first_branch_or_for_so_many() {
    let (feed, handle) = fan::broadcast(bound(9));
    let source = FakeFount::new(0..3);
    let hand = source.handle();
    let mut feeding = task(source, feed.start_when(bound(2)));
    assert!(turn(&mut feeding).is_pending());
    let mut first = handle.subscribe();
    drop(handle.subscribe_lossy().replaying(1));
    assert!(turn(&mut feeding).is_ready(), "it had started");
    assert!(matches!(next(&mut first), Poll::Ready(Ok(0))));
    assert_eq!(hand.pulled(), 3);

    let (feed, handle) = fan::broadcast::<u32>(bound(9));
    let source = FakeFount::new(0..3);
    let hand = source.handle();
    let mut feeding = task(source, feed.start_when(bound(3)));
    let first = handle.subscribe();
    assert!(turn(&mut feeding).is_pending());
    assert_eq!(hand.pulled(), 0);
    // Nobody else can come any more.
    drop(handle);
    assert!(turn(&mut feeding).is_ready());
    assert_eq!(format!("{first:?}"), "branch(3 of 9)");
}

#[test]
fn when_the_last_branch_has_gone_the_source_hears_enough_unless_the_feed_is_lasting() {
    let (feed, handle) = fan::broadcast(bound(9));
    let source = FakeFount::new(0..3).open();
    let hand = source.handle();
    let mut feeding = task(source, feed);
    drop(handle.subscribe());
    assert!(turn(&mut feeding).is_ready());
    assert!(matches!(hand.stops()[..], [Reason::Enough]));
    assert!(matches!(end_of(&mut handle.subscribe()), Reason::Enough));

    let (feed, handle) = fan::broadcast(bound(9));
    let source = FakeFount::new(0..3).open();
    let hand = source.handle();
    let mut feeding = task(source, feed.lasting());
    drop(handle.subscribe());
    assert!(turn(&mut feeding).is_pending());
    assert_eq!(hand.pulled(), 0);
    let mut next_one = handle.subscribe();
    assert!(turn(&mut feeding).is_pending());
    assert!(matches!(next(&mut next_one), Poll::Ready(Ok(0))));
    drop((handle, next_one));
    assert!(turn(&mut feeding).is_ready());
    assert!(matches!(hand.stops()[..], [Reason::Enough]));
}

#[test]
fn a_broadcast_that_nobody_can_ever_join_is_abandoned() {
    let (feed, handle) = fan::broadcast(bound(9));
    let source = FakeFount::new(0..3);
    let hand = source.handle();
    let mut feeding = task(source, feed);
    let mut executor = Executor::new(&Schedule::eager());
    assert!(
        executor
            .run_until_stalled(feeding.as_mut())
            .is_pending()
    );
    drop(handle.clone());
    assert!(!executor.is_woken());
    drop(handle);
    assert!(executor.is_woken());
    let error = executor.run(feeding).unwrap_err();
    assert_eq!((error.kind(), hand.pulled()), (Kind::Abandoned, 0));
}

#[test]
fn a_lossy_branch_misses_the_oldest_and_hears_how_many() {
    let (feed, handle) = fan::broadcast(bound(3));
    let mut lossy = handle.subscribe_lossy();
    let mut feeding = task(FakeFount::new(0..10), feed);
    assert!(turn(&mut feeding).is_ready());
    let mut came = Vec::new();
    while let Poll::Ready(Ok(item)) = next(&mut lossy) {
        came.push(item);
    }
    let due = [gap(7), Lossy::Item(7), Lossy::Item(8), Lossy::Item(9)];
    assert_eq!(came, due);
    assert!(matches!(end_of(&mut lossy), Reason::Finished));

    // In a run, and missing some again behind it.
    let (feed, handle) = fan::broadcast(bound(3));
    let source = FakeFount::new(0..5).open();
    let hand = source.handle();
    let drain = FakeDrain::new().by_hand();
    let look = drain.handle();
    let mut reading = task(handle.subscribe_lossy(), drain);
    let mut feeding = task(source, feed);
    assert!(turn(&mut feeding).is_pending());
    look.allow(2);
    assert!(turn(&mut reading).is_pending());
    (5..10).for_each(|item| hand.push(item));
    hand.end(Reason::Finished);
    assert!(turn(&mut feeding).is_ready());
    look.allow(9);
    assert!(turn(&mut reading).is_ready());
    let items = look.items();
    let missing: u64 = items
        .iter()
        .filter_map(|item| match item {
            Lossy::Gap(items) => Some(items.get()),
            Lossy::Item(_) => None,
        })
        .sum();
    let came = items
        .iter()
        .filter_map(|item| (*item).item())
        .count() as u64;
    assert_eq!(missing + came, 10, "{items:?}");
    assert_eq!(items.first(), Some(&gap(2)));
}

#[test]
fn a_branch_that_is_cut_off_says_so_and_is_not_cut_off_within_the_bound() {
    for (items, is_cut) in [(3, false), (4, true)] {
        let (feed, handle) = fan::broadcast(bound(3));
        let mut branch = handle.subscribe().disconnecting();
        let mut feeding = task(founts::iter(0..items), feed);
        assert!(turn(&mut feeding).is_ready());
        if !is_cut {
            for item in 0..items {
                assert!(matches!(next(&mut branch), Poll::Ready(Ok(came)) if came == item));
            }
            assert!(matches!(end_of(&mut branch), Reason::Finished));
            continue;
        }
        let kind = Kind::Full {
            what: "backlog",
            limit: 3,
        };
        let end = end_of(&mut branch);
        assert_eq!(end.error().unwrap().kind(), kind);
        assert_eq!(
            end.error().unwrap().to_string(),
            "broadcast: a backlog is full with its limit of 3"
        );
        assert_eq!(handle.branches(), 0);
    }
}

#[test]
fn a_late_branch_begins_now_or_with_what_is_still_there() {
    // Asked for, kept by the feed, held back by a slow branch: with what of 0, 1, 2, 3 it begins.
    let table = [
        (0, 9, 2, 4),
        (2, 0, 0, 4),
        (9, 0, 0, 4),
        (1, 9, 0, 3),
        (9, 9, 2, 0),
        (9, 3, 0, 1),
        (9, 0, 3, 1),
        (2, 0, 3, 2),
    ];
    for (asked, kept, held, due) in table {
        let (feed, handle) = fan::broadcast(bound(9));
        let mut slow = handle.subscribe();
        let source = FakeFount::new(0..4).open();
        let hand = source.handle();
        let mut feeding = task(source, feed.keeping(kept));
        assert!(turn(&mut feeding).is_pending());
        for _ in held..4 {
            assert!(next(&mut slow).is_ready());
        }
        let mut late = handle.subscribe().replaying(asked);
        hand.push(4);
        assert!(turn(&mut feeding).is_pending());
        let first = next(&mut late);
        let case = format!("asked {asked}, kept {kept}, held {held}: {first:?}");
        assert!(
            matches!(first, Poll::Ready(Ok(first)) if first == due),
            "{case}"
        );
    }
}

/// How many of these are alive.
#[derive(Clone)]
struct Alive(#[allow(dead_code, reason = "counted by its references")] Arc<()>);

#[test]
fn no_more_than_the_bound_is_under_way_and_each_is_stored_once() {
    let item = Arc::new(());
    let (feed, handle) = fan::broadcast(bound(4));
    let mut branches: Vec<_> = (0..10)
        .map(|_| handle.subscribe())
        .collect();
    let source = Arc::clone(&item);
    let items = std::iter::from_fn(move || Some(Alive(Arc::clone(&source))));
    let mut feeding = task(founts::iter(items), feed);
    assert!(turn(&mut feeding).is_pending());
    // One of the test's, one of the source's, and the ring's.
    assert_eq!(Arc::strong_count(&item), 2 + 4);
    for round in 0..3 {
        for branch in &mut branches {
            drop(next(branch));
        }
        assert_eq!(
            Arc::strong_count(&item),
            2 + 3,
            "the last reader had the item itself"
        );
        assert!(turn(&mut feeding).is_pending());
        assert_eq!(Arc::strong_count(&item), 2 + 4, "{round}");
    }
    branches.truncate(1);
    drop(branches);
    assert_eq!(Arc::strong_count(&item), 2);
}

#[test]
fn what_a_paused_branch_has_taken_counts_in_the_bound_and_is_not_lost() {
    let (feed, handle) = fan::broadcast(bound(4));
    let drain = FakeDrain::new().by_hand();
    let look = drain.handle();
    let source = FakeFount::new(0..20);
    let hand = source.handle();
    let mut reading = task(handle.subscribe(), drain);
    let mut feeding = task(source, feed);
    for (allowed, pulled) in [(0, 4), (1, 5), (3, 8), (4, 12)] {
        look.allow(allowed);
        for _ in 0..3 {
            assert!(turn(&mut feeding).is_pending());
            assert!(turn(&mut reading).is_pending());
        }
        assert!(turn(&mut feeding).is_pending());
        assert_eq!(hand.pulled(), pulled);
    }
    look.allow(20);
    while turn(&mut feeding).is_pending() {
        assert!(turn(&mut reading).is_pending());
    }
    assert!(turn(&mut reading).is_ready());
    assert_eq!(look.items(), (0..20).collect::<Vec<_>>());
}

#[test]
fn only_branches_that_wait_are_woken_and_once_for_a_run() {
    let (feed, handle) = fan::broadcast(bound(65));
    let drain = FakeDrain::new().by_hand();
    let mut paused = task(handle.subscribe(), drain);
    let mut waiting = task(handle.subscribe(), drains::null::<u32>());
    let schedule = Schedule::eager();
    let mut executors = [Executor::new(&schedule), Executor::new(&schedule)];
    assert!(
        executors[0]
            .run_until_stalled(paused.as_mut())
            .is_pending()
    );
    assert!(
        executors[1]
            .run_until_stalled(waiting.as_mut())
            .is_pending()
    );
    let mut feeding = task(founts::iter(0..64), feed);
    let wakes = executors[1].wakes();
    assert!(turn(&mut feeding).is_ready());
    assert_eq!(executors[0].wakes(), 0);
    assert_eq!(executors[1].wakes() - wakes, 1);
}

#[test]
fn a_branch_may_be_added_and_dropped_while_items_are_made_and_woken_for() {
    // The source's own code runs while the hub is not locked.
    let (feed, handle) = fan::broadcast(bound(2));
    let first = handle.subscribe();
    let mut seen = Vec::new();
    let source = founts::iter(0..6u32).inspect(move |_| {
        seen.push(handle.subscribe_lossy());
        seen.truncate(3);
        drop(handle.clone());
    });
    let mut feeding = task(source, feed);
    let mut reading = task(first, drains::null());
    while turn(&mut feeding).is_pending() {
        drop(turn(&mut reading));
    }
    assert!(turn(&mut reading).is_ready());
}

#[test]
fn a_failure_of_a_branch_is_its_own() {
    let (feed, handle) = fan::broadcast(bound(2));
    let (first, second) = (handle.subscribe(), handle.subscribe());
    let refuse = FakeDrain::new().refusing(1, Place::Receive, failed());
    let flow = async {
        tokio::join!(
            founts::iter(0..5u32).flow_to(feed),
            first.flow_to(refuse),
            second.flow_to(drains::collect(9)),
        )
    };
    let (fed, bad, good) = Executor::new(&Schedule::eager()).run(pin!(flow));
    assert_eq!(bad.unwrap_err().kind(), Kind::Timeout);
    fed.unwrap();
    assert_eq!(good.unwrap(), [0, 1, 2, 3, 4]);
}
