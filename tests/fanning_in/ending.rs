//! Who hears of an end.

use tubes::testing::{Executor, FakeDrain, FakeFount, FakeFountHandle, Schedule};
use tubes::{Error, Fount, Kind, Reason, fan};

/// A reason, as a word.
fn word(reason: &Reason) -> &'static str {
    match reason {
        Reason::Finished => "finished",
        Reason::Enough => "enough",
        Reason::Failed(error) if error.kind() == Kind::Timeout => "timeout",
        Reason::Failed(error) if error.kind() == Kind::Abandoned => "abandoned",
        Reason::Failed(_) => "other",
    }
}

fn reason(word: &str) -> Reason {
    match word {
        "finished" => Reason::Finished,
        "enough" => Reason::Enough,
        "timeout" => Error::new(Kind::Timeout).into(),
        "abandoned" => Reason::abandoned(),
        other => panic!("no reason {other}"),
    }
}

/// What a source heard: nothing, if it ended by itself.
fn heard(source: &FakeFountHandle<u32>) -> &'static str {
    match source.stops().as_slice() {
        [] => "",
        [once] => word(once),
        _ => "twice",
    }
}

#[test]
fn the_end_of_a_merge_is_told_by_its_policy() {
    // Policy; how the first source ends, then the second if it goes on; what the drain hears,
    // what the second hears, and how many of its two items came.
    let cases = [
        ("default", "finished", "finished", "finished", "", 2),
        ("default", "finished", "enough", "enough", "", 2),
        ("default", "enough", "finished", "enough", "", 2),
        ("default", "finished", "timeout", "timeout", "", 2),
        ("default", "timeout", "finished", "timeout", "timeout", 1),
        ("eager", "finished", "timeout", "finished", "enough", 1),
        ("eager", "enough", "finished", "enough", "enough", 1),
        ("eager", "timeout", "finished", "timeout", "timeout", 1),
        ("failing_last", "timeout", "finished", "timeout", "", 2),
        ("failing_last", "timeout", "abandoned", "timeout", "", 2),
        ("failing_last", "enough", "abandoned", "abandoned", "", 2),
    ];
    for case in cases {
        for seam in [false, true] {
            let (policy, first, second, due, stopped, came) = case;
            let schedule = Schedule::eager();
            let ends = FakeFount::new([]).open();
            let goes_on = FakeFount::new([1]).open();
            let (one, other) = (ends.handle(), goes_on.handle());
            let merge = fan::merge([ends, goes_on]);
            let merge = match policy {
                "eager" => merge.eager(),
                "failing_last" => merge.failing_last(),
                _ => merge,
            };
            let drain = FakeDrain::new();
            let sink = drain.handle();
            let mut flow: std::pin::Pin<Box<dyn Future<Output = Result<(), Error>>>> = if seam {
                Box::pin(merge.boxed().flow_to(drain))
            } else {
                Box::pin(merge.flow_to(drain))
            };
            let mut executor = Executor::new(&schedule);
            assert!(
                executor
                    .run_until_stalled(flow.as_mut())
                    .is_pending()
            );
            one.end(reason(first));
            if executor
                .run_until_stalled(flow.as_mut())
                .is_pending()
            {
                other.push(2);
                other.end(reason(second));
                let result = executor.run(flow);
                assert_eq!(result.is_ok(), reason(due).is_clean(), "{case:?}");
            }
            let end = sink.end().unwrap();
            assert_eq!((word(&end), heard(&other)), (due, stopped), "{case:?}");
            assert_eq!((sink.count(), heard(&one)), (came, ""), "{case:?}");
        }
    }
}

#[test]
fn a_stop_goes_to_every_source_that_has_not_ended_once_with_its_reason() {
    for due in ["finished", "enough", "timeout"] {
        let founts = [
            FakeFount::new([1]),
            FakeFount::new([2, 3]),
            FakeFount::new([4]).open(),
        ];
        let sources: Vec<_> = founts
            .iter()
            .map(FakeFount::handle)
            .collect();
        let mut merge = Box::pin(fan::merge(founts));
        let mut executor = Executor::new(&Schedule::eager());
        // All four, and the ends of the first two: nobody is left but the third.
        for _ in 0..4 {
            executor
                .run(merge.next_or_reason())
                .unwrap();
        }
        assert!(
            executor
                .run_until_stalled(std::pin::pin!(merge.next()))
                .is_pending()
        );
        merge.as_mut().stop(&reason(due));
        merge.as_mut().stop(&Reason::Enough);
        let told: Vec<_> = sources.iter().map(heard).collect();
        assert_eq!(told, ["", "", due]);
        let end = executor
            .run(merge.next_or_reason())
            .unwrap_err();
        assert_eq!(word(&end), due);
    }
}

#[test]
fn a_failure_comes_behind_what_was_delivered_and_stops_the_others() {
    let failing = FakeFount::new([1, 2]).ending(reason("timeout"));
    let endless = FakeFount::new(10..);
    let other = endless.handle();
    let drain = FakeDrain::new();
    let sink = drain.handle();
    let flow = fan::merge2(failing, endless).flow_to(drain);
    let error = Executor::new(&Schedule::eager())
        .run(flow)
        .unwrap_err();
    assert_eq!((error.kind(), heard(&other)), (Kind::Timeout, "timeout"));
    assert_eq!(
        sink.items()
            .iter()
            .filter(|n| **n < 10)
            .count(),
        2
    );
    assert_eq!(other.polls_after_stop(), 0);
}
