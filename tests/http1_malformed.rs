//! What attackers send, through the whole stage: each is refused with a status, nothing behind it
//! is served, and the connection is closed so that the client can read the answer.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use http::{Request, Response};
use support::chance::Chance;
use support::serving::{Served, Setup};
use tubes_http::{Body, Error};

/// A clause or a name, the bytes, the status, and how many handlers were called.
type Attack = (&'static str, &'static str, u16, usize);

const NEXT: &str = "GET /NEXT HTTP/1.1\r\nHost: a\r\n\r\n";

/// Heads (http-rules §2.1). Bytes above ASCII stand as `\u{..}`, one byte each.
#[rustfmt::skip] // A row, a case.
const HEADS: &[Attack] = &[
    ("2.2 all LF", "GET / HTTP/1.1\nHost: a\n\n", 400, 0),
    ("2.2 LF on the first line", "GET / HTTP/1.1\nHost: a\r\n\r\n", 400, 0),
    ("2.2 LF on a field line", "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", 400, 0),
    ("2.2 LF behind CRLF", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400, 0),
    ("2.2 LF before CRLF", "GET / HTTP/1.1\r\nHost: a\n\r\n", 400, 0),
    ("2.2 bare CR in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", 400, 0),
    ("2.2 CR hides a header", "GET / HTTP/1.1\r\nHost: a\r\nX: a\rContent-Length: 9\r\n\r\n", 400, 0),
    ("2.2 CR CR LF", "GET / HTTP/1.1\r\nHost: a\r\n\r\r\n", 400, 0),
    ("5.5 NUL", "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", 400, 0),
    ("5.5 VT before chunked", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \x0bchunked\r\n\r\n", 400, 0),
    ("5.5 DEL", "GET / HTTP/1.1\r\nHost: a\r\nX: \x7f\r\n\r\n", 400, 0),
    ("2.2 five empty lines", "\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, 0),
    ("3 two SP", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400, 0),
    ("3 TAB", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, 0),
    ("3 SP at the end", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400, 0),
    ("3 SP first", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, 0),
    ("3 a word more", "GET / x HTTP/1.1\r\nHost: a\r\n\r\n", 400, 0),
    ("3.1 no token", "G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400, 0),
    ("3.1 65 bytes", "MMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMM / HTTP/1.1\r\nHost: a\r\n\r\n", 501, 0),
    ("2.3 HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505, 0),
    ("2.3 HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505, 0),
    ("2.3 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, 0),
    ("2.3 lower case", "GET / http/1.1\r\nHost: a\r\n\r\n", 400, 0),
    ("2.3 no version", "GET /\r\n\r\n", 400, 0),
    ("3.2 asterisk with GET", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400, 0),
    ("3.2 authority with GET", "GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 400, 0),
    ("3.2 a word", "GET abc HTTP/1.1\r\nHost: a\r\n\r\n", 400, 0),
    ("3.2 fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400, 0),
    ("3.2 UTF-8", "GET /\u{c3}\u{a9} HTTP/1.1\r\nHost: a\r\n\r\n", 400, 0),
    ("3.2 no Host", "GET / HTTP/1.1\r\n\r\n", 400, 0),
    ("3.2 Host twice", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400, 0),
    ("3.2 two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, 0),
    ("7.2 a list", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400, 0),
    ("7.2 a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, 0),
    ("7.2 userinfo", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400, 0),
    ("7.2 port", "GET / HTTP/1.1\r\nHost: a:x\r\n\r\n", 400, 0),
    ("4.2.4 userinfo in the target", "GET http://u@x/ HTTP/1.1\r\nHost: x\r\n\r\n", 400, 0),
    ("5.1 SP before the colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400, 0),
    ("5.2 folded", "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", 400, 0),
    ("5.2 folded coding", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", 400, 0),
    ("2.2 SP behind the first line", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400, 0),
    ("5 no name", "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", 400, 0),
    ("5 no colon", "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", 400, 0),
    ("9.3.6 CONNECT with length", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 400, 0),
    ("9.3.6 CONNECT without port", "CONNECT a HTTP/1.1\r\nHost: a\r\n\r\n", 400, 0),
    ("10.1.1 another expectation", "POST / HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n", 417, 0),
    ("10.1.1 a list", "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue, x\r\n\r\n", 417, 0),
];

/// Lengths (§2.2, rules 18 to 22).
#[rustfmt::skip] // A row, a case.
const LENGTHS: &[Attack] = &[
    ("CL.TE", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG", 400, 0),
    ("TE.CL", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n8\r\nSMUGGLED\r\n0\r\n\r\n", 400, 0),
    ("TE.TE", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n", 400, 0),
    ("CL.0 with space", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 3\r\n\r\nabc", 400, 0),
    ("+3", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc", 400, 0),
    ("-1", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\nabc", 400, 0),
    ("0x3", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x3\r\n\r\nabc", 400, 0),
    ("1_0", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1_0\r\n\r\nabcabcabca", 400, 0),
    ("3.0", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3.0\r\n\r\nabc", 400, 0),
    ("3 4", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3 4\r\n\r\nabc", 400, 0),
    ("empty", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\nabc", 400, 0),
    ("2^64", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551616\r\n\r\nabc", 400, 0),
    ("twice the same", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400, 0),
    ("two lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 44\r\n\r\n", 400, 0),
    ("3, 3", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\n\r\nabc", 400, 0),
    ("gzip, chunked", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501, 0),
    ("chunked, chunked", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 400, 0),
    ("chunked, gzip", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", 400, 0),
    ("identity", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n", 400, 0),
    ("xchunked", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400, 0),
    ("chunked;a=b", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked;a=b\r\n\r\n0\r\n\r\n", 400, 0),
    (",chunked", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n", 400, 0),
    ("empty coding", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n0\r\n\r\n", 400, 0),
    ("coding in 1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, 0),
];

/// Chunks and trailers (rules 23 to 28), behind a head with a chunked body.
#[rustfmt::skip] // A row, a case.
const CHUNKS: &[Attack] = &[
    ("0x3", "0x3\r\nabc\r\n0\r\n\r\n", 400, 1),
    ("+3", "+3\r\nabc\r\n0\r\n\r\n", 400, 1),
    ("3_", "3_\r\nabc\r\n0\r\n\r\n", 400, 1),
    ("SP behind", "3 \r\nabc\r\n0\r\n\r\n", 400, 1),
    ("SP before", " 3\r\nabc\r\n0\r\n\r\n", 400, 1),
    ("no size", "\r\nabc\r\n0\r\n\r\n", 400, 1),
    ("no digit", "x\r\nabc\r\n0\r\n\r\n", 400, 1),
    ("17 digits", "00000000000000003\r\nabc\r\n0\r\n\r\n", 400, 1),
    ("2^64", "10000000000000000\r\nabc\r\n0\r\n\r\n", 400, 1),
    ("2^64 and 3", "10000000000000003\r\nabc\r\n0\r\n\r\n", 400, 1),
    ("LF behind the size", "3\nabc\r\n0\r\n\r\n", 400, 1),
    ("CR behind the size", "3\rabc\r\n0\r\n\r\n", 400, 1),
    ("extension with LF", "3;a\nabc\r\n0\r\n\r\n", 400, 1),
    ("extension with CR", "3;a\rX\r\nabc\r\n0\r\n\r\n", 400, 1),
    ("extension with NUL", "3;\0\r\nabc\r\n0\r\n\r\n", 400, 1),
    ("extension without name", "3;\r\nabc\r\n0\r\n\r\n", 400, 1),
    ("extension with quoted LF", "3;a=\"\n\"\r\nabc\r\n0\r\n\r\n", 400, 1),
    ("LF behind the data", "3\r\nabc\n0\r\n\r\n", 400, 1),
    ("others behind the data", "3\r\nabcXX0\r\n\r\n", 400, 1),
    ("more data", "3\r\nabcd\r\n0\r\n\r\n", 400, 1),
    ("less data", "4\r\nabc\r\n0\r\n\r\n", 400, 1),
    ("the last chunk ends in LF", "0\n\r\n", 400, 1),
    ("LF ends the trailers", "0\r\nX: y\n\r\n", 400, 1),
    ("LF for no trailers", "0\r\n\n", 400, 1),
    ("trailer with CR", "0\r\nX: y\rz\r\n\r\n", 400, 1),
    ("trailer with SP before the colon", "0\r\nX : y\r\n\r\n", 400, 1),
    ("trailer folded", "0\r\nX: y\r\n z\r\n\r\n", 400, 1),
    ("trailer without colon", "0\r\nX\r\n\r\n", 400, 1),
];

const CHUNKED: &str = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

/// How the bytes are cut.
#[derive(Clone, Copy, Debug)]
enum Cut {
    Whole,
    Bytes,
    Random(u64),
}

const CUTS: [Cut; 5] = [
    Cut::Whole,
    Cut::Bytes,
    Cut::Random(1),
    Cut::Random(2),
    Cut::Random(3),
];

/// Feeds it to a server that collects each body and notes each target.
fn attack(bytes: &[u8], cut: Cut) -> (Served, Vec<String>) {
    let seen = Rc::new(RefCell::new(Vec::new()));
    let served = Setup::new().respond({
        let seen = Rc::clone(&seen);
        move |request: Request<Body>| {
            seen.borrow_mut()
                .push(request.uri().to_string());
            async {
                let whole = request
                    .into_body()
                    .collect(100_000)
                    .await?;
                Ok::<_, Error>(Response::new(Body::from(whole)))
            }
        }
    });
    match cut {
        Cut::Whole => served.peer.feed(bytes),
        Cut::Bytes => served.peer.feed_bytes(bytes),
        Cut::Random(seed) => served
            .peer
            .feed_cut(bytes, &mut Chance::new(seed)),
    }
    served.run();
    let seen = seen.borrow().clone();
    (served, seen)
}

fn latin_1(text: &str) -> Vec<u8> {
    text.chars()
        .map(|c| u8::try_from(u32::from(c)).expect("vectors are written in Latin-1"))
        .collect()
}

fn check(name: &str, bytes: &[u8], status: u16, requests: usize, cut: Cut) {
    let (served, seen) = attack(bytes, cut);
    let case = format!("{name}, {cut:?}");
    assert_eq!(seen.len(), requests, "{case}: {seen:?}");
    assert!(
        !seen
            .iter()
            .any(|target| target == "/NEXT"),
        "{case}"
    );
    let answers = served.answers();
    assert_eq!(answers.len(), 1, "{case}: {answers:?}");
    assert_eq!(answers[0].status, status, "{case}");
    assert!(answers[0].closes(), "{case}");
    assert_eq!(served.ends(), ("open", "finished", "runs"), "{case}");
    served.send(NEXT);
    assert_eq!(served.answers().len(), 1, "{case}: only the linger reads");
    served.advance(Duration::from_secs(5));
    assert_eq!(served.ends(), ("enough", "finished", "over"), "{case}");
}

#[test]
fn every_attack_is_refused_and_nothing_behind_it_is_served() {
    let plain = HEADS
        .iter()
        .chain(LENGTHS)
        .map(|attack| ("", attack));
    let chunked = CHUNKS
        .iter()
        .map(|attack| (CHUNKED, attack));
    let mut count = 0;
    for (head, (name, text, status, requests)) in plain.chain(chunked) {
        let bytes = latin_1(&[head, text, NEXT].concat());
        for cut in CUTS {
            check(name, &bytes, *status, *requests, cut);
        }
        count += 1;
    }
    assert!(count >= 60, "{count} attacks");
}

#[test]
fn an_attack_that_is_refused_late_is_refused_behind_good_requests_too() {
    for (name, text, status, _) in LENGTHS {
        let bytes =
            latin_1(&[&"GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(2), *text, NEXT].concat());
        for cut in CUTS {
            let (served, seen) = attack(&bytes, cut);
            assert_eq!(seen, ["/", "/"], "{name}");
            let answers = served.answers();
            assert_eq!(answers.len(), 3, "{name}");
            assert_eq!(answers[2].status, *status, "{name}");
        }
    }
}

/// What is too long, made up: name, bytes, status, handlers called.
fn too_long() -> Vec<(&'static str, String, u16, usize)> {
    let head = "GET / HTTP/1.1\r\nHost: a\r\n";
    let fields = |count: usize| "X: y\r\n".repeat(count);
    let long = |bytes: usize| "x".repeat(bytes);
    let extensions = format!("1;x={}\r\na\r\n", long(1000)).repeat(17);
    #[rustfmt::skip] // A row, a case.
    let cases = vec![
        ("a long target", format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", long(17_000)), 414, 0),
        ("no end of the target", format!("GET /{}", long(17_000)), 414, 0),
        ("100 fields more", format!("{head}{}\r\n", fields(100)), 431, 0),
        ("a long head", format!("{head}X: {}\r\n\r\n", long(66_000)), 431, 0),
        ("no end of the head", format!("{head}X: {}", long(66_000)), 431, 0),
        ("long extensions", format!("{CHUNKED}{extensions}0\r\n\r\n"), 400, 1),
        ("one long extension", format!("{CHUNKED}1;{}", long(17_000)), 400, 1),
        ("long trailers", format!("{CHUNKED}0\r\nX: {}\r\n\r\n", long(17_000)), 431, 1),
        ("101 trailers", format!("{CHUNKED}0\r\n{}\r\n", fields(101)), 431, 1),
        ("10,000 empty lines", "\r\n".repeat(10_000), 400, 0),
    ];
    cases
}

#[test]
fn what_is_too_long_is_refused_before_it_is_whole() {
    for (name, bytes, status, requests) in too_long() {
        let bytes = bytes + NEXT;
        for cut in [Cut::Whole, Cut::Bytes, Cut::Random(1)] {
            check(name, bytes.as_bytes(), status, requests, cut);
        }
    }
}

#[test]
fn what_is_within_its_limit_is_served() {
    let head = "GET / HTTP/1.1\r\nHost: a\r\n";
    for request in [
        format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(8000)),
        format!("{head}{}\r\n", "X: y\r\n".repeat(99)),
        format!("{head}X: {}\r\n\r\n", "x".repeat(65_000)),
        format!("{CHUNKED}1;x={}\r\na\r\n0\r\n\r\n", "x".repeat(16_000)),
        format!("{CHUNKED}0\r\nX: {}\r\n\r\n", "x".repeat(16_000)),
    ] {
        for cut in [Cut::Whole, Cut::Bytes] {
            let (served, seen) = attack((request.clone() + NEXT).as_bytes(), cut);
            assert_eq!(seen.len(), 2);
            assert_eq!(seen[1], "/NEXT");
            assert!(
                served
                    .answers()
                    .iter()
                    .all(|answer| answer.status == 200)
            );
        }
    }
}

#[test]
fn an_attack_in_a_body_that_nobody_reads_serves_nothing_behind_it() {
    for (name, text, ..) in CHUNKS {
        let bytes = latin_1(&[CHUNKED, text, NEXT].concat());
        for cut in CUTS {
            let served = Setup::new().respond(async |request: Request<Body>| {
                let target = request.uri().to_string();
                Ok::<_, Error>(Response::new(Body::from(target)))
            });
            match cut {
                Cut::Random(seed) => served
                    .peer
                    .feed_cut(&bytes, &mut Chance::new(seed)),
                Cut::Whole => served.peer.feed(&bytes),
                Cut::Bytes => served.peer.feed_bytes(&bytes),
            }
            served.run();
            assert_eq!(served.lines(), ["200 /"], "{name} {cut:?}");
            assert_eq!(served.ends(), ("open", "finished", "runs"), "{name}");
        }
    }
}

#[test]
fn a_client_that_still_sends_reads_the_whole_refusal_and_is_heard_for_1_mib() {
    let (served, _) = attack(b"GET / HTTP/1.1\nHost: a\r\n\r\n", Cut::Whole);
    assert_eq!(served.answers()[0].status, 400);
    for _ in 0..16 {
        served.send("x".repeat(64 * 1024));
    }
    assert_eq!(served.ends().0, "open");
    served.send("x");
    assert_eq!(served.ends(), ("enough", "finished", "over"));
}

#[test]
fn a_drip_does_not_extend_the_linger() {
    let (served, _) = attack(b"GET / HTTP/1.1\n", Cut::Whole);
    for _ in 0..5 {
        served
            .advance(Duration::from_secs(1))
            .send("x");
    }
    assert_eq!(served.ends(), ("enough", "finished", "over"));
}
