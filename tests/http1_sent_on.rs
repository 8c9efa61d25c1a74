//! Bodies of known length that are sent on over HTTP/1, as an echo or a proxy does: declared again.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use support::answers::{Answer, answers_to};
use support::serving::{Served, Setup};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tubes::testing::ManualClock;
use tubes::{Flow, Fount, Reason, framing};
use tubes_http::{Body, Error, Flush, Trailers};

const OPEN: (&str, &str, &str) = ("open", "open", "runs");
const POST: &str = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n";
const CHUNKED: &str = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

/// A server that answers with the body of the request, after `change`.
fn echo(change: fn(&mut Response<Body>)) -> Served {
    Setup::new().respond(move |request: Request<Body>| {
        let mut response = Response::new(request.into_body());
        change(&mut response);
        async { Ok::<_, Error>(response) }
    })
}

/// How the body of an answer is framed.
fn framing(answer: &Answer) -> String {
    match (
        answer.field("content-length"),
        answer.field("transfer-encoding"),
    ) {
        (Some(length), None) => length.to_owned(),
        (None, Some(coding)) => coding.to_owned(),
        (None, None) => "none".to_owned(),
        (Some(_), Some(_)) => "both".to_owned(),
    }
}

fn framings(served: &Served) -> Vec<String> {
    served
        .answers()
        .iter()
        .map(framing)
        .collect()
}

#[test]
fn a_body_of_declared_length_is_sent_on_with_it_however_it_is_cut() {
    for flush in [
        Flush::WhenIdle,
        Flush::Immediate,
        Flush::Bytes(4),
        Flush::Bytes(100),
    ] {
        let served = Setup::new().respond(move |request: Request<Body>| {
            let mut response = Response::new(request.into_body());
            response.extensions_mut().insert(flush);
            async { Ok::<_, Error>(response) }
        });
        served
            .send([POST, "ab"].concat())
            .send("cd")
            .send(["ef", POST, "ghijkl"].concat())
            .send(POST)
            .send("mnopqr");
        let expected = ["200 abcdef", "200 ghijkl", "200 mnopqr"];
        assert_eq!(served.lines(), expected, "{flush:?}");
        assert_eq!(framings(&served), ["6"; 3], "{flush:?}");
        assert_eq!(served.ends(), OPEN, "{flush:?}");
    }
}

#[test]
fn a_body_in_chunks_is_sent_on_in_chunks() {
    let served = echo(|_| {});
    served
        .send([CHUNKED, "3\r\nabc\r\n"].concat())
        .send("3\r\ndef\r\n0\r\n\r\n");
    assert_eq!(served.lines(), ["200 abcdef"]);
    assert_eq!(framings(&served), ["chunked"]);
}

#[test]
fn a_body_that_stages_may_change_or_that_trailers_follow_is_sent_on_in_chunks() {
    let served = Setup::new().respond(|request: Request<Body>| {
        let lines = request
            .into_body()
            .through(framing::lines())
            .through(framing::unlines());
        async { Ok::<_, Error>(Response::new(lines)) }
    });
    served
        .send([POST, "ab\n"].concat())
        .send("cd\n");
    assert_eq!(served.lines(), ["200 ab\\ncd\\n"]);
    assert_eq!(framings(&served), ["chunked"]);

    let served = echo(|response| {
        let trailers = Trailers::new();
        let mut fields = HeaderMap::new();
        fields.insert("x-sum", HeaderValue::from_static("1"));
        trailers.set(fields);
        response
            .extensions_mut()
            .insert(trailers);
    });
    served
        .send([POST, "abc"].concat())
        .send("def");
    let answer = &served.answers()[0];
    assert_eq!(answer.to_string(), "200 abcdef");
    assert_eq!(answer.trailers, [("x-sum".to_owned(), "1".to_owned())]);
    assert_eq!(framing(answer), "chunked");
}

#[test]
fn the_handler_may_choose_chunks_and_no_length_that_the_body_is_known_not_to_have() {
    let served = echo(|response| {
        let length = HeaderValue::from_static("3");
        response
            .headers_mut()
            .insert(header::CONTENT_LENGTH, length);
    });
    served
        .send([POST, "ab"].concat())
        .send("cdef");
    let refused = ["500 the body went on beyond its declared length of 3 bytes\\n"];
    assert_eq!(served.lines(), refused, "before a byte of it has left");
    assert_ne!(served.ends().1, "open");

    let served = echo(|response| {
        let chunked = HeaderValue::from_static("chunked");
        response
            .headers_mut()
            .insert(header::TRANSFER_ENCODING, chunked);
    });
    served
        .send([POST, "abc"].concat())
        .send("def");
    assert_eq!(served.lines(), ["200 abcdef"]);
    assert_eq!(framings(&served), ["chunked"]);
}

#[test]
fn no_length_is_told_where_none_may_be_and_no_byte_is_sent_to_head() {
    let served = echo(|response| *response.status_mut() = StatusCode::NO_CONTENT);
    served.send([POST, "abcdef", POST, "abcdef"].concat());
    assert_eq!(served.lines(), ["204 ", "204 "]);
    assert_eq!(framings(&served), ["none", "none"]);
    assert_eq!(served.ends(), OPEN);

    let served = echo(|_| {});
    let head = POST.replace("POST", "HEAD");
    served
        .send([&head, "abc"].concat())
        .send("def")
        .send([&head, "abcdef"].concat());
    let answers = answers_to(&["HEAD", "HEAD"], &served.peer.read());
    for answer in &answers {
        assert_eq!(answer.to_string(), "200 ");
        assert_eq!(framing(answer), "6");
    }
    assert_eq!((answers.len(), served.ends()), (2, OPEN));
}

#[test]
fn a_body_that_is_cut_cuts_what_is_sent_on() {
    let served = echo(|_| {});
    served
        .send([POST, "ab"].concat())
        .send("cd")
        .finish();
    assert_eq!(served.lines(), ["200 abcd.."]);
    assert_eq!(framings(&served), ["6"]);
    assert_ne!(served.ends().1, "open");
}

#[test]
fn what_is_left_of_a_body_is_sent_on_with_the_length_of_the_rest() {
    let served = Setup::new().respond(async |request: Request<Body>| {
        let mut body = request.into_body();
        let first = body.next_or_reason().await;
        assert_eq!(first.unwrap(), "ab");
        assert_eq!((body.length(), body.remaining()), (Some(6), Some(4)));
        // Boxed twice on its way, which changes nothing.
        Ok::<_, Error>(Response::new(Body::new(body.boxed())))
    });
    served
        .send([POST, "ab"].concat())
        .send("cd")
        .send("ef");
    assert_eq!(served.lines(), ["200 cdef"]);
    assert_eq!(framings(&served), ["4"]);
    assert_eq!(served.ends(), OPEN);
}

#[test]
fn http_1_0_gets_the_length_of_a_body_that_is_sent_on_and_not_a_close() {
    let served = echo(|_| {});
    let post = "POST / HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 6\r\n\r\n";
    served
        .send([post, "abc"].concat())
        .send("def");
    assert_eq!(served.lines(), ["200 abcdef"]);
    assert_eq!(framings(&served), ["6"]);
    assert_eq!(served.ends(), OPEN);
}

/// Says that more is to come than comes, or less.
struct Wrong {
    says: u64,
    pieces: Vec<&'static str>,
}

impl Fount for Wrong {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<Bytes, Reason>> {
        let next = self.pieces.pop().map(Bytes::from);
        Poll::Ready(next.ok_or(Reason::Finished))
    }

    fn remaining(&self) -> Option<u64> {
        Some(self.says)
    }
}

#[test]
fn a_body_is_held_to_what_it_says_of_itself() {
    for (says, pieces, line, whole) in [
        (4, &["cd", "ab"][..], "200 abcd", true),
        (3, &["cd", "ab"], "200 abc", false),
        (5, &["cd", "ab"], "200 abcd..", false),
        (1, &["ab"], "200 a", false),
        (3, &["ab"], "200 ab..", false),
        (2, &[], "200 ..", false),
        (0, &[], "200 ", true),
    ] {
        for boxed in [false, true] {
            let body = move || Wrong {
                says,
                pieces: pieces.to_vec(),
            };
            let served = if boxed {
                Setup::new().respond(move |_| async move {
                    Ok::<_, Error>(Response::new(Body::new(body())))
                })
            } else {
                Setup::new().respond(move |_| async move { Ok::<_, Error>(Response::new(body())) })
            };
            served.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            let case = format!("{says} {pieces:?}");
            let open = served.ends().1 == "open";
            assert_eq!(open, whole, "{case}");
            let all = String::from_utf8(served.peer.read()).unwrap();
            let claims = all.contains(&format!("content-length: {says}\r\n"));
            assert!(!claims || served.lines() == [line], "{case}: {all}");
            assert!(claims || !whole, "{case}: {all}");
        }
    }
}

/// A peer that sends an endless body, takes so many bytes of its echo, and then none.
#[derive(Clone)]
struct Stalling(Arc<Mutex<Sizes>>);

struct Sizes {
    head: &'static [u8],
    sent: usize,
    taken: usize,
    takes: usize,
}

impl AsyncRead for Stalling {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        space: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut sizes = self.0.lock().unwrap();
        let head = std::mem::take(&mut sizes.head);
        space.put_slice(head);
        sizes.sent += space.remaining();
        let rest = space.initialize_unfilled().len();
        space.advance(rest);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stalling {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut sizes = self.0.lock().unwrap();
        let most = bytes
            .len()
            .min(sizes.takes - sizes.taken);
        sizes.taken += most;
        if most == 0 {
            return Poll::Pending;
        }
        Poll::Ready(Ok(most))
    }
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[test]
fn a_stalled_echo_has_little_under_way_at_first_and_never_more_than_one_segment_and_64_kib() {
    const KIB: usize = 1024;
    for (takes, most) in [
        (0, 128 * KIB),
        (200 * KIB, 128 * KIB),
        (1000 * KIB, 256 * KIB),
        (50_000 * KIB, 576 * KIB),
    ] {
        let sizes = Arc::new(Mutex::new(Sizes {
            head: b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n",
            sent: 0,
            taken: 0,
            takes,
        }));
        let ends = Stalling(Arc::clone(&sizes));
        let flow = Flow::new(tubes::io::read(ends.clone()), tubes::io::write(ends));
        let server = tubes_http::server_on(Arc::new(ManualClock::default()));
        let echo =
            |request: Request<Body>| async { Ok::<_, Error>(Response::new(request.into_body())) };
        let serving = flow
            .through(server)
            .flow_to(tubes_http::respond(echo));
        let mut serving = std::pin::pin!(serving);
        for _ in 0..10_000 {
            let polled = serving
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()));
            assert!(polled.is_pending());
        }
        let sizes = sizes.lock().unwrap();
        assert_eq!(sizes.taken, takes);
        let held = sizes.sent - sizes.taken;
        assert!(held <= most, "{held} bytes are held behind {takes}");
    }
}
