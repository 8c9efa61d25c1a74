//! Many senders on one channel: the line, the places, the ends.

use std::num::NonZeroUsize;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use proptest::prelude::*;
use tubes::founts::{self, Channel, SharedSender, TrySendError};
use tubes::testing::{Executor, FakeFount, Schedule};
use tubes::{Drain, Error, Fount, Kind, Reason, drains};

fn shared(bound: usize) -> (SharedSender<u32>, Channel<u32>) {
    let (sender, channel) = founts::channel(NonZeroUsize::new(bound).unwrap());
    (sender.shared(), channel)
}

fn poll<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

fn is_ready(sender: &mut SharedSender<u32>) -> bool {
    let mut cx = Context::from_waker(Waker::noop());
    match Pin::new(sender).poll_ready(&mut cx) {
        Poll::Ready(ready) => {
            ready.unwrap();
            true
        }
        Poll::Pending => false,
    }
}

fn flush(sender: &mut SharedSender<u32>) {
    let mut cx = Context::from_waker(Waker::noop());
    assert!(
        Pin::new(sender)
            .poll_flush(&mut cx)
            .is_ready()
    );
}

#[test]
fn a_clone_adds_no_room_and_an_item_that_does_not_fit_comes_back() {
    let (mut one, _channel) = shared(2);
    let mut others: Vec<_> = (0..5).map(|_| one.clone()).collect();
    one.try_send(1).unwrap();
    others[0].try_send(2).unwrap();
    for (n, sender) in (0..).zip(&mut others) {
        let error = sender.try_send(n).unwrap_err();
        assert!(matches!(error, TrySendError::Full(item) if item == n));
    }
}

#[test]
fn who_waits_first_goes_first_and_nobody_overtakes() {
    let (mut one, mut channel) = shared(1);
    let (mut other, mut third) = (one.clone(), one.clone());
    one.try_send(0).unwrap();
    let mut first = one.send(1);
    let mut second = other.send(2);
    assert!(poll(&mut first).is_pending());
    assert!(poll(&mut second).is_pending());
    assert!(matches!(
        poll(&mut channel.next_or_reason()),
        Poll::Ready(Ok(0))
    ));
    // There is room, and it is for the first.
    assert!(third.try_send(3).is_err());
    assert!(poll(&mut second).is_pending());
    assert!(poll(&mut first).is_ready());
    assert!(matches!(
        poll(&mut channel.next_or_reason()),
        Poll::Ready(Ok(1))
    ));
    assert!(poll(&mut second).is_ready());
}

#[test]
fn a_send_that_is_dropped_leaves_the_line_and_wakes_the_next() {
    let (mut one, mut channel) = shared(1);
    let mut other = one.clone();
    one.try_send(0).unwrap();
    let mut executor = Executor::new(&Schedule::eager());
    let mut first = one.send(1);
    assert!(poll(&mut first).is_pending());
    let mut second = pin!(other.send(2));
    assert!(
        executor
            .run_until_stalled(second.as_mut())
            .is_pending()
    );
    assert!(matches!(
        poll(&mut channel.next_or_reason()),
        Poll::Ready(Ok(0))
    ));
    assert!(!executor.is_woken(), "the place is for the first");
    drop(first);
    assert!(executor.is_woken());
    executor.run(second).unwrap();
}

#[test]
fn a_place_that_was_kept_is_given_back_by_who_has_nothing_to_send() {
    let (mut one, _channel) = shared(1);
    let mut other = one.clone();
    assert!(is_ready(&mut one) && is_ready(&mut one));
    assert!(!is_ready(&mut other), "one place, one that is ready");
    flush(&mut one);
    assert!(is_ready(&mut other));
    // Who waits and was not told yet stays in line.
    assert!(!is_ready(&mut one));
    flush(&mut one);
    let mut third = one.clone();
    flush(&mut other);
    assert!(!is_ready(&mut third), "the first in line is before it");
    assert!(is_ready(&mut one));
    drop(one);
    assert!(is_ready(&mut third));
}

#[test]
fn senders_with_nothing_to_send_do_not_pass_a_place_round_for_ever() {
    let (one, channel) = shared(1);
    let mut sources = Vec::new();
    let feeders = (0..5).map(|_| {
        let source = FakeFount::new([]).open();
        sources.push(source.handle());
        Box::pin(source.flow_to(one.clone()))
    });
    let mut feeders: Vec<_> = feeders.collect();
    let mut all = pin!(channel.flow_to(drains::null()));
    let mut executor = Executor::new(&Schedule::eager());
    let mut in_one_task = std::future::poll_fn(|cx| {
        for feeder in &mut feeders {
            assert!(feeder.as_mut().poll(cx).is_pending());
        }
        all.as_mut().poll(cx)
    });
    let mut task = Pin::new(&mut in_one_task);
    for round in 0..9 {
        assert!(
            executor
                .run_until_stalled(task.as_mut())
                .is_pending()
        );
        for source in &sources {
            source.push(round);
        }
    }
    assert!(
        executor
            .run_until_stalled(task)
            .is_pending()
    );
    assert!(
        sources
            .iter()
            .all(|source| source.pulled() == 9)
    );
}

#[test]
fn what_comes_without_asking_is_refused_when_there_is_no_room() {
    let (mut one, _channel) = shared(1);
    let mut other = one.clone();
    Pin::new(&mut one).receive(1).unwrap();
    let refused = Pin::new(&mut other)
        .receive(2)
        .unwrap_err();
    let limit = Kind::Full {
        what: "channel",
        limit: 1,
    };
    assert_eq!(refused.error().map(Error::kind), Some(limit));
}

#[test]
fn the_channel_ends_when_all_have_with_the_first_failure() {
    type End = fn(SharedSender<u32>);
    let finish: End = SharedSender::finish;
    let silent: End = drop;
    let fail: End = |sender| sender.fail(Kind::Timeout);
    let cases: [(End, End, Option<Kind>); 6] = [
        (finish, finish, None),
        (finish, silent, Some(Kind::Abandoned)),
        (silent, finish, Some(Kind::Abandoned)),
        (fail, silent, Some(Kind::Timeout)),
        (silent, fail, Some(Kind::Abandoned)),
        (finish, fail, Some(Kind::Timeout)),
    ];
    for (first, second, due) in cases {
        let (mut one, mut channel) = shared(4);
        let mut other = one.clone();
        one.try_send(1).unwrap();
        first(one);
        assert!(matches!(
            poll(&mut channel.next_or_reason()),
            Poll::Ready(Ok(1))
        ));
        assert!(
            poll(&mut channel.next_or_reason()).is_pending(),
            "the other is left"
        );
        other.try_send(2).unwrap();
        second(other);
        assert!(matches!(
            poll(&mut channel.next_or_reason()),
            Poll::Ready(Ok(2))
        ));
        let Poll::Ready(Err(end)) = poll(&mut channel.next_or_reason()) else {
            panic!("no end");
        };
        assert_eq!(end.error().map(Error::kind), due);
    }
}

#[test]
fn a_stop_is_heard_by_who_waits_in_line_and_by_who_waits_for_a_source() {
    let (mut one, mut channel) = shared(1);
    let idle = one.clone();
    one.try_send(0).unwrap();
    let mut executors = [(); 2].map(|()| Executor::new(&Schedule::eager()));
    let source = FakeFount::new([]).open();
    let told = source.handle();
    let mut waits = pin!(one.send(1));
    let mut idles = pin!(source.flow_to(idle));
    assert!(
        executors[0]
            .run_until_stalled(waits.as_mut())
            .is_pending()
    );
    assert!(
        executors[1]
            .run_until_stalled(idles.as_mut())
            .is_pending()
    );
    Pin::new(&mut channel).stop(&Reason::Enough);
    assert!(executors.iter().all(Executor::is_woken));
    assert_eq!(
        executors[0]
            .run(waits)
            .unwrap_err()
            .item,
        1
    );
    executors[1].run(idles).unwrap();
    assert!(matches!(told.stops().as_slice(), [Reason::Enough]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn many_flows_into_one_channel_arrive_whole_and_in_their_order(
        counts in prop::collection::vec(0_u32..9, 1..6), bound in 1_usize..4, seed: u64,
    ) {
        let schedule = Schedule::seeded(seed);
        let (sender, channel) = founts::channel(NonZeroUsize::new(bound).unwrap());
        let first = sender.shared();
        let mut feeders: Vec<_> = counts
            .iter()
            .enumerate()
            .map(|(source, count)| {
                let items = (0..*count).map(move |n| (source, n));
                let fount = FakeFount::new(items).scheduled(&schedule);
                Some(Box::pin(fount.flow_to(first.clone())))
            })
            .collect();
        first.finish();
        let mut all = pin!(channel.flow_to(drains::collect(100)));
        let mut executor = Executor::new(&schedule);
        let came = executor.run(std::future::poll_fn(|cx| {
            for feeder in &mut feeders {
                if feeder.as_mut().is_some_and(|feeder| feeder.as_mut().poll(cx).is_ready()) {
                    *feeder = None;
                }
            }
            all.as_mut().poll(cx)
        }));
        let mut came = came.unwrap();
        came.sort_by_key(|(source, _)| *source);
        let due = counts.iter().enumerate();
        let due: Vec<_> = due.flat_map(|(source, count)| (0..*count).map(move |n| (source, n))).collect();
        prop_assert_eq!(came, due);
    }
}
