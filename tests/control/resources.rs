//! What is acquired before the first item, and released behind the last one.

use std::future::{pending, poll_fn};
use std::pin::{Pin, pin};

use tubes::testing::{Executor, FakeDrain, FakeFount, Place, Schedule};
use tubes::{BoxError, Error, Fount, Reason, drains, founts, stages};

use super::kit::{Log, run, twice};

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

#[test]
fn a_release_is_awaited_before_the_end_is_heard_and_may_fail_it() {
    let log = Log::default();
    let failed = || Reason::Failed(Error::user("cut off"));
    let cases = [
        (Reason::Finished, Ok(()), "Finished", None),
        (
            Reason::Finished,
            Err("no commit"),
            "Finished",
            Some("resource: no commit"),
        ),
        (failed(), Ok(()), "User", Some("cut off")),
        (failed(), Err("no commit"), "User", Some("cut off")),
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
    assert!(matches!(
        executor.run(fount.next_or_reason()),
        Err(Reason::Enough)
    ));
    let mut progress: Pin<&mut _> = fount.as_mut();
    assert!(
        executor
            .run_until_stalled(pin!(poll_fn(|cx| progress.as_mut().poll_progress(cx))))
            .is_ready()
    );
}

/// What a stage with a resource has heard, when a flow through it has come to its end.
fn stored(log: &Log, fount: FakeFount<u32>, at_most: u64) -> Result<Vec<usize>, Error> {
    let (begun, done) = (log.clone(), log.clone());
    let store = stages::map_with_resource(
        async move {
            begun.add("begin");
            Ok(Vec::new())
        },
        |rows: &mut Vec<u32>, n| {
            if n == 9 {
                return Err("no room".into());
            }
            rows.push(n);
            Ok(rows.len())
        },
        move |rows, reason| {
            done.heard(&reason);
            async move {
                twice().await;
                done.add(format!("{rows:?}"));
                if rows.len() == 2 {
                    Err("two is unlucky".into())
                } else {
                    Ok(())
                }
            }
        },
    );
    let flow = fount
        .through(store)
        .take(at_most)
        .flow_to(drains::collect(9));
    run(flow)
}

/// Items and their end; how many come out, or the failure; what the resource hears, and holds.
type Case = (
    &'static [u32],
    Reason,
    Result<usize, &'static str>,
    &'static str,
    &'static str,
);

#[test]
fn a_stage_releases_its_resource_however_the_flow_ends() {
    let log = Log::default();
    let failed = || Reason::Failed(Error::user("cut off"));
    let cases: [Case; 6] = [
        (&[1, 2, 3], Reason::Finished, Ok(3), "Finished", "[1, 2, 3]"),
        (
            &[1, 2],
            Reason::Finished,
            Err("map_with_resource: two is unlucky"),
            "Finished",
            "[1, 2]",
        ),
        (&[1, 2], failed(), Err("cut off"), "User", "[1, 2]"),
        (
            &[1, 9, 2],
            Reason::Finished,
            Err("map_with_resource: no room"),
            "User",
            "[1]",
        ),
        (
            &[1, 2, 3, 4, 5],
            Reason::Finished,
            Ok(4),
            "Enough",
            "[1, 2, 3, 4]",
        ),
        (&[], Reason::Finished, Ok(0), "Finished", "[]"),
    ];
    for (items, end, due, heard, rows) in cases {
        let fount = FakeFount::new(items.to_vec()).ending(end);
        let source = fount.handle();
        let result = stored(&log, fount, 4);
        let result = result
            .map(|all| all.len())
            .map_err(|error| error.to_string());
        assert_eq!(result, due.map_err(str::to_owned), "{items:?}");
        assert_eq!(log.take(), ["begin", heard, rows]);
        assert!(source.is_dropped() && !source.is_abandoned());
    }
    assert!(
        stored(&log, FakeFount::new([1]), 0)
            .unwrap()
            .is_empty()
    );
    assert!(log.take().is_empty(), "nobody asked for an item");
}
