//! The census of a test: it counts who was told the end, and can fail.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;

use tubes::testing::{Census, Executor, FakeDrain, FakeFount, Schedule, laws};
use tubes::{Fount, Reason, drains, founts};

/// What the census says of those who were not told.
fn untold(census: &Census) -> String {
    let asserted = catch_unwind(AssertUnwindSafe(|| census.assert_all_stopped()));
    let Err(panic) = asserted else {
        return String::new();
    };
    panic
        .downcast_ref::<String>()
        .cloned()
        .unwrap()
}

#[test]
fn all_are_stopped_after_any_end_of_a_flow() {
    for end in [Reason::Finished, Reason::abandoned()] {
        let census = Census::new();
        let fount = census.fount(FakeFount::new([1, 2, 3]).ending(end));
        let flow = fount
            .through(census.stage())
            .flow_to(census.drain(FakeDrain::new()));
        drop(Executor::new(&Schedule::eager()).run(flow));
        census.assert_all_stopped();
        assert_eq!((census.count(), census.alive()), (3, 0));
    }
    let census = Census::new();
    let flow = census
        .fount(founts::iter(0..))
        .take(2)
        .through(census.stage())
        .flow_to(census.drain(drains::null()));
    Executor::new(&Schedule::eager())
        .run(flow)
        .unwrap();
    census.assert_all_stopped();
}

#[test]
fn who_was_not_told_is_named_with_its_place_and_state() {
    let census = Census::new();
    assert_eq!(untold(&census), "");
    {
        let fount = census.fount(FakeFount::<u8>::new([]).open());
        let flow = pin!(fount.flow_to(census.drain(FakeDrain::new())));
        let stalled = Executor::new(&Schedule::eager()).run_until_stalled(flow);
        assert!(stalled.is_pending());
        assert_eq!(census.alive(), 2);
        assert!(untold(&census).contains("alive, and was not told anything"));
    }
    drop(census.stage());
    let said = untold(&census);
    for part in [
        "of 3 in the census",
        "fount `FakeFount` at tests/census.rs:",
        "drain `FakeDrain` at tests/census.rs:",
        "stage `census` at tests/census.rs:",
        "abandoned: dropped before it was told",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!(census.alive(), 0);
}

#[test]
fn a_drain_that_does_not_finish_is_named_too() {
    let census = Census::new();
    let drain = census.drain(drains::for_each_async(|()| std::future::pending::<()>()));
    let flow = pin!(founts::once(()).flow_to(drain));
    let stalled = Executor::new(&Schedule::eager()).run_until_stalled(flow);
    assert!(stalled.is_pending());
    assert_ne!(untold(&census), "");
}

#[test]
fn what_is_watched_keeps_the_laws() {
    let census = Census::new();
    let (one, two, three) = (census.clone(), census.clone(), census.clone());
    laws::fount(move || one.fount(founts::iter(0..4)), vec![0, 1, 2, 3]).check();
    laws::stage(
        move |f| f.through(two.stage()),
        vec![1, 2, 3],
        vec![1, 2, 3],
    )
    .check();
    laws::drain(
        move || three.drain(drains::collect(9)),
        vec![1, 2],
        |all| {
            assert_eq!(all, [1, 2]);
        },
    )
    .check();
    assert_eq!(census.alive(), 0);
}
