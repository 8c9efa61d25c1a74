//! Failures that are renamed, explained, or recovered from.

use std::cell::Cell;
use std::io;
use std::pin::pin;

use tubes::founts::LocalBoxFount;
use tubes::testing::{Executor, FakeDrain, FakeFount, Place, Schedule};
use tubes::{Error, Fount, Kind, Reason, drains, founts, stages};

fn executor() -> Executor<'static> {
    Executor::new(&Schedule::eager())
}

fn torn() -> Reason {
    Reason::Failed(Error::from(io::Error::other("torn")).at("source"))
}

fn failing() -> FakeFount<u32> {
    FakeFount::new([1, 2]).ending(torn())
}

#[track_caller]
fn error_of(fount: impl Fount<Item = u32>) -> Error {
    executor()
        .run(fount.flow_to(drains::null()))
        .unwrap_err()
}

#[test]
fn a_context_stands_in_front_and_everything_else_stays() {
    let source = failing();
    let heard = source.handle();
    let read = source
        .through(stages::context("reading the config"))
        .through(stages::context(String::from("starting")));
    let error = error_of(read);
    assert_eq!(
        error.to_string(),
        "starting: reading the config: source: torn"
    );
    assert_eq!(error.kind(), Kind::Io(io::ErrorKind::Other));
    assert_eq!((error.stage(), error.place()), (Some("source"), None));
    assert_eq!(
        error
            .find::<io::Error>()
            .unwrap()
            .to_string(),
        "torn"
    );
    // What upstream said is as it was.
    assert_eq!(
        heard
            .said()
            .unwrap()
            .error()
            .unwrap()
            .to_string(),
        "source: torn"
    );
    assert!(heard.stops().is_empty());
}

#[test]
fn another_failure_knows_where_the_first_one_arose() {
    #[derive(Debug)]
    struct NoConfig;
    impl std::fmt::Display for NoConfig {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("no config")
        }
    }
    impl std::error::Error for NoConfig {}

    let parsed = FakeFount::new([1, 2])
        .through(|n: u32| if n < 2 { Ok(n) } else { Err("odd one") })
        .named("numbers");
    let error = error_of(parsed.through(stages::map_err(|_| NoConfig)));
    assert_eq!(error.to_string(), "numbers: no config");
    assert!(error.find::<NoConfig>().is_some());
    assert!(
        error
            .place()
            .unwrap()
            .file()
            .ends_with("recovering.rs")
    );

    let own = |error: Error| {
        Error::new(Kind::Timeout)
            .at("own")
            .caused_by(error)
    };
    let error = error_of(failing().through(stages::map_err(own)));
    assert_eq!((error.kind(), error.stage()), (Kind::Timeout, Some("own")));
    assert!(error.find::<io::Error>().is_some());
}

#[test]
fn a_failure_without_a_name_is_not_named_by_who_tells_it_in_other_words() {
    let nameless = || Reason::Failed(Error::new(Kind::Timeout));
    let failing = || FakeFount::new([1]).ending(nameless());
    let error = error_of(failing().through(stages::context("waiting")));
    assert_eq!(
        error.to_string(),
        "waiting: a wait was longer than its time limit"
    );
    let error = error_of(failing().through(stages::map_err(|_| "too late")));
    assert_eq!(error.to_string(), "too late");
}

#[test]
fn clean_ends_are_no_failures() {
    for end in [Reason::Finished, Reason::Enough] {
        let source = FakeFount::new([1]).ending(end.clone());
        let drain = FakeDrain::new();
        let seen = drain.handle();
        let flow = source
            .through(stages::map_err(|_| -> Error { panic!("no failure") }))
            .through(stages::context("unheard"))
            .through(stages::recover(|_| panic!("no failure")))
            .through(stages::recover_with(1, |_| -> Option<FakeFount<u32>> {
                panic!("no failure")
            }))
            .flow_to(drain);
        executor().run(flow).unwrap();
        assert_eq!(seen.items(), [1]);
        assert_eq!(format!("{:?}", seen.end().unwrap()), format!("{end:?}"));
    }
}

#[test]
fn a_refusal_below_is_not_recovered_from() {
    let source = failing();
    let heard = source.handle();
    let full = || Reason::Failed(Error::new(Kind::Timeout).at("drain"));
    let flow = source
        .through(stages::map_err(|_| -> Error { panic!("not from above") }))
        .through(stages::recover(|_| panic!("not from above")))
        .through(stages::recover_with(1, |_| -> Option<FakeFount<u32>> {
            panic!("not from above")
        }))
        .flow_to(FakeDrain::new().refusing(1, Place::Ready, full()));
    let error = executor().run(flow).unwrap_err();
    assert_eq!(error.to_string(), full().error().unwrap().to_string());
    assert_eq!(heard.stops().len(), 1);
}

#[test]
fn a_last_item_is_made_when_there_is_room_for_it() {
    let asked = Cell::new(0);
    let drain = FakeDrain::new().by_hand();
    let seen = drain.handle();
    let source = failing();
    let heard = source.handle();
    let recovered = source.through(stages::recover(|error| {
        asked.set(asked.get() + 1);
        assert_eq!(error.to_string(), "source: torn");
        Some(99)
    }));
    let mut flow = pin!(recovered.flow_to(drain));
    let mut executor = executor();
    for (allowed, calls) in [(0, 0), (2, 0), (0, 0), (1, 1)] {
        seen.allow(allowed);
        drop(executor.run_until_stalled(flow.as_mut()));
        assert_eq!(asked.get(), calls);
    }
    assert_eq!(seen.items(), [1, 2, 99]);
    assert!(matches!(seen.end(), Some(Reason::Finished)));
    assert!(heard.stops().is_empty());
}

#[test]
fn a_failure_that_is_not_recovered_from_keeps_its_name() {
    let parsed = FakeFount::new([1, 2])
        .through(|n: u32| if n < 2 { Ok(n) } else { Err("odd one") })
        .named("numbers");
    let error = error_of(parsed.through(stages::recover(|_| None)));
    assert_eq!(error.to_string(), "numbers: odd one");
}

#[test]
fn other_founts_are_tried_so_many_times_and_the_last_failure_stands() {
    for times in 0..4 {
        let asked = Cell::new(0_u32);
        let other = |_: Error| {
            asked.set(asked.get() + 1);
            let failed = Error::user(format!("failure {}", asked.get()));
            Some(FakeFount::new([10 * asked.get()]).ending(Reason::Failed(failed)))
        };
        let drain = FakeDrain::new();
        let seen = drain.handle();
        let flow = failing()
            .through(stages::recover_with(times, other))
            .flow_to(drain);
        let error = executor().run(flow).unwrap_err();
        let count = usize::try_from(asked.get()).unwrap();
        assert_eq!(count, times);
        let message = match times {
            0 => "source: torn".to_owned(),
            _ => format!("recover_with: failure {times}"),
        };
        assert_eq!(error.to_string(), message);
        assert_eq!(seen.items(), [1, 2, 10, 20, 30][..2 + times]);
    }
}

#[test]
fn a_fount_that_took_over_hears_the_stop_and_makes_progress() {
    let other = FakeFount::new([10]).open();
    let (handle, mut other) = (other.handle(), Some(other));
    let source = failing();
    let heard = source.handle();
    let drain = FakeDrain::new().by_hand();
    let seen = drain.handle();
    let recovered = source.through(stages::recover_with(1, |_| other.take()));
    let mut executor = executor();
    let mut flow = pin!(recovered.take(4).flow_to(drain));
    seen.allow(3);
    assert!(
        executor
            .run_until_stalled(flow.as_mut())
            .is_pending()
    );
    assert!(handle.progress() > 0);
    handle.push(11);
    seen.allow(9);
    executor.run(flow.as_mut()).unwrap();
    assert_eq!(seen.items(), [1, 2, 10, 11]);
    assert!(matches!(handle.stops()[..], [Reason::Enough]));
    assert!(heard.stops().is_empty());
}

#[test]
fn founts_that_fail_at_once_do_not_hold_a_poll() {
    for by_hand in [false, true] {
        let asked = Cell::new(0);
        let other = |_: Error| {
            asked.set(asked.get() + 1);
            Some(FakeFount::new([]).ending(torn()))
        };
        let recovered = failing().through(stages::recover_with(1000, other));
        let recovered: LocalBoxFount<'_, u32> = match by_hand {
            false => Box::pin(recovered.filter(|_| true)),
            true => recovered.boxed_local(),
        };
        let mut flow = pin!(recovered.flow_to(drains::null()));
        let mut executor = executor();
        let mut polls = 1;
        while executor
            .poll(flow.as_mut())
            .is_pending()
        {
            assert!(executor.is_woken(), "law 5: nobody had to wait");
            assert!(asked.get() <= 64 * polls, "law 6");
            polls += 1;
        }
        assert_eq!(asked.get(), 1000);
    }
}

#[test]
fn recovery_after_recovery_ends_once() {
    let flow = failing()
        .through(stages::recover_with(1, |_| Some(founts::iter([3]))))
        .through(stages::recover(|_| panic!("it has finished")))
        .flow_to(drains::collect(9));
    assert_eq!(executor().run(flow).unwrap(), [1, 2, 3]);
}
