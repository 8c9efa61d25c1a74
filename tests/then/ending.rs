//! What becomes of futures in flight when a flow ends, stops, fails, panics or is dropped.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::Poll;

use tubes::testing::{Executor, FakeDrain, FakeFount, Place, Schedule};
use tubes::{Fount, Kind, Reason, drains, stages};

use super::kit::{Desk, Order, most};

fn executor() -> Executor<'static> {
    Executor::new(&Schedule::eager())
}

#[test]
fn the_end_waits_for_what_is_in_flight_and_comes_behind_it() {
    for reason in [Reason::Finished, Reason::Enough, Reason::abandoned()] {
        for order in Order::BOTH {
            let desk = Desk::default();
            let (calls, drain) = (desk.clone(), FakeDrain::new());
            let sink = drain.handle();
            let then = stages::then(move |item| calls.call(item)).at_most(most(4));
            let then = order.of(then);
            let mut flow = Box::pin(
                FakeFount::new(0..2)
                    .ending(reason.clone())
                    .through(then)
                    .flow_to(drain),
            );
            let mut executor = executor();
            for item in [1, 0] {
                drop(executor.run_until_stalled(flow.as_mut()));
                assert!(sink.end().is_none());
                desk.finish(item);
            }
            let ended = executor.run_until_stalled(flow.as_mut());
            let Poll::Ready(ended) = ended else {
                panic!("no end after {reason:?}");
            };
            assert_eq!(ended.is_ok(), reason.is_clean());
            assert_eq!(sink.count(), 2);
        }
    }
}

#[test]
fn a_stop_drops_what_is_in_flight_at_once_and_each_once() {
    let desk = Desk::with_done([0, 1, 3]);
    let (calls, drain) = (
        desk.clone(),
        FakeDrain::new().refusing(2, Place::Ready, Reason::Enough),
    );
    let source = FakeFount::new(0..);
    let handle = source.handle();
    let flow = source
        .through(stages::then(move |item| calls.call(item)).at_most(most(4)))
        .flow_to(drain);
    let mut flow = Box::pin(flow);
    assert!(
        executor()
            .poll(flow.as_mut())
            .is_ready()
    );
    assert_eq!(desk.alive(), 0);
    for item in 0..handle.pulled() {
        let entry = desk.entry(item);
        assert_eq!((entry.begun, entry.drops), (1, 1));
    }
}

#[test]
fn dropped_after_any_poll_every_future_is_dropped_once() {
    for seed in 0..48 {
        for polls in 0..12 {
            let schedule = Schedule::seeded(seed);
            let desk = Desk::with_done((0..9).filter(|n| n % 3 == 0));
            let drain = FakeDrain::new().scheduled(&schedule);
            let (calls, sink) = (desk.clone(), drain.handle());
            let then = stages::then(move |item| calls.call(item)).at_most(most(3));
            let then = if seed % 2 == 0 {
                then
            } else {
                then.unordered()
            };
            let source = FakeFount::new(0..9).scheduled(&schedule);
            let handle = source.handle();
            let mut flow = Box::pin(source.through(then).flow_to(drain));
            let mut executor = Executor::new(&schedule);
            for poll in 0..polls {
                if executor.poll(flow.as_mut()).is_ready() {
                    break;
                }
                schedule.fire();
                desk.finish(poll);
            }
            drop(flow);
            assert!(handle.pulled() <= sink.count() + 3);
            for item in 0..9 {
                let entry = desk.entry(item);
                assert!(entry.begun == entry.drops && entry.begun <= 1);
            }
        }
    }
}

#[test]
fn a_failure_comes_in_its_turn_and_what_is_behind_it_is_dropped() {
    // In order, 0 comes first whenever it is done; as they come, 2 fails first.
    for (order, expected) in [(Order::OfItems, vec![0, 1]), (Order::OfOutputs, vec![1])] {
        let desk = Desk::default();
        let (calls, drain) = (desk.clone(), FakeDrain::new());
        let sink = drain.handle();
        let call = move |item| {
            let call = calls.call(item);
            async move {
                match call.await {
                    2 => Err("the second"),
                    item => Ok(item),
                }
            }
        };
        let then = stages::try_then(call).at_most(most(4));
        let then = match order {
            Order::OfItems => then,
            Order::OfOutputs => then.unordered(),
        };
        let source = FakeFount::new(0..);
        let handle = source.handle();
        let mut flow = Box::pin(source.through(then).flow_to(drain));
        let mut executor = executor();
        for item in [1, 2, 0] {
            drop(executor.run_until_stalled(flow.as_mut()));
            desk.finish(item);
            if item == 2 && order == Order::OfOutputs {
                break;
            }
        }
        let error = executor.run(flow).unwrap_err();
        assert_eq!(error.to_string(), "try_then: the second");
        assert!(error.kind() == Kind::User && error.place().is_some());
        assert_eq!((sink.items(), desk.alive()), (expected, 0));
        assert_eq!(handle.stops().len(), 1);
    }
}

#[test]
fn a_panic_reaches_who_drives_and_leaves_a_dead_stage_not_a_wedged_one() {
    // In the function, in the first poll, and in a later one, with another future in flight.
    let [ordered, unordered] = Order::BOTH;
    for (when, order) in [(0, ordered), (1, ordered), (2, ordered), (2, unordered)] {
        let desk = Desk::default();
        let calls = desk.clone();
        let call = move |item: usize| {
            assert!(when != 0 || item != 1, "panic in the function");
            let call = calls.call(item);
            async move {
                assert!(when != 1 || item != 1, "panic in the first poll");
                let item = call.await;
                assert!(when != 2 || item != 1, "panic in a later poll");
                item
            }
        };
        let then = stages::then(call).at_most(most(3));
        let then = order.of(then);
        let mut fount = Box::pin(FakeFount::new(0..9).through(then));
        let mut executor = executor();
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            drop(executor.run_until_stalled(Pin::new(&mut fount.next_or_reason())));
            desk.finish(1);
            drop(executor.run_until_stalled(Pin::new(&mut fount.next_or_reason())));
        }));
        assert!(panicked.is_err(), "case {when}");
        for _ in 0..2 {
            let Err(Reason::Failed(error)) = executor.run(fount.next_or_reason()) else {
                panic!("case {when}: goes on after a panic");
            };
            assert_eq!(
                (error.kind(), error.stage()),
                (Kind::Panicked, Some("then"))
            );
        }
        assert_eq!(desk.alive(), 0, "case {when}");
    }
}

#[test]
fn a_flow_that_was_never_polled_calls_nobody() {
    let desk = Desk::default();
    let calls = desk.clone();
    let flow = FakeFount::new(0..9)
        .through(stages::then(move |item| calls.call(item)))
        .flow_to(drains::null());
    drop(flow);
    assert!(desk.polls().is_empty());
}

#[test]
fn a_flow_may_be_sent_to_another_thread() {
    fn sent<F: Future + Send>(flow: F) -> F {
        flow
    }
    let then = stages::then(async |n: u32| n + 1).at_most(most(4));
    let flow = FakeFount::new(0..9)
        .through(then)
        .flow_to(drains::collect(9));
    let all = executor().run(sent(flow)).unwrap();
    assert_eq!(all.len(), 9);
}
