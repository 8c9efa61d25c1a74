//! What is done at the end.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tubes::testing::{Executor, FakeDrain, FakeFount, Place, Schedule};
use tubes::{Drain, Fount, Kind, Reason, drains, founts, stages};

use super::kit::{Log, run};

#[test]
fn finally_hears_every_end_once() {
    let log = Log::default();
    let last = || {
        let log = log.clone();
        stages::finally(move |reason: &Reason| log.heard(reason))
    };
    let failed = || Reason::Failed(Kind::Timeout.into());

    run(FakeFount::new([1])
        .through(last())
        .flow_to(drains::null()))
    .unwrap();
    assert_eq!(log.take(), ["Finished"]);
    run(FakeFount::new([1])
        .ending(failed())
        .through(last())
        .flow_to(drains::null()))
    .unwrap_err();
    assert_eq!(log.take(), ["Timeout"]);
    run(founts::iter(0..)
        .through(last())
        .take(3)
        .flow_to(drains::null()))
    .unwrap();
    assert_eq!(log.take(), ["Enough"]);
    for place in [Place::Ready, Place::Receive, Place::Flush] {
        let drain = FakeDrain::new().refusing(1, place, failed());
        run(FakeFount::new([1, 2])
            .open()
            .through(last())
            .flow_to(drain))
        .unwrap_err();
        assert_eq!(log.take(), ["Timeout"], "{place:?}");
    }
    run(founts::iter(0..3).flow_to(drains::null().behind(last()))).unwrap();
    assert_eq!(log.take(), ["Finished"]);
    let mut fount = Box::pin(founts::iter([1]).through(last()));
    fount.as_mut().stop(&failed());
    fount.as_mut().stop(&Reason::Enough);
    drop(fount);
    assert_eq!(log.take(), ["Timeout"]);

    drop(last());
    assert_eq!(log.take(), ["Abandoned"]);
    let mut flow = Box::pin(
        FakeFount::new([1])
            .open()
            .through(last())
            .flow_to(drains::null()),
    );
    let mut executor = Executor::new(&Schedule::eager());
    assert!(
        executor
            .run_until_stalled(flow.as_mut())
            .is_pending()
    );
    assert!(log.take().is_empty());
    drop(flow);
    assert_eq!(log.take(), ["Abandoned"]);
}

#[test]
fn finally_hears_that_a_stage_has_panicked() {
    let log = Log::default();
    let last = || {
        let log = log.clone();
        stages::finally(move |reason: &Reason| log.heard(reason))
    };
    let broken = |n: &u32| assert!(*n < 2, "a test");
    // Dropped while the thread panics.
    for boxed in [false, true] {
        let piped = founts::iter(0..9)
            .through(last())
            .inspect(broken);
        let flow = async move {
            if boxed {
                piped
                    .boxed_local()
                    .flow_to(drains::null())
                    .await
            } else {
                piped.flow_to(drains::null()).await
            }
        };
        assert!(catch_unwind(AssertUnwindSafe(|| run(flow))).is_err());
        assert_eq!(log.take(), ["Panicked"], "boxed {boxed}");
    }
    // Dropped later.
    let mut flow = Box::pin(
        founts::iter(0..9)
            .through(last())
            .inspect(broken)
            .flow_to(drains::null()),
    );
    let mut executor = Executor::new(&Schedule::eager());
    let polled = catch_unwind(AssertUnwindSafe(|| executor.poll(flow.as_mut())));
    assert!(polled.is_err() && log.take().is_empty());
    drop(flow);
    assert_eq!(log.take(), ["Panicked"]);
}
