//! Plain stages and plain founts against the laws.

use std::iter::repeat;

use futures_util::{StreamExt, stream};
use tubes::founts::Iter;
use tubes::testing::{FakeFount, laws};
use tubes::{Error, Fount, Kind, Reason, bound, founts, stages};

use super::kit::{INPUT, input};

fn failure() -> Error {
    Error::user("torn").at("source")
}

/// A source that fails behind the input.
fn failing() -> FakeFount<u32> {
    FakeFount::new(INPUT).ending(Reason::Failed(failure()))
}

#[test]
fn scans_and_numbers_keep_the_laws() {
    let sum = |sum: &mut u32, n: u32| {
        *sum += n;
        *sum
    };
    let sums = vec![3, 3, 7, 8, 13, 22, 24];
    laws::tube(move || stages::scan(0, sum), input(), sums.clone()).check();
    let up_to_9 = move |state: &mut u32, n: u32| Some(sum(state, n)).filter(|sum| *sum < 9);
    laws::tube(
        move || stages::scan_while(0, up_to_9),
        input(),
        sums[..4].to_vec(),
    )
    .ending(Reason::Enough)
    .check();
    let numbered = (0..).zip(INPUT).collect();
    laws::tube(stages::enumerate, input(), numbered).check();
}

#[test]
fn stages_that_end_with_enough_keep_the_laws() {
    laws::tube(
        || stages::map_while(|n: u32| 8_u32.checked_sub(n)),
        input(),
        vec![5, 8, 4, 7, 3],
    )
    .ending(Reason::Enough)
    .check();
    for most in [0, 4, 5, 9] {
        let expected: Vec<u32> = INPUT
            .into_iter()
            .take_while(|n| *n < most)
            .collect();
        laws::tube(
            move || stages::take_while(move |n: &u32| *n < most),
            input(),
            expected,
        )
        .ending(Reason::Enough)
        .seeds(0..12)
        .check();
    }
    for count in 1..=7 {
        let last = INPUT[count - 1];
        laws::tube(
            move || stages::stop_when(move |n: &u32| *n == last),
            input(),
            INPUT[..count].to_vec(),
        )
        .ending(Reason::Enough)
        .seeds(0..12)
        .check();
    }
    laws::tube(|| stages::take_while(|_: &u32| true), input(), input()).check();
    laws::tube(|| stages::stop_when(|_: &u32| false), input(), input()).check();
}

#[test]
fn skips_keep_the_laws() {
    for count in [0, 1, 3, 6, 7, 9] {
        let expected = INPUT.into_iter().skip(count).collect();
        let count = u64::try_from(count).unwrap();
        laws::tube(move || stages::skip(count), input(), expected)
            .seeds(0..12)
            .check();
    }
    for most in [0, 4, 5, 10] {
        let expected = INPUT
            .into_iter()
            .skip_while(|n| *n < most)
            .collect();
        laws::tube(
            move || stages::skip_while(move |n: &u32| *n < most),
            input(),
            expected,
        )
        .seeds(0..12)
        .check();
    }
    laws::fair(founts::iter(0..).skip(u64::MAX));
    laws::fair(founts::iter(0..).boxed().skip(u64::MAX));
    laws::fair(founts::iter(0..).skip_while(|_| true));
}

#[test]
fn flatten_keeps_the_laws_and_holds_one_iterator() {
    let vectors: Vec<Vec<u32>> = INPUT.map(|n| (0..n).collect()).to_vec();
    let expected = vectors.concat();
    laws::tube(stages::flatten, vectors, expected)
        .holding(1)
        .check();
    laws::stage(
        |f: FakeFount<Option<u32>>| f.flatten(),
        vec![Some(1), None, Some(3)],
        vec![1, 3],
    )
    .holding(1)
    .check();
    laws::fair(founts::iter(repeat(0..1000)).flatten());
    laws::fair(founts::iter(repeat(None::<u32>)).flatten());
}

#[test]
fn chunks_and_windows_keep_the_laws_within_their_bounds() {
    for of in [1, 2, 3, 7, 8] {
        let whole = INPUT
            .chunks(of)
            .map(<[u32]>::to_vec)
            .collect();
        laws::tube(move || stages::chunks(bound(of)), input(), whole)
            .holding(of - 1)
            .seeds(0..12)
            .check();
        let windows = INPUT
            .windows(of)
            .map(<[u32]>::to_vec)
            .collect();
        laws::tube(move || stages::sliding(bound(of)), input(), windows)
            .seeds(0..12)
            .check();
    }
    laws::fair(founts::iter(0..).through(stages::chunks(bound(1000))));
    laws::fair(founts::iter(0..).through(stages::sliding(bound(3))));
}

#[test]
fn dedups_keep_the_laws() {
    let runs = vec![1, 1, 2, 3, 3, 3, 1];
    laws::tube(stages::dedup, runs.clone(), vec![1, 2, 3, 1]).check();
    laws::tube(
        || stages::dedup_by_key(|n: &u32| n % 2),
        runs,
        vec![1, 2, 3],
    )
    .check();
    laws::fair(founts::iter(repeat(1)).through(stages::dedup()));
}

#[test]
fn limits_keep_the_laws_and_fail_with_what_is_too_much() {
    let too_long = |limit, stage: &'static str| {
        let kind = Kind::Limit {
            what: "flow",
            limit,
        };
        Error::new(kind).at(stage)
    };
    for count in 0..7 {
        laws::tube(
            move || stages::limit(count),
            input(),
            INPUT[..count].to_vec(),
        )
        .ending(too_long(count, "limit"))
        .seeds(0..12)
        .check();
    }
    laws::tube(|| stages::limit(7), input(), input()).check();
    let weight = |n: &u32| usize::try_from(*n).unwrap();
    for (max, count) in [(0, 0), (2, 0), (3, 2), (12, 4), (13, 5), (23, 6)] {
        laws::tube(
            move || stages::limit_weight(max, weight),
            input(),
            INPUT[..count].to_vec(),
        )
        .ending(too_long(max, "limit_weight"))
        .seeds(0..12)
        .check();
    }
    laws::tube(move || stages::limit_weight(24, weight), input(), input()).check();
}

#[test]
fn stages_that_leave_a_failure_as_it_is_keep_the_laws() {
    laws::stage(
        |f| f.through(stages::map_err(|error| error)),
        input(),
        input(),
    )
    .check();
    laws::stage(|f| f.through(stages::recover(|_| None)), input(), input()).check();
    let none = |_: Error| None::<Iter<std::vec::IntoIter<u32>>>;
    for times in [0, 3] {
        laws::stage(
            move |f| f.through(stages::recover_with(times, none)),
            input(),
            input(),
        )
        .check();
    }
}

#[test]
fn stages_that_change_a_failure_keep_the_laws() {
    laws::fount(|| failing().through(stages::context("reading")), input())
        .ending(failure().context("reading"))
        .check();
    laws::fount(|| failing().through(stages::map_err(|_| "broken")), input())
        .ending(Error::user("broken").at("source"))
        .check();
    let mut expected = input();
    expected.push(77);
    laws::fount(
        || failing().through(stages::recover(|_| Some(77))),
        expected,
    )
    .check();
    let others = || {
        let mut founts = vec![
            FakeFount::new(vec![8]),
            FakeFount::new(vec![]).ending(Reason::Failed(failure())),
            FakeFount::new(vec![7]).ending(Reason::Failed(failure())),
        ];
        move |_: Error| founts.pop()
    };
    let expected = [&INPUT[..], &[7, 8]].concat();
    laws::fount(
        move || failing().through(stages::recover_with(3, others())),
        expected,
    )
    .check();
    let expected = [&INPUT[..], &[7]].concat();
    laws::fount(
        move || failing().through(stages::recover_with(2, others())),
        expected,
    )
    .ending(failure())
    .check();
}

#[test]
fn the_sugar_for_plain_stages_keeps_the_laws() {
    let some = || vec![1, 2, 3];
    laws::stage(|f| f.scan(0, |_: &mut u32, n: u32| n), some(), some()).check();
    laws::stage(|f: FakeFount<u32>| f.skip(1), some(), vec![2, 3]).check();
    laws::stage(|f| f.skip_while(|n: &u32| *n < 2), some(), vec![2, 3]).check();
    laws::stage(|f| f.take_while(|n: &u32| *n < 3), some(), vec![1, 2])
        .ending(Reason::Enough)
        .check();
    laws::stage(|f| f.stop_when(|n: &u32| *n == 2), some(), vec![1, 2])
        .ending(Reason::Enough)
        .check();
    laws::stage(
        |f: FakeFount<u32>| f.enumerate(),
        some(),
        vec![(0, 1), (1, 2), (2, 3)],
    )
    .check();
}

#[test]
fn repeat_with_and_unfold_keep_the_laws() {
    let make = || {
        let mut items = INPUT.into_iter();
        founts::repeat_with(move || items.next()).through(stages::map_while(|next| next))
    };
    laws::fount(make, input())
        .ending(Reason::Enough)
        .check();
    laws::fair(founts::repeat_with(|| 1));
    let next = |n: usize| INPUT.get(n).map(|item| (*item, n + 1));
    laws::fount(
        move || founts::unfold(0, move |n| async move { next(n) }),
        input(),
    )
    .check();
    let slow = move |n| async move {
        for _ in 0..n {
            tokio::task::yield_now().await;
        }
        next(n)
    };
    laws::fount(move || founts::unfold(0, slow), input()).check();
    let torn = move |n| async move { next(n).map(Some).ok_or("torn") };
    laws::fount(move || founts::try_unfold(0, torn), input())
        .ending(Error::user("torn").at("try_unfold"))
        .check();
    let whole = move |n| async move { Ok::<_, Error>(next(n)) };
    laws::fount(move || founts::try_unfold(0, whole), input()).check();
    laws::fair(founts::unfold(0, async |n: u32| Some((n, n))));
}

#[test]
fn streams_keep_the_laws_as_founts() {
    laws::fount(|| founts::stream(stream::iter(INPUT)), input()).check();
    let slow = || {
        stream::iter(INPUT).then(async |n| {
            tokio::task::yield_now().await;
            n
        })
    };
    laws::fount(move || founts::stream(slow()), input()).check();
    let torn = || {
        let items = INPUT.into_iter().map(Ok);
        stream::iter(items.chain([Err("torn"), Ok(1)]))
    };
    laws::fount(move || founts::try_stream(torn()), input())
        .ending(Error::user("torn").at("try_stream"))
        .check();
    laws::fair(founts::stream(stream::repeat(1)));
}
