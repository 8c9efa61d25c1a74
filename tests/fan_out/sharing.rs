//! Branches that share a bounded channel with others: a place there is not kept by who waits.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use support::tasks::Tasks;
use tubes::founts::{self, Channel, SharedSender};
use tubes::testing::{FakeDrain, FakeFount};
use tubes::{Drain, Fount, drains, fan};

use super::kit::bound;

fn shared() -> (SharedSender<u32>, Channel<u32>) {
    let (sender, channel) = founts::channel(bound(1));
    (sender.shared(), channel)
}

/// A drain that has no room, for now.
fn stuck() -> FakeDrain<u32> {
    FakeDrain::new().by_hand()
}

/// Whether another sender gets the place while this flow waits for its other branch; then, whether
/// the flow still goes on.
#[track_caller]
fn lets_others_go<D: Drain<u32> + 'static>(
    name: &str,
    make: impl FnOnce(SharedSender<u32>, FakeDrain<u32>) -> D,
) {
    let (mut other, mut channel) = shared();
    let slow = stuck();
    let look = slow.handle();
    let tasks = Tasks::new();
    let flow = FakeFount::new([7]).flow_to(make(other.clone(), slow));
    let flow = tasks.spawn(flow);
    tasks.run();
    assert!(other.try_send(1).is_ok(), "{name}: the place is kept");
    look.allow(9);
    tasks.run();
    let mut cx = Context::from_waker(Waker::noop());
    while Pin::new(&mut channel)
        .poll_next(&mut cx)
        .is_ready()
    {
        tasks.run();
    }
    assert!(flow.take().is_some(), "{name}: it waits for ever");
    assert_eq!(look.items(), [7], "{name}");
}

#[test]
fn a_branch_keeps_no_place_in_a_shared_channel_while_another_is_not_ready() {
    lets_others_go("to_all", |a, slow| fan::to_all((a, slow)));
    lets_others_go("to_all, the other way round", |a, slow| {
        fan::to_all((slow, a))
    });
    lets_others_go("to_all in to_all", |a, slow| {
        fan::to_all((fan::to_all([a]), slow))
    });
    let twice = |n: u32| (n, n);
    let twice = move || tubes::stages::map(twice);
    lets_others_go("unzip", |a, slow| fan::unzip(a, slow).behind(twice()));
    lets_others_go("unzip, the other way round", |a, slow| {
        fan::unzip(slow, a).behind(twice())
    });
    // The held item goes to the slow one alone.
    lets_others_go("partition", |a, slow| fan::partition((a, slow), |_| 1));
}

/// Two flows that need both of two channels, each of which holds one and waits for the other.
#[track_caller]
fn do_not_block_each_other<D: Drain<u32> + 'static>(
    name: &str,
    make: impl Fn(SharedSender<u32>, SharedSender<u32>) -> D,
) {
    let ((mut a, mut in_a), (b, in_b)) = (shared(), shared());
    let tasks = Tasks::new();
    let late = FakeFount::new([]).open();
    let hand = late.handle();
    // It has asked for both, had nothing, and passed.
    let second = tasks.spawn(late.flow_to(make(a.clone(), b.clone())));
    tasks.run();
    a.try_send(0).unwrap();
    // It gets a place in b, and waits in line for one in a.
    let first = tasks.spawn(FakeFount::new([1]).flow_to(make(a.clone(), b.clone())));
    tasks.run();
    // The place in a is free; the second flow is polled before the first.
    let mut cx = Context::from_waker(Waker::noop());
    assert!(matches!(
        Pin::new(&mut in_a).poll_next(&mut cx),
        Poll::Ready(Ok(0))
    ));
    hand.push(2);
    hand.end(tubes::Reason::Finished);
    tasks.run();
    let out = [in_a, in_b].map(|channel| tasks.spawn(channel.flow_to(drains::collect(9))));
    a.finish();
    b.finish();
    tasks.run();
    assert!(first.take().is_some() && second.take().is_some(), "{name}");
    let [in_a, in_b] = out.map(|out| out.take().unwrap().unwrap());
    assert_eq!((in_a.len(), in_b.len()), (2, 2), "{name}");
}

#[test]
fn two_junctions_over_the_same_two_channels_do_not_block_each_other() {
    do_not_block_each_other("to_all", |a, b| fan::to_all([a, b]));
    do_not_block_each_other("unzip", |a, b| {
        fan::unzip(a, b).behind(tubes::stages::map(|n| (n, n)))
    });
}

#[test]
fn a_branch_that_is_ready_pushes_out_what_it_holds_while_another_is_not() {
    let (fast, slow) = (FakeDrain::new(), stuck());
    let look = fast.handle();
    let tasks = Tasks::new();
    let flow = tasks.spawn(FakeFount::new([7]).flow_to(fan::to_all((fast, slow))));
    tasks.run();
    assert!(flow.peek().is_none());
    assert_eq!(look.flushes(), 1);
}

#[test]
fn partition_keeps_no_place_behind_the_branch_that_it_waits_for() {
    let (a, _channel) = shared();
    let mut other = a.clone();
    let tasks = Tasks::new();
    let junction = fan::partition((stuck(), a), |_: &u32| 0);
    let _flow = tasks.spawn(FakeFount::new([7, 7]).flow_to(junction));
    tasks.run();
    assert!(other.try_send(1).is_ok());
}
