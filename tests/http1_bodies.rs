//! Bodies in both directions: flow control, early answers, Expect, bodies that nobody reads.

use std::cell::RefCell;
use std::convert::Infallible;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use support::serving::Setup;
use tubes::{Fount, Reason, framing};
use tubes_http::{Body, Error};

const NEXT: &str = "GET /NEXT HTTP/1.1\r\nHost: a\r\n\r\n";
const CLOSED: (&str, &str, &str) = ("enough", "finished", "over");
const OPEN: (&str, &str, &str) = ("open", "open", "runs");
const LINGERS: (&str, &str, &str) = ("open", "finished", "runs");

type Answer = Result<Response<Body>, Error>;

/// A request with a declared length, before its body.
fn post(length: impl std::fmt::Display) -> String {
    format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n")
}

const CHUNKED: &str = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

async fn echo(request: Request<Body>) -> Answer {
    Ok(Response::new(request.into_body()))
}

async fn upper(request: Request<Body>) -> Answer {
    let lines = request
        .into_body()
        .through(framing::lines())
        .map(|line| Bytes::from(line.to_ascii_uppercase()))
        .through(framing::unlines());
    Ok(Response::new(Body::new(lines)))
}

async fn collect(request: Request<Body>) -> Answer {
    let whole = request.into_body().collect(4).await?;
    Ok(Response::new(whole.into()))
}

async fn ignore(request: Request<Body>) -> Answer {
    Ok(Response::new(request.uri().path().to_owned().into()))
}

#[test]
fn a_body_is_echoed_whatever_its_framing_and_its_cuts() {
    for (request, body) in [
        (post(6) + "abcdef", "200 abcdef"),
        (
            format!("{CHUNKED}3\r\nabc\r\n3;x=y\r\ndef\r\n0\r\n\r\n"),
            "200 abcdef",
        ),
        (format!("{CHUNKED}0\r\n\r\n"), "200 "),
        (post(0), "200 "),
    ] {
        for by_bytes in [false, true] {
            let served = Setup::new().respond(echo);
            if by_bytes {
                served.peer.feed_bytes(&request);
                served.peer.feed_bytes(&request);
            } else {
                served.peer.feed(request.repeat(2));
            }
            served.run();
            assert_eq!(served.lines(), [body, body]);
            assert_eq!(served.ends(), OPEN);
        }
    }
}

#[test]
fn a_body_goes_through_stages_on_its_way() {
    let served = Setup::new().respond(upper);
    served
        .send(post(8) + "ab\ncd")
        .send("e\nf");
    assert_eq!(served.lines(), ["200 AB\\nCDE\\nF\\n"]);
}

#[test]
fn a_client_that_writes_and_reads_in_turns_gets_each_byte_back_at_once() {
    let served = Setup::new().respond(echo);
    served.send(CHUNKED);
    let head = served.peer.take_read();
    assert!(head.ends_with(b"transfer-encoding: chunked\r\n\r\n"));
    for byte in "abcdefgh".chars() {
        served.send(format!("1\r\n{byte}\r\n"));
        let expected = format!("1\r\n{byte}\r\n");
        assert_eq!(served.peer.take_read(), expected.as_bytes());
    }
    served.send("0\r\n\r\n");
    assert_eq!(served.peer.take_read(), b"0\r\n\r\n");
    served.send(NEXT);
    assert_eq!(served.lines(), ["200 "]);
}

#[test]
fn the_socket_is_read_only_when_the_body_is() {
    let (pull, pulls) = tokio::sync::mpsc::unbounded_channel::<()>();
    let pulls = Rc::new(RefCell::new(Some(pulls)));
    let served = Setup::new().respond(move |request: Request<Body>| {
        let mut pulls = pulls.borrow_mut().take().unwrap();
        async move {
            let mut body = request.into_body();
            while pulls.recv().await.is_some() {
                body.next_or_reason().await.unwrap();
            }
            Ok::<_, Error>(Response::new(Body::empty()))
        }
    });
    served.send(post(10));
    for _ in 0..10 {
        served.send("x");
    }
    assert_eq!(served.peer.pulls(), 1, "nothing but the head");
    for count in 1..=3 {
        pull.send(()).unwrap();
        served.run();
        assert_eq!(served.peer.pulls(), 1 + count);
    }
    drop(pull);
    served.run();
    assert_eq!(served.lines(), ["200 "]);
}

/// An endless body in pieces of 1 KiB, which counts how many were pulled.
struct Endless(Rc<RefCell<usize>>);

impl Fount for Endless {
    type Item = Bytes;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<Bytes, Reason>> {
        *self.0.borrow_mut() += 1;
        Poll::Ready(Ok(Bytes::from_static(&[b'x'; 1024])))
    }
}

#[test]
fn a_stalled_reader_pauses_the_body_of_the_reply_at_32_kib_and_one_piece() {
    let pulled = Rc::new(RefCell::new(0));
    let served = Setup::new().respond({
        let pulled = Rc::clone(&pulled);
        move |_| {
            let body = Endless(Rc::clone(&pulled)).take(1000);
            async { Ok::<_, Infallible>(Response::new(body)) }
        }
    });
    served.peer.stall();
    served.send(NEXT);
    assert!(
        *pulled.borrow() <= 34,
        "{} pieces were pulled",
        pulled.borrow()
    );
    let before = *pulled.borrow();
    served.peer.take(1);
    served.run();
    let more = *pulled.borrow() - before;
    assert!((1..=34).contains(&more), "{more} pieces for one item");
    served.peer.resume();
    served.run();
    assert_eq!(*pulled.borrow(), 1000);
    assert_eq!(served.answers()[0].body.len(), 1_024_000);
    assert_eq!(served.ends(), OPEN);
}

#[test]
fn a_stalled_reader_of_an_echo_pauses_the_reading() {
    let served = Setup::new().respond(echo);
    served.peer.stall();
    served.peer.feed(CHUNKED);
    let chunk = format!("1000\r\n{}\r\n", "x".repeat(4096));
    for _ in 0..100 {
        served.peer.feed(&chunk);
    }
    served.run();
    let pulls = served.peer.pulls();
    assert!(pulls <= 12, "{pulls} segments of 4 KiB are held");
    served.peer.feed("0\r\n\r\n");
    served.peer.resume();
    served.run();
    assert_eq!(served.answers()[0].body.len(), 409_600);
}

#[test]
fn collect_answers_413_beyond_its_limit_and_the_connection_lives_if_the_rest_is_small() {
    #[rustfmt::skip] // A row, a case.
    let cases = [
        (post(4) + "abcd", "200 abcd", true),
        (post(5) + "abcde", "413 Payload Too Large\\n", true),
        (format!("{CHUNKED}4\r\nabcd\r\n0\r\n\r\n"), "200 abcd", true),
        (format!("{CHUNKED}4\r\nabcd\r\n1\r\ne\r\n0\r\n\r\n"), "413 Payload Too Large\\n", true),
        (post(1_000_000), "413 Payload Too Large\\n", false),
        (post(u64::MAX), "413 Payload Too Large\\n", false),
    ];
    for (request, line, lives) in cases {
        let served = Setup::new().respond(collect);
        served.send(&request);
        assert_eq!(served.lines(), [line], "{request}");
        assert_eq!(served.answers()[0].closes(), !lives);
        served.send(post(0));
        assert_eq!(served.lines().len(), 1 + usize::from(lives), "{request}");
        assert_eq!(served.ends(), if lives { OPEN } else { LINGERS });
    }
}

#[test]
fn an_early_answer_does_not_wait_for_the_body() {
    let served = Setup::new().respond(ignore);
    served.send(post(10));
    assert_eq!(served.lines(), ["200 /"]);
    assert!(
        !served.answers()[0].closes(),
        "10 bytes are worth waiting for"
    );
    served
        .send("12345")
        .send("67890")
        .send(NEXT);
    assert_eq!(served.lines(), ["200 /", "200 /NEXT"]);
}

/// What nobody reads: the request, what comes behind it, whether the reply says close, and
/// whether the connection serves the next.
#[rustfmt::skip] // A row, a case.
fn unread() -> Vec<(&'static str, String, String, bool, bool)> {
    let k64 = 64 * 1024;
    let chunks = |count: usize| "1\r\nx\r\n".repeat(count) + "0\r\n\r\n";
    vec![
        ("1 byte", post(1), "x".to_owned(), false, true),
        ("64 KiB", post(k64), "x".repeat(k64), false, true),
        ("64 KiB + 1", post(k64 + 1), "x".repeat(k64 + 1), true, false),
        ("64 KiB in chunks", CHUNKED.to_owned(), chunks(k64), false, true),
        ("64 KiB + 1 in chunks", CHUNKED.to_owned(), chunks(k64 + 1), false, false),
        ("a chunk that is no chunk", CHUNKED.to_owned(), "xyz\r\n".to_owned(), false, false),
        ("a request in the body", post(NEXT.len()), NEXT.to_owned(), false, true),
    ]
}

#[test]
fn what_nobody_reads_is_discarded_within_the_bound_or_the_connection_closes() {
    for (name, request, body, says_close, lives) in unread() {
        for split in [false, true] {
            let served = Setup::new().respond(ignore);
            if split {
                served.send(&request);
                for piece in body.as_bytes().chunks(1000) {
                    served.send(piece);
                }
                served.send(NEXT);
            } else {
                served.send([&request, &body[..], NEXT].concat());
            }
            let mut expected = vec!["200 /"];
            expected.extend(lives.then_some("200 /NEXT"));
            assert_eq!(served.lines(), expected, "{name}");
            assert_eq!(served.answers()[0].closes(), says_close, "{name}");
            assert_eq!(served.ends(), if lives { OPEN } else { LINGERS }, "{name}");
            served.finish();
            assert_eq!(served.ends(), CLOSED, "{name}");
        }
    }
}

#[test]
fn endless_chunks_that_nobody_reads_are_read_for_64_kib_and_for_the_linger() {
    let served = Setup::new().respond(ignore);
    served.send(CHUNKED);
    let chunk = format!("400\r\n{}\r\n", "x".repeat(1024));
    for _ in 0..5000 {
        served.peer.feed(&chunk);
    }
    served.run();
    assert_eq!(served.lines(), ["200 /"]);
    assert_eq!(served.ends(), LINGERS);
    served.advance(Duration::from_millis(500));
    assert_eq!(served.ends(), CLOSED);
    let most = 1 + 65 + 1024 * 1024 / chunk.len() + 2;
    assert!(served.peer.pulls() <= most, "{} pulls", served.peer.pulls());
}

#[test]
fn a_body_that_nobody_reads_and_that_does_not_come_is_waited_for_one_second() {
    let served = Setup::new().respond(ignore);
    served.send(post(10)).send("123");
    served.advance(Duration::from_millis(999));
    assert_eq!(served.ends(), OPEN);
    served.advance(Duration::from_millis(1));
    assert_eq!(served.ends(), LINGERS);
    served.send(NEXT);
    assert_eq!(served.lines(), ["200 /"]);
    served.advance(Duration::from_secs(5));
    assert_eq!(served.ends(), CLOSED);
}

#[test]
fn a_drip_does_not_extend_the_second_for_what_nobody_reads() {
    let served = Setup::new().respond(ignore);
    served.send(post(100));
    for _ in 0..10 {
        served
            .advance(Duration::from_millis(100))
            .send("x");
    }
    assert_eq!(served.ends(), LINGERS);
}

#[test]
fn a_body_that_was_pulled_once_and_then_dropped_is_waited_for_one_second_too() {
    let served = Setup::new().respond(async |request: Request<Body>| {
        let mut body = request.into_body();
        body.next_or_reason().await.unwrap();
        std::future::poll_fn(|cx| {
            assert!(
                Pin::new(&mut body)
                    .poll_next(cx)
                    .is_pending()
            );
            Poll::Ready(())
        })
        .await;
        Ok::<_, Error>(Response::new(Body::empty()))
    });
    served.send(post(10)).send("x");
    assert_eq!(served.lines(), ["200 "]);
    served.advance(Duration::from_secs(1));
    assert_eq!(served.ends(), LINGERS);
}

#[test]
fn continue_is_sent_at_the_first_pull_and_once() {
    let (pull, pulls) = tokio::sync::oneshot::channel::<()>();
    let pulls = Rc::new(RefCell::new(Some(pulls)));
    let served = Setup::new().respond(move |request: Request<Body>| {
        let pulls = pulls.borrow_mut().take().unwrap();
        async move {
            pulls.await.unwrap();
            collect(request).await
        }
    });
    served.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    assert_eq!(served.peer.read(), b"");
    pull.send(()).unwrap();
    served.run();
    assert_eq!(served.peer.read(), b"HTTP/1.1 100 Continue\r\n\r\n");
    served.send("a").send("bc");
    assert_eq!(served.lines(), ["100 ", "200 abc"]);
    assert_eq!(served.ends(), OPEN);
}

#[test]
fn a_streaming_echo_says_continue_before_its_head() {
    let served = Setup::new().respond(echo);
    served.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    assert!(
        served
            .peer
            .read()
            .starts_with(b"HTTP/1.1 100 Continue\r\n\r\n")
    );
    served.send("abc").send(NEXT);
    assert_eq!(served.lines()[..2], ["100 ", "200 abc"]);
}

#[test]
fn continue_is_left_out_where_it_is_useless() {
    let served = Setup::new().respond(collect);
    served.send("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    assert_eq!(served.peer.read(), b"", "HTTP/1.0 knows no 100");
    served.send("abc");
    assert_eq!(served.lines(), ["200 abc"]);

    let served = Setup::new().respond(collect);
    served
        .send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc");
    assert_eq!(served.lines(), ["200 abc"], "the body is there");

    let served = Setup::new().respond(collect);
    served.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n");
    assert_eq!(served.lines(), ["200 "], "there is no body");
    assert_eq!(served.ends(), OPEN);
}

#[test]
fn a_handler_that_refuses_sends_no_continue_and_what_follows_is_no_request() {
    for body in ["", "abc", NEXT] {
        let served = Setup::new().respond(async |_| {
            let mut response = Response::new(Body::from("no"));
            *response.status_mut() = StatusCode::FORBIDDEN;
            Ok::<_, Error>(response)
        });
        let length = NEXT.len();
        served.send(format!(
            "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: {length}\r\n\r\n"
        ));
        served.send(body).send(NEXT).send(NEXT);
        assert_eq!(served.lines(), ["403 no"], "{body}");
        assert!(served.answers()[0].closes());
        assert_eq!(served.ends(), LINGERS, "{body}");
    }
}

#[test]
fn a_reply_is_held_to_the_length_that_it_declares() {
    #[rustfmt::skip] // A row, a case.
    let cases = [
        (3, &["abc"][..], "200 abc", OPEN.1),
        (3, &["a", "b", "c"], "200 abc", OPEN.1),
        (4, &["a", "b", "c"], "200 abc..", "finished"),
        (9, &["a"], "200 a..", "finished"),
        (0, &["a"], "200 ", "finished"),
        (2, &["a", "b", "c"], "200 ab", "finished"),
        (2, &["a", "bc"], "200 ab", "finished"),
    ];
    for (declared, pieces, line, drain) in cases {
        let served = Setup::new().respond(move |_| {
            let pieces =
                tubes::founts::iter(pieces).map(|piece| Bytes::from_static(piece.as_bytes()));
            let mut response = Response::new(Body::new(pieces));
            response
                .headers_mut()
                .insert(header::CONTENT_LENGTH, HeaderValue::from(declared));
            async { Ok::<_, Error>(response) }
        });
        served.send(NEXT);
        assert_eq!(served.lines(), [line], "{declared} {pieces:?}");
        // What the length shows to be cut needs no reset, which would destroy what left before.
        assert_eq!(served.ends().1, drain, "{declared} {pieces:?}");
        served.finish();
        let cut = drain != OPEN.1;
        let connection = if cut { "failed" } else { "over" };
        assert_eq!(served.ends().2, connection, "{declared} {pieces:?}");
    }
}

#[test]
fn a_body_handle_of_an_exchange_that_is_over_stays_at_its_end() {
    let kept = Rc::new(RefCell::new(Vec::new()));
    let served = Setup::new().respond({
        let kept = Rc::clone(&kept);
        move |request: Request<Body>| {
            let kept = Rc::clone(&kept);
            async move {
                let mut body = request.into_body();
                while body.next().await?.is_some() {}
                kept.borrow_mut().push(body);
                Ok::<_, Error>(Response::new(Body::empty()))
            }
        }
    });
    served
        .send(post(3) + "abc")
        .send(post(3));
    let mut body = kept.borrow_mut().pop().unwrap();
    let mut cx = Context::from_waker(std::task::Waker::noop());
    for _ in 0..2 {
        let end = Pin::new(&mut body).poll_next(&mut cx);
        assert!(matches!(end, Poll::Ready(Err(Reason::Finished))));
    }
    drop(body);
    served.send("def");
    assert_eq!(served.lines(), ["200 ", "200 "]);
    assert_eq!(served.ends(), OPEN);
}
