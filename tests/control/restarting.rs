//! Founts that are made anew, and when.

use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use tubes::testing::{Executor, FakeDrain, FakeFount, FakeFountHandle, ManualClock, Schedule};
use tubes::{Backoff, Error, Fount, Kind, Reason, drains, founts, stages};

use super::kit::{SECOND, plain, twice};

/// The founts that were made, in order.
type Made = Arc<Mutex<Vec<FakeFountHandle<u32>>>>;

/// A fount that is made anew: each yields its number, then waits for a hand.
fn remade(clock: &ManualClock, backoff: Backoff) -> (Made, impl Fount<Item = u32> + use<>) {
    let made = Made::default();
    let list = Arc::clone(&made);
    let make = move || {
        let mut list = list.lock().unwrap();
        let fount = FakeFount::new([u32::try_from(list.len()).unwrap()]).open();
        list.push(fount.handle());
        fount
    };
    (made, founts::restart(backoff, make).on(clock.clone()))
}

fn fail(made: &Made) {
    let last = made.lock().unwrap().last().cloned();
    last.unwrap()
        .end(Error::new(Kind::Timeout).into());
}

#[test]
fn a_fount_that_fails_is_made_anew_after_a_delay_until_it_fails_too_often() {
    let clock = ManualClock::new();
    let (made, fount) = remade(&clock, plain(2));
    let drain = FakeDrain::new();
    let sink = drain.handle();
    let mut flow = Box::pin(fount.flow_to(drain));
    let mut executor = Executor::new(&Schedule::eager());
    assert!(
        made.lock().unwrap().is_empty(),
        "nothing before it is driven"
    );
    let mut run = || executor.run_until_stalled(flow.as_mut());

    assert!(run().is_pending());
    for (count, delay) in [(1, 1), (2, 2)] {
        assert_eq!(made.lock().unwrap().len(), count);
        fail(&made);
        assert!(run().is_pending());
        // The one that failed is gone before the next one comes.
        assert!(made.lock().unwrap()[count - 1].is_dropped());
        clock.advance(delay * SECOND - Duration::from_millis(1));
        assert!(run().is_pending());
        assert_eq!(made.lock().unwrap().len(), count);
        clock.advance(Duration::from_millis(1));
        assert!(run().is_pending());
    }
    fail(&made);
    let Poll::Ready(result) = run() else {
        panic!("tried often enough");
    };
    assert_eq!(result.unwrap_err().kind(), Kind::Timeout);
    assert_eq!((sink.items(), clock.waiting()), (vec![0, 1, 2], 0));
}

#[test]
fn a_healthy_time_gives_a_new_budget_and_a_clean_end_is_the_end() {
    let clock = ManualClock::new();
    let (made, fount) = remade(&clock, plain(1).healthy_after(10 * SECOND));
    let drain = FakeDrain::new();
    let sink = drain.handle();
    let mut flow = Box::pin(fount.flow_to(drain));
    let mut executor = Executor::new(&Schedule::eager());
    let mut run = || executor.run_until_stalled(flow.as_mut());
    for _ in 0..5 {
        assert!(run().is_pending());
        clock.advance(10 * SECOND);
        fail(&made);
        assert!(run().is_pending());
        clock.advance(SECOND);
    }
    assert!(run().is_pending());
    made.lock().unwrap()[5].end(Reason::Finished);
    assert!(matches!(run(), Poll::Ready(Ok(()))));
    assert_eq!(sink.items(), [0, 1, 2, 3, 4, 5]);
    assert!(matches!(sink.end(), Some(Reason::Finished)));
}

#[test]
fn a_stop_goes_to_the_fount_that_flows_and_ends_a_wait_at_once() {
    let clock = ManualClock::new();
    let mut executor = Executor::new(&Schedule::eager());
    for (failed, polled) in [(false, false), (false, true), (true, true)] {
        let (made, fount) = remade(&clock, plain(9));
        let mut fount = Box::pin(fount);
        if polled {
            assert!(matches!(executor.run(fount.next_or_reason()), Ok(0)));
            if failed {
                fail(&made);
            }
            assert!(
                executor
                    .run_until_stalled(pin!(fount.next()))
                    .is_pending()
            );
        }
        assert_eq!(clock.waiting(), usize::from(failed));
        fount.as_mut().stop(&Reason::Enough);
        assert!(matches!(
            executor.run(fount.next_or_reason()),
            Err(Reason::Enough)
        ));
        let made = made.lock().unwrap();
        assert_eq!(made.len(), usize::from(polled));
        let stops = made
            .iter()
            .map(|one| one.stops().len())
            .sum::<usize>();
        assert_eq!(stops, usize::from(polled && !failed));
    }
}

#[test]
fn while_it_waits_downstream_is_flushed_and_may_refuse() {
    let clock = ManualClock::new();
    let (made, fount) = remade(&clock, plain(9));
    let drain = FakeDrain::new();
    let sink = drain.handle();
    let mut flow = Box::pin(fount.flow_to(drain));
    let mut executor = Executor::new(&Schedule::eager());
    assert!(
        executor
            .run_until_stalled(flow.as_mut())
            .is_pending()
    );
    fail(&made);
    assert!(
        executor
            .run_until_stalled(flow.as_mut())
            .is_pending()
    );
    let (flushes, wakes) = (sink.flushes(), executor.wakes());
    assert!(
        executor
            .poll(flow.as_mut())
            .is_pending()
    );
    assert!(sink.flushes() > flushes);
    assert_eq!(executor.wakes(), wakes);
}

#[test]
fn tries_without_a_delay_are_fair() {
    let at_once = Backoff::new(Duration::ZERO, Duration::ZERO).at_most(u32::MAX);
    let broken = || FakeFount::<u32>::new([]).ending(Error::new(Kind::Timeout).into());
    let flow = founts::restart(at_once.clone(), broken).on(ManualClock::new());
    let mut flow = pin!(flow.flow_to(drains::null()));
    let mut executor = Executor::new(&Schedule::eager());
    for _ in 0..3 {
        assert!(
            executor
                .poll(flow.as_mut())
                .is_pending()
        );
        assert!(executor.is_woken());
    }
    let call = |_: u32| async { Err::<u32, _>("never") };
    let flow = founts::iter([1]).through(stages::retry(at_once, call).on(ManualClock::new()));
    let mut flow = pin!(flow.flow_to(drains::null()));
    for _ in 0..3 {
        assert!(
            executor
                .poll(flow.as_mut())
                .is_pending()
        );
        assert!(executor.is_woken());
    }
}

/// Fails when it is pulled; then needs so many polls to leave in order.
struct Leaving {
    polls: u32,
    log: Arc<Mutex<Vec<&'static str>>>,
}

impl Fount for Leaving {
    type Item = u32;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<u32, Reason>> {
        Poll::Ready(Err(Error::new(Kind::Timeout).into()))
    }

    fn poll_progress(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.polls == 0 {
            return Poll::Ready(());
        }
        self.polls -= 1;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        let left = if self.polls == 0 { "left" } else { "cut" };
        self.log.lock().unwrap().push(left);
    }
}

/// Some that are made, one after the other, and what became of them.
fn leaving(polls: u32) -> (Arc<Mutex<Vec<&'static str>>>, impl FnMut() -> Leaving) {
    let log = Arc::new(Mutex::new(Vec::new()));
    let lines = Arc::clone(&log);
    let make = move || {
        lines.lock().unwrap().push("made");
        let log = Arc::clone(&lines);
        Leaving { polls, log }
    };
    (log, make)
}

#[test]
fn a_fount_that_failed_leaves_in_order_before_the_next_one_comes() {
    for (polls, delay) in [(1, 1), (3, 1), (30, 1), (3, 0), (30, 0)] {
        let clock = ManualClock::new();
        let (log, make) = leaving(polls);
        let backoff = Backoff::new(delay * SECOND, delay * SECOND).jitter(0.0);
        let fount = founts::restart(backoff.at_most(1), make).on(clock.clone());
        let mut flow = pin!(fount.flow_to(drains::null()));
        let mut executor = Executor::new(&Schedule::eager());
        for _ in 0..2 {
            assert!(
                executor
                    .poll(flow.as_mut())
                    .is_pending()
            );
        }
        clock.advance(SECOND);
        assert!(executor.run(flow).is_err());
        assert_eq!(*log.lock().unwrap(), ["made", "left", "made", "left"]);
    }
}

#[test]
fn what_is_recovered_from_leaves_in_order_before_another_fount_comes() {
    for (polls, boxed) in [(0, true), (3, true), (3, false)] {
        let (log, mut make) = leaving(polls);
        let first = make();
        let stage = stages::recover_with(2, |_| Some(make()));
        let fount = first.through(stage);
        let mut executor = Executor::new(&Schedule::eager());
        let ended = if boxed {
            executor.run(
                fount
                    .boxed_local()
                    .flow_to(drains::null()),
            )
        } else {
            executor.run(fount.flow_to(drains::null()))
        };
        assert_eq!(ended.unwrap_err().kind(), Kind::Timeout);
        let lines = log.lock().unwrap();
        // The first one is upstream, and is dropped with the flow.
        assert_eq!(*lines, ["made", "made", "left", "made", "left", "left"]);
    }
}

#[test]
fn what_takes_a_while_to_make_is_made_by_a_resource_and_anew_when_that_fails() {
    let clock = ManualClock::new();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let mut tries = 0;
    let make = move || {
        tries += 1;
        let (turn, log) = (tries, Arc::clone(&log));
        let connected = async move {
            twice().await;
            if turn == 2 {
                return Err("refused".into());
            }
            let lost = move |n| {
                if turn == 1 && n == 2 {
                    Err("lost")
                } else {
                    Ok((turn, n))
                }
            };
            Ok((founts::iter(1..4).through(lost), ()))
        };
        let logged = stages::map_err(move |error: Error| {
            log.lock()
                .unwrap()
                .push(error.to_string());
            error
        });
        founts::resource(connected, |(), _reason| async { Ok(()) }).through(logged)
    };
    let flow = founts::restart(plain(2), make)
        .on(clock.clone())
        .flow_to(drains::collect(9));
    let mut executor = Executor::new(&Schedule::eager()).while_idle(|| clock.advance(SECOND));
    assert_eq!(
        executor.run(flow).unwrap(),
        [(1, 1), (3, 1), (3, 2), (3, 3)]
    );
    assert_eq!(
        *seen.lock().unwrap(),
        ["try_map: lost", "resource: refused"]
    );
}
