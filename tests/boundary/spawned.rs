//! A part of a pipe on a task of its own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tubes::runtime::{BoxTask, Spawner, Task};
use tubes::stages::{self, Crossed};
use tubes::testing::FakeFount;
use tubes::{Error, Fount, Kind, Reason, drains, founts};

use super::kit::{Bell, Hands, bound, cx, next};

/// A source behind a boundary of four, and who runs its task.
fn crossed(source: FakeFount<u32>) -> (Arc<Hands>, Crossed<FakeFount<u32>>) {
    let hands = Arc::new(Hands::default());
    let spawner = Arc::<Hands>::clone(&hands);
    (hands, source.through(stages::spawned_on(spawner, bound(4))))
}

fn kind(end: Option<Result<u32, Reason>>) -> Option<Kind> {
    end?.err()?.error().map(Error::kind)
}

#[test]
fn the_task_begins_when_it_is_first_pulled_and_works_ahead_to_the_bound() {
    let source = FakeFount::new(0..9);
    let handle = source.handle();
    let (hands, mut fount) = crossed(source);
    assert_eq!(hands.count(), (0, 0));
    assert_eq!(format!("{fount:?}"), "spawned(0 of 4)");
    assert!(next(&mut fount, &mut cx()).is_none());
    assert_eq!((hands.count(), handle.pulled()), ((1, 1), 0));
    for _ in 0..3 {
        hands.poll(&mut cx());
        assert_eq!(handle.pulled(), 4);
    }
    assert_eq!(format!("{fount:?}"), "spawned(4 of 4)");
    let mut all = Vec::new();
    while let Some(Ok(item)) = next(&mut fount, &mut cx()) {
        all.push(item);
        hands.poll(&mut cx());
    }
    assert_eq!(all, (0..9).collect::<Vec<_>>());
    assert_eq!(hands.count(), (1, 0));
}

#[test]
fn one_that_is_stopped_before_it_began_never_does() {
    let source = FakeFount::new(0..9);
    let handle = source.handle();
    let (hands, mut fount) = crossed(source);
    for reason in [Reason::Enough, Reason::Finished] {
        Pin::new(&mut fount).stop(&reason);
    }
    assert!(matches!(&handle.stops()[..], [Reason::Enough]));
    assert!(matches!(
        next(&mut fount, &mut cx()),
        Some(Err(Reason::Enough))
    ));
    let before = handle.progress();
    assert!(
        Pin::new(&mut fount)
            .poll_progress(&mut cx())
            .is_ready()
    );
    assert!(handle.progress() > before);
    assert_eq!((hands.count(), handle.polls()), ((0, 0), 0));
}

#[test]
fn one_that_is_dropped_ends_its_task_and_its_source_is_abandoned() {
    for turns in 0..4 {
        let source = FakeFount::new(0..9);
        let handle = source.handle();
        let (hands, mut fount) = crossed(source);
        for _ in 0..turns {
            let _next = next(&mut fount, &mut cx());
            hands.poll(&mut cx());
        }
        drop(fount);
        assert_eq!(hands.count().1, 0);
        assert!(handle.is_abandoned(), "after {turns} turns");
    }
}

#[test]
fn the_flow_is_over_when_the_task_is() {
    // It ends by itself, or is stopped.
    for stops in [false, true] {
        let (bell, waker) = Bell::new();
        let mut woken = Context::from_waker(&waker);
        let (hands, mut fount) = crossed(FakeFount::new(0..1));
        assert!(next(&mut fount, &mut cx()).is_none());
        if stops {
            Pin::new(&mut fount).stop(&Reason::Enough);
            let left = Pin::new(&mut fount).poll_progress(&mut woken);
            assert!(left.is_pending(), "the source has not heard it yet");
        }
        hands.poll(&mut cx());
        assert_eq!(bell.take() > 0, stops);
        if !stops {
            assert!(matches!(next(&mut fount, &mut cx()), Some(Ok(0))));
            assert!(matches!(
                next(&mut fount, &mut cx()),
                Some(Err(Reason::Finished))
            ));
        }
        let left = Pin::new(&mut fount).poll_progress(&mut woken);
        assert!(left.is_ready());
    }
}

#[test]
fn a_panic_comes_out_as_a_failure_with_its_place_behind_what_came_before() {
    for at in [0, 1, 3, 5] {
        let hands = Arc::new(Hands::default());
        let mut fount = founts::iter(0..9)
            .inspect(move |n| assert_ne!(*n, at, "panics"))
            .through(stages::spawned_on(Arc::<Hands>::clone(&hands), bound(4)));
        let mut came = 0;
        let end = loop {
            match next(&mut fount, &mut cx()) {
                Some(Ok(item)) => {
                    assert_eq!(item, came);
                    came += 1;
                }
                Some(Err(reason)) => break reason,
                None => hands.poll(&mut cx()),
            }
        };
        assert_eq!(came, at);
        let error = end.error().unwrap();
        assert_eq!(
            (error.kind(), error.stage()),
            (Kind::Panicked, Some("spawned"))
        );
        assert!(
            error
                .place()
                .unwrap()
                .file()
                .ends_with("spawned.rs")
        );
        assert!(
            Pin::new(&mut fount)
                .poll_progress(&mut cx())
                .is_ready()
        );
    }
}

#[test]
fn a_panic_in_a_task_of_the_runtime_comes_out_as_a_failure() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    let pipe = founts::iter(0..100)
        .inspect(|n| assert_ne!(*n, 50, "panics"))
        .through(stages::spawned(bound(8)))
        .flow_to(drains::collect(100));
    let error = runtime.block_on(pipe).unwrap_err();
    assert_eq!(error.kind(), Kind::Panicked);
}

#[test]
fn a_runtime_that_shuts_down_leaves_an_abandoned_flow() {
    let (hands, mut fount) = crossed(FakeFount::new(0..9));
    assert!(next(&mut fount, &mut cx()).is_none());
    hands.poll(&mut cx());
    hands.shut_down();
    for due in 0..4 {
        assert!(matches!(next(&mut fount, &mut cx()), Some(Ok(item)) if item == due));
    }
    assert_eq!(kind(next(&mut fount, &mut cx())), Some(Kind::Abandoned));
    assert!(
        Pin::new(&mut fount)
            .poll_progress(&mut cx())
            .is_ready()
    );
}

/// No runtime.
#[derive(Debug)]
struct Nobody;

impl Spawner for Nobody {
    fn spawn(&self, _task: BoxTask) -> Task {
        panic!("no runtime");
    }
}

#[test]
fn a_spawner_that_panics_is_seen_once_and_then_the_flow_was_abandoned() {
    let source = FakeFount::new(0..9);
    let handle = source.handle();
    let mut fount = source.through(stages::spawned_on(Arc::new(Nobody), bound(4)));
    let panicked = catch_unwind(AssertUnwindSafe(|| next(&mut fount, &mut cx())));
    assert!(panicked.is_err());
    assert!(handle.is_abandoned());
    assert_eq!(kind(next(&mut fount, &mut cx())), Some(Kind::Abandoned));
    assert!(
        Pin::new(&mut fount)
            .poll_progress(&mut cx())
            .is_ready()
    );
}

#[test]
fn a_failure_crosses_with_its_name_and_a_stop_with_its_reason() {
    let failure = Error::new(Kind::Timeout).at("far away");
    let (hands, mut fount) = crossed(FakeFount::new(0..1).ending(failure.into()));
    assert!(next(&mut fount, &mut cx()).is_none());
    hands.poll(&mut cx());
    assert!(matches!(next(&mut fount, &mut cx()), Some(Ok(0))));
    let end = next(&mut fount, &mut cx())
        .unwrap()
        .unwrap_err();
    let error = end.error().unwrap();
    assert_eq!(
        (error.kind(), error.stage()),
        (Kind::Timeout, Some("far away"))
    );

    let source = FakeFount::new([]).open();
    let handle = source.handle();
    let (hands, mut fount) = crossed(source);
    assert!(next(&mut fount, &mut cx()).is_none());
    hands.poll(&mut cx());
    let failure = Reason::Failed(Error::new(Kind::Timeout).at("below"));
    Pin::new(&mut fount).stop(&failure);
    hands.poll(&mut cx());
    let stops = handle.stops();
    let [Reason::Failed(heard)] = &stops[..] else {
        panic!("{stops:?}");
    };
    assert_eq!(heard.stage(), Some("below"));
    assert!(matches!(
        Pin::new(&mut fount).poll_progress(&mut cx()),
        Poll::Ready(())
    ));
}
