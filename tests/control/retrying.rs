//! Calls that are tried again for their item, and when.

use std::cell::{Cell, RefCell};
use std::future::{Ready, ready};
use std::num::NonZeroUsize;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use tubes::testing::{
    Executor, FakeDrain, FakeDrainHandle, FakeFount, FakeFountHandle, ManualClock, Schedule,
};
use tubes::{Error, Fount, Kind, Reason, founts, stages};

use super::kit::{SECOND, plain};

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
            assert!(matches!(
                executor.run(fount.next_or_reason()),
                Err(Reason::Enough)
            ));
            assert!(matches!(source.stops()[..], [Reason::Enough]));
        }
        drop(fount);
        assert_eq!((source.pulled(), clock.waiting()), (1, 0));
        assert_eq!(source.is_abandoned(), !stopped);
    }
}

#[test]
fn while_a_call_waits_upstream_keeps_moving() {
    for driven in [true, false] {
        let fount = FakeFount::new([7, 8]);
        let source = fount.handle();
        let call = |_: u32| async { Err::<u32, _>("never") };
        let fount = fount.through(stages::retry(plain(9), call).on(ManualClock::new()));
        let mut executor = Executor::new(&Schedule::eager());
        let stalled = if driven {
            let flow = fount.flow_to(FakeDrain::new());
            executor
                .run_until_stalled(pin!(flow))
                .is_pending()
        } else {
            let mut fount = Box::pin(fount);
            executor
                .run_until_stalled(pin!(fount.next()))
                .is_pending()
        };
        assert!(stalled && source.progress() > 0, "driven: {driven}");
    }
}

/// Calls for items, of which each fails as often as its item says.
fn failing(
    calls: &Rc<RefCell<Vec<u32>>>,
    item: u32,
) -> impl FnMut() -> Ready<Result<u32, &'static str>> {
    let (calls, mut left) = (Rc::clone(calls), item);
    move || {
        calls.borrow_mut().push(item);
        let works = left == 0;
        left = left.saturating_sub(1);
        ready(if works { Ok(item) } else { Err("not yet") })
    }
}

#[test]
fn several_items_are_retried_at_once_and_leave_in_order() {
    let (clock, calls) = (ManualClock::new(), Rc::new(RefCell::new(Vec::new())));
    let (backoff, three) = (plain(2), NonZeroUsize::new(3).unwrap());
    let retries = stages::try_then(|n| {
        backoff
            .retry(failing(&calls, n))
            .on(clock.clone())
    })
    .at_most(three);
    let drain = FakeDrain::new();
    let sink = drain.handle();
    let source = FakeFount::new([2, 0, 1, 0, 3]);
    let mut flow = pin!(source.through(retries).flow_to(drain));
    let mut executor = Executor::new(&Schedule::eager());
    let mut run = || executor.run_until_stalled(flow.as_mut());
    assert!(run().is_pending());
    assert_eq!((calls.take(), sink.count()), (vec![2, 0, 1], 0));
    clock.advance(SECOND);
    assert!(run().is_pending());
    assert_eq!((calls.take(), sink.count()), (vec![2, 1], 0));
    clock.advance(2 * SECOND);
    assert!(run().is_pending());
    assert_eq!(
        (calls.take(), sink.items()),
        (vec![2, 0, 3], vec![2, 0, 1, 0])
    );
    // `at_most(2)`: so three calls in all, and the last failure is that of the stage.
    clock.advance(SECOND);
    assert!(run().is_pending());
    clock.advance(2 * SECOND);
    let Poll::Ready(Err(error)) = run() else {
        panic!("tried often enough");
    };
    assert_eq!(
        (calls.take(), error.to_string()),
        (vec![3, 3], "try_then: not yet".to_owned())
    );
    assert_eq!(clock.waiting(), 0);
}

#[test]
fn a_retried_call_leaves_its_backoff_as_it_is_and_goes_with_its_future() {
    let (clock, calls) = (ManualClock::new(), Rc::new(RefCell::new(Vec::new())));
    let mut backoff = plain(2);
    backoff.next_delay();
    let shown = format!("{backoff:?}");
    let mut executor = Executor::new(&Schedule::eager());
    {
        let mut retried = pin!(
            backoff
                .retry(failing(&calls, 9))
                .on(clock.clone())
        );
        assert!(calls.borrow().is_empty());
        assert!(
            executor
                .run_until_stalled(retried.as_mut())
                .is_pending()
        );
        assert_eq!(clock.waiting(), 1);
        assert_eq!(
            format!("{retried:?}"),
            "retry(waiting: backoff(1 of 2, next 2s, up to 60s))"
        );
    }
    assert_eq!((clock.waiting(), calls.take()), (0, vec![9]));
    assert_eq!(format!("{backoff:?}"), shown);
    let at_once = backoff
        .retry(failing(&calls, 0))
        .on(clock);
    assert_eq!(executor.run(at_once), Ok(0));
}

#[test]
fn a_panic_in_a_call_passes_through_and_the_items_before_it_are_delivered() {
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
    assert_eq!(sink.items(), [0, 1]);
}
