//! What is tried again, and when.

use std::cell::Cell;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use tubes::testing::{
    Executor, FakeDrain, FakeDrainHandle, FakeFount, FakeFountHandle, ManualClock, Schedule,
};
use tubes::{Backoff, Error, Fount, Kind, Reason, drains, founts, stages};

const SECOND: Duration = Duration::from_secs(1);

/// 1, 2, 4 .. seconds, without chance.
fn plain(at_most: u32) -> Backoff {
    Backoff::new(SECOND, 60 * SECOND)
        .jitter(0.0)
        .at_most(at_most)
}

type Flow = Pin<Box<dyn Future<Output = Result<(), Error>>>>;

/// Numbers, each tried until it has failed as often as itself.
struct Tried {
    clock: ManualClock,
    source: FakeFountHandle<u32>,
    sink: FakeDrainHandle<u32>,
    calls: Rc<Cell<u32>>,
    flow: Flow,
    executor: Executor<'static>,
}

impl Tried {
    fn new(items: &[u32], at_most: u32) -> Self {
        let clock = ManualClock::new();
        let fount = FakeFount::new(items.to_vec());
        let drain = FakeDrain::new().by_hand();
        let (source, sink) = (fount.handle(), drain.handle());
        let calls = Rc::new(Cell::new(0));
        let count = Rc::clone(&calls);
        let mut failures = 0;
        let call = move |n: u32| {
            count.set(count.get() + 1);
            let works = failures >= n;
            failures = if works { 0 } else { failures + 1 };
            async move { if works { Ok(n) } else { Err("not yet") } }
        };
        let stage = stages::retry(plain(at_most), call).on(clock.clone());
        sink.allow(1);
        Self {
            flow: Box::pin(fount.through(stage).flow_to(drain)),
            executor: Executor::new(&Schedule::eager()),
            clock,
            source,
            sink,
            calls,
        }
    }

    fn run(&mut self) -> Poll<Result<(), Error>> {
        self.executor
            .run_until_stalled(self.flow.as_mut())
    }

    /// Runs after so much time has passed.
    fn after(&mut self, time: Duration) -> Poll<Result<(), Error>> {
        self.clock.advance(time);
        self.run()
    }
}

#[test]
fn an_item_is_tried_again_after_each_delay_and_not_before() {
    let mut tried = Tried::new(&[3, 0], 9);
    assert!(tried.run().is_pending());
    for (calls, delay) in [(1, 1), (2, 2), (3, 4)] {
        assert_eq!(tried.calls.get(), calls);
        let almost = delay * SECOND - Duration::from_millis(1);
        assert!(tried.after(almost).is_pending());
        assert_eq!((tried.calls.get(), tried.sink.count()), (calls, 0));
        assert!(
            tried
                .after(Duration::from_millis(1))
                .is_pending()
        );
    }
    assert_eq!((tried.sink.items(), tried.calls.get()), (vec![3], 4));
    assert_eq!(tried.source.pulled(), 1);
    tried.sink.allow(9);
    assert!(tried.run().is_ready());
    assert_eq!(tried.sink.items(), [3, 0]);
}

#[test]
fn the_last_failure_ends_the_flow_and_the_budget_is_one_for_each_item() {
    let mut tried = Tried::new(&[2, 2, 3, 0], 2);
    tried.sink.allow(9);
    let mut result = tried.run();
    for _ in 0..6 {
        assert!(result.is_pending());
        result = tried.after(2 * SECOND);
    }
    let Poll::Ready(Err(error)) = result else {
        panic!("{result:?}");
    };
    assert_eq!(error.to_string(), "retry: not yet");
    assert_eq!((error.kind(), tried.sink.items()), (Kind::User, vec![2, 2]));
    assert_eq!((tried.calls.get(), tried.source.pulled()), (9, 3));
    assert_eq!(tried.clock.waiting(), 0);
}

#[test]
fn tries_go_on_while_downstream_is_not_ready_and_hold_one_item() {
    let clock = ManualClock::new();
    let fount = FakeFount::new([7, 8]);
    let drain = FakeDrain::new().by_hand();
    let (source, sink) = (fount.handle(), drain.handle());
    let mut calls = 0;
    let stage = stages::retry_item(plain(1), |n: u32| {
        calls += 1;
        let works = calls > 1;
        async move { if works { Ok(n) } else { Err(n) } }
    });
    // The stage behind holds the room that there is, so the drain says no in between.
    let mut flow = pin!(
        fount
            .through(stage.on(clock.clone()))
            .flow_to(drain)
    );
    let mut executor = Executor::new(&Schedule::eager());
    assert!(
        executor
            .run_until_stalled(flow.as_mut())
            .is_pending()
    );
    assert_eq!(source.pulled(), 0);
    sink.allow(1);
    assert!(
        executor
            .run_until_stalled(flow.as_mut())
            .is_pending()
    );
    clock.advance(SECOND);
    assert!(
        executor
            .run_until_stalled(flow.as_mut())
            .is_pending()
    );
    assert_eq!((sink.items(), source.pulled()), (vec![Ok(7)], 1));
    sink.allow(9);
    executor.run(flow).unwrap();
    assert_eq!(sink.items(), [Ok(7), Ok(8)]);
}

#[test]
fn a_stop_or_a_drop_while_it_waits_takes_effect_at_once() {
    for stopped in [true, false] {
        let clock = ManualClock::new();
        let fount = FakeFount::new([7, 8]);
        let source = fount.handle();
        let call = |_: u32| async { Err::<u32, _>("never") };
        let mut fount = Box::pin(fount.through(stages::retry(plain(9), call).on(clock.clone())));
        let mut executor = Executor::new(&Schedule::eager());
        assert!(
            executor
                .run_until_stalled(pin!(fount.next()))
                .is_pending()
        );
        assert_eq!(clock.waiting(), 1);
        let shown = format!("{fount:?}");
        assert!(shown.ends_with("-> retry(1 of 1, waiting: backoff(1 of 9, next 2s, up to 60s))"));
        if stopped {
            fount.as_mut().stop(&Reason::Enough);
            assert!(matches!(executor.run(fount.next()), Err(Reason::Enough)));
            assert!(matches!(source.stops()[..], [Reason::Enough]));
        }
        drop(fount);
        assert_eq!((source.pulled(), clock.waiting()), (1, 0));
        assert_eq!(source.is_abandoned(), !stopped);
    }
}

#[test]
fn a_panic_in_a_call_passes_through_and_the_items_before_it_are_delivered() {
    let quiet = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let drain = FakeDrain::new();
    let sink = drain.handle();
    let call = |n: u32| async move {
        assert!(n < 2, "a test");
        Ok::<_, Error>(n)
    };
    let flow = founts::iter(0..9)
        .through(stages::retry(plain(9), call).on(ManualClock::new()))
        .flow_to(drain);
    let run = std::panic::AssertUnwindSafe(|| Executor::new(&Schedule::eager()).run(flow));
    assert!(std::panic::catch_unwind(run).is_err());
    std::panic::set_hook(quiet);
    assert_eq!(sink.items(), [0, 1]);
}

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
            assert!(matches!(executor.run(fount.next()), Ok(0)));
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
        assert!(matches!(executor.run(fount.next()), Err(Reason::Enough)));
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
