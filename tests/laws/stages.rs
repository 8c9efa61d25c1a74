//! Stages against the laws, tubes that frame among them.

use std::convert::Infallible;
use std::future::ready;

use bytes::Bytes;
use tubes::testing::{FakeFount, laws};
use tubes::{Error, Fount, Kind, Reason, founts, framing, stages};

use super::kit::{INPUT, input};

fn outputs(expected: impl Iterator<Item = u32>) -> Vec<u32> {
    expected.collect()
}

#[test]
fn map_inspect_and_filters_keep_the_laws() {
    laws::tube(
        || stages::map(|n: u32| n + 1),
        input(),
        outputs(INPUT.map(|n| n + 1).into_iter()),
    )
    .check();
    laws::tube(|| stages::inspect(|_: &u32| {}), input(), input()).check();
    let odd = || INPUT.into_iter().filter(|n| n % 2 == 1);
    laws::tube(
        || stages::filter(|n: &u32| n % 2 == 1),
        input(),
        outputs(odd()),
    )
    .check();
    let halves = |n: u32| n.is_multiple_of(2).then_some(n / 2);
    laws::tube(|| stages::filter_map(halves), input(), vec![0, 2, 1]).check();
    laws::tube(|| stages::filter(|_: &u32| false), input(), vec![]).check();
}

#[test]
fn the_sugar_of_a_fount_keeps_the_laws() {
    laws::stage(|f| f.map(|n: u32| n + 1), vec![1, 2], vec![2, 3]).check();
    laws::stage(
        |f| f.filter(|n: &u32| n % 2 == 1),
        vec![1, 2, 3],
        vec![1, 3],
    )
    .check();
    laws::stage(
        |f| f.filter_map(|n: u32| n.checked_sub(2)),
        vec![1, 2, 3],
        vec![0, 1],
    )
    .check();
    laws::stage(|f| f.inspect(|_: &u32| {}), vec![1, 2], vec![1, 2]).check();
    laws::stage(
        |f| f.through(|n: u32| Ok::<_, Infallible>(n)),
        vec![1, 2],
        vec![1, 2],
    )
    .check();
}

#[test]
fn flat_map_keeps_the_laws_and_holds_one_iterator() {
    let expected = outputs(INPUT.into_iter().flat_map(|n| 0..n));
    laws::tube(
        || stages::flat_map(|n: u32| 0..n),
        input(),
        expected.clone(),
    )
    .holding(1)
    .seeds(0..40)
    .check();
    // An iterator that does not know its length takes another way through the budget.
    let unsized_run = |n: u32| {
        (0..2 * n)
            .filter(|n| n % 2 == 0)
            .map(|n| n / 2)
    };
    laws::tube(move || stages::flat_map(unsized_run), input(), expected)
        .holding(1)
        .seeds(0..20)
        .check();
    laws::tube(
        || stages::flat_map(|_: u32| std::iter::empty::<u32>()),
        input(),
        vec![],
    )
    .check();
}

#[test]
fn take_keeps_the_laws_and_ends_with_enough() {
    for count in 0..7_u8 {
        let expected = INPUT[..usize::from(count)].to_vec();
        laws::tube(move || stages::take(u64::from(count)), input(), expected)
            .ending(Reason::Enough)
            .seeds(0..40)
            .check();
    }
    laws::tube(|| stages::take(8), input(), input()).check();
}

#[test]
fn try_map_keeps_the_laws_and_ends_with_the_first_failure() {
    let halve = |n: u32| if n < 9 { Ok(n) } else { Err("too much") };
    laws::tube(move || stages::try_map(halve), input(), vec![3, 0, 4, 1, 5])
        .ending(Error::user("too much").at("try_map"))
        .check();
    laws::stage(move |f| f.through(halve), vec![1, 2], vec![1, 2]).check();
}

#[test]
fn until_keeps_the_laws_with_and_without_a_signal() {
    let never = std::future::pending::<()>;
    laws::stage(move |f| f.through(stages::until(never())), input(), input()).check();
    laws::stage(|f| f.through(stages::until(ready(()))), input(), vec![])
        .ending(Reason::Enough)
        .check();
}

#[test]
fn until_keeps_the_laws_when_its_signal_comes_in_mid_flow() {
    for count in 1..7 {
        let attach = move |fount: FakeFount<u32>| {
            let (signal, signalled) = tokio::sync::oneshot::channel();
            let (mut signal, mut seen) = (Some(signal), 0);
            let look = move |_: &u32| {
                seen += 1;
                if seen == count {
                    signal.take().unwrap().send(()).unwrap();
                }
            };
            fount
                .inspect(look)
                .through(stages::until(signalled))
        };
        laws::stage(attach, input(), INPUT[..count].to_vec())
            .ending(Reason::Enough)
            .seeds(0..20)
            .check();
    }
}

#[test]
fn lines_keep_the_laws_and_hold_what_is_not_a_line_yet() {
    let segments = [
        "one\r\ntwo\nth",
        "",
        "re",
        "e\n",
        "\n\nfour\n",
        "five\nsi",
        "x\n",
    ];
    let lines = ["one", "two", "three", "", "", "four", "five", "six"];
    let input = || segments.map(Bytes::from).to_vec();
    laws::tube(framing::lines, input(), lines.map(Bytes::from).to_vec())
        .holding(4)
        .seeds(0..40)
        .check();
    let limit = Kind::Limit {
        what: "line",
        limit: 4,
    };
    let too_long = ["one\ntwo\nthr", "ee\n", "f\n"]
        .map(Bytes::from)
        .to_vec();
    let lines = ["one", "two"].map(Bytes::from).to_vec();
    laws::tube(|| framing::lines().at_most(4), too_long, lines)
        .holding(3)
        .ending(Error::new(limit).at("lines"))
        .seeds(0..40)
        .check();
    laws::fair(
        founts::iter(0..)
            .map(|_: u64| Bytes::from("a\n"))
            .through(framing::lines()),
    );
    laws::fair(
        founts::iter(std::iter::repeat(Bytes::from("\n".repeat(1000)))).through(framing::lines()),
    );
}

#[test]
fn unlines_keep_the_laws_and_hold_nothing() {
    // Each line is as long as a segment at most is, so that each leaves alone.
    let lines = ['a', 'b', 'c', 'd'].map(|letter| letter.to_string().repeat(16 * 1024));
    for (crlf, end) in [(false, "\n"), (true, "\r\n")] {
        let make = move || {
            let unlines = framing::unlines();
            if crlf { unlines.crlf() } else { unlines }
        };
        let segments = lines
            .clone()
            .map(|line| Bytes::from(line + end));
        let input = lines.clone().map(Bytes::from).to_vec();
        laws::tube(make, input, segments.to_vec())
            .seeds(0..20)
            .check();
    }
    laws::fair(
        founts::iter(0..)
            .map(|_: u64| Bytes::from("a"))
            .through(framing::unlines()),
    );
}
