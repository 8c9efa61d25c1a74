//! What a reply looks like: status, method, version and length against the exact bytes.

use std::fmt::Write;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, response};

use crate::body::Trailers;
use crate::http1::connection::Connection;
use crate::http1::encode_body::Finished;
use crate::http1::state::Persistence;
use crate::http1::tests::driver::{connection, head, noon, output};
use crate::kind::Kind;

const DATE: &str = "date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";

/// The request's line and fields, the status, the fields that the application sets, the length
/// that is known, the pieces of body; then what is written (`D` for the date line), and whether
/// the connection lives on.
type Row = (
    &'static str,
    u16,
    &'static [(&'static str, &'static str)],
    Option<u64>,
    &'static [&'static str],
    &'static str,
    Persistence,
);

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n";
const HEAD: &str = "HEAD / HTTP/1.1\r\nHost: a\r\n";
const LAST: &str = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n";
const OLD: &str = "GET / HTTP/1.0\r\n";
const OLD_KEPT: &str = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n";

use Persistence::{Close, Keep};

#[rustfmt::skip] // A table: a line for each reply.
const ROWS: &[Row] = &[
    // Rule 41: a known length, else chunks.
    (GET, 200, &[], Some(2), &["ab"], "HTTP/1.1 200 OK\r\nDcontent-length: 2\r\n\r\nab", Keep),
    (GET, 200, &[], Some(0), &[], "HTTP/1.1 200 OK\r\nDcontent-length: 0\r\n\r\n", Keep),
    (GET, 200, &[], None, &["ab", "c"], "HTTP/1.1 200 OK\r\nDtransfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", Keep),
    (GET, 200, &[], None, &["0123456789abcdefg"], "HTTP/1.1 200 OK\r\nDtransfer-encoding: chunked\r\n\r\n11\r\n0123456789abcdefg\r\n0\r\n\r\n", Keep),
    // Rule 55: an empty piece is no chunk.
    (GET, 200, &[], None, &["", "a", ""], "HTTP/1.1 200 OK\r\nDtransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", Keep),
    (GET, 200, &[], None, &[], "HTTP/1.1 200 OK\r\nDtransfer-encoding: chunked\r\n\r\n0\r\n\r\n", Keep),
    (GET, 200, &[("content-length", "2")], None, &["ab"], "HTTP/1.1 200 OK\r\nDcontent-length: 2\r\n\r\nab", Keep),
    // Rule 48: the framing is ours.
    (GET, 200, &[("content-length", "9")], Some(2), &["ab"], "HTTP/1.1 200 OK\r\nDcontent-length: 2\r\n\r\nab", Keep),
    (GET, 200, &[("content-length", "x")], None, &["ab"], "HTTP/1.1 200 OK\r\nDtransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", Keep),
    (GET, 200, &[("content-length", "2"), ("content-length", "3")], None, &["ab"], "HTTP/1.1 200 OK\r\nDtransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", Keep),
    (GET, 200, &[("transfer-encoding", "gzip"), ("keep-alive", "timeout=5"), ("connection", "x"), ("proxy-connection", "y")], Some(0), &[], "HTTP/1.1 200 OK\r\nDcontent-length: 0\r\n\r\n", Keep),
    (GET, 200, &[("connection", "x, Close")], Some(0), &[], "HTTP/1.1 200 OK\r\nDcontent-length: 0\r\nconnection: close\r\n\r\n", Close),
    (GET, 200, &[("x", "y"), ("x", "z")], Some(0), &[], "HTTP/1.1 200 OK\r\nx: y\r\nx: z\r\nDcontent-length: 0\r\n\r\n", Keep),
    (GET, 200, &[("date", "then")], Some(0), &[], "HTTP/1.1 200 OK\r\ndate: then\r\ncontent-length: 0\r\n\r\n", Keep),
    (GET, 426, &[("upgrade", "x")], Some(0), &[], "HTTP/1.1 426 Upgrade Required\r\nconnection: upgrade\r\nupgrade: x\r\nDcontent-length: 0\r\n\r\n", Keep),
    (GET, 599, &[], Some(0), &[], "HTTP/1.1 599 \r\nDcontent-length: 0\r\n\r\n", Keep),
    (GET, 418, &[], Some(0), &[], "HTTP/1.1 418 I'm a teapot\r\nDcontent-length: 0\r\n\r\n", Keep),
    // Rule 39: HEAD.
    (HEAD, 200, &[], Some(2), &[], "HTTP/1.1 200 OK\r\nDcontent-length: 2\r\n\r\n", Keep),
    (HEAD, 200, &[("content-length", "9")], Some(0), &[], "HTTP/1.1 200 OK\r\nDcontent-length: 9\r\n\r\n", Keep),
    (HEAD, 200, &[], Some(0), &[], "HTTP/1.1 200 OK\r\nD\r\n", Keep),
    (HEAD, 200, &[], None, &[], "HTTP/1.1 200 OK\r\nD\r\n", Keep),
    // Rule 40: no body by status.
    (GET, 204, &[("content-length", "9"), ("transfer-encoding", "chunked")], None, &[], "HTTP/1.1 204 No Content\r\nD\r\n", Keep),
    (GET, 204, &[], Some(9), &[], "HTTP/1.1 204 No Content\r\nD\r\n", Keep),
    (GET, 304, &[("content-length", "9")], None, &[], "HTTP/1.1 304 Not Modified\r\nDcontent-length: 9\r\n\r\n", Keep),
    (GET, 304, &[], Some(9), &[], "HTTP/1.1 304 Not Modified\r\nD\r\n", Keep),
    (GET, 205, &[], Some(9), &[], "HTTP/1.1 205 Reset Content\r\nDcontent-length: 0\r\n\r\n", Keep),
    (GET, 205, &[], None, &[], "HTTP/1.1 205 Reset Content\r\nDcontent-length: 0\r\n\r\n", Keep),
    // Rules 15 and 44: who stays.
    (LAST, 200, &[], Some(0), &[], "HTTP/1.1 200 OK\r\nDcontent-length: 0\r\nconnection: close\r\n\r\n", Close),
    (OLD, 200, &[], Some(2), &["ab"], "HTTP/1.1 200 OK\r\nDcontent-length: 2\r\nconnection: close\r\n\r\nab", Close),
    (OLD_KEPT, 200, &[], Some(2), &["ab"], "HTTP/1.1 200 OK\r\nDcontent-length: 2\r\nconnection: keep-alive\r\n\r\nab", Keep),
    (OLD_KEPT, 200, &[("content-length", "2")], None, &["ab"], "HTTP/1.1 200 OK\r\nDcontent-length: 2\r\nconnection: keep-alive\r\n\r\nab", Keep),
    (OLD_KEPT, 200, &[("connection", "close")], Some(0), &[], "HTTP/1.1 200 OK\r\nDcontent-length: 0\r\nconnection: close\r\n\r\n", Close),
    // Rule 41: HTTP/1.0 never sees a chunk.
    (OLD, 200, &[], None, &["ab"], "HTTP/1.1 200 OK\r\nDconnection: close\r\n\r\nab", Close),
    (OLD_KEPT, 200, &[("transfer-encoding", "chunked")], None, &["ab"], "HTTP/1.1 200 OK\r\nDconnection: close\r\n\r\nab", Close),
    (OLD_KEPT, 204, &[], None, &[], "HTTP/1.1 204 No Content\r\nDconnection: keep-alive\r\n\r\n", Keep),
];

#[test]
fn replies_are_these_bytes() {
    for &(request, status, fields, length, body, expected, persistence) in ROWS {
        let mut connection = connection(&format!("{request}\r\n"));
        connection
            .start(&response(status, fields), length, noon())
            .unwrap();
        for piece in body {
            connection
                .send(&mut Bytes::from_static(piece.as_bytes()))
                .unwrap();
        }
        assert_eq!(connection.finish(None).unwrap(), Finished::Whole);
        assert_output(&mut connection, expected);
        assert_eq!(connection.next_exchange(), persistence, "{expected}");
    }
}

#[test]
fn a_body_where_none_may_be_leaves_no_byte() {
    for (request, status) in [(HEAD, 200), (GET, 204), (GET, 205), (GET, 304)] {
        let mut connection = connection(&format!("{request}\r\n"));
        connection
            .start(&head(status), Some(3), noon())
            .unwrap();
        let before = connection.output_len();
        assert!(!connection.wants_body());
        let error = connection
            .send(&mut Bytes::from_static(b"abc"))
            .unwrap_err();
        assert_eq!(error.kind(), Kind::BodyForbidden);
        assert_eq!(connection.output_len(), before);
        assert_eq!(connection.finish(None).unwrap(), Finished::Whole);
        assert_eq!(connection.next_exchange(), Keep);
    }
}

#[test]
fn a_short_body_is_an_error_and_has_no_end() {
    let mut connection = connection(&format!("{GET}\r\n"));
    connection
        .start(&head(200), Some(10), noon())
        .unwrap();
    connection
        .send(&mut Bytes::from_static(b"123456789"))
        .unwrap();
    let error = connection.finish(None).unwrap_err();
    assert_eq!(
        error.kind(),
        Kind::BodyTooShort {
            declared: 10,
            sent: 9
        }
    );
    assert!(connection.is_cut());
    assert_eq!(connection.next_exchange(), Close);
}

#[test]
fn a_long_body_is_cut_at_its_length_and_is_the_last() {
    let fields = &[("content-length", "10")];
    let mut connection = connection(&format!("{GET}\r\n"));
    connection
        .start(&response(200, fields), None, noon())
        .unwrap();
    let error = connection
        .send(&mut Bytes::from_static(b"12345678901"))
        .unwrap_err();
    assert_eq!(error.kind(), Kind::BodyTooLong { declared: 10 });
    assert_output(
        &mut connection,
        "HTTP/1.1 200 OK\r\nDcontent-length: 10\r\n\r\n1234567890",
    );
    assert_eq!(connection.finish(None).unwrap(), Finished::Whole);
    assert_eq!(connection.next_exchange(), Close);
}

#[test]
fn a_cut_reply_has_no_last_chunk() {
    let mut connection = connection(&format!("{GET}\r\n"));
    connection
        .start(&head(200), None, noon())
        .unwrap();
    connection
        .send(&mut Bytes::from_static(b"a"))
        .unwrap();
    connection.abort();
    assert_eq!(
        connection
            .finish(None)
            .unwrap_err()
            .kind(),
        Kind::Closed
    );
    assert_output(
        &mut connection,
        "HTTP/1.1 200 OK\r\nDtransfer-encoding: chunked\r\n\r\n1\r\na\r\n",
    );
    assert!(connection.is_cut());
    assert_eq!(connection.next_exchange(), Close);
}

#[test]
fn trailers_go_behind_chunks_and_their_loss_is_told() {
    let trailers = response(200, &[("digest", "z"), ("grpc-status", "0")]).headers;
    let forbidden = response(200, &[("content-length", "5"), ("digest", "z")]).headers;
    let cases = [
        (
            GET,
            None,
            &trailers,
            Finished::Whole,
            "0\r\ndigest: z\r\ngrpc-status: 0\r\n\r\n",
        ),
        (
            GET,
            None,
            &forbidden,
            Finished::TrailersLost,
            "0\r\ndigest: z\r\n\r\n",
        ),
        (GET, Some(0), &trailers, Finished::TrailersLost, "\r\n\r\n"),
        (OLD, None, &trailers, Finished::TrailersLost, "\r\n\r\n"),
        (HEAD, None, &trailers, Finished::TrailersLost, "\r\n\r\n"),
        (OLD, None, &HeaderMap::new(), Finished::Whole, "\r\n\r\n"),
    ];
    for (request, length, trailers, finished, end) in cases {
        let mut connection = connection(&format!("{request}\r\n"));
        connection
            .start(&head(200), length, noon())
            .unwrap();
        assert_eq!(
            connection
                .finish(Some(trailers))
                .unwrap(),
            finished
        );
        let output = String::from_utf8(output(&mut connection)).unwrap();
        assert!(output.ends_with(end), "{output}");
    }
}

#[test]
fn trailers_that_are_known_when_the_head_leaves_are_named_in_it() {
    const CHUNKED: &str = "transfer-encoding: chunked\r\n";
    #[rustfmt::skip] // A row, a case: request, length, fields of the head, trailers, what the head says.
    let cases: [(&str, _, &[_], &[_], _); 8] = [
        (GET, None, &[], &[("digest", "z")], format!("D{CHUNKED}trailer: digest\r\n\r\n")),
        (GET, None, &[], &[("digest", "z"), ("grpc-status", "0")], format!("D{CHUNKED}trailer: digest, grpc-status\r\n\r\n")),
        // What may not stand there is left out, and said so behind the body.
        (GET, None, &[], &[("content-length", "5"), ("digest", "z")], format!("D{CHUNKED}trailer: digest\r\n\r\n")),
        (GET, None, &[], &[("content-length", "5")], format!("D{CHUNKED}\r\n")),
        (GET, None, &[], &[], format!("D{CHUNKED}\r\n")),
        (GET, None, &[("trailer", "x-own")], &[("digest", "z")], format!("trailer: x-own\r\nD{CHUNKED}\r\n")),
        (GET, Some(0), &[], &[("digest", "z")], "Dcontent-length: 0\r\n\r\n".to_owned()),
        (OLD, None, &[], &[("digest", "z")], "Dconnection: close\r\n\r\n".to_owned()),
    ];
    for (request, length, fields, trailers, expected) in cases {
        let mut connection = connection(&format!("{request}\r\n"));
        let mut head = response(200, fields);
        let place = Trailers::new();
        place.set(response(200, trailers).headers);
        head.extensions.insert(place);
        connection
            .start(&head, length, noon())
            .unwrap();
        assert_output(&mut connection, &format!("HTTP/1.1 200 OK\r\n{expected}"));
    }
}

#[test]
fn interim_responses_come_first_and_carry_no_framing() {
    let fields = &[
        ("link", "</a>"),
        ("content-length", "3"),
        ("connection", "close"),
    ];
    let hints = response(103, fields).headers;
    let early = StatusCode::EARLY_HINTS;
    let mut new = connection(&format!("{GET}\r\n"));
    new.interim(early, &hints).unwrap();
    new.interim(StatusCode::PROCESSING, &HeaderMap::new())
        .unwrap();
    new.start(&head(204), None, noon())
        .unwrap();
    assert_output(
        &mut new,
        "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n\
         HTTP/1.1 204 No Content\r\nD\r\n",
    );
    assert_eq!(
        new.interim(early, &hints)
            .unwrap_err()
            .kind(),
        Kind::HeadTwice
    );

    let mut old = connection(&format!("{OLD}\r\n"));
    old.interim(early, &hints).unwrap();
    assert_eq!(old.output_len(), 0, "HTTP/1.0 knows none");
}

#[test]
fn interim_responses_that_nobody_takes_are_bounded() {
    let hints = response(103, &[("link", "</a>")]).headers;
    let mut connection = connection(&format!("{GET}\r\n"));
    let error = (0..100_000)
        .find_map(|_| {
            connection
                .interim(StatusCode::EARLY_HINTS, &hints)
                .err()
        })
        .expect("there is a bound");
    assert_eq!(error.kind(), Kind::InterimTooLong);
    assert!(connection.output_len() < 66_000);
}

#[test]
fn a_head_and_a_small_body_are_one_segment() {
    let mut connection = connection(&format!("{GET}\r\n"));
    connection
        .start(&head(200), None, noon())
        .unwrap();
    connection
        .send(&mut Bytes::from_static(b"hello"))
        .unwrap();
    let _ = connection.finish(None).unwrap();
    assert!(connection.take_output().is_some());
    assert!(connection.take_output().is_none());
}

fn response(status: u16, fields: &[(&'static str, &'static str)]) -> response::Parts {
    let mut parts = head(status);
    for (name, value) in fields {
        let name = HeaderName::from_static(name);
        parts
            .headers
            .append(name, HeaderValue::from_static(value));
    }
    parts
}

fn assert_output(connection: &mut Connection, expected: &str) {
    let mut wire = String::new();
    write!(wire, "{}", output(connection).escape_ascii()).unwrap();
    let expected = expected.replace("\nD", &format!("\n{DATE}"));
    assert_eq!(
        wire,
        expected
            .as_bytes()
            .escape_ascii()
            .to_string()
    );
}
