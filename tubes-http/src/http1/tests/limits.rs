//! Each limit once within and once beyond, whole and in small cuts.

use http::StatusCode;

use crate::http1::tests::driver::{Seen, feed};
use crate::limits::Limits;

#[test]
fn request_line_of_8000_bytes_passes() {
    let seen = run(&format!(
        "GET /{} HTTP/1.1\r\nHost: a\r\n\r\n",
        "a".repeat(8000)
    ));
    assert_eq!(seen.served, 1);
}

#[test]
fn request_line_beyond_its_limit_is_414() {
    let line = |length: usize| {
        let target = "a".repeat(length - "GET / HTTP/1.1".len());
        format!("GET /{target} HTTP/1.1\r\nHost: a\r\n\r\n")
    };
    assert_eq!(run(&line(16 * 1024)).served, 1);
    assert_refused(&run(&line(16 * 1024 + 1)), 414);
    assert_refused(&run(&"a".repeat(20_000)), 414);
}

#[test]
fn head_beyond_its_limit_is_431() {
    let head = |length: usize| {
        let start = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
        format!("{start}{}\r\n\r\n", "x".repeat(length - start.len() - 4))
    };
    assert_eq!(run(&head(64 * 1024)).served, 1);
    assert_refused(&run(&head(64 * 1024 + 1)), 431);
    let endless = &head(70 * 1024)[..69 * 1024];
    assert_refused(&run(endless), 431);
}

#[test]
fn fields_beyond_their_limit_are_431() {
    let head = |fields: usize| {
        format!(
            "GET / HTTP/1.1\r\nHost: a\r\n{}\r\n",
            "X: y\r\n".repeat(fields - 1)
        )
    };
    assert_eq!(run(&head(100)).served, 1);
    assert_refused(&run(&head(101)), 431);
}

#[test]
fn endless_empty_lines_are_refused() {
    assert_refused(&run(&"\r\n".repeat(10_000)), 400);
}

#[test]
fn chunk_extensions_are_counted_over_all_chunks() {
    let body = |chunks: usize, last: usize| {
        let chunk = format!("1;{}\r\na\r\n", "x".repeat(1023));
        chunked(&format!(
            "{}0;{}\r\n\r\n",
            chunk.repeat(chunks),
            "x".repeat(last - 1)
        ))
    };
    assert_eq!(run(&body(15, 1024)).served, 1);
    assert_refused(&run(&body(15, 1025)), 400);
    assert_refused(&run(&body(16, 2)), 400);
    assert_refused(&run(&chunked(&format!("1;{}", "x".repeat(17_000)))), 400);
}

#[test]
fn trailers_beyond_their_limits_are_431() {
    let bytes = |length: usize| chunked(&format!("0\r\nX: {}\r\n\r\n", "x".repeat(length - 5)));
    assert_eq!(run(&bytes(16 * 1024)).served, 1);
    assert_refused(&run(&bytes(16 * 1024 + 1)), 431);
    let lines = |fields: usize| chunked(&format!("0\r\n{}\r\n", "X: y\r\n".repeat(fields)));
    assert_eq!(run(&lines(100)).served, 1);
    assert_refused(&run(&lines(101)), 431);
    assert_refused(&run(&chunked(&format!("0\r\n{}", "x".repeat(17_000)))), 431);
}

fn chunked(body: &str) -> String {
    format!("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{body}")
}

/// Whole and in cuts of 7 bytes, which must be the same.
fn run(bytes: &str) -> Seen {
    let limits = Limits::default();
    let whole = feed(&limits, [bytes.as_bytes()]);
    let cut = feed(&limits, bytes.as_bytes().chunks(7));
    assert_eq!((whole.served, whole.refused), (cut.served, cut.refused));
    whole
}

fn assert_refused(seen: &Seen, status: u16) {
    let status = StatusCode::from_u16(status).unwrap();
    assert_eq!(seen.refused, Some(Some(status)));
}
