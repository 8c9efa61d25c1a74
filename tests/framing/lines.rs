//! Lines: cut anywhere, too long, unfinished, left over.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use proptest::prelude::{prop_assert_eq, proptest};
use tubes::framing::{self, Lines};
use tubes::{Error, Fount, Kind, Reason, Tube, drains, founts};

use super::kit::{Narrow, now, segments};

/// Bytes, a limit, and the lines in them; then, if not all is well, what follows them.
type Case = (&'static [u8], usize, &'static [&'static [u8]], Option<Kind>);

const TOO_LONG: Option<Kind> = Some(Kind::Limit {
    what: "line",
    limit: 3,
});

#[rustfmt::skip] // A row, a case.
const CASES: &[Case] = &[
    (b"", 9, &[], None),
    (b"a\nb\n", 9, &[b"a", b"b"], None),
    (b"a\r\nb\r\n", 9, &[b"a", b"b"], None),
    (b"a\nb\r\nc", 9, &[b"a", b"b", b"c"], None),
    (b"no end", 9, &[b"no end"], None),
    (b"\n", 9, &[b""], None),
    (b"\r\n", 9, &[b""], None),
    (b"\n\n\r\n\n", 9, &[b"", b"", b"", b""], None),
    (b"\r", 9, &[b"\r"], None),
    (b"a\rb\n\rc\r\r\n", 9, &[b"a\rb", b"\rc\r"], None),
    (b"a\n\r", 9, &[b"a", b"\r"], None),
    (b"a\0b\n\0\0\n\0", 9, &[b"a\0b", b"\0\0", b"\0"], None),
    (b"\xff\xfe\n\xc3\x28\r\n\x80", 9, &[b"\xff\xfe", b"\xc3\x28", b"\x80"], None),
    (b"abc\nabc\r\nabc", 3, &[b"abc", b"abc", b"abc"], None),
    (b"ab\r\n\r\r\r\n\r\r\r", 3, &[b"ab", b"\r\r", b"\r\r\r"], None),
    (b"abcd\n", 3, &[], TOO_LONG),
    (b"abcd\r\n", 3, &[], TOO_LONG),
    (b"abcd", 3, &[], TOO_LONG),
    (b"abc\r", 3, &[], TOO_LONG),
    (b"abc\r\r\n", 3, &[], TOO_LONG),
    (b"abc\rd", 3, &[], TOO_LONG),
    (b"a\nabc\nabcd\nb\n", 3, &[b"a", b"abc"], TOO_LONG),
    (b"\r\n\n", 0, &[b"", b""], None),
    (b"a\n", usize::MAX, &[b"a"], None),
];

#[test]
fn lines_are_the_same_whole_byte_by_byte_and_cut_anywhere() {
    for (bytes, limit, expected, failure) in CASES {
        let whole = vec![Bytes::from_static(bytes)];
        let byte_by_byte = bytes
            .chunks(1)
            .map(Bytes::from_static)
            .collect();
        let with_nothing_between = cut(bytes, 0..=bytes.len())
            .into_iter()
            .flat_map(|part| [part, Bytes::new()])
            .collect();
        let in_two = (0..bytes.len()).map(|at| cut(bytes, [at]));
        for segments in [whole, byte_by_byte, with_nothing_between]
            .into_iter()
            .chain(in_two)
        {
            let found = all_ways(&segments, *limit);
            assert_eq!(found.0, *expected, "{segments:?} at most {limit}");
            assert_eq!(found.1, *failure, "{segments:?} at most {limit}");
        }
    }
}

#[test]
fn the_default_limit_is_8_kib_and_the_error_says_where_it_arose() {
    let longest = [b"a".repeat(8192), b"\r\n".to_vec()].concat();
    let lines = founts::iter([Bytes::from(longest)]).through(framing::lines());
    assert_eq!(
        now(lines.flow_to(drains::collect(1))).unwrap()[0].len(),
        8192
    );

    let longer = founts::iter([Bytes::from(b"a".repeat(8193))]).through(framing::lines());
    let error = now(longer.flow_to(drains::collect(1))).unwrap_err();
    assert_eq!(
        error.to_string(),
        "lines: a line is longer than its limit of 8192"
    );
}

#[test]
fn a_line_too_long_is_refused_before_its_end_has_come() {
    let mut lines = framing::lines().at_most(3);
    assert_eq!(lines.received("abc".into()).unwrap(), None);
    // Still may be the end of a line.
    assert_eq!(lines.received("\r".into()).unwrap(), None);
    assert_eq!(kind(lines.received("d".into())), TOO_LONG);
    assert_eq!(kind(lines.emit()), TOO_LONG);
    assert_eq!(lines.into_remainder(), "abc\rd");
}

#[test]
fn a_line_that_a_failure_may_have_cut_is_not_given_out() {
    for segments in [
        &["a\nb"][..],
        &["a\n", "b"],
        &["a\nb", "b\r"],
        &["a", "\nb"],
    ] {
        let mut lines = framing::lines();
        let mut seen = Vec::new();
        let output = now(Failing(segments.iter())
            .through(&mut lines)
            .inspect(|line| seen.push(line.clone()))
            .flow_to(drains::null()));
        assert_eq!(output.unwrap_err().kind(), Kind::Timeout);
        assert_eq!(seen, ["a"]);
        let rest = segments.concat()[2..].to_owned();
        assert_eq!(lines.into_remainder(), rest);
    }
}

#[test]
fn whole_lines_that_wait_when_upstream_fails_are_given_out() {
    let mut lines = framing::lines();
    assert_eq!(
        lines
            .received("a\nb\nc".into())
            .unwrap()
            .unwrap(),
        "a"
    );
    Tube::<Bytes>::stopped(&mut lines, &Reason::abandoned()).unwrap();
    assert_eq!(lines.emit().unwrap().unwrap(), "b");
    assert_eq!(lines.emit().unwrap(), None);
    assert_eq!(lines.into_remainder(), "c");
}

#[test]
fn the_last_line_is_given_out_after_enough() {
    let segments = ["a\nb", "c", "d"].map(Bytes::from);
    let lines = founts::iter(segments)
        .take(2)
        .through(framing::lines());
    assert_eq!(now(lines.flow_to(drains::collect(9))).unwrap(), ["a", "bc"]);
}

#[test]
fn there_is_no_greeting_and_nothing_is_said_twice() {
    let mut lines = framing::lines();
    assert_eq!(lines.emit().unwrap(), None);
    assert_eq!(
        lines
            .received("a\nb".into())
            .unwrap()
            .unwrap(),
        "a"
    );
    assert_eq!(lines.emit().unwrap(), None);
    assert_eq!(lines.emit().unwrap(), None);
    Tube::<Bytes>::stopped(&mut lines, &Reason::Finished).unwrap();
    assert_eq!(lines.emit().unwrap().unwrap(), "b");
    assert_eq!(lines.emit().unwrap(), None);
    assert_eq!(lines.into_remainder(), "");
}

#[test]
fn what_nobody_wanted_stays_as_the_remainder() {
    let text = "a\r\nb\n\nc\r\nd\re\nf";
    let remainders = [
        text,
        "b\n\nc\r\nd\re\nf",
        "\nc\r\nd\re\nf",
        "c\r\nd\re\nf",
        "d\re\nf",
        "f",
        "",
    ];
    for (count, remainder) in remainders.into_iter().enumerate() {
        for size in 1..=text.len() {
            let mut segments = cut(text.as_bytes(), (0..text.len()).step_by(size)).into_iter();
            let mut lines = framing::lines();
            let found = now(founts::iter(&mut segments)
                .through(&mut lines)
                .take(count as u64)
                .flow_to(drains::collect(9)));
            assert_eq!(found.unwrap().len(), count);
            let left = [
                lines.into_remainder(),
                segments
                    .collect::<Vec<_>>()
                    .concat()
                    .into(),
            ];
            assert_eq!(
                left.concat(),
                remainder.as_bytes(),
                "{count} of segments of {size}"
            );
        }
    }
}

#[test]
fn a_full_outlet_pauses_between_two_lines_and_loses_none() {
    let segments = ["a\nb\nc", "c\n\nd", "d\n", "e\nf\ng\n", "h"].map(Bytes::from);
    for room in 1..9 {
        let mut items = segments.clone().into_iter();
        let mut lines = framing::lines();
        let mut outlet = Narrow {
            room,
            seen: Vec::new(),
        };
        let mut pauses = 0;
        while lines
            .run(&mut items, &mut outlet)
            .unwrap()
            .is_break()
        {
            pauses += 1;
            assert_eq!(outlet.seen.len(), pauses * room);
        }
        assert_eq!(outlet.seen, ["a", "b", "cc", "", "dd", "e", "f", "g"]);
        assert_eq!(lines.into_remainder(), "h");
    }
}

#[test]
fn a_line_in_one_segment_is_a_view_into_it() {
    let segments = ["one\r\ntwo\nth", "ree\nfour", "\r\nfive", "\n"].map(Bytes::from);
    let inside = |line: &Bytes| {
        segments.iter().any(|segment| {
            let segment = segment.as_ptr_range();
            let line = line.as_ptr_range();
            segment.start <= line.start && line.end <= segment.end
        })
    };
    let lines = founts::iter(segments.clone()).through(framing::lines());
    let found = now(lines.flow_to(drains::collect(9))).unwrap();
    assert_eq!(found, ["one", "two", "three", "four", "five"]);
    let views: Vec<bool> = found.iter().map(inside).collect();
    assert_eq!(views, [true, true, false, true, true]);
}

#[test]
fn a_segment_may_hold_more_lines_than_one_poll_gives_out() {
    let count = 100_000;
    let found = all_ways(&[Bytes::from(b"\n".repeat(count))], 9);
    assert_eq!(found, (vec![vec![]; count], None));
}

#[test]
fn a_line_of_a_mebibyte_in_segments_of_a_byte_is_read_in_time() {
    // To look at each byte again for each segment would be 10^12 steps: days, in a debug build.
    let length = 1 << 20;
    let end = std::iter::once(Bytes::from_static(b"\n"));
    let segments = std::iter::repeat_n(Bytes::from_static(b"a"), length).chain(end);
    let lines = founts::iter(segments).through(framing::lines().at_most(length));
    let found = now(lines.flow_to(drains::collect(1))).unwrap();
    assert_eq!(found[0].len(), length);
}

proptest! {
    #[test]
    fn lines_are_what_a_naive_reader_finds(
        segments in segments(),
        limit in 0..12usize,
    ) {
        prop_assert_eq!(all_ways(&segments, limit), naive(&segments.concat(), limit));
    }

}

/// Lines, and what kind of failure came behind them.
type Found = (Vec<Vec<u8>>, Option<Kind>);

/// What flows, as a whole run and item by item, and what comes of the same segments by hand.
fn all_ways(segments: &[Bytes], limit: usize) -> Found {
    let by_hand = one_by_one(segments, framing::lines().at_most(limit));
    let flow = || founts::iter(segments.to_vec()).through(framing::lines().at_most(limit));
    for whole_runs in [true, false] {
        let mut seen = Vec::new();
        let see = |line: Bytes| seen.push(line.to_vec());
        let output = if whole_runs {
            now(flow().flow_to(drains::for_each(see)))
        } else {
            now(flow().map(see).flow_to(drains::null()))
        };
        let failure = output.err().map(|error| error.kind());
        assert_eq!((seen, failure), by_hand, "{segments:?} at most {limit}");
    }
    by_hand
}

/// The loop of the contract of [`Tube`].
fn one_by_one(segments: &[Bytes], mut lines: Lines) -> Found {
    let mut seen = Vec::new();
    let mut contract = || {
        let mut emit_all = |lines: &mut Lines, first: Option<Bytes>| {
            seen.extend(first);
            while let Some(line) = lines.emit()? {
                seen.push(line);
            }
            Ok::<_, Reason>(())
        };
        emit_all(&mut lines, None)?;
        for segment in segments {
            let first = lines.received(segment.clone())?;
            emit_all(&mut lines, first)?;
        }
        lines.stopped(&Reason::Finished)?;
        emit_all(&mut lines, None)
    };
    let failure = contract().err();
    let failure = failure.and_then(|reason| reason.error().map(Error::kind));
    (
        seen.iter()
            .map(|line| line.to_vec())
            .collect(),
        failure,
    )
}

/// Lines, read in the plainest way.
fn naive(bytes: &[u8], limit: usize) -> Found {
    let mut rest = bytes;
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (line, next) = match rest
            .iter()
            .position(|byte| *byte == b'\n')
        {
            Some(end) => (&rest[..end], &rest[end + 1..]),
            None => (rest, &rest[rest.len()..]),
        };
        let ended = line.len() < rest.len();
        let line = if ended {
            line.strip_suffix(b"\r").unwrap_or(line)
        } else {
            line
        };
        if line.len() > limit {
            return (
                found,
                Some(Kind::Limit {
                    what: "line",
                    limit,
                }),
            );
        }
        found.push(line.to_vec());
        rest = next;
    }
    (found, None)
}

/// `bytes`, cut at these places.
fn cut(bytes: &[u8], places: impl IntoIterator<Item = usize>) -> Vec<Bytes> {
    let mut parts = Vec::new();
    let mut begin = 0;
    for end in places.into_iter().chain([bytes.len()]) {
        parts.push(Bytes::copy_from_slice(&bytes[begin..end]));
        begin = end;
    }
    parts
}

fn kind<T>(result: Result<T, Reason>) -> Option<Kind> {
    result
        .err()
        .and_then(|reason| reason.error().map(Error::kind))
}

/// A fount that fails behind its segments.
struct Failing<'a>(std::slice::Iter<'a, &'static str>);

impl Fount for Failing<'_> {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<Bytes, Reason>> {
        let next = self.0.next().copied();
        Poll::Ready(
            next.map(Bytes::from)
                .ok_or_else(|| Error::new(Kind::Timeout).into()),
        )
    }
}
