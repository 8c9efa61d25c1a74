//! What stages that look at a clock do without: looks, timers and items that nobody needs.

use std::num::NonZeroUsize;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use tubes::clock::{Clock, Timer};
use tubes::testing::{Executor, FakeDrain, FakeFount, ManualClock, Schedule};
use tubes::{Backoff, Error, Fount, Kind, Reason, drains, founts, stages};

use super::kit::ms;

/// A clock that counts how often it is looked at, and stands still.
#[derive(Clone, Debug, Default)]
struct Looked {
    clock: ManualClock,
    looks: Arc<AtomicU64>,
}

impl Clock for Looked {
    fn now(&self) -> Instant {
        self.looks
            .fetch_add(1, Ordering::Relaxed);
        self.clock.now()
    }

    fn wall(&self) -> SystemTime {
        self.clock.wall()
    }

    fn timer(&self, at: Instant) -> Box<dyn Timer> {
        self.clock.timer(at)
    }
}

/// What a stage does to a million items: how often it looks at the clock.
fn looks<F>(attach: impl FnOnce(founts::Iter<std::ops::Range<u64>>, Looked) -> F) -> u64
where
    F: Fount,
{
    let clock = Looked::default();
    let flow = attach(founts::iter(0..1_000_000), clock.clone());
    let flow = flow.flow_to(drains::null());
    assert!(
        Executor::new(&Schedule::eager())
            .run(flow)
            .is_ok()
    );
    clock.looks.load(Ordering::Relaxed)
}

#[test]
fn the_clock_is_looked_at_once_a_run_not_once_an_item() {
    let (hour, most) = (Duration::from_secs(3600), NonZeroUsize::MAX);
    let chunk = NonZeroUsize::new(64).unwrap();
    // A poll moves up to 64 * 256 items: some 61 polls.
    let most_looks = 200;
    let found = [
        looks(|f, clock| f.through(stages::timeout_first(hour).on(clock))),
        looks(|f, clock| f.through(stages::timeout_idle(hour).on(clock))),
        looks(|f, clock| f.through(stages::timeout_whole(hour).on(clock))),
        looks(|f, clock| f.through(stages::timeout_downstream(hour).on(clock))),
        looks(|f, clock| f.through(stages::throttle(most, hour).on(clock))),
        looks(|f, clock| f.through(stages::keep_alive(hour, || 0).on(clock))),
        looks(|f, clock| f.through(stages::debounce(hour).on(clock))),
    ];
    assert!(
        found
            .iter()
            .all(|looks| *looks <= most_looks),
        "{found:?}"
    );
    let chunks = looks(|f, clock| f.through(stages::chunks_within(chunk, hour).on(clock)));
    assert!(chunks <= 2 * 1_000_000 / 64, "{chunks}");
}

#[test]
fn what_a_stage_holds_for_a_time_goes_with_a_stop_or_a_drop() {
    type Item = Arc<()>;
    type Attach = fn(FakeFount<Item>, ManualClock) -> founts::LocalBoxFount<'static, Item>;
    let attaches: [Attach; 2] = [
        |f, clock| {
            f.through(stages::debounce(ms(10)).on(clock))
                .boxed_local()
        },
        |f, clock| {
            let three = NonZeroUsize::new(3).unwrap();
            let chunks = stages::chunks_within(three, ms(10)).on(clock);
            f.through(chunks.weighing(9, |_: &Item| 1))
                .flat_map(|chunk| chunk)
                .boxed_local()
        },
    ];
    for (number, attach) in attaches.into_iter().enumerate() {
        let (item, clock) = (Item::default(), ManualClock::new());
        let fount = FakeFount::new([Arc::clone(&item)]).open();
        let mut fount = attach(fount, clock.clone());
        let mut executor = Executor::new(&Schedule::eager());
        assert!(
            executor
                .run_until_stalled(pin!(fount.next()))
                .is_pending()
        );
        assert_eq!((clock.waiting(), Arc::strong_count(&item)), (1, 2));
        fount.as_mut().stop(&Reason::Enough);
        assert_eq!(
            (clock.waiting(), Arc::strong_count(&item)),
            (0, 1),
            "stage {number}"
        );

        let fount = FakeFount::new([Arc::clone(&item)]).open();
        let mut flow = Box::pin(attach(fount, clock.clone()).flow_to(FakeDrain::new()));
        assert!(
            executor
                .run_until_stalled(flow.as_mut())
                .is_pending()
        );
        drop(flow);
        assert_eq!((clock.waiting(), Arc::strong_count(&item)), (0, 1));
    }
}

fn tens() -> Backoff {
    Backoff::new(ms(10), ms(10))
}

#[test]
fn nobody_is_woken_for_a_stage_that_was_stopped() {
    type Attach = fn(FakeFount<u64>, ManualClock) -> founts::LocalBoxFount<'static, u64>;
    let attaches: [Attach; 9] = [
        |f, clock| {
            f.through(stages::timeout_first(ms(10)).on(clock))
                .boxed_local()
        },
        |f, clock| {
            let retry = stages::retry(tens(), async |_| Err::<u64, _>("no")).on(clock);
            f.through(retry).boxed_local()
        },
        |f, clock| {
            let retry = stages::retry_item(tens(), async |_| Err::<u64, _>("no")).on(clock);
            f.through(retry)
                .map(|made| made.unwrap_or(0))
                .boxed_local()
        },
        |_, clock| {
            let failing = || FakeFount::new([]).ending(Error::new(Kind::Timeout).into());
            founts::restart(tens(), failing)
                .on(clock)
                .boxed_local()
        },
        |f, clock| {
            f.through(stages::timeout_idle(ms(10)).on(clock))
                .boxed_local()
        },
        |f, clock| {
            f.through(stages::timeout_whole(ms(10)).on(clock))
                .boxed_local()
        },
        |f, clock| {
            f.through(stages::keep_alive(ms(10), || 0).on(clock))
                .boxed_local()
        },
        |f, clock| {
            let throttle = stages::throttle(NonZeroUsize::MIN, ms(10)).on(clock);
            f.through(throttle).boxed_local()
        },
        |_, clock| {
            founts::interval(ms(10))
                .on(clock)
                .boxed_local()
        },
    ];
    for (number, attach) in attaches.into_iter().enumerate() {
        let clock = ManualClock::new();
        // Behind it the throttle has no token, and for `timeout_first` all is well.
        let items = if number == 0 { vec![] } else { vec![1] };
        let mut fount = attach(FakeFount::new(items).open(), clock.clone());
        let mut executor = Executor::new(&Schedule::eager());
        while executor
            .run_until_stalled(pin!(fount.next_or_reason()))
            .is_ready()
        {}
        assert_eq!(clock.waiting(), 1, "stage {number}");
        fount.as_mut().stop(&Reason::Enough);
        assert_eq!(clock.waiting(), 0, "stage {number}");
    }
}
