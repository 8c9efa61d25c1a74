//! Stages and founts that look at a clock, against the laws.

use std::num::NonZeroUsize;
use std::time::Duration;

use tubes::testing::{HastyClock, ManualClock, laws};
use tubes::{Error, Fount, Kind, Reason, founts, stages};

use super::kit::input;

const SECOND: Duration = Duration::from_secs(1);
const STEP: Duration = Duration::from_millis(1);

#[test]
fn timeouts_keep_the_laws_while_no_time_passes() {
    let timeouts = [
        stages::timeout_first,
        stages::timeout_idle,
        stages::timeout_whole,
        stages::timeout_downstream,
    ];
    for timeout in timeouts {
        let make = move || timeout(SECOND).on(ManualClock::new());
        laws::stage(move |f| f.through(make()), input(), input())
            .seeds(0..32)
            .check();
        laws::fair(founts::iter(0..).through(make()));
        laws::fair(
            founts::iter(0..)
                .boxed()
                .through(make())
                .boxed(),
        );
    }
}

#[test]
fn a_timeout_of_no_time_keeps_the_laws_and_ends_at_once() {
    let make = || stages::timeout_whole(Duration::ZERO).on(ManualClock::new());
    laws::stage(move |f| f.through(make()), input(), vec![])
        .ending(Error::new(Kind::Timeout).at("timeout_whole"))
        .check();
}

#[test]
fn keep_alive_keeps_the_laws_while_no_time_passes() {
    let make = || stages::keep_alive(SECOND, || 7).on(ManualClock::new());
    laws::stage(move |f| f.through(make()), input(), input()).check();
    laws::fair(founts::iter(0..).through(make()));
    let at_once = || stages::keep_alive(Duration::ZERO, || 7).on(ManualClock::new());
    laws::fair(founts::pending().through(at_once()));
    laws::fair(
        founts::pending()
            .through(at_once())
            .boxed(),
    );
}

#[test]
fn throttle_keeps_the_laws_with_tokens_and_while_it_waits_for_them() {
    let fast = || stages::throttle(NonZeroUsize::MAX, SECOND).on(ManualClock::new());
    laws::stage(move |f| f.through(fast()), input(), input()).check();
    laws::stage(
        move |f| f.through(fast().cost(|n: &u32| *n as usize)),
        input(),
        input(),
    )
    .seeds(0..32)
    .check();
    laws::stage(move |f| f.through(fast().enforcing()), input(), input())
        .seeds(0..32)
        .check();
    laws::fair(founts::iter(0..).through(fast()));
    laws::fair(
        founts::iter(0..)
            .through(fast())
            .boxed(),
    );

    let slow = || {
        stages::throttle(NonZeroUsize::MIN, 3 * STEP)
            .burst(NonZeroUsize::new(2).unwrap())
            .on(HastyClock::new(STEP))
    };
    laws::stage(move |f| f.through(slow()), input(), input())
        .seeds(0..32)
        .check();
    laws::stage(
        move |f| f.through(slow().cost(|n: &u32| *n as usize)),
        input(),
        input(),
    )
    .seeds(0..32)
    .check();
    laws::fair(founts::iter(0..).through(slow()));
}

#[test]
fn throttle_that_enforces_keeps_the_laws_and_loses_the_item_that_was_too_fast() {
    let three = NonZeroUsize::new(3).unwrap();
    let make = move || {
        stages::throttle(three, SECOND)
            .on(ManualClock::new())
            .enforcing()
    };
    let limit = Kind::Full {
        what: "burst",
        limit: 3,
    };
    laws::stage(move |f| f.through(make()), input(), vec![3, 0, 4])
        .ending(Error::new(limit).at("throttle"))
        .holding(1)
        .check();
}

#[test]
fn debounce_keeps_the_laws_and_holds_one_item() {
    let make = || stages::debounce(SECOND).on(ManualClock::new());
    laws::stage(move |f| f.through(make()), input(), vec![2])
        .holding(1)
        .check();
    laws::stage(move |f| f.through(make()), vec![], Vec::<u32>::new())
        .holding(1)
        .seeds(0..16)
        .check();
    laws::fair(
        founts::iter(0..).through(stages::debounce(Duration::ZERO).on(HastyClock::new(STEP))),
    );
}

#[test]
fn chunks_keep_the_laws_and_hold_one_chunk() {
    let three = NonZeroUsize::new(3).unwrap();
    let make = move || stages::chunks_within(three, SECOND).on(ManualClock::new());
    let chunks = vec![vec![3, 0, 4], vec![1, 5, 9], vec![2]];
    laws::stage(move |f| f.through(make()), input(), chunks)
        .holding(2)
        .check();
    let chunks = vec![vec![3, 0], vec![4], vec![1], vec![5], vec![9], vec![2]];
    let heavy = move || make().weighing(4, |n: &u32| *n as usize);
    laws::stage(move |f| f.through(heavy()), input(), chunks)
        .holding(3)
        .check();
    laws::fair(founts::iter(0..).through(make()));
    let huge = NonZeroUsize::MAX;
    laws::fair(
        founts::iter(0..).through(stages::chunks_within(huge, SECOND).on(HastyClock::new(STEP))),
    );
}

#[test]
fn an_interval_keeps_the_laws() {
    let make = || {
        founts::interval(STEP)
            .on(HastyClock::new(STEP))
            .map(|_| ())
            .take(3)
    };
    laws::fount(make, vec![(); 3])
        .ending(Reason::Enough)
        .check();
    laws::fair(founts::interval(Duration::ZERO).on(HastyClock::new(STEP)));
}

#[test]
fn what_waits_for_time_keeps_the_laws_by_a_clock_that_moves_while_everybody_waits() {
    let clock = ManualClock::new();
    let hands = clock.clone();
    let slow = move || stages::throttle(NonZeroUsize::MIN, SECOND).on(clock.clone());
    laws::stage(move |f| f.through(slow()), input(), input())
        .while_idle(move || hands.advance(SECOND / 3))
        .seeds(0..32)
        .check();

    let clock = ManualClock::new();
    let hands = clock.clone();
    let ticks = move || {
        founts::interval(SECOND)
            .on(clock.clone())
            .map(|_| ())
            .take(3)
    };
    laws::fount(ticks, vec![(); 3])
        .ending(Reason::Enough)
        .while_idle(move || hands.advance(SECOND / 3))
        .check();
}
