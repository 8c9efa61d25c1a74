//! Stages that pull while downstream is not ready: what they hold, lose and combine.

use std::num::{NonZeroU64, NonZeroUsize};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tubes::stages::{self, Dropping};
use tubes::testing::{Executor, FakeDrain, FakeFount, Place, Schedule};
use tubes::{Error, Fount, Kind, Lossy, Reason};

use super::kit::Do::{Allow, End, Fail, Pulled, Push};
use super::kit::{Do, play};

type Steps<'a, T> = &'a [(Do, &'a [T])];

const TWO: NonZeroUsize = NonZeroUsize::new(2).unwrap();

fn kind(result: Option<Result<(), Error>>) -> Option<Result<(), Kind>> {
    result.map(|result| result.map_err(|error| error.kind()))
}

fn gap<T>(missing: u64) -> Lossy<T> {
    Lossy::Gap(NonZeroU64::new(missing).unwrap())
}

#[test]
fn a_buffer_pulls_until_it_is_full() {
    let attach = |f: FakeFount<u32>, _| f.through(stages::buffer(TWO));
    let steps: Steps<'_, u32> = &[
        (Push(1), &[]),
        (Push(2), &[]),
        (Push(3), &[]),
        (Pulled(2), &[]),
        (Allow(1), &[1]),
        (Pulled(3), &[]),
        (Allow(9), &[2, 3]),
        (Push(4), &[4]),
        (End, &[]),
    ];
    assert_eq!(kind(play("buffer", attach, steps)), Some(Ok(())));

    let weighing = |f: FakeFount<u32>, _| {
        let nine = NonZeroUsize::new(9).unwrap();
        f.through(stages::buffer(nine).weighing(10, |n: &u32| *n as usize))
    };
    let steps: Steps<'_, u32> = &[
        (Push(6), &[]),
        (Push(3), &[]),
        (Push(8), &[]),
        (Push(1), &[]),
        (Pulled(3), &[]),
        (Allow(1), &[6]),
        (Pulled(3), &[]),
        (Allow(1), &[3]),
        (Pulled(4), &[]),
        (End, &[]),
        (Allow(9), &[8, 1]),
    ];
    assert_eq!(kind(play("weight", weighing, steps)), Some(Ok(())));
    let none = |f: FakeFount<u32>, _| f.through(stages::buffer(TWO).weighing(0, |_: &u32| 0));
    let steps: Steps<'_, u32> = &[
        (Push(1), &[]),
        (Push(2), &[]),
        (Pulled(1), &[]),
        (Allow(9), &[1, 2]),
    ];
    assert!(play("no weight", none, steps).is_none());
}

#[test]
fn what_is_held_comes_before_the_end() {
    let by_sum = |sum: u32, n: u32| sum * 10 + n;
    for (last, expected) in [(End, Ok(())), (Fail, Err(Kind::Abandoned))] {
        let steps: Steps<'_, u32> = &[
            (Push(1), &[]),
            (Push(2), &[]),
            (last, &[]),
            (Allow(1), &[1]),
            (Allow(9), &[2]),
        ];
        let buffer = |f: FakeFount<u32>, _| f.through(stages::buffer(TWO));
        assert_eq!(kind(play("buffer", buffer, steps)), Some(expected));
        let failing = |f: FakeFount<u32>, _| f.through(stages::buffer_failing(TWO));
        assert_eq!(kind(play("failing", failing, steps)), Some(expected));

        let steps: Steps<'_, u32> = &[
            (Push(1), &[]),
            (Push(2), &[]),
            (last, &[]),
            (Allow(9), &[12]),
        ];
        let conflate = |f: FakeFount<u32>, _| f.through(stages::conflate(by_sum));
        assert_eq!(kind(play("conflate", conflate, steps)), Some(expected));
        let batch = |f: FakeFount<u32>, _| f.through(stages::batch(TWO, |n: u32| n, by_sum));
        assert_eq!(kind(play("batch", batch, steps)), Some(expected));

        let oldest = |f: FakeFount<u32>, _| {
            f.through(stages::buffer_dropping(NonZeroUsize::MIN, Dropping::Oldest))
        };
        let steps: Steps<'_, Lossy<u32>> = &[
            (Push(1), &[]),
            (Push(2), &[]),
            (last, &[]),
            (Allow(1), &[gap(1)]),
            (Allow(9), &[Lossy::Item(2)]),
        ];
        assert_eq!(kind(play("oldest", oldest, steps)), Some(expected));
        let newest = |f: FakeFount<u32>, _| {
            f.through(stages::buffer_dropping(NonZeroUsize::MIN, Dropping::Newest))
        };
        let steps: Steps<'_, Lossy<u32>> = &[
            (Push(1), &[]),
            (Push(2), &[]),
            (last, &[]),
            (Allow(1), &[Lossy::Item(1)]),
            (Allow(9), &[gap(1)]),
        ];
        assert_eq!(kind(play("newest", newest, steps)), Some(expected));
    }
}

#[test]
fn what_is_dropped_is_told_in_its_place() {
    let oldest = |f: FakeFount<u32>, _| f.through(stages::buffer_dropping(TWO, Dropping::Oldest));
    let steps: Steps<'_, Lossy<u32>> = &[
        (Push(1), &[]),
        (Push(2), &[]),
        (Push(3), &[]),
        (Push(4), &[]),
        (Pulled(4), &[]),
        (Allow(1), &[gap(2)]),
        (Push(5), &[]),
        (Push(6), &[]),
        // The item behind a gap that was told is not dropped, too.
        (Allow(2), &[Lossy::Item(3), gap(2)]),
        (Push(7), &[]),
        (Push(8), &[]),
        (Allow(9), &[Lossy::Item(6), gap(1), Lossy::Item(8)]),
        (Push(9), &[Lossy::Item(9)]),
    ];
    assert!(play("oldest", oldest, steps).is_none());
    let newest = |f: FakeFount<u32>, _| f.through(stages::buffer_dropping(TWO, Dropping::Newest));
    let steps: Steps<'_, Lossy<u32>> = &[
        (Push(1), &[]),
        (Push(2), &[]),
        (Push(3), &[]),
        (Push(4), &[]),
        (Pulled(4), &[]),
        (Allow(1), &[Lossy::Item(1)]),
        (Push(5), &[]),
        (Push(6), &[]),
        (Allow(2), &[Lossy::Item(2), gap(2)]),
        (Push(7), &[]),
        (Allow(2), &[Lossy::Item(5), gap(1)]),
        (Allow(9), &[Lossy::Item(7)]),
    ];
    assert!(play("newest", newest, steps).is_none());
}

#[test]
fn a_buffer_that_may_not_overflow_fails_behind_what_it_held() {
    let attach = |f: FakeFount<u32>, _| f.through(stages::buffer_failing(TWO));
    let steps: Steps<'_, u32> = &[
        (Push(1), &[]),
        (Push(2), &[]),
        (Push(3), &[]),
        (Push(4), &[]),
        (Pulled(3), &[]),
        (Allow(1), &[1]),
        (Allow(1), &[2]),
        (Allow(1), &[]),
        (Pulled(3), &[]),
    ];
    let limit = Kind::Full {
        what: "queue",
        limit: 2,
    };
    let result = play("failing", attach, steps);
    let error = result.unwrap().unwrap_err();
    assert_eq!(
        (error.kind(), error.stage()),
        (limit, Some("buffer_failing"))
    );
}

#[test]
fn items_become_one_while_downstream_is_not_ready() {
    let sum = |f: FakeFount<u32>, _| f.through(stages::conflate(|sum: u32, n| sum + n));
    let steps: Steps<'_, u32> = &[
        (Push(1), &[]),
        (Push(2), &[]),
        (Push(3), &[]),
        (Pulled(3), &[]),
        (Allow(2), &[6]),
        (Push(4), &[4]),
        (Push(5), &[]),
        (Push(6), &[]),
        (Allow(9), &[11]),
        (Push(7), &[7]),
    ];
    assert!(play("conflate", sum, steps).is_none());

    let batch = |f: FakeFount<u32>, _| {
        let add = |mut all: Vec<u32>, n| {
            all.push(n);
            all
        };
        let three = NonZeroUsize::new(3).unwrap();
        let batch = stages::batch(three, |n: u32| vec![n], add);
        f.through(batch.weighing(10, |n: &u32| *n as usize))
    };
    let steps: Steps<'_, Vec<u32>> = &[
        (Push(1), &[]),
        (Push(2), &[]),
        (Push(3), &[]),
        (Push(4), &[]),
        (Pulled(3), &[]),
        (Allow(1), &[vec![1, 2, 3]]),
        (Push(9), &[]),
        (Push(1), &[]),
        (Pulled(5), &[]),
        (Allow(1), &[vec![4, 9]]),
        (Pulled(6), &[]),
        (Allow(9), &[vec![1]]),
        (Push(5), &[vec![5]]),
        (Push(6), &[vec![6]]),
    ];
    assert!(play("batch", batch, steps).is_none());
}

/// What is held when downstream stops, or everything is dropped, is dropped, too.
#[test]
fn nothing_is_kept_after_a_stop_or_a_drop() {
    type Item = Arc<()>;
    type Boxed = tubes::founts::LocalBoxFount<'static, Item>;
    let attaches: [fn(FakeFount<Item>) -> Boxed; 5] = [
        |f| {
            f.through(stages::buffer(TWO))
                .boxed_local()
        },
        |f| {
            f.through(stages::buffer_failing(TWO))
                .boxed_local()
        },
        |f| {
            f.through(stages::buffer_dropping(TWO, Dropping::Newest))
                .filter_map(Lossy::item)
                .boxed_local()
        },
        |f| {
            f.through(stages::conflate(|one, _| one))
                .boxed_local()
        },
        |f| {
            f.through(stages::batch(TWO, |one: Item| one, |one, _| one))
                .boxed_local()
        },
    ];
    for (number, attach) in attaches.into_iter().enumerate() {
        let item = Item::default();
        let items = vec![Arc::clone(&item); 2];
        let drain = FakeDrain::new()
            .by_hand()
            .refusing(0, Place::Receive, Reason::Enough);
        let sink = drain.handle();
        let mut flow = Box::pin(attach(FakeFount::new(items.clone()).open()).flow_to(drain));
        let mut executor = Executor::new(&Schedule::eager());
        assert!(
            executor
                .run_until_stalled(flow.as_mut())
                .is_pending()
        );
        sink.allow(1);
        assert!(
            executor
                .run_until_stalled(flow.as_mut())
                .is_ready(),
            "stage {number}"
        );
        assert_eq!(Arc::strong_count(&item), 1 + items.len(), "stage {number}");

        let drain = FakeDrain::new().by_hand();
        let mut flow = Box::pin(attach(FakeFount::new(items).open()).flow_to(drain));
        assert!(
            executor
                .run_until_stalled(flow.as_mut())
                .is_pending()
        );
        drop(flow);
        assert_eq!(Arc::strong_count(&item), 1, "stage {number}");
    }
}

/// An endless source and a drain that is stuck: what never waits yields to others, what is full
/// waits.
#[test]
fn working_ahead_is_bounded_in_each_poll() {
    type Attach = fn(FakeFount<u32>) -> tubes::founts::LocalBoxFount<'static, u32>;
    let attaches: [(Attach, bool); 4] = [
        (
            |f| {
                f.through(stages::buffer(TWO))
                    .boxed_local()
            },
            false,
        ),
        (
            |f| {
                f.through(stages::batch(TWO, |n: u32| n, u32::wrapping_add))
                    .boxed_local()
            },
            false,
        ),
        (
            |f| {
                f.through(stages::conflate(|_, newest: u32| newest))
                    .boxed_local()
            },
            true,
        ),
        (
            |f| {
                f.through(stages::buffer_dropping(TWO, Dropping::Oldest))
                    .filter_map(Lossy::item)
                    .boxed_local()
            },
            true,
        ),
    ];
    for (attach, goes_on) in attaches {
        let fount = FakeFount::new((0..u32::MAX).cycle());
        let source = fount.handle();
        let mut flow = Box::pin(attach(fount).flow_to(FakeDrain::new().by_hand()));
        let mut executor = Executor::new(&Schedule::eager());
        for _ in 0..3 {
            let before = source.pulled();
            assert!(
                executor
                    .poll(flow.as_mut())
                    .is_pending()
            );
            assert!(source.pulled() - before <= 64 * 256, "law 6");
            assert_eq!(executor.is_woken(), goes_on, "law 5");
        }
        assert_eq!(source.pulled() == 2, !goes_on);
    }
}

/// A function of the user that panics takes what it was given with it, and nothing else.
#[test]
fn a_stage_goes_on_after_a_panic_in_a_function() {
    let drain = FakeDrain::new().by_hand();
    let sink = drain.handle();
    let combine = |sum: u32, n: u32| {
        assert_ne!(n, 2, "the function panics");
        sum + n
    };
    let fount = FakeFount::new(1..=5);
    let mut flow = Box::pin(
        fount
            .through(stages::conflate(combine))
            .flow_to(drain),
    );
    let mut executor = Executor::new(&Schedule::eager());
    let polled = catch_unwind(AssertUnwindSafe(|| executor.poll(flow.as_mut())));
    assert!(polled.is_err());
    assert!(
        executor
            .poll(flow.as_mut())
            .is_pending()
    );
    sink.allow(9);
    assert!(executor.run(flow).is_ok());
    assert_eq!(sink.items(), [3 + 4 + 5]);
}
