//! What the RFC lets a server accept: refused unless it is switched on, and then read in one way
//! only, with the request behind it in its place.

use support::conversation::{Conversation, Cut, Habit, Outcome};
use tubes_http::{Deviation, Limits, Strictness};

use super::table::all;

const NEXT: &str = "GET /NEXT HTTP/1.1\r\nHost: a\r\n\r\n";

const CUTS: [Cut; 5] = [
    Cut::Whole,
    Cut::Bytes,
    Cut::Random(1),
    Cut::Random(2),
    Cut::Random(3),
];

/// What is switched on, its name, its bytes, what comes of it when it is off, and when it is on.
type Case = (Deviation, &'static str, String, &'static str, &'static str);

fn cases() -> Vec<Case> {
    [bare_lfs(), indented_lines(), request_lines(), framing()].concat()
}

fn line(line: &str) -> String {
    format!("{line}\r\nHost: a\r\n\r\n")
}

fn fields(fields: &str) -> String {
    format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n")
}

fn post(rest: &str) -> String {
    format!("POST / HTTP/1.1\r\nHost: a\r\n{rest}")
}

fn chunks(rest: &str) -> String {
    post(&format!("Transfer-Encoding: chunked\r\n\r\n{rest}"))
}

#[rustfmt::skip] // A row, a case.
fn bare_lfs() -> Vec<Case> {
    use Deviation::BareLf;
    vec![
        (BareLf, "all lines", "GET / HTTP/1.1\nHost: a\nX: b\n\n".into(), "=> 400 close", "GET / (x: b) => 200 open"),
        (BareLf, "the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n".into(), "=> 400 close", "GET / => 200 open"),
        (BareLf, "a field line", fields("X: b\nY: c\r\n"), "=> 400 close", "GET / (x: b) => 200 open"),
        (BareLf, "the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\n".into(), "=> 400 close", "GET / => 200 open"),
        (BareLf, "an empty line in front", format!("\n{}", line("GET / HTTP/1.1")), "=> 400 close", "GET / => 200 open"),
        (BareLf, "empty lines of both kinds in front", format!("\n\r\n\n\r\n{}", line("GET / HTTP/1.1")), "=> 400 close", "GET / => 200 open"),
        (BareLf, "five empty lines in front", format!("\n\n\n\n\n{}", line("GET / HTTP/1.1")), "=> 400 close", "=> 400 close"),
        (BareLf, "a body behind", "POST / HTTP/1.1\nHost: a\nContent-Length: 3\n\na\nb".into(), "=> 400 close", "POST / [a\\nb] => 200 open"),
        (BareLf, "trailers", chunks("0\r\nX: b\n\n"), "POST / !BareLf => 400 close", "POST / {x: b} => 200 open"),
        (BareLf, "the end of no trailers", chunks("0\r\n\n"), "POST / !BareLf => 400 close", "POST / => 200 open"),
        (BareLf, "not behind a size", chunks("1\na\r\n0\r\n\r\n"), "POST / !BareLf => 400 close", "POST / !BareLf => 400 close"),
        (BareLf, "not behind data", chunks("1\r\na\n0\r\n\r\n"), "POST / !BadChunkEnd => 400 close", "POST / !BadChunkEnd => 400 close"),
        (BareLf, "not in an extension", chunks("1;a\n\r\na\r\n0\r\n\r\n"), "POST / !BareLf => 400 close", "POST / !BareLf => 400 close"),
        (BareLf, "no bare CR", fields("X: b\rY: c\r\n"), "=> 400 close", "=> 400 close"),
        (BareLf, "no CR twice", fields("X: b\r\r\n"), "=> 400 close", "=> 400 close"),
        (BareLf, "no CR twice before the end", "GET / HTTP/1.1\r\nHost: a\r\n\r\r\n".into(), "=> 400 close", "=> 400 close"),
        (BareLf, "no bare CR with LF", "GET / HTTP/1.1\nHost: a\nX: b\rc\n\n".into(), "=> 400 close", "=> 400 close"),
        (BareLf, "no NUL", "GET / HTTP/1.1\nHost: a\nX: \0\n\n".into(), "=> 400 close", "=> 400 close"),
    ]
}

#[rustfmt::skip] // A row, a case.
fn indented_lines() -> Vec<Case> {
    use Deviation::{FoldedLines, IndentedFirstLine};
    vec![
        (FoldedLines, "a line", fields("X: b\r\n c\r\n"), "=> 400 close", "GET / (x: b c) => 200 open"),
        (FoldedLines, "with a tab, and blanks before", fields("X: b \t\r\n\t \tc\r\n"), "=> 400 close", "GET / (x: b c) => 200 open"),
        (FoldedLines, "twice", fields("X: b\r\n c\r\n d\r\n"), "=> 400 close", "GET / (x: b c d) => 200 open"),
        (FoldedLines, "an empty value first", fields("X:\r\n b\r\n"), "=> 400 close", "GET / (x: b) => 200 open"),
        (FoldedLines, "a line of blanks, which does not end the head", fields("X: b\r\n \r\nX2: c\r\n"), "=> 400 close", "GET / (x: b, x2: c) => 200 open"),
        (FoldedLines, "a line that looks like a field", fields("X: b\r\n Content-Length: 3\r\n"), "=> 400 close", "GET / (x: b Content-Length: 3) => 200 open"),
        (FoldedLines, "a length", post("Content-Length:\r\n 3\r\n\r\nabc"), "=> 400 close", "POST / [abc] => 200 open"),
        (FoldedLines, "two numbers are no length", post("Content-Length: 3\r\n 4\r\n\r\nabc"), "=> 400 close", "=> 400 close"),
        (FoldedLines, "a coding", post("Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n"), "=> 400 close", "POST / => 200 open"),
        (FoldedLines, "a name is not folded", fields("X\r\n : b\r\n"), "=> 400 close", "=> 400 close"),
        (FoldedLines, "no bare CR behind a part", fields("X: b\r\r\n c\r\n"), "=> 400 close", "=> 400 close"),
        (FoldedLines, "no bare CR before a part", fields("X: b\r\n \rc\r\n"), "=> 400 close", "=> 400 close"),
        (FoldedLines, "no bare CR behind the last part", fields("X: b\r\n c\r\r\n"), "=> 400 close", "=> 400 close"),
        (FoldedLines, "no form feed before a part", fields("X: b\r\n \x0cc\r\n"), "=> 400 close", "=> 400 close"),
        (FoldedLines, "no bare CR in a trailer", chunks("0\r\nX: b\r\r\n c\r\n\r\n"), "POST / !ForbiddenByte => 400 close", "POST / !ForbiddenByte => 400 close"),
        (FoldedLines, "not behind the request line", "GET / HTTP/1.1\r\n X: b\r\nHost: a\r\n\r\n".into(), "=> 400 close", "=> 400 close"),
        (FoldedLines, "a trailer", chunks("0\r\nX: b\r\n c\r\n\r\n"), "POST / !TrailersInvalid => 400 close", "POST / {x: b c} => 200 open"),
        (FoldedLines, "not the first trailer", chunks("0\r\n X: b\r\n\r\n"), "POST / !TrailersInvalid => 400 close", "POST / !TrailersInvalid => 400 close"),
        (FoldedLines, "no LF", fields("X: b\n c\r\n"), "=> 400 close", "=> 400 close"),
        (IndentedFirstLine, "a line", "GET / HTTP/1.1\r\n X: b\r\nHost: a\r\n\r\n".into(), "=> 400 close", "GET / => 200 open"),
        (IndentedFirstLine, "two lines, one of blanks", "GET / HTTP/1.1\r\n\tTransfer-Encoding: chunked\r\n \r\nHost: a\r\n\r\n".into(), "=> 400 close", "GET / => 200 open"),
        (IndentedFirstLine, "nothing else, and no host", "GET / HTTP/1.1\r\n Host: a\r\n\r\n".into(), "=> 400 close", "=> 400 close"),
        (IndentedFirstLine, "no bare CR", "GET / HTTP/1.1\r\n X\rY: b\r\nHost: a\r\n\r\n".into(), "=> 400 close", "=> 400 close"),
        (IndentedFirstLine, "no bare CR at its end", "GET / HTTP/1.1\r\n X\r\r\nHost: a\r\n\r\n".into(), "=> 400 close", "=> 400 close"),
        (IndentedFirstLine, "no NUL", "GET / HTTP/1.1\r\n X\0\r\nHost: a\r\n\r\n".into(), "=> 400 close", "=> 400 close"),
        (IndentedFirstLine, "not a second line", fields("X: b\r\n c\r\n"), "=> 400 close", "=> 400 close"),
    ]
}

#[rustfmt::skip] // A row, a case.
fn request_lines() -> Vec<Case> {
    use Deviation::{BlanksInRequestLine, LaterMinorVersion};
    vec![
        (BlanksInRequestLine, "two", line("GET  /  HTTP/1.1"), "=> 400 close", "GET / => 200 open"),
        (BlanksInRequestLine, "tabs", line("GET\t/\tHTTP/1.1"), "=> 400 close", "GET / => 200 open"),
        (BlanksInRequestLine, "behind", line("GET / HTTP/1.1 "), "=> 400 close", "GET / => 200 open"),
        (BlanksInRequestLine, "before", line(" GET / HTTP/1.1"), "=> 400 close", "GET / => 200 open"),
        (BlanksInRequestLine, "a fourth word", line("GET / /x HTTP/1.1"), "=> 400 close", "=> 400 close"),
        (BlanksInRequestLine, "no version", line("GET / "), "=> 400 close", "=> 400 close"),
        (BlanksInRequestLine, "a version twice", line("GET / HTTP/1.1 HTTP/1.1"), "=> 400 close", "=> 400 close"),
        (BlanksInRequestLine, "no form feed", line("GET\x0c/ HTTP/1.1"), "=> 400 close", "=> 400 close"),
        (BlanksInRequestLine, "no bare CR", line("GET\r/ HTTP/1.1"), "=> 400 close", "=> 400 close"),
        (LaterMinorVersion, "1.2", line("GET / HTTP/1.2"), "=> 505 close", "GET / => 200 open"),
        (LaterMinorVersion, "1.9", line("GET / HTTP/1.9"), "=> 505 close", "GET / => 200 open"),
        (LaterMinorVersion, "1.2 without a host", "GET / HTTP/1.2\r\n\r\n".into(), "=> 505 close", "=> 400 close"),
        (LaterMinorVersion, "1.10", line("GET / HTTP/1.10"), "=> 400 close", "=> 400 close"),
        (LaterMinorVersion, "2.0", line("GET / HTTP/2.0"), "=> 505 close", "=> 505 close"),
        (LaterMinorVersion, "0.9", line("GET / HTTP/0.9"), "=> 505 close", "=> 505 close"),
        (LaterMinorVersion, "lower case", line("GET / http/1.2"), "=> 400 close", "=> 400 close"),
    ]
}

#[rustfmt::skip] // A row, a case.
fn framing() -> Vec<Case> {
    use Deviation::{BlankBeforeExtension, LengthBesideCoding, OtherExpectations, RepeatedLength};
    vec![
        (RepeatedLength, "two lines", post("Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"), "=> 400 close", "POST / [abc] => 200 open"),
        (RepeatedLength, "a list", post("Content-Length: 3, 3\r\n\r\nabc"), "=> 400 close", "POST / [abc] => 200 open"),
        (RepeatedLength, "a list and a line", post("Content-Length: 3,3\r\nContent-Length: 3\r\n\r\nabc"), "=> 400 close", "POST / [abc] => 200 open"),
        (RepeatedLength, "zero twice", post("Content-Length: 0\r\nContent-Length: 0\r\n\r\n"), "=> 400 close", "POST / => 200 open"),
        (RepeatedLength, "two that differ", post("Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"), "=> 400 close", "=> 400 close"),
        (RepeatedLength, "a third that differs", post("Content-Length: 3\r\nContent-Length: 3\r\nContent-Length: 30\r\n\r\nabc"), "=> 400 close", "=> 400 close"),
        (RepeatedLength, "a list that differs", post("Content-Length: 3, 4\r\n\r\nabcd"), "=> 400 close", "=> 400 close"),
        (RepeatedLength, "an empty element", post("Content-Length: 3,\r\n\r\nabc"), "=> 400 close", "=> 400 close"),
        (RepeatedLength, "one that is no number", post("Content-Length: 3, +3\r\n\r\nabc"), "=> 400 close", "=> 400 close"),
        (RepeatedLength, "beside a coding", post("Content-Length: 3, 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), "=> 400 close", "=> 400 close"),
        // RFC 9112 §6.1: who accepts it closes, so that whatever is behind is nobody's request.
        (LengthBesideCoding, "the length first", post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), "=> 400 close", "POST / => 200 close"),
        (LengthBesideCoding, "the coding first", post("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n1\r\na\r\n0\r\n\r\n"), "=> 400 close", "POST / [a] => 200 close"),
        (LengthBesideCoding, "with keep-alive", post("Connection: keep-alive\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n"), "=> 400 close", "POST / => 200 close"),
        (LengthBesideCoding, "a length that is none", post("Content-Length: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), "=> 400 close", "=> 400 close"),
        (LengthBesideCoding, "two lengths", post("Content-Length: 3\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), "=> 400 close", "=> 400 close"),
        (LengthBesideCoding, "another coding", post("Content-Length: 3\r\nTransfer-Encoding: gzip\r\n\r\nabc"), "=> 400 close", "=> 400 close"),
        (LengthBesideCoding, "a coding below", post("Content-Length: 3\r\nTransfer-Encoding: gzip, chunked\r\n\r\nabc"), "=> 400 close", "=> 501 close"),
        (LengthBesideCoding, "in HTTP/1.0", "POST / HTTP/1.0\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".into(), "=> 400 close", "=> 400 close"),
        (BlankBeforeExtension, "a blank", chunks("1 ;x\r\na\r\n0\r\n\r\n"), "POST / !BadChunkSize => 400 close", "POST / [a] => 200 open"),
        (BlankBeforeExtension, "a tab and a value", chunks("1\t;x=y\r\na\r\n0 ;z\r\n\r\n"), "POST / !BadChunkSize => 400 close", "POST / [a] => 200 open"),
        (BlankBeforeExtension, "no extension", chunks("1 \r\na\r\n0\r\n\r\n"), "POST / !BadChunkSize => 400 close", "POST / !BadChunkSize => 400 close"),
        (BlankBeforeExtension, "another digit", chunks("1 1;x\r\na\r\n0\r\n\r\n"), "POST / !BadChunkSize => 400 close", "POST / !BadChunkSize => 400 close"),
        (BlankBeforeExtension, "before the size", chunks(" 1;x\r\na\r\n0\r\n\r\n"), "POST / !BadChunkSize => 400 close", "POST / !BadChunkSize => 400 close"),
        (OtherExpectations, "another", post("Expect: x\r\nContent-Length: 1\r\n\r\na"), "=> 417 close", "POST / [a] => 200 open"),
        (OtherExpectations, "a list", post("Expect: 100-continue, x\r\nContent-Length: 1\r\n\r\na"), "=> 417 close", "POST / [a] => 200 open"),
        (OtherExpectations, "the same twice", post("Expect: 100-continue\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\na"), "=> 417 close", "POST / [a] => 200 open"),
    ]
}

fn hold(accepted: &[Deviation], bytes: &[u8], cut: Cut) -> Outcome {
    let strictness = accepted
        .iter()
        .copied()
        .fold(Strictness::default(), Strictness::accept);
    let limits = Limits::default().with_strictness(strictness);
    Conversation::hold_within(limits, bytes, cut, Habit::Reads).outcome()
}

/// What comes of it with a request behind, that is seen exactly if the connection stays open.
fn with_next(outcome: &str) -> String {
    match outcome.strip_suffix(" open") {
        Some(open) => {
            let (requests, statuses) = open
                .split_once(" =>")
                .expect("an arrow");
            format!("{requests}; GET /NEXT =>{statuses} 200 open")
        }
        None => outcome.to_owned(),
    }
}

#[test]
fn a_deviation_is_refused_unless_it_is_switched_on_and_hides_no_request() {
    for (deviation, name, bytes, off, on) in cases() {
        let others: Vec<Deviation> = Deviation::ALL
            .into_iter()
            .filter(|&other| other != deviation)
            .collect();
        for cut in CUTS {
            let case = format!("{deviation:?}, {name}, {cut:?}");
            let behind = [bytes.as_bytes(), NEXT.as_bytes()].concat();
            let strict = hold(&[], &bytes.clone().into_bytes(), cut);
            assert_eq!(strict.to_string(), off, "{case}");
            let lenient = hold(&[deviation], bytes.as_bytes(), cut);
            assert_eq!(lenient.to_string(), on, "{case}");
            let lenient = hold(&[deviation], &behind, cut);
            assert_eq!(lenient.to_string(), with_next(on), "{case}");
            // Nor do all others let it through.
            if on.contains(" 200 ") {
                let refused = hold(&others, &behind, cut);
                assert!(!refused.statuses.contains(&200), "{case}: {refused}");
            }
        }
    }
}

#[test]
fn what_is_accepted_is_seen_in_its_proper_form() {
    for (deviation, name, bytes, _, on) in cases() {
        let outcome = hold(&[deviation], bytes.as_bytes(), Cut::Whole);
        assert_eq!(outcome.to_string(), on);
        for seen in &outcome.requests {
            let values = |wanted: &str| -> Vec<&[u8]> {
                let fields = seen.fields.iter();
                let wanted = fields.filter(|(name, _)| name == wanted);
                wanted
                    .map(|(_, value)| &value[..])
                    .collect()
            };
            let lengths = values("content-length");
            let one = match (lengths.as_slice(), seen.is_whole()) {
                ([], _) | (_, false) => true,
                ([one], true) => *one == seen.body.len().to_string().as_bytes(),
                _ => false,
            };
            let both = !lengths.is_empty() && !values("transfer-encoding").is_empty();
            assert!(one && !both, "{deviation:?}, {name}: {seen:?}");
        }
    }
}

#[test]
fn what_needs_no_leniency_means_the_same_with_all_of_it() {
    for vector in all() {
        if !vector.stays_open() {
            continue;
        }
        let bytes = [&vector.bytes, NEXT.as_bytes()].concat();
        for cut in [Cut::Whole, Cut::Random(1)] {
            let outcome = hold(&Deviation::ALL, &bytes, cut).to_string();
            let strict = hold(&[], &bytes, cut).to_string();
            assert_eq!(outcome, strict, "{}, {cut:?}", vector.name);
        }
    }
}

#[test]
fn whatever_is_accepted_the_same_bytes_say_the_same_however_they_are_cut() {
    for vector in all() {
        if vector.bytes.len() > 4096 {
            continue;
        }
        let bytes = [&vector.bytes, NEXT.as_bytes()].concat();
        let whole = hold(&Deviation::ALL, &bytes, Cut::Whole).to_string();
        for cut in CUTS {
            let outcome = hold(&Deviation::ALL, &bytes, cut).to_string();
            assert_eq!(outcome, whole, "{}, {cut:?}", vector.name);
        }
    }
}
