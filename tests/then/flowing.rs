//! Who is polled when, and what comes out in which order.

use std::pin::{Pin, pin};

use tubes::testing::{Executor, FakeDrain, FakeDrainHandle, FakeFount, Schedule};
use tubes::{Error, Fount, drains, founts, stages};

use super::kit::{Desk, Order, most};

type Flow = Pin<Box<dyn Future<Output = Result<(), Error>>>>;

/// Items 0 to `items`, at most `futures` in flight, in order or not, into a drain.
fn flow(
    desk: &Desk,
    items: usize,
    futures: usize,
    order: Order,
    drain: FakeDrain<usize>,
) -> (FakeDrainHandle<usize>, Flow) {
    let (desk, sink) = (desk.clone(), drain.handle());
    let then = stages::then(move |item| desk.call(item)).at_most(most(futures));
    let then = order.of(then);
    let flow = FakeFount::new(0..items)
        .through(then)
        .flow_to(drain);
    (sink, Box::pin(flow))
}

fn executor() -> Executor<'static> {
    Executor::new(&Schedule::eager())
}

#[test]
fn a_ready_future_is_delivered_in_the_same_poll_and_polled_once() {
    for (futures, order) in [1, 4]
        .into_iter()
        .flat_map(|n| Order::BOTH.map(|order| (n, order)))
    {
        let desk = Desk::with_done(0..3);
        let (sink, mut flow) = flow(&desk, 3, futures, order, FakeDrain::new());
        let mut executor = executor();
        assert!(executor.poll(flow.as_mut()).is_ready());
        assert_eq!(sink.items(), [0, 1, 2]);
        assert_eq!(desk.polls(), [1, 1, 1]);
        assert_eq!(executor.wakes(), 0);
    }
}

#[test]
fn outputs_come_in_the_order_of_items_or_as_they_are_done() {
    let done = [2, 0, 3, 1];
    for (order, expected) in [
        (Order::OfItems, [vec![], vec![0], vec![0], vec![0, 1, 2, 3]]),
        (
            Order::OfOutputs,
            [vec![2], vec![2, 0], vec![2, 0, 3], vec![2, 0, 3, 1]],
        ),
    ] {
        let desk = Desk::default();
        let (sink, mut flow) = flow(&desk, 4, 4, order, FakeDrain::new());
        let mut executor = executor();
        assert!(
            executor
                .run_until_stalled(flow.as_mut())
                .is_pending()
        );
        assert_eq!(desk.alive(), 4);
        for (item, expected) in done.into_iter().zip(expected) {
            desk.finish(item);
            drop(executor.run_until_stalled(flow.as_mut()));
            assert_eq!(sink.items(), expected, "{order:?}");
        }
        assert_eq!((desk.alive(), sink.end().is_some()), (0, true));
    }
}

#[test]
fn no_more_are_in_flight_than_are_allowed_and_one_unless_said() {
    for futures in [1, 3] {
        let desk = Desk::default();
        let (sink, mut flow) = flow(&desk, 9, futures, Order::OfItems, FakeDrain::new());
        let mut executor = executor();
        for item in 0..9 {
            assert!(
                executor
                    .run_until_stalled(flow.as_mut())
                    .is_pending()
            );
            let left = u32::try_from(futures.min(9 - item)).unwrap();
            assert_eq!((desk.alive(), sink.count()), (left, item));
            desk.finish(item);
        }
        executor.run(flow).unwrap();
    }
}

#[test]
fn only_a_future_that_was_woken_is_polled_again() {
    for order in Order::BOTH {
        let desk = Desk::default();
        let (_sink, mut flow) = flow(&desk, 3, 3, order, FakeDrain::new());
        let mut executor = executor();
        drop(executor.run_until_stalled(flow.as_mut()));
        assert_eq!(desk.polls(), [1, 1, 1]);
        for _ in 0..3 {
            // Polled without a wake: nobody is.
            assert!(
                executor
                    .poll(flow.as_mut())
                    .is_pending()
            );
        }
        desk.waker(1).wake();
        desk.waker(1).wake();
        drop(executor.run_until_stalled(flow.as_mut()));
        assert_eq!(desk.polls(), [1, 2, 1]);
    }
}

#[test]
fn a_late_wake_of_a_future_that_is_gone_harms_nobody() {
    let desk = Desk::default();
    let (sink, mut flow) = flow(&desk, 3, 1, Order::OfItems, FakeDrain::new());
    let mut executor = executor();
    drop(executor.run_until_stalled(flow.as_mut()));
    let late = desk.waker(0);
    desk.finish(0);
    drop(executor.run_until_stalled(flow.as_mut()));
    assert_eq!((sink.items(), desk.polls()), (vec![0], vec![2, 1]));

    // The place has another future in it now, which is asked once for nothing.
    late.wake_by_ref();
    assert!(executor.is_woken());
    drop(executor.run_until_stalled(flow.as_mut()));
    assert_eq!((sink.items(), desk.polls()), (vec![0], vec![2, 2]));

    desk.finish(1);
    desk.finish(2);
    executor.run(flow).unwrap();
    late.wake();
    assert_eq!(sink.items(), [0, 1, 2]);
}

#[test]
fn futures_go_on_while_downstream_is_not_ready_and_their_outputs_are_held() {
    for order in Order::BOTH {
        let desk = Desk::default();
        let (sink, mut flow) = flow(&desk, 9, 3, order, FakeDrain::new().by_hand());
        let mut executor = executor();
        drop(executor.run_until_stalled(flow.as_mut()));
        assert_eq!(desk.alive(), 3);
        for item in 0..9 {
            desk.finish(item);
        }
        drop(executor.run_until_stalled(flow.as_mut()));
        assert_eq!(desk.polls()[..4], [2, 2, 2, 0], "{order:?}");
        assert_eq!((desk.alive(), sink.count()), (0, 0));
        for allowed in 1..=9 {
            sink.allow(1);
            drop(executor.run_until_stalled(flow.as_mut()));
            assert_eq!(sink.items(), (0..allowed).collect::<Vec<_>>());
        }
    }
}

#[test]
fn a_future_that_never_comes_holds_up_those_behind_it_only_in_order() {
    for (order, expected) in [
        (Order::OfItems, vec![0]),
        (Order::OfOutputs, vec![0, 2, 3, 4]),
    ] {
        let desk = Desk::with_done([0, 2, 3, 4]);
        let (sink, mut flow) = flow(&desk, 5, 2, order, FakeDrain::new());
        drop(executor().run_until_stalled(flow.as_mut()));
        assert_eq!(sink.items(), expected);
    }
}

#[test]
fn futures_of_one_key_run_one_after_another_and_of_others_meanwhile() {
    // Keys of 0..6: 0, 1, 0, 1, 0, 1.
    for order in Order::BOTH {
        let desk = Desk::default();
        let calls = desk.clone();
        let drain = FakeDrain::new();
        let sink = drain.handle();
        let then = stages::then(move |item| calls.call(item))
            .by_key(|item| item % 2)
            .at_most(most(5));
        let then = order.of(then);
        let mut flow = Box::pin(
            FakeFount::new(0..6)
                .through(then)
                .flow_to(drain),
        );
        let mut executor = executor();
        let mut finish = |item, alive: &[usize], items: &[usize]| {
            desk.finish(item);
            drop(executor.run_until_stalled(flow.as_mut()));
            let running: Vec<_> = (0..6)
                .filter(|item| desk.entry(*item).begun > desk.entry(*item).drops)
                .collect();
            assert_eq!(running, alive, "after {item}");
            let delivered = sink.items();
            let in_place = if order == Order::OfItems {
                (0..delivered.len()).collect::<Vec<_>>()
            } else {
                items.to_vec()
            };
            assert_eq!(delivered, in_place, "after {item}");
        };
        // 5 is pulled when a place is free: in order, after 0 has left.
        finish(9, &[0, 1], &[]);
        finish(1, &[0, 3], &[1]);
        finish(2, &[0, 3], &[1]);
        finish(0, &[3, 4], &[1, 0, 2]);
        finish(3, &[4, 5], &[1, 0, 2, 3]);
        finish(5, &[4], &[1, 0, 2, 3, 5]);
        finish(4, &[], &[1, 0, 2, 3, 5, 4]);
    }
}

#[test]
fn a_debug_says_how_many_are_held_of_how_many() {
    let fount = founts::iter(0..9_usize);
    let desk = Desk::default();
    let mut fount = fount.through(stages::then(move |item| desk.call(item)).at_most(most(3)));
    assert_eq!(format!("{fount:?}"), "iter -> then(0 of 3)");
    let mut next = fount.next_or_reason();
    assert!(
        executor()
            .poll(Pin::new(&mut next))
            .is_pending()
    );
    assert_eq!(format!("{fount:?}"), "iter -> then(3 of 3)");
    let checked = stages::try_then(async |n: u8| Ok::<_, Error>(n));
    assert_eq!(format!("{checked:?}"), "try_then(0 of 1)");
}

#[test]
fn futures_may_borrow_and_need_not_be_unpin_or_send() {
    let base = std::rc::Rc::new(40);
    let flow = founts::iter([1, 2])
        .through(stages::then(async |n: i32| {
            let base = std::rc::Rc::clone(&base);
            std::future::ready(()).await;
            *base + n
        }))
        .flow_to(drains::collect(9));
    assert_eq!(executor().run(flow).unwrap(), [41, 42]);
}

#[test]
fn while_all_places_wait_upstream_keeps_moving() {
    for (driven, has_ended) in [(true, false), (true, true), (false, false), (false, true)] {
        let desk = Desk::default();
        let calls = desk.clone();
        let then = stages::then(move |item| calls.call(item)).at_most(most(2));
        let source = FakeFount::new(0..if has_ended { 1 } else { 9 });
        let handle = source.handle();
        let fount = source.through(then);
        let mut executor = executor();
        let stalled = if driven {
            let flow = fount.flow_to(FakeDrain::new());
            executor.run_until_stalled(pin!(flow))
        } else {
            let mut fount = Box::pin(fount);
            executor
                .run_until_stalled(pin!(fount.next_or_reason()))
                .map(|next| panic!("{next:?}"))
        };
        assert!(stalled.is_pending());
        assert_eq!(
            (desk.polls().len(), handle.said().is_some()),
            (if has_ended { 1 } else { 2 }, has_ended)
        );
        assert!(
            handle.progress() > 0,
            "driven: {driven}, ended: {has_ended}"
        );
    }
}
