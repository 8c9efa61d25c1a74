//! How plain stages end: failures above, stops below, limits, last items.

use tubes::testing::{Executor, FakeDrain, FakeFount, Place, Schedule};
use tubes::{Drain, Error, Fount, Kind, Reason, Tube, bound, stages};

/// What came of a flow, in words.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    items: String,
    end: String,
    pulled: usize,
    stops: String,
}

fn outcome(items: &str, end: &str, pulled: usize, stops: &str) -> Outcome {
    Outcome {
        items: items.to_owned(),
        end: end.to_owned(),
        pulled,
        stops: stops.to_owned(),
    }
}

fn said(reason: &Reason) -> String {
    match reason {
        Reason::Finished => "finished".to_owned(),
        Reason::Enough => "enough".to_owned(),
        Reason::Failed(error) => error.to_string(),
    }
}

/// Runs 1 to 5, then a failure, through the tube into the drain, on each side of the seam.
#[track_caller]
fn check<T>(make: impl Fn() -> T, drain: impl Fn() -> FakeDrain<T::Out>, expected: &Outcome)
where
    T: Tube<u32> + 'static,
    T::Out: std::fmt::Debug + Clone + Send + 'static,
{
    for side in 0..3 {
        let failed = Reason::Failed(Error::user("torn").at("source"));
        let source = FakeFount::new(1..=5_u32).ending(failed);
        let drain = drain();
        let (heard, seen) = (source.handle(), drain.handle());
        let mut executor = Executor::new(&Schedule::eager());
        let result = match side {
            0 => executor.run(source.through(make()).flow_to(drain)),
            1 => executor.run(
                source
                    .through(make())
                    .boxed_local()
                    .flow_to(drain),
            ),
            _ => executor.run(source.flow_to(drain.behind(make()))),
        };
        let end = seen.end().unwrap();
        assert_eq!(result.is_ok(), end.is_clean());
        let stops: Vec<String> = heard.stops().iter().map(said).collect();
        let found = Outcome {
            items: format!("{:?}", seen.items()),
            end: said(&end),
            pulled: heard.pulled(),
            stops: stops.join(", "),
        };
        assert_eq!(found, *expected, "side {side}");
    }
}

#[test]
fn a_failure_above_comes_behind_all_that_was_received() {
    let torn = |items| outcome(items, "source: torn", 5, "");
    let open = FakeDrain::new;
    let all = "[1, 2, 3, 4, 5]";
    check(|| stages::scan(0, |_, n: u32| n), open, &torn(all));
    check(
        || stages::scan_while(0, |_, n: u32| Some(n)),
        open,
        &torn(all),
    );
    check(|| stages::map_while(|n: u32| Some(n)), open, &torn(all));
    check(|| stages::take_while(|_: &u32| true), open, &torn(all));
    check(|| stages::stop_when(|_: &u32| false), open, &torn(all));
    check(|| stages::skip(3), open, &torn("[4, 5]"));
    check(|| stages::skip(9), open, &torn("[]"));
    check(
        || stages::skip_while(|n: &u32| *n < 3),
        open,
        &torn("[3, 4, 5]"),
    );
    check(stages::dedup, open, &torn(all));
    check(
        || stages::dedup_by_key(|n: &u32| n / 2),
        open,
        &torn("[1, 2, 4]"),
    );
    check(|| stages::limit(5), open, &torn(all));
    check(|| stages::limit_weight(5, |_: &u32| 1), open, &torn(all));
    check(
        || stages::chunks(bound(2)),
        FakeDrain::new,
        &torn("[[1, 2], [3, 4], [5]]"),
    );
    check(
        || stages::sliding(bound(2)),
        FakeDrain::new,
        &torn("[[1, 2], [2, 3], [3, 4], [4, 5]]"),
    );
}

#[test]
fn a_stage_that_has_enough_tells_upstream_once() {
    let enough = |items, pulled| outcome(items, "enough", pulled, "enough");
    let open = FakeDrain::new;
    check(
        || stages::take_while(|n: &u32| *n < 3),
        open,
        &enough("[1, 2]", 3),
    );
    check(
        || stages::stop_when(|n: &u32| *n == 3),
        open,
        &enough("[1, 2, 3]", 3),
    );
    let small = |n: u32| (n < 3).then_some(n);
    check(move || stages::map_while(small), open, &enough("[1, 2]", 3));
    let small = |_: &mut (), n: u32| (n < 3).then_some(n);
    check(
        move || stages::scan_while((), small),
        open,
        &enough("[1, 2]", 3),
    );
}

#[test]
fn a_limit_fails_with_the_first_item_too_many() {
    let error = "limit: a flow is longer than its limit of 3";
    let expected = outcome("[1, 2, 3]", error, 4, error);
    check(|| stages::limit(3), FakeDrain::new, &expected);
    let error = "limit_weight: a flow is longer than its limit of 7";
    let expected = outcome("[1, 2, 3]", error, 4, error);
    let weight = |n: &u32| usize::try_from(*n).unwrap();
    check(
        move || stages::limit_weight(7, weight),
        FakeDrain::new,
        &expected,
    );
    let huge = |_: &u32| usize::MAX;
    let error = "limit_weight: a flow is longer than its limit of 7";
    let expected = outcome("[]", error, 1, error);
    check(
        move || stages::limit_weight(7, huge),
        FakeDrain::new,
        &expected,
    );
}

#[test]
fn a_drain_that_stops_in_mid_flow_is_heard_above_and_nothing_follows() {
    let refusing = || FakeDrain::new().refusing(2, Place::Ready, Reason::Enough);
    let enough = |items, pulled| outcome(items, "enough", pulled, "enough");
    check(
        stages::enumerate,
        || FakeDrain::new().refusing(2, Place::Ready, Reason::Enough),
        &enough("[(0, 1), (1, 2)]", 2),
    );
    check(
        || stages::scan(0, |_, n: u32| n),
        refusing,
        &enough("[1, 2]", 2),
    );
    check(|| stages::skip(1), refusing, &enough("[2, 3]", 3));
    check(
        || stages::take_while(|_: &u32| true),
        refusing,
        &enough("[1, 2]", 2),
    );
    check(|| stages::limit(9), refusing, &enough("[1, 2]", 2));
    check(stages::dedup, refusing, &enough("[1, 2]", 2));
    let refusing = || FakeDrain::new().refusing(2, Place::Ready, Reason::Enough);
    check(
        || stages::chunks(bound(2)),
        refusing,
        &enough("[[1, 2], [3, 4]]", 4),
    );
}

#[test]
fn the_last_item_ends_the_flow_whatever_the_source_does_afterwards() {
    let source = FakeFount::new(["hello", "."]).open();
    let heard = source.handle();
    let drain = FakeDrain::new();
    let seen = drain.handle();
    let flow = source
        .stop_when(|line| *line == ".")
        .flow_to(drain);
    Executor::new(&Schedule::eager())
        .run(flow)
        .unwrap();
    assert_eq!(seen.items(), ["hello", "."]);
    assert!(matches!(heard.stops()[..], [Reason::Enough]));
}

#[test]
fn an_end_is_kept_while_the_drain_is_not_ready_to_hear_of_it() {
    let source = FakeFount::new(1..).open();
    let heard = source.handle();
    let drain = FakeDrain::new().by_hand();
    let seen = drain.handle();
    let mut executor = Executor::new(&Schedule::eager());
    let mut flow = Box::pin(
        source
            .stop_when(|n: &u32| *n == 2)
            .flow_to(drain),
    );
    seen.allow(2);
    assert!(
        executor
            .run_until_stalled(flow.as_mut())
            .is_pending()
    );
    assert_eq!((seen.items(), heard.pulled()), (vec![1, 2], 2));
    seen.allow(1);
    executor.run(flow).unwrap();
    assert_eq!((seen.items(), heard.pulled()), (vec![1, 2], 2));
}

#[test]
fn a_limit_is_told_from_other_failures_by_its_kind() {
    let flow = FakeFount::new(0..9_u32)
        .through(stages::limit(2))
        .flow_to(FakeDrain::new());
    let error = Executor::new(&Schedule::eager())
        .run(flow)
        .unwrap_err();
    let kind = Kind::Limit {
        what: "flow",
        limit: 2,
    };
    assert_eq!((error.kind(), error.stage()), (kind, Some("limit")));
    assert!(
        error
            .place()
            .unwrap()
            .file()
            .ends_with("ends.rs")
    );
}

#[test]
fn what_a_stage_holds_is_shown_against_its_bound() {
    let mut executor = Executor::new(&Schedule::eager());
    let shown = |stage: &dyn std::fmt::Debug| format!("{stage:?}");
    let mut chunks = FakeFount::new(0..4_u32)
        .open()
        .through(stages::chunks(bound(3)));
    drop(executor.run(chunks.next()));
    let mut next = chunks.next_or_reason();
    assert!(
        executor
            .poll(std::pin::Pin::new(&mut next))
            .is_pending()
    );
    assert_eq!(shown(&chunks), "fake_fount(4 pulled) -> chunks(1 of 3)");
    let mut limit = FakeFount::new(0..4_u32).through(stages::limit(3));
    drop(executor.run(limit.next()));
    assert_eq!(shown(&limit), "fake_fount(1 pulled) -> limit(1 of 3)");
    let mut window = FakeFount::new(0..4_u32).through(stages::sliding(bound(2)));
    drop(executor.run(window.next()));
    assert_eq!(shown(&window), "fake_fount(2 pulled) -> sliding(2 of 2)");
    let skip = FakeFount::new(0..4_u32).skip(3);
    assert_eq!(shown(&skip), "fake_fount(0 pulled) -> skip(3 left)");
}
