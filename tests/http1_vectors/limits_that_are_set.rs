//! Limits that a server sets for itself, each kept to the byte and to the line.

use support::conversation::{Conversation, Cut, Habit};
use tubes_http::{Deviation, Limits, Strictness};

/// The name of a limit, the limits that have it, what is within it, what is beyond it, and what
/// comes of that.
type Case = (
    &'static str,
    Limits,
    &'static str,
    &'static str,
    &'static str,
);

#[rustfmt::skip] // A row, a case.
fn cases() -> Vec<Case> {
    const CHUNKED: &str = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    let chunked = |body: &str| -> &'static str { String::leak(format!("{CHUNKED}{body}")) };
    let limits = Limits::default;
    let too_long = String::leak(format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(66_000)));
    vec![
        ("the request line", limits().with_request_line(20),
            "GET /123456 HTTP/1.1\r\nHost: a\r\n\r\n", "GET /1234567 HTTP/1.1\r\nHost: a\r\n\r\n", "=> 414 close"),
        ("the request line, longer than a target can be", limits().with_request_line(usize::MAX).with_head(200_000),
            "GET /123456 HTTP/1.1\r\nHost: a\r\n\r\n", too_long, "=> 414 close"),
        ("the request line, without CR", limits().with_request_line(20).with_strictness(Strictness::default().accept(Deviation::BareLf)),
            "\nGET /123456 HTTP/1.1\nHost: a\n\n", "\nGET /1234567 HTTP/1.1\nHost: a\n\n", "=> 414 close"),
        ("the head", limits().with_head(34),
            "GET / HTTP/1.1\r\nHost: a\r\nX: yz\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX: yzz\r\n\r\n", "=> 431 close"),
        ("the head, an empty line counted", limits().with_head(29),
            "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "\r\nGET / HTTP/1.1\r\nHost: ab\r\n\r\n", "=> 431 close"),
        ("the fields", limits().with_fields(2),
            "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\nX: y\r\n\r\n", "=> 431 close"),
        ("the method", limits().with_method(3),
            "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "POST / HTTP/1.1\r\nHost: a\r\n\r\n", "=> 501 close"),
        ("the empty lines", limits().with_empty_lines(1),
            "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "=> 400 close"),
        ("no empty line", limits().with_empty_lines(0),
            "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "=> 400 close"),
        ("the chunk extensions", limits().with_chunk_extensions(4),
            chunked("1;a\r\na\r\n0;b\r\n\r\n"), chunked("1;a\r\na\r\n0;bc\r\n\r\n"), "POST / !ChunkExtensionsTooLong => 400 close"),
        ("no chunk extension", limits().with_chunk_extensions(0),
            chunked("1\r\na\r\n0\r\n\r\n"), chunked("1;a\r\na\r\n0\r\n\r\n"), "POST / !ChunkExtensionsTooLong => 400 close"),
        ("the body", limits().with_body(3),
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nabcd", "=> 413 close"),
        ("the body, that is waited with", limits().with_body(3),
            "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n", "=> 413 close"),
        ("the body, in chunks", limits().with_body(3),
            chunked("1\r\na\r\n2\r\nbc\r\n0\r\n\r\n"), chunked("1\r\na\r\n3\r\nbcd\r\n0\r\n\r\n"), "POST / !BodyTooLarge { limit: 3 } => 413 close"),
        ("no body", limits().with_body(0),
            chunked("0\r\n\r\n"), "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na", "=> 413 close"),
        ("the trailers", limits().with_trailers(7),
            chunked("0\r\nY: yz\r\n\r\n"), chunked("0\r\nY: yzz\r\n\r\n"), "POST / !TrailersTooLong => 431 close"),
        ("the trailers, of which there are none", limits().with_trailers(0),
            chunked("0\r\n\r\n"), chunked("0\r\nY: y\r\n\r\n"), "POST / !TrailersTooLong => 431 close"),
        ("the lines of the trailers", limits().with_trailer_fields(1),
            chunked("0\r\nY: y\r\n\r\n"), chunked("0\r\nY: y\r\nZ: z\r\n\r\n"), "POST / !TrailersTooLong => 431 close"),
    ]
}

#[test]
fn a_limit_that_is_set_is_kept_to_the_byte_and_to_the_line() {
    for (name, limits, within, beyond, outcome) in cases() {
        for cut in [Cut::Whole, Cut::Bytes, Cut::Random(1)] {
            let hold = |bytes: &str| {
                let limits = limits.clone();
                Conversation::hold_within(limits, bytes.as_bytes(), cut, Habit::Reads).outcome()
            };
            let served = hold(within);
            assert_eq!(served.statuses, [200], "{name} {cut:?}: {served}");
            assert!(!served.is_closed(), "{name} {cut:?}: {served}");
            let refused = hold(beyond);
            assert_eq!(refused.to_string(), outcome, "{name} {cut:?}");
            assert!(refused.interim.is_empty(), "{name} {cut:?}");
        }
    }
}
