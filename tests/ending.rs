//! Ends that come while a tube or a channel still has something to say.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tubes::testing::{Executor, FakeDrain, FakeFount, ManualClock, Schedule};
use tubes::{Fount, Reason, Tube, bound, drains, founts, stages};

/// Greets with 100, and passes items on.
struct Greets(bool);

impl Tube<u32> for Greets {
    type Out = u32;

    fn received(&mut self, item: u32) -> Result<Option<u32>, Reason> {
        Ok(Some(item))
    }

    fn emit(&mut self) -> Result<Option<u32>, Reason> {
        Ok(std::mem::take(&mut self.0).then_some(100))
    }
}

#[test]
fn an_item_taken_behind_a_greeting_outlives_an_end_that_nobody_asked_for() {
    let drain = FakeDrain::new().by_hand();
    let (sink, switch) = (drain.handle(), stages::kill_switch());
    let greet = stages::per_key(bound(4), |n: &u32| *n, |_| Greets(true));
    let flow = FakeFount::new([7])
        .open()
        .through(switch.stage())
        .through(greet)
        .flow_to(drain);
    let (mut flow, mut executor) = (pin!(flow), Executor::new(&Schedule::eager()));
    sink.allow(1);
    let stalled = executor.run_until_stalled(flow.as_mut());
    assert!(stalled.is_pending());
    assert_eq!(sink.items(), [100]);
    switch.stop();
    sink.allow(5);
    let ended = executor.run_until_stalled(flow.as_mut());
    assert!(ended.is_ready());
    assert_eq!(sink.items(), [100, 7]);
}

#[test]
fn a_channel_that_has_ended_takes_nothing_more() {
    let (sender, mut channel) = founts::channel::<u32>(bound(4));
    let mut cx = Context::from_waker(Waker::noop());
    let mut shared = sender.shared();
    let mut flow = pin!(founts::empty().flow_to(Pin::new(&mut shared)));
    assert!(flow.as_mut().poll(&mut cx).is_ready());
    let end = Pin::new(&mut channel).poll_next(&mut cx);
    assert!(matches!(end, Poll::Ready(Err(Reason::Finished))));
    assert!(shared.clone().try_send(7).is_err());
    let again = Pin::new(&mut channel).poll_next(&mut cx);
    assert!(matches!(again, Poll::Ready(Err(_))));
}

#[test]
fn group_by_lets_an_idle_timeout_in_front_of_it_run() {
    let (clock, second) = (ManualClock::new(), Duration::from_secs(1));
    let mut groups = Vec::new();
    let flow = FakeFount::new([1])
        .open()
        .through(stages::timeout_idle(second).on(clock.clone()))
        .through(stages::group_by(bound(4), bound(4), |n: &u32| *n))
        .flow_to(drains::for_each(|group| groups.push(group)));
    let (mut flow, mut executor) = (Box::pin(flow), Executor::new(&Schedule::eager()));
    let stalled = executor.run_until_stalled(flow.as_mut());
    assert!(stalled.is_pending());
    clock.advance(2 * second);
    let ended = executor.run_until_stalled(flow.as_mut());
    assert!(matches!(ended, Poll::Ready(Err(_))), "{ended:?}");
}
