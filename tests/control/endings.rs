//! What is done at the end, and what is released behind it.

use std::future::{pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::Poll;

use tubes::testing::{Executor, FakeDrain, FakeFount, Place, Schedule};
use tubes::{BoxError, Drain, Error, Fount, Kind, Reason, drains, founts, stages};

/// What was heard, in order.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn add(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    fn heard(&self, reason: &Reason) {
        self.add(match reason {
            Reason::Finished => "Finished".to_owned(),
            Reason::Enough => "Enough".to_owned(),
            Reason::Failed(error) => format!("{:?}", error.kind()),
        });
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

fn run<T>(flow: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    Executor::new(&Schedule::eager()).run(flow)
}

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
    let quiet = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
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
    std::panic::set_hook(quiet);
}

/// A fount with something to release behind it, and what the log hears.
fn leased(
    log: &Log,
    fount: FakeFount<u32>,
    released: Result<(), &'static str>,
) -> impl Fount<Item = u32> + use<> {
    let (acquiring, releasing) = (log.clone(), log.clone());
    founts::resource(
        async move {
            acquiring.add("acquired");
            Ok((fount, "lease"))
        },
        move |lease, reason| {
            releasing.heard(&reason);
            async move {
                twice().await;
                releasing.add(format!("released {lease}"));
                Ok::<(), BoxError>(released?)
            }
        },
    )
}

/// Pending twice, woken at once.
async fn twice() {
    for _ in 0..2 {
        let mut has_waited = false;
        poll_fn(|cx| {
            if std::mem::replace(&mut has_waited, true) {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }
}

#[test]
fn a_release_is_awaited_before_the_end_is_heard_and_may_fail_it() {
    let log = Log::default();
    let failed = || Reason::Failed(Kind::Timeout.into());
    let cases = [
        (Reason::Finished, Ok(()), "Finished", None),
        (
            Reason::Finished,
            Err("no commit"),
            "Finished",
            Some("resource: no commit"),
        ),
        (
            failed(),
            Ok(()),
            "Timeout",
            Some("nothing came within the time limit"),
        ),
        (
            failed(),
            Err("no commit"),
            "Timeout",
            Some("nothing came within the time limit"),
        ),
    ];
    for (reason, released, heard, end) in cases {
        for boxed in [false, true] {
            let fount = FakeFount::new([1, 2]).ending(reason.clone());
            let fount = leased(&log, fount, released);
            let seen = log.clone();
            let last = stages::finally(move |reason: &Reason| {
                let end = reason.error().map(Error::to_string);
                seen.add(format!("end {end:?}"));
            });
            let result = if boxed {
                run(fount
                    .boxed_local()
                    .through(last)
                    .flow_to(drains::null()))
            } else {
                run(fount
                    .through(last)
                    .flow_to(drains::null()))
            };
            assert_eq!(
                result
                    .err()
                    .map(|error| error.to_string()),
                end.map(str::to_owned)
            );
            let expected = ["acquired", heard, "released lease", &format!("end {end:?}")];
            assert_eq!(log.take(), expected);
        }
    }
}

#[test]
fn a_stopped_flow_is_over_when_all_is_released() {
    let log = Log::default();
    for released in [Ok(()), Err("nobody hears it")] {
        let flow = leased(&log, FakeFount::new(0..9), released).take(2);
        run(flow.flow_to(drains::null())).unwrap();
        assert_eq!(log.take(), ["acquired", "Enough", "released lease"]);
    }
    let drain = FakeDrain::new().refusing(0, Place::Ready, Reason::Enough);
    run(leased(&log, FakeFount::new(0..9), Ok(())).flow_to(drain)).unwrap();
    assert!(
        log.take().is_empty(),
        "refused before anything was acquired"
    );
}

#[test]
fn dropped_at_each_poll_what_was_acquired_is_released_as_far_as_that_goes() {
    for polls in 0..40 {
        let log = Log::default();
        let schedule = Schedule::seeded(polls);
        let fount = FakeFount::new(0..9).scheduled(&schedule);
        let mut flow = Box::pin(leased(&log, fount, Ok(())).flow_to(drains::null()));
        let mut executor = Executor::new(&schedule);
        let mut is_over = false;
        for _ in 0..polls {
            schedule.fire();
            is_over = is_over || executor.poll(flow.as_mut()).is_ready();
            if is_over {
                break;
            }
        }
        let before = log.take();
        drop(flow);
        let after = log.take();
        match before
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>()[..]
        {
            [] => assert!(after.is_empty(), "{after:?}"),
            ["acquired"] => assert_eq!(after, ["Abandoned"]),
            ["acquired", "Finished"] => assert!(!is_over && after.is_empty()),
            _ => assert!(is_over && after.is_empty(), "{before:?} {after:?}"),
        }
    }
}

#[test]
fn a_drop_does_what_a_release_does_without_waiting() {
    let log = Log::default();
    let (seen, late) = (log.clone(), log.clone());
    let fount = founts::resource(
        async { Ok((founts::pending::<u8>(), ())) },
        move |(), _reason| async move {
            seen.add("without waiting");
            pending::<()>().await;
            late.add("never");
            Ok(())
        },
    );
    let mut flow = Box::pin(fount.flow_to(drains::null()));
    let mut executor = Executor::new(&Schedule::eager());
    assert!(
        executor
            .run_until_stalled(flow.as_mut())
            .is_pending()
    );
    drop(flow);
    assert_eq!(log.take(), ["without waiting"]);
}

#[test]
fn what_cannot_be_acquired_fails_the_flow_and_nothing_is_released() {
    let released = |(), _reason| async { unreachable!("nothing was acquired") };
    let acquire = async { Err::<(FakeFount<u8>, ()), BoxError>("no lease".into()) };
    let error = run(founts::resource(acquire, released).flow_to(drains::null())).unwrap_err();
    assert_eq!(error.to_string(), "resource: no lease");

    let acquire = pending::<Result<(FakeFount<u8>, ()), BoxError>>();
    let mut fount = Box::pin(founts::resource(acquire, released));
    assert_eq!(format!("{fount:?}"), "resource");
    let mut executor = Executor::new(&Schedule::eager());
    assert!(
        executor
            .run_until_stalled(pin!(fount.next()))
            .is_pending()
    );
    assert_eq!(format!("{fount:?}"), "resource(acquiring)");
    fount.as_mut().stop(&Reason::Enough);
    assert!(matches!(executor.run(fount.next()), Err(Reason::Enough)));
    let mut progress: Pin<&mut _> = fount.as_mut();
    assert!(
        executor
            .run_until_stalled(pin!(poll_fn(|cx| progress.as_mut().poll_progress(cx))))
            .is_ready()
    );
}
