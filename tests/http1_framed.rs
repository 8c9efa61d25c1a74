//! What a handler says about the framing of its reply, and what becomes of one that fails.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use support::answers::answers_to;
use support::log::Log;
use support::serving::Setup;
use tracing::Level;
use tubes::{Fount, Kind, Reason, framing, stages};
use tubes_http::{Body, Error};

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const HEAD: &str = "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n";
const POST_10: &str = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n";
const OPEN: (&str, &str, &str) = ("open", "open", "runs");
const LINGERS: (&str, &str, &str) = ("open", "finished", "runs");

/// A response with this body and this field.
fn with(name: header::HeaderName, value: impl Into<HeaderValue>, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    response
        .headers_mut()
        .insert(name, value.into());
    response
}

#[test]
fn a_body_of_one_piece_is_held_to_the_length_that_is_declared() {
    #[rustfmt::skip] // A row, a case: declared, body, what arrives, whether it is whole.
    let cases = [
        (3, "abc", "200 abc", true),
        (0, "", "200 ", true),
        (4, "abc", "200 abc..", false),
        (1_000_000, "abc", "200 abc..", false),
        (1, "", "200 ..", false),
        (2, "abc", "200 ab", false),
        (0, "abc", "200 ", false),
    ];
    for (declared, body, line, whole) in cases {
        let served = Setup::new().respond(move |_| async move {
            Ok::<_, Error>(with(header::CONTENT_LENGTH, declared, Body::from(body)))
        });
        served.send([GET, GET].concat());
        let case = format!("{declared} {body:?}");
        if whole {
            assert_eq!(served.lines(), [line, line], "{case}");
            assert_eq!(served.ends(), OPEN, "{case}");
            continue;
        }
        // What does not fit is no clean reply, whichever way the peer hears it.
        assert_eq!(served.answers().len(), 1, "{case}");
        let all = String::from_utf8(served.peer.read()).unwrap();
        let claims = all.contains(&format!("content-length: {declared}\r\n"));
        assert!(!claims || served.lines() == [line], "{case}: {all}");
        assert_ne!(served.ends().1, "open", "{case}");
        served.finish();
        let clean = served.ends().2 == "over";
        assert_eq!(clean, served.answers()[0].status == 500, "{case}: {all}");
    }
}

#[test]
fn a_head_request_is_answered_with_the_length_that_is_declared() {
    for body in ["", "abc", "abcdefghijkl"] {
        let served = Setup::new().respond(move |_| async move {
            Ok::<_, Error>(with(header::CONTENT_LENGTH, 10, Body::from(body)))
        });
        served.send([HEAD, HEAD].concat());
        let answers = answers_to(&["HEAD", "HEAD"], &served.peer.read());
        assert_eq!(answers.len(), 2);
        for answer in answers {
            assert_eq!(answer.to_string(), "200 ");
            assert_eq!(answer.field("content-length"), Some("10"));
        }
        assert_eq!(served.ends(), OPEN, "{body}");
    }
}

#[test]
fn a_handler_may_ask_for_chunks_even_for_one_piece() {
    let served = Setup::new().respond(async |_| {
        let chunked = HeaderValue::from_static("chunked");
        Ok::<_, Error>(with(header::TRANSFER_ENCODING, chunked, Body::from("abc")))
    });
    served.send([GET, GET].concat());
    assert_eq!(served.lines(), ["200 abc", "200 abc"]);
    for answer in served.answers() {
        assert_eq!(answer.field("transfer-encoding"), Some("chunked"));
        assert_eq!(answer.field("content-length"), None);
    }
    assert!(
        served
            .peer
            .read()
            .ends_with(b"3\r\nabc\r\n0\r\n\r\n")
    );
    assert_eq!(served.ends(), OPEN);
}

/// A file that cannot be read after so many pieces.
struct BadFile {
    pieces: usize,
    kind: ErrorKind,
}

impl Fount for BadFile {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<Bytes, Reason>> {
        if self.pieces == 0 {
            let error = tubes::Error::from(io::Error::from(self.kind));
            return Poll::Ready(Err(error.into()));
        }
        self.pieces -= 1;
        Poll::Ready(Ok(Bytes::from_static(b"abc")))
    }
}

#[test]
fn a_body_that_cannot_be_read_is_answered_with_500_before_the_head_and_cut_behind_it() {
    for kind in [
        ErrorKind::NotFound,
        ErrorKind::PermissionDenied,
        ErrorKind::UnexpectedEof,
        ErrorKind::ConnectionReset,
    ] {
        for (pieces, line) in [
            (0, "500 the handler failed\\n"),
            (2, "200 abcabc.."),
            (4, "200 abcabcabcabc.."),
        ] {
            let served = Setup::new().respond(move |_| {
                let response = Response::new(BadFile { pieces, kind });
                async { Ok::<_, Error>(response) }
            });
            served.send([GET, GET].concat());
            assert_eq!(served.lines(), [line], "{kind} {pieces}");
            assert_eq!(served.ends(), LINGERS);
            served.finish();
            if pieces == 0 {
                assert!(served.answers()[0].closes());
                assert_eq!(served.ends().2, "over");
            } else {
                assert_eq!(served.ends().2, "failed");
            }
        }
    }
}

/// A stage that finds the third letter wrong.
fn picky(piece: Bytes) -> Result<Bytes, tubes::Error> {
    if piece.contains(&b'?') {
        return Err(tubes::Error::new(Kind::Malformed("a word")));
    }
    Ok(piece)
}

#[test]
fn what_a_pipeline_refuses_in_the_requests_body_is_the_peers_fault() {
    for (body, status) in [
        ("ab\nabcdefg", 413),
        ("abcdefghij", 413),
        ("a?\nabc\nabc", 400),
        ("ab\ncd\nefg\n", 200),
    ] {
        for streams in [false, true] {
            let served = Setup::new().respond(move |request: Request<Body>| async move {
                let words = request
                    .into_body()
                    .through(framing::lines().at_most(4))
                    .through(stages::try_map(picky));
                if streams {
                    return Ok(Response::new(Body::new(words)));
                }
                let words = words
                    .flow_to(tubes::drains::collect(9))
                    .await?;
                Ok::<_, tubes::Error>(Response::new(Body::from(words.concat())))
            });
            // All at once: a head that streams leaves when the body has nothing right now.
            served.send([POST_10, body].concat());
            assert_eq!(served.answers()[0].status, status, "{body:?} {streams}");
        }
    }
}

/// What is logged at level error while `act` runs.
fn alarms(act: impl FnOnce()) -> Vec<String> {
    let log = Log::default();
    log.hear(act);
    log.take(Level::ERROR)
}

#[test]
fn what_the_peer_has_done_raises_no_alarm_and_what_the_handler_has_done_does() {
    let upload = |end: fn(&support::pair::Peer)| {
        let served = Setup::new().respond(async |request: Request<Body>| {
            let whole = request.into_body().collect(100).await?;
            Ok::<_, Error>(Response::new(Body::from(whole)))
        });
        served.send(POST_10).send("abc");
        end(&served.peer);
        served.run();
        assert_eq!(served.ends().2, "failed");
    };
    let none: [String; 0] = [];
    assert_eq!(alarms(|| upload(support::pair::Peer::finish)), none);
    assert_eq!(alarms(|| upload(support::pair::Peer::reset)), none);

    let fails = || {
        let served = Setup::new()
            .respond(async |_| Err::<Response<Body>, _>(io::Error::from(ErrorKind::NotFound)));
        served.send(GET);
    };
    assert_eq!(alarms(fails).len(), 1, "the test would see one");
}
