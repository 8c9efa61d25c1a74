//! Stages that look at a clock, which is moved by hand.

use std::fmt::Debug;
use std::num::NonZeroUsize;
use std::ops::RangeFrom;
use std::time::Duration;

use tubes::siphon::Pull;
use tubes::stages::{Filter, TimedOut, Wait};
use tubes::testing::{Executor, FakeDrain, FakeFount, ManualClock, Schedule};
use tubes::{Error, Fount, Kind, drains, founts, stages};

use super::kit::Do::{Allow, End, Fail, Pass, Pulled, Push};
use super::kit::{Do, ms, play};

type Steps<'a, T> = &'a [(Do, &'a [T])];

fn kind(result: Option<Result<(), Error>>) -> Option<Result<(), Kind>> {
    result.map(|result| result.map_err(|error| error.kind()))
}

fn timed_out(result: Option<Result<(), Error>>) -> Option<Wait> {
    let error = result?.err()?;
    assert_eq!(error.kind(), Kind::Timeout);
    assert!(error.place().is_some(), "{error:?}");
    error.find().map(TimedOut::wait)
}

#[test]
fn each_timeout_fails_when_what_it_waits_for_does_not_come() {
    let first = |f: FakeFount<u32>, clock| f.through(stages::timeout_first(ms(10)).on(clock));
    let idle = |f: FakeFount<u32>, clock| f.through(stages::timeout_idle(ms(10)).on(clock));
    let whole = |f: FakeFount<u32>, clock| f.through(stages::timeout_whole(ms(10)).on(clock));
    let down = |f: FakeFount<u32>, clock| f.through(stages::timeout_downstream(ms(10)).on(clock));

    let late: Steps<'_, u32> = &[(Pass(9), &[]), (Pass(1), &[]), (Push(1), &[])];
    assert_eq!(timed_out(play("first", first, late)), Some(Wait::First));
    assert_eq!(timed_out(play("idle", idle, late)), Some(Wait::Idle));
    assert_eq!(timed_out(play("whole", whole, late)), Some(Wait::Whole));

    let slow: Steps<'_, u32> = &[
        (Pass(9), &[]),
        (Push(1), &[1]),
        (Pass(9), &[]),
        (Push(2), &[2]),
        (Pass(9), &[]),
        (Pass(1), &[]),
    ];
    assert!(play("first", first, slow).is_none());
    assert_eq!(timed_out(play("idle", idle, slow)), Some(Wait::Idle));
    let two: Steps<'_, u32> = &[(Pass(9), &[]), (Push(1), &[1]), (Pass(1), &[])];
    assert_eq!(timed_out(play("whole", whole, two)), Some(Wait::Whole));

    let stuck: Steps<'_, u32> = &[
        (Push(1), &[]),
        (Pass(9), &[]),
        (Pass(1), &[]),
        (Allow(1), &[]),
    ];
    assert_eq!(timed_out(play("whole", whole, stuck)), Some(Wait::Whole));
    assert_eq!(timed_out(play("down", down, stuck)), Some(Wait::Downstream));
    let now_and_then: Steps<'_, u32> = &[
        (Push(1), &[]),
        (Pass(9), &[]),
        (Allow(1), &[1]),
        (Pass(9), &[]),
        (Allow(1), &[]),
        (Pass(50), &[]),
        (Push(2), &[2]),
        (Pass(9), &[]),
        (Pass(1), &[]),
        (Allow(1), &[]),
    ];
    let result = play("down", down, now_and_then);
    assert_eq!(timed_out(result), Some(Wait::Downstream));
}

#[test]
fn a_wait_of_others_does_not_count() {
    let steps: Steps<'_, u32> = &[
        (Allow(0), &[]),
        (Pass(50), &[]),
        (Allow(1), &[]),
        (Pass(9), &[]),
        (Push(1), &[1]),
        (Pass(50), &[]),
        (Allow(1), &[]),
        (Pass(9), &[]),
        (End, &[]),
    ];
    for timeout in [stages::timeout_first, stages::timeout_idle] {
        let attach = |f: FakeFount<u32>, clock| f.through(timeout(ms(10)).on(clock));
        let result = play("upstream is in time", attach, steps);
        assert_eq!(kind(result), Some(Ok(())));
    }
    let silent: Steps<'_, u32> = &[(Pass(99), &[]), (Push(1), &[1]), (Pass(99), &[])];
    let down = |f: FakeFount<u32>, clock| f.through(stages::timeout_downstream(ms(10)).on(clock));
    assert!(play("downstream is ready", down, silent).is_none());
}

#[test]
fn a_stuck_drain_is_ended_without_being_ready() {
    for timeout in [stages::timeout_whole, stages::timeout_downstream] {
        let clock = ManualClock::new();
        let (fount, drain) = (FakeFount::new([1, 2]), FakeDrain::new().by_hand());
        let (source, sink) = (fount.handle(), drain.handle());
        let flow = fount
            .through(timeout(ms(10)).on(clock.clone()))
            .flow_to(drain);
        let result = Executor::new(&Schedule::eager())
            .while_idle(|| clock.advance(ms(10)))
            .run(flow);
        assert_eq!(result.unwrap_err().kind(), Kind::Timeout);
        assert_eq!((sink.count(), source.pulled()), (0, 0));
        let told = source.stops()[0]
            .error()
            .unwrap()
            .to_string();
        assert_eq!(
            told,
            sink.end()
                .unwrap()
                .error()
                .unwrap()
                .to_string()
        );
    }
}

#[test]
fn a_timeout_past_all_time_never_comes() {
    let flow = founts::iter([1])
        .through(stages::timeout_whole(Duration::MAX).on(ManualClock::new()))
        .flow_to(FakeDrain::new());
    assert!(
        Executor::new(&Schedule::eager())
            .run(flow)
            .is_ok()
    );
}

#[test]
fn debounce_gives_what_silence_follows_and_what_the_end_follows() {
    let attach = |f: FakeFount<u32>, clock| f.through(stages::debounce(ms(10)).on(clock));
    let steps: Steps<'_, u32> = &[
        (Push(1), &[]),
        (Pass(9), &[]),
        (Push(2), &[]),
        (Pass(9), &[]),
        (Pass(1), &[2]),
        (Pass(99), &[]),
        (Push(3), &[]),
        (End, &[3]),
    ];
    assert_eq!(kind(play("end", attach, steps)), Some(Ok(())));
    let steps: Steps<'_, u32> = &[(Push(1), &[]), (Push(2), &[]), (Fail, &[2])];
    let result = play("failure", attach, steps);
    assert_eq!(kind(result), Some(Err(Kind::Abandoned)));
    // What was quiet long enough goes before what has come since.
    let steps: Steps<'_, u32> = &[
        (Allow(1), &[]),
        (Push(1), &[]),
        (Pass(10), &[1]),
        (Push(2), &[]),
        (Pulled(1), &[]),
        (Allow(1), &[]),
        (Pulled(2), &[]),
        (Pass(10), &[2]),
    ];
    assert!(play("downstream waits", attach, steps).is_none());
}

#[test]
fn chunks_go_when_full_when_they_have_waited_and_at_the_end() {
    let three = NonZeroUsize::new(3).unwrap();
    let attach =
        |f: FakeFount<u32>, clock| f.through(stages::chunks_within(three, ms(10)).on(clock));
    let steps: Steps<'_, Vec<u32>> = &[
        (Push(1), &[]),
        (Pass(9), &[]),
        (Push(2), &[]),
        (Pass(1), &[vec![1, 2]]),
        (Pass(99), &[]),
        (Push(3), &[]),
        (Push(4), &[]),
        (Push(5), &[vec![3, 4, 5]]),
        (Push(6), &[]),
        (End, &[vec![6]]),
    ];
    assert_eq!(kind(play("end", attach, steps)), Some(Ok(())));
    let steps: Steps<'_, Vec<u32>> = &[(Push(1), &[]), (Push(2), &[]), (Fail, &[vec![1, 2]])];
    let result = play("failure", attach, steps);
    assert_eq!(kind(result), Some(Err(Kind::Abandoned)));

    let attach = |f: FakeFount<u32>, clock| {
        let chunks = stages::chunks_within(three, ms(10)).on(clock);
        f.through(chunks.weighing(10, |n: &u32| *n as usize))
    };
    let steps: Steps<'_, Vec<u32>> = &[
        (Push(6), &[]),
        (Push(5), &[vec![6]]),
        (Pass(10), &[vec![5]]),
        (Push(3), &[]),
        (Push(7), &[vec![3, 7]]),
        (Push(1), &[]),
        (Push(99), &[vec![1], vec![99]]),
        (Push(1), &[]),
        (Push(10), &[vec![1], vec![10]]),
        (Push(4), &[]),
        (Push(7), &[vec![4]]),
        (End, &[vec![7]]),
    ];
    assert_eq!(kind(play("weight", attach, steps)), Some(Ok(())));
}

#[test]
fn keep_alive_fills_the_silence_one_at_a_time() {
    let attach = |f: FakeFount<u32>, clock| f.through(stages::keep_alive(ms(10), || 0).on(clock));
    let steps: Steps<'_, u32> = &[
        (Pass(9), &[]),
        (Push(1), &[1]),
        (Pass(9), &[]),
        (Pass(1), &[0]),
        (Pass(10), &[0]),
        (Pass(35), &[0]),
        (Pass(9), &[]),
        (Pass(1), &[0]),
        (Push(2), &[2]),
        (End, &[]),
        (Pass(99), &[]),
    ];
    assert_eq!(kind(play("ready", attach, steps)), Some(Ok(())));
    let steps: Steps<'_, u32> = &[
        (Allow(0), &[]),
        (Pass(99), &[]),
        (Allow(1), &[]),
        (Pass(9), &[]),
        (Pass(1), &[0]),
        (Pass(99), &[]),
        (Fail, &[]),
        (Allow(1), &[]),
    ];
    let result = play("not ready", attach, steps);
    assert_eq!(kind(result), Some(Err(Kind::Abandoned)));
}

#[test]
fn throttle_pulls_nothing_without_a_token() {
    let two = NonZeroUsize::new(2).unwrap();
    let attach = |f: FakeFount<u32>, clock| f.through(stages::throttle(two, ms(10)).on(clock));
    let steps: Steps<'_, u32> = &[
        (Push(1), &[1]),
        (Push(2), &[2]),
        (Push(3), &[]),
        (Push(4), &[]),
        (Pulled(2), &[]),
        (Pass(4), &[]),
        (Pass(1), &[3]),
        (Pass(5), &[4]),
        // Rested, and the bucket is full, not more than that.
        (Pass(99), &[]),
        (Push(5), &[5]),
        (Push(6), &[6]),
        (Push(7), &[]),
        (End, &[]),
        (Pass(5), &[7]),
        (Pass(5), &[]),
    ];
    assert_eq!(kind(play("two", attach, steps)), Some(Ok(())));

    let one = NonZeroUsize::MIN;
    let even = |f: FakeFount<u32>, clock| {
        f.through(
            stages::throttle(two, ms(10))
                .burst(one)
                .on(clock),
        )
    };
    let steps: Steps<'_, u32> = &[
        (Push(1), &[1]),
        (Push(2), &[]),
        (Pass(5), &[2]),
        (Pass(99), &[]),
        (Push(3), &[3]),
        (Push(4), &[]),
        (Fail, &[]),
        (Pass(5), &[4]),
        (Pass(5), &[]),
    ];
    let result = play("even", even, steps);
    assert_eq!(kind(result), Some(Err(Kind::Abandoned)));

    let costly = |f: FakeFount<u32>, clock| {
        let throttle = stages::throttle(two, ms(10)).on(clock);
        f.through(throttle.cost(|n: &u32| *n as usize))
    };
    // A token in 5 ms. The first costs 3 more than there are.
    let steps: Steps<'_, u32> = &[
        (Push(5), &[5]),
        (Push(1), &[]),
        (Pass(19), &[]),
        (Pulled(1), &[]),
        (Pass(1), &[1]),
        (Push(0), &[]),
        (Pass(5), &[0]),
        (Push(0), &[0]),
        (Push(1), &[1]),
        (Push(1), &[]),
    ];
    assert!(play("cost", costly, steps).is_none());
}

#[test]
fn throttle_that_enforces_fails_at_what_is_too_fast() {
    let two = NonZeroUsize::new(2).unwrap();
    let attach = |f: FakeFount<u32>, clock| {
        f.through(
            stages::throttle(two, ms(10))
                .on(clock)
                .enforcing(),
        )
    };
    let steps: Steps<'_, u32> = &[
        (Push(1), &[1]),
        (Push(2), &[2]),
        (Pass(5), &[]),
        (Push(3), &[3]),
        (Push(4), &[]),
        (Pulled(4), &[]),
    ];
    let limit = Kind::Full {
        what: "burst",
        limit: 2,
    };
    assert_eq!(kind(play("fast", attach, steps)), Some(Err(limit)));
    let steps: Steps<'_, u32> = &[(Push(1), &[1]), (Push(2), &[2]), (End, &[])];
    assert_eq!(kind(play("slow", attach, steps)), Some(Ok(())));
}

#[test]
fn an_interval_keeps_its_grid_and_skips_what_nobody_pulled() {
    let attach = |_, clock| founts::interval(ms(10)).on(clock);
    let steps: Steps<'_, u64> = &[
        (Allow(1), &[0]),
        (Pass(9), &[]),
        (Allow(9), &[]),
        (Pass(1), &[1]),
        (Pass(10), &[2]),
        (Pass(35), &[5]),
        (Pass(5), &[6]),
        (Pass(9), &[]),
        (Pass(1), &[7]),
    ];
    assert!(play("grid", attach, steps).is_none());
    let steps: Steps<'_, u64> = &[
        (Allow(1), &[0]),
        (Pass(55), &[]),
        (Allow(2), &[5]),
        (Pass(5), &[6]),
    ];
    assert!(play("not pulled", attach, steps).is_none());
}

/// Busy for ever: a microsecond an item, of which only the first ones pass.
type Busy = Pull<founts::Iter<RangeFrom<u64>>, Filter<Box<dyn FnMut(&u64) -> bool>>>;

/// Runs `attach` behind items of which `pass` pass, in runs and item by item: what came, or the
/// kind of the failure.
fn busy<F>(pass: u64, attach: fn(Busy, ManualClock) -> F) -> [Result<Vec<F::Item>, Kind>; 2]
where
    F: Fount<Item: Debug> + 'static,
{
    let make = || {
        let clock = ManualClock::new();
        let hands = clock.clone();
        let passes = move |n: &u64| {
            hands.advance(Duration::from_micros(1));
            *n < pass
        };
        attach(founts::iter(0..).filter(Box::new(passes)), clock)
    };
    let kind = |error: Error| error.kind();
    let run = || Executor::new(&Schedule::eager());
    let in_runs = make().flow_to(drains::collect(9));
    let one_by_one = make()
        .boxed_local()
        .flow_to(drains::collect(9));
    [
        run().run(in_runs).map_err(kind),
        run().run(one_by_one).map_err(kind),
    ]
}

#[test]
fn time_passes_for_an_upstream_that_is_busy_for_nothing() {
    let late = || [Err(Kind::Timeout), Err(Kind::Timeout)];
    let first = busy(0, |f, clock| {
        f.through(stages::timeout_first(ms(200)).on(clock))
    });
    assert_eq!(first, late());
    for pass in [0, 3] {
        let idle = busy(pass, |f, clock| {
            f.through(stages::timeout_idle(ms(200)).on(clock))
        });
        assert_eq!(idle, late(), "{pass} pass");
    }
    let whole = busy(3, |f, clock| {
        f.through(stages::timeout_whole(ms(200)).on(clock))
    });
    assert_eq!(whole, late());

    let kept = busy(1, |f, clock| {
        f.through(stages::keep_alive(ms(200), || 7).on(clock))
            .take(3)
    });
    assert_eq!(kept, [Ok(vec![0, 7, 7]), Ok(vec![0, 7, 7])]);
    let last = busy(3, |f, clock| {
        f.through(stages::debounce(ms(200)).on(clock))
            .take(1)
    });
    assert_eq!(last, [Ok(vec![2]), Ok(vec![2])]);
    let chunk = busy(3, |f, clock| {
        let nine = NonZeroUsize::new(9).unwrap();
        f.through(stages::chunks_within(nine, ms(200)).on(clock))
            .take(1)
    });
    assert_eq!(chunk, [Ok(vec![vec![0, 1, 2]]), Ok(vec![vec![0, 1, 2]])]);
}
