//! Runs every vector whole, byte by byte, at random cuts, and with a request behind it.

use http::StatusCode;

use crate::http1::tests::driver::{Chance, Seen, feed};
use crate::http1::tests::vectors::{self, Outcome};
use crate::limits::Limits;

/// What a smuggler would like to have seen, or not.
const NEXT: &[u8] = b"GET /NEXT HTTP/1.1\r\nHost: a\r\n\r\n";

#[test]
fn vectors_whole() {
    run(|bytes| vec![bytes]);
}

#[test]
fn vectors_byte_by_byte() {
    run(|bytes| bytes.chunks(1).collect());
}

#[test]
fn vectors_cut_at_random() {
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    for _ in 0..20 {
        run(|bytes| chance.cut(bytes));
    }
}

#[test]
fn vectors_are_many() {
    assert!(vectors::all().count() >= 150);
}

fn run(mut cut: impl for<'a> FnMut(&'a [u8]) -> Vec<&'a [u8]>) {
    let limits = Limits::default();
    for (clause, bytes, outcome) in vectors::all() {
        let seen = feed(&limits, cut(&bytes));
        check(clause, &bytes, outcome, &seen);

        let behind = [&bytes[..], NEXT].concat();
        let seen = feed(&limits, cut(&behind));
        check_next(clause, outcome, &seen);
    }
}

fn check(clause: &str, bytes: &[u8], outcome: Outcome, seen: &Seen) {
    let (requests, served, refused, closed) = match outcome {
        Outcome::Served(n, _) => (n, n, None, false),
        Outcome::Last(n, _) => (n, n, None, true),
        Outcome::Trailers(..) => (1, 1, None, false),
        Outcome::Refused(status, n) => {
            let status = StatusCode::from_u16(status).unwrap();
            (n, seen.served, Some(Some(status)), true)
        }
    };
    let context = format!("{clause}: {} gave {seen:?}", bytes.escape_ascii());
    assert_eq!(seen.targets.len(), requests, "{context}");
    assert_eq!(seen.served, served, "{context}");
    assert_eq!(seen.refused, refused, "{context}");
    assert_eq!(seen.closed, closed, "{context}");
    match outcome {
        Outcome::Served(_, body) | Outcome::Last(_, body) => {
            assert_eq!(seen.body, body.as_bytes(), "{context}");
            assert_eq!(seen.trailers, "", "{context}");
        }
        Outcome::Trailers(body, trailers) => {
            assert_eq!(seen.body, body.as_bytes(), "{context}");
            assert_eq!(seen.trailers, trailers, "{context}");
        }
        Outcome::Refused(status, _) => {
            let output = String::from_utf8_lossy(&seen.output);
            assert!(output.contains(&format!("HTTP/1.1 {status} ")), "{context}");
            assert!(output.contains("connection: close\r\n"), "{context}");
        }
    }
}

/// The request behind is seen once where the connection goes on, and never elsewhere.
fn check_next(clause: &str, outcome: Outcome, seen: &Seen) {
    let next = seen
        .targets
        .iter()
        .filter(|target| *target == "/NEXT")
        .count();
    let (requests, expected) = match outcome {
        Outcome::Served(n, _) => (n + 1, 1),
        Outcome::Trailers(..) => (2, 1),
        Outcome::Last(n, _) | Outcome::Refused(_, n) => (n, 0),
    };
    assert_eq!(
        (seen.targets.len(), next),
        (requests, expected),
        "{clause}: {seen:?}"
    );
}
