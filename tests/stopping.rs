//! Who hears of an end, when, and how often: greetings, farewells, failures and stops.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;

use support::speaker::{Fails, Speaker, failure, name, names};
use tubes::clock::Clock;
use tubes::testing::{Executor, FakeDrain, FakeDrainHandle, FakeFount, FakeFountHandle, Place};
use tubes::testing::{ManualClock, Schedule};
use tubes::{Drain, Error, Fount, Kind, Reason, Tube, drains, founts, stages};

type Source = FakeFountHandle<&'static str>;
type Sink = FakeDrainHandle<&'static str>;

/// On which side of the seam the tube stands.
#[derive(Clone, Copy, Debug)]
enum Side {
    Fount,
    Boxed,
    Drain,
}

const SIDES: [Side; 3] = [Side::Fount, Side::Boxed, Side::Drain];

fn run<T>(
    side: Side,
    tube: T,
    source: FakeFount<&'static str>,
    drain: FakeDrain<&'static str>,
) -> (Source, Sink, Result<(), Error>)
where
    T: Tube<&'static str, Out = &'static str> + Send + 'static,
{
    let schedule = Schedule::eager();
    let (heard, seen) = (source.handle(), drain.handle());
    let mut executor = Executor::new(&schedule);
    let result = match side {
        Side::Fount => executor.run(source.through(tube).flow_to(drain)),
        Side::Boxed => executor.run(
            source
                .through(tube)
                .boxed()
                .flow_to(drain),
        ),
        Side::Drain => executor.run(source.flow_to(drain.behind(tube))),
    };
    (heard, seen, result)
}

// Greeting and farewell: behaviours 8-10, 16, 17, 47.

#[test]
fn a_tube_with_the_default_stopped_passes_the_end_on() {
    struct Plain;
    impl Tube<&'static str> for Plain {
        type Out = &'static str;
        fn received(&mut self, item: &'static str) -> Result<Option<&'static str>, Reason> {
            Ok(Some(item))
        }
    }
    for side in SIDES {
        for reason in [Reason::Finished, Reason::Enough, failure("source")] {
            let source = FakeFount::new(["a"]).ending(reason.clone());
            let (_, sink, _) = run(side, Plain, source, FakeDrain::new());
            assert_eq!(sink.items(), ["a"]);
            assert_eq!(name(&sink.end().unwrap()), name(&reason));
        }
    }
}

#[test]
fn a_greeting_comes_first_and_a_farewell_last_then_the_end() {
    for side in SIDES {
        let (tube, heard) = Speaker::new(Fails::Never);
        let (_, sink, result) = run(side, tube, FakeFount::new(["a", "b"]), FakeDrain::new());
        let all = ["hello", "there", "a", "a", "b", "b", "good", "bye"];
        assert_eq!(sink.items(), all);
        assert_eq!(name(&sink.end().unwrap()), "finished");
        assert_eq!(*heard.lock().unwrap(), ["a", "b", "stopped finished"]);
        result.unwrap();
    }
}

#[test]
fn a_greeting_of_a_tube_in_the_middle_reaches_the_last_drain() {
    let (first, _) = Speaker::new(Fails::Never);
    let drain = FakeDrain::new();
    let sink = drain.handle();
    let flow = FakeFount::new([])
        .map(|word: &'static str| word)
        .through(first)
        .map(str::len)
        .flow_to(drain.behind(stages::inspect(|_: &usize| {})));
    Executor::new(&Schedule::eager())
        .run(flow)
        .unwrap();
    assert_eq!(sink.items(), [5, 5, 4, 3]);
}

#[test]
fn an_exhausted_fount_still_gives_greeting_farewell_and_one_end() {
    for side in SIDES {
        let (tube, heard) = Speaker::new(Fails::Never);
        let (source, sink, _) = run(side, tube, FakeFount::new([]), FakeDrain::new());
        assert_eq!(sink.items(), ["hello", "there", "good", "bye"]);
        assert_eq!(name(&sink.end().unwrap()), "finished");
        assert_eq!(*heard.lock().unwrap(), ["stopped finished"]);
        assert!(source.stops().is_empty());
    }
}

#[test]
fn a_tube_greets_once_when_pulled_by_hand_and_flowing_later() {
    let (tube, _) = Speaker::new(Fails::Never);
    let source = FakeFount::new(["a"]);
    let handle = source.handle();
    let mut fount = source.through(tube);
    let mut executor = Executor::new(&Schedule::eager());
    assert_eq!(executor.run(fount.next()).unwrap(), Some("hello"));
    assert_eq!(handle.polls(), 0);
    let rest = Executor::new(&Schedule::eager()).run(fount.flow_to(drains::collect(9)));
    assert_eq!(rest.unwrap(), ["there", "a", "a", "good", "bye"]);
}

#[test]
fn in_nested_stages_the_outer_one_sees_what_the_inner_one_says() {
    let (inner, _) = Speaker::new(Fails::Never);
    let (outer, heard) = Speaker::new(Fails::Never);
    let flow = FakeFount::new(["a"])
        .through(inner)
        .through(outer)
        .flow_to(drains::null());
    Executor::new(&Schedule::eager())
        .run(flow)
        .unwrap();
    let all = [
        "hello",
        "there",
        "a",
        "a",
        "good",
        "bye",
        "stopped finished",
    ];
    assert_eq!(*heard.lock().unwrap(), all);
}

// Pauses: behaviours 23, 24, 29, 32, 33.

#[test]
fn a_pause_between_two_outputs_holds_the_second_unmade() {
    let made = Arc::new(Mutex::new(0));
    let count = Arc::clone(&made);
    let drain = FakeDrain::new().by_hand();
    let sink = drain.handle();
    let many = move |n: u32| {
        let count = Arc::clone(&count);
        (0..n).inspect(move |_| *count.lock().unwrap() += 1)
    };
    let mut flow = Box::pin(
        FakeFount::new([1000])
            .flat_map(many)
            .flow_to(drain),
    );
    let mut executor = Executor::new(&Schedule::eager());
    for allowed in 0..5 {
        assert!(
            executor
                .run_until_stalled(flow.as_mut())
                .is_pending()
        );
        assert_eq!((sink.count(), *made.lock().unwrap()), (allowed, allowed));
        sink.allow(1);
    }
}

#[test]
fn a_fount_in_front_of_a_drain_that_is_not_ready_is_not_pulled_at_all() {
    let drain = FakeDrain::new().by_hand();
    let source = FakeFount::new(1..);
    let handle = source.handle();
    let mut flow = Box::pin(source.map(|n: i32| n).flow_to(drain));
    let mut executor = Executor::new(&Schedule::eager());
    assert!(
        executor
            .run_until_stalled(flow.as_mut())
            .is_pending()
    );
    assert_eq!((handle.pulled(), handle.polls()), (0, 0));
}

#[test]
fn an_item_reaches_the_tube_unchanged_and_its_output_the_drain() {
    for side in SIDES {
        let (tube, heard) = Speaker::new(Fails::Never);
        let source = FakeFount::new([]).open();
        let handle = source.handle();
        handle.push("item");
        handle.end(Reason::Finished);
        let (_, sink, _) = run(side, tube, source, FakeDrain::new());
        assert_eq!(heard.lock().unwrap()[0], "item");
        assert_eq!(sink.items()[2..4], ["item", "item"]);
    }
}

// Stops: behaviours 43-46.

#[test]
fn a_stop_reaches_the_source_through_nested_stages_with_its_reason() {
    for reason in [Reason::Finished, Reason::Enough, failure("drain")] {
        for place in [Place::Ready, Place::Receive] {
            let drain = FakeDrain::new().refusing(2, place, reason.clone());
            let (source, sink) = (FakeFount::new(1..), drain.handle());
            let handle = source.handle();
            let flow = source
                .map(|n: u32| n)
                .filter(|_| true)
                .boxed()
                .through(stages::until(std::future::pending::<()>()))
                .flow_to(drain.behind(stages::inspect(|_: &u32| {})));
            let result = Executor::new(&Schedule::eager()).run(flow);
            assert_eq!(names(&handle.stops()), [name(&reason)]);
            assert_eq!(name(&sink.end().unwrap()), name(&reason));
            assert_eq!(result.is_ok(), reason.is_clean());
        }
    }
}

#[test]
fn a_stop_during_a_greeting_keeps_the_rest_of_it_from_being_made() {
    for side in SIDES {
        let (tube, heard) = Speaker::new(Fails::Never);
        let drain = FakeDrain::new().refusing(1, Place::Ready, Reason::Enough);
        let (source, sink, _) = run(side, tube, FakeFount::new(["a"]), drain);
        assert_eq!(sink.items(), ["hello"]);
        assert_eq!(names(&source.stops()), ["enough"]);
        assert_eq!(source.polls(), 0);
        assert_eq!(*heard.lock().unwrap(), ["stopped enough"]);
    }
}

#[test]
fn a_tube_is_told_once_when_its_farewell_is_refused() {
    for side in SIDES {
        let (tube, heard) = Speaker::new(Fails::Never);
        let drain = FakeDrain::new().refusing(3, Place::Ready, Reason::Enough);
        let (source, sink, _) = run(side, tube, FakeFount::new([]), drain);
        assert_eq!(sink.items(), ["hello", "there", "good"]);
        assert_eq!(name(&sink.end().unwrap()), "enough");
        assert_eq!(*heard.lock().unwrap(), ["stopped finished"]);
        assert!(source.stops().is_empty());
    }
}

#[test]
fn a_farewell_that_is_refused_does_not_hide_a_failure_that_was_heard() {
    for refusal in [Reason::Enough, failure("drain")] {
        for side in SIDES {
            let (tube, heard) = Speaker::new(Fails::Never);
            let source = FakeFount::new([]).ending(failure("source"));
            let drain = FakeDrain::new().refusing(3, Place::Receive, refusal.clone());
            let (_, sink, result) = run(side, tube, source, drain);
            // Behind the seam the end of the source was heard, before it the refusal was first.
            let first = match side {
                Side::Drain => failure("source"),
                Side::Fount | Side::Boxed => refusal.clone(),
            };
            assert_eq!(name(&sink.end().unwrap()), name(&first));
            assert_eq!(result.is_ok(), first.is_clean());
            assert_eq!(*heard.lock().unwrap(), ["stopped source failed"]);
        }
    }
}

#[test]
fn a_drain_that_wants_nothing_stops_the_fount_without_one_pull() {
    for side in SIDES {
        let drain = FakeDrain::new().refusing(0, Place::Ready, Reason::Enough);
        let (source, sink, _) = run(side, stages::take(9), FakeFount::new(["a"]), drain);
        assert_eq!((source.polls(), sink.count()), (0, 0));
        assert_eq!(names(&source.stops()), ["enough"]);
    }
}

#[test]
fn a_fount_stopped_twice_hears_of_it_once() {
    let source = FakeFount::new(["a"]);
    let handle = source.handle();
    let mut fount = Box::pin(source.map(|word| word));
    fount.as_mut().stop(&Reason::Enough);
    fount.as_mut().stop(&failure("later"));
    let end = Executor::new(&Schedule::eager())
        .run(fount.next_or_reason())
        .unwrap_err();
    assert_eq!(
        (name(&end), names(&handle.stops())),
        ("enough".to_owned(), vec!["enough".to_owned()])
    );
}

// Failures: behaviours 50-53, 55.

#[test]
fn a_failing_tube_delivers_what_was_emitted_before_then_the_failure_goes_both_ways_once() {
    let cases: [(Fails, &[&str], &str, &[&str]); 5] = [
        (
            Fails::Greeting,
            &["hello"],
            "Speaker: emit failed",
            &["Speaker: emit failed"],
        ),
        (
            Fails::Received,
            &["hello", "there", "a", "a"],
            "Speaker: received failed",
            &["Speaker: received failed"],
        ),
        (
            Fails::Emit,
            &["hello", "there", "a", "a", "b"],
            "Speaker: emit failed",
            &["Speaker: emit failed"],
        ),
        (
            Fails::Stopped,
            &["hello", "there", "a", "a", "b", "b"],
            "Speaker: stopped failed",
            &[],
        ),
        (
            Fails::Farewell,
            &["hello", "there", "a", "a", "b", "b", "good"],
            "Speaker: emit failed",
            &[],
        ),
    ];
    for side in SIDES {
        for (fails, delivered, failure, up) in cases {
            let (tube, _) = Speaker::new(fails);
            let source = FakeFount::new(["a", "b"]);
            let (source, sink, result) = run(side, tube, source, FakeDrain::new());
            assert_eq!(sink.items(), delivered);
            assert_eq!(name(&sink.end().unwrap()), failure);
            assert_eq!(result.unwrap_err().to_string(), failure);
            assert_eq!(names(&source.stops()), up, "{side:?}");
        }
    }
}

#[test]
fn a_failing_stopped_leaves_an_earlier_failure_the_first_cause() {
    for side in SIDES {
        for fails in [Fails::Stopped, Fails::Farewell] {
            let (tube, heard) = Speaker::new(fails);
            let source = FakeFount::new([]).ending(failure("source"));
            let (_, _, result) = run(side, tube, source, FakeDrain::new());
            assert_eq!(result.unwrap_err().to_string(), "source failed");
            assert_eq!(*heard.lock().unwrap(), ["stopped source failed"]);
        }
    }
}

#[test]
fn who_pulls_by_hand_hears_the_failure_of_a_greeting() {
    let (tube, _) = Speaker::new(Fails::Greeting);
    let source = FakeFount::new(["a"]);
    let handle = source.handle();
    let mut fount = source.through(tube);
    let mut executor = Executor::new(&Schedule::eager());
    assert_eq!(executor.run(fount.next()).unwrap(), Some("hello"));
    for _ in 0..2 {
        assert_eq!(
            name(
                &executor
                    .run(fount.next_or_reason())
                    .unwrap_err()
            ),
            "Speaker: emit failed"
        );
    }
    assert_eq!(names(&handle.stops()), ["Speaker: emit failed"]);
    assert_eq!(handle.polls(), 0);
}

// Channels, depth, time.

#[test]
fn a_source_without_news_is_stopped_when_the_channel_behind_it_is() {
    let (sender, channel) = founts::channel(std::num::NonZeroUsize::MIN);
    let source = FakeFount::<u32>::new([]).open();
    let handle = source.handle();
    let mut flow = Box::pin(source.flow_to(sender));
    let mut executor = Executor::new(&Schedule::eager());
    assert!(
        executor
            .run_until_stalled(flow.as_mut())
            .is_pending()
    );
    let mut channel = Box::pin(channel);
    channel.as_mut().stop(&Reason::Enough);
    assert!(executor.is_woken());
    assert!(
        executor
            .run_until_stalled(flow.as_mut())
            .is_ready()
    );
    assert_eq!(names(&handle.stops()), ["enough"]);
}

#[test]
fn a_channel_wakes_its_sender_only_when_there_is_news_for_it() {
    let (sender, mut channel) = founts::channel(std::num::NonZeroUsize::new(4).unwrap());
    let source = FakeFount::new([1, 2]).open();
    let mut flow = Box::pin(source.flow_to(sender));
    let mut executor = Executor::new(&Schedule::eager());
    assert!(
        executor
            .run_until_stalled(flow.as_mut())
            .is_pending()
    );
    let mut other = Executor::new(&Schedule::eager());
    let wakes = executor.wakes();
    assert_eq!(other.run(channel.next()).unwrap(), Some(1));
    assert_eq!(executor.wakes(), wakes, "it had room before, too");
    drop(channel);
    assert!(executor.is_woken());
    let Poll::Ready(result) = executor.run_until_stalled(flow.as_mut()) else {
        panic!("the channel is gone");
    };
    assert_eq!(result.unwrap_err().kind(), Kind::Abandoned);
}

#[test]
fn a_chain_of_a_thousand_boxed_stages_does_not_overflow_the_stack() {
    let mut fount = FakeFount::new(0..3).boxed();
    for _ in 0..1000 {
        fount = fount.map(|n: u64| n + 1).boxed();
    }
    let all = Executor::new(&Schedule::eager()).run(fount.flow_to(drains::collect(9)));
    assert_eq!(all.unwrap(), [1000, 1001, 1002]);

    let source = FakeFount::new(0..);
    let handle = source.handle();
    let mut fount = source.boxed();
    for _ in 0..1000 {
        fount = fount.filter(|_: &u64| true).boxed();
    }
    Pin::new(&mut fount).stop(&Reason::Enough);
    drop(fount);
    assert_eq!(names(&handle.stops()), ["enough"]);
}

#[test]
fn a_signal_by_the_clock_ends_a_flow_that_has_nothing_to_say() {
    let minute = std::time::Duration::from_secs(60);
    let clock = ManualClock::new();
    let mut timer = clock.timer(clock.now() + minute);
    let signal = std::future::poll_fn(move |cx| timer.poll_elapsed(cx));
    let source = FakeFount::<u32>::new([]).open();
    let handle = source.handle();
    let mut flow = Box::pin(
        source
            .through(stages::until(signal))
            .flow_to(drains::collect(9)),
    );
    let mut executor = Executor::new(&Schedule::eager());
    assert!(
        executor
            .run_until_stalled(flow.as_mut())
            .is_pending()
    );
    clock.advance(minute);
    assert!(executor.is_woken());
    assert!(executor.run(flow).unwrap().is_empty());
    assert_eq!(names(&handle.stops()), ["enough"]);
}
