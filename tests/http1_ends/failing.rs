//! Handlers and bodies that fail, panic or are cut.

use std::cell::RefCell;
use std::future::{Future, pending};
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use support::serving::{Setup, why};
use tubes::{BoxError, Fount, Reason};
use tubes_http::{Body, Error, Kind};

pub(super) const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
pub(super) const CHUNKED: &str = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
pub(super) const POST_10: &str = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n";
pub(super) const EXPECT: &str =
    "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n";
pub(super) const CLOSED: (&str, &str, &str) = ("enough", "finished", "over");
pub(super) const OPEN: (&str, &str, &str) = ("open", "open", "runs");
pub(super) const LINGERS: (&str, &str, &str) = ("open", "finished", "runs");

pub(super) type Answer = Result<Response<Body>, Error>;

pub(super) async fn hello(_: Request<Body>) -> Answer {
    Ok(Response::new("Hello".into()))
}

pub(super) async fn echo(request: Request<Body>) -> Answer {
    Ok(Response::new(request.into_body()))
}

/// What handlers noted.
#[derive(Clone, Default)]
pub(super) struct Notes(pub(super) Rc<RefCell<Vec<String>>>);

impl Notes {
    pub(super) fn add(&self, note: impl Into<String>) {
        self.0.borrow_mut().push(note.into());
    }

    pub(super) fn take(&self) -> Vec<String> {
        self.0.take()
    }
}

#[test]
fn a_handler_that_fails_is_answered_with_500_and_the_connection_goes_on() {
    let served = Setup::new().respond(async |request: Request<Body>| {
        drop(request);
        Err::<Response<Body>, BoxError>("out of luck".into())
    });
    served
        .send(GET)
        .send(POST_10)
        .send("0123456789")
        .send(GET);
    assert_eq!(served.lines(), ["500 Internal Server Error\\n"; 3]);
    assert!(!served.answers()[2].closes());
    assert_eq!(served.ends(), OPEN);
}

#[test]
fn a_failure_that_holds_a_kind_is_answered_with_its_status() {
    type Make = fn() -> BoxError;
    let cases: [(Make, u16); 4] = [
        (|| Error::new(Kind::BodyTooLarge { limit: 1 }).into(), 413),
        (
            || tubes::Error::user(Error::new(Kind::BodyTooLarge { limit: 1 })).into(),
            413,
        ),
        (|| Error::new(Kind::BodyTimeout).into(), 408),
        (|| io::Error::from(ErrorKind::NotFound).into(), 500),
    ];
    for (make, status) in cases {
        let served = Setup::new().respond(move |_| async move { Err::<Response<Body>, _>(make()) });
        served.send(GET);
        assert_eq!(served.answers()[0].status, status);
        assert_eq!(served.ends(), OPEN);
    }
}

#[test]
fn a_handler_that_panics_before_its_head_is_answered_with_500() {
    let served = Setup::new().respond(|_| {
        if true {
            panic!("in the call");
        }
        async { Ok::<_, Error>(Response::new(Body::empty())) }
    });
    served.send([GET, GET].concat());
    assert_eq!(served.answers().len(), 1);
    assert_eq!(served.answers()[0].status, 500);
    assert_eq!(served.ends(), LINGERS);

    let served = Setup::new().respond(async |_| -> Answer { panic!("in the future") });
    served.send([GET, GET].concat());
    assert_eq!(served.answers().len(), 1);
    assert_eq!(served.answers()[0].status, 500);
    assert_eq!(served.ends(), LINGERS);
}

/// A body that does as the letters say: `a` a piece, `.` not yet, `f` fails, `p` panics.
pub(super) struct Script(&'static str);

impl Fount for Script {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Bytes, Reason>> {
        let Some(step) = self.0.get(..1) else {
            return Poll::Ready(Err(Reason::Finished));
        };
        self.0 = &self.0[1..];
        match step {
            "." => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            "f" => Poll::Ready(Err(tubes::Error::user("out of luck").into())),
            "p" => panic!("in the body"),
            piece => Poll::Ready(Ok(Bytes::from_static(piece.as_bytes()))),
        }
    }
}

#[test]
fn a_body_that_fails_or_panics_cuts_the_reply_and_never_ends_it_cleanly() {
    #[rustfmt::skip] // A row, a case: script, length, what HTTP/1.1 reads, what HTTP/1.0 reads.
    let cases = [
        ("f", None, "500 the handler failed\\n", "500 the handler failed\\n"),
        ("p", None, "500 the handler failed\\n", "500 the handler failed\\n"),
        ("af", None, "500 the handler failed\\n", "500 the handler failed\\n"),
        ("a.f", None, "200 a..", "200 a$"),
        ("a.p", None, "200 a..", "200 a$"),
        ("abcf", None, "200 abc..", "200 abc$"),
        ("ab.cp", None, "200 abc..", "200 abc$"),
        ("ab.f", Some(3), "200 ab..", "200 ab.."),
        ("ab.p", Some(3), "200 ab..", "200 ab.."),
        ("abc.f", Some(3), "200 abc", "200 abc"),
    ];
    for (script, length, line, old_line) in cases {
        for (request, line) in [(GET, line), ("GET / HTTP/1.0\r\n\r\n", old_line)] {
            let served = Setup::new().respond(move |_| {
                let mut response = Response::new(Script(script));
                if let Some(length) = length {
                    response
                        .headers_mut()
                        .insert(header::CONTENT_LENGTH, HeaderValue::from(length));
                }
                async { Ok::<_, Error>(response) }
            });
            served.send([request, GET].concat());
            assert_eq!(served.lines(), [line], "{script} {request}");
            // A reset only where the end of the connection would be taken for that of the reply.
            let drain = if line.ends_with('$') {
                "failed"
            } else {
                "finished"
            };
            assert_eq!(served.ends().1, drain, "{script} {request}");
            served.finish();
            let connection = if line.starts_with('5') {
                "over"
            } else {
                "failed"
            };
            assert_eq!(served.ends().2, connection, "{script} {request}");
            assert_ne!(served.ends().0, "open", "{script} {request}");
        }
    }
}

#[test]
fn a_request_body_that_is_cut_ends_as_truncated_and_the_handler_hears_it() {
    for (request, expected) in [(POST_10, "Some(10)"), (CHUNKED, "None")] {
        for reset in [false, true] {
            let notes = Notes::default();
            let served = Setup::new().respond({
                let notes = notes.clone();
                move |request: Request<Body>| {
                    let notes = notes.clone();
                    async move {
                        let mut body = request.into_body();
                        loop {
                            match body.next_or_reason().await {
                                Ok(piece) => notes.add(String::from_utf8_lossy(&piece)),
                                Err(reason) => {
                                    notes.add(why(&reason));
                                    return Err::<Response<Body>, _>(
                                        reason.into_result().unwrap_err(),
                                    );
                                }
                            }
                        }
                    }
                }
            });
            served.send(request);
            served.send(if request == POST_10 {
                "abc"
            } else {
                "5\r\nabc"
            });
            if reset {
                served.peer.reset();
            } else {
                served.peer.finish();
            }
            served.run();
            let end = format!("Truncated {{ expected: {expected}, got: 3 }}");
            assert_eq!(notes.take(), ["abc".to_owned(), end], "reset: {reset}");
            assert_eq!(served.peer.read(), b"", "nobody is there to answer");
            assert_eq!(served.ends().1, if reset { "failed" } else { "finished" });
            assert_eq!(served.ends().2, "failed");
        }
    }
}

#[test]
fn a_loop_of_next_never_takes_an_upload_that_is_cut_for_a_whole_one() {
    let cases = [
        (POST_10, "0123456789", Some("stored 10")),
        (POST_10, "012", None),
        (CHUNKED, "3\r\nabc\r\n0\r\n\r\n", Some("stored 3")),
        (CHUNKED, "3\r\nabc\r\n", None),
    ];
    for (request, sent, stored) in cases {
        let notes = Notes::default();
        let served = Setup::new().respond({
            let notes = notes.clone();
            move |request: Request<Body>| {
                let notes = notes.clone();
                async move {
                    let mut upload = request.into_body();
                    let mut size = 0;
                    while let Some(piece) = upload.next().await? {
                        size += piece.len();
                    }
                    notes.add(format!("stored {size}"));
                    Ok::<_, tubes::Error>(Response::new(Body::empty()))
                }
            }
        });
        served.send(request).send(sent);
        served.peer.finish();
        served.run();
        assert_eq!(notes.take(), Vec::from_iter(stored), "{sent:?}");
    }
}

#[test]
fn a_bad_chunk_is_answered_with_400_before_the_reply_and_cuts_it_after() {
    let collected = async |request: Request<Body>| {
        let body = request.into_body().collect(100).await?;
        Ok::<_, Error>(Response::new(Body::from(body)))
    };
    let served = Setup::new().respond(collected);
    served
        .send(CHUNKED)
        .send("3\r\nabc\r\n")
        .send("x\r\n")
        .send(GET);
    assert_eq!(
        served.lines(),
        ["400 a chunk size is not 1 to 16 hex digits\\n"]
    );
    assert_eq!(served.ends(), LINGERS);

    let served = Setup::new().respond(echo);
    served
        .send(CHUNKED)
        .send("3\r\nabc\r\n")
        .send("x\r\n")
        .send(GET);
    assert_eq!(served.lines(), ["200 abc.."]);
    assert_eq!(served.ends(), LINGERS);

    // A handler that does not care gets the same: what it made of the body is no answer.
    let served = Setup::new().respond(async |request: Request<Body>| {
        drop(request.into_body().collect(100).await);
        hello(Request::new(Body::empty())).await
    });
    served
        .send(CHUNKED)
        .send("x\r\n")
        .send(GET);
    assert_eq!(served.answers().len(), 1);
    assert_eq!(served.answers()[0].status, 400);
}

/// A body of one piece, whose end waits for a gate.
pub(super) struct Gated(Option<Bytes>, tokio::sync::oneshot::Receiver<()>);

impl Fount for Gated {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Bytes, Reason>> {
        if let Some(piece) = self.0.take() {
            return Poll::Ready(Ok(piece));
        }
        Pin::new(&mut self.1)
            .poll(cx)
            .map(|_| Err(Reason::Finished))
    }
}

#[test]
fn a_bad_chunk_cuts_a_reply_that_has_begun_whatever_its_body_is_made_of() {
    let setup = Setup::new();
    let tasks = setup.tasks.clone();
    let served = setup.respond(move |request: Request<Body>| {
        let (done, reading) = tokio::sync::oneshot::channel();
        tasks.spawn(async move {
            drop(request.into_body().collect(100).await);
            drop(done);
        });
        let body = Gated(Some(Bytes::from_static(b"first")), reading);
        async { Ok::<_, Error>(Response::new(body)) }
    });
    served.send(CHUNKED);
    assert_eq!(served.lines(), ["200 first.."]);
    served.send("x\r\n").send(GET);
    assert_eq!(served.lines(), ["200 first.."]);
    assert_eq!(served.ends(), LINGERS);
}

#[test]
fn a_reply_that_is_dropped_is_answered_with_500() {
    for both in [false, true] {
        let notes = Notes::default();
        let served = Setup::new().serve({
            let notes = notes.clone();
            move |mut exchanges| async move {
                while let Some(exchange) = exchanges.next().await? {
                    let (request, reply) = exchange.into_parts();
                    if !both {
                        let body = request.into_body().collect(10).await;
                        notes.add(format!("{body:?}"));
                    }
                    drop(reply);
                }
                Ok(())
            }
        });
        served
            .send(POST_10)
            .send("0123456789")
            .send(GET);
        assert_eq!(served.lines(), ["500 the handler failed\\n"]);
        assert!(served.answers()[0].closes());
        assert_eq!(served.ends(), LINGERS);
        served.finish();
        assert_eq!(served.ends(), CLOSED);
    }
}

#[test]
fn a_handler_may_refuse_by_hand() {
    let served = Setup::new().serve(|mut exchanges| async move {
        while let Some(exchange) = exchanges.next().await? {
            let (_, reply) = exchange.into_parts();
            reply.refuse(&Error::new(Kind::BodyTooLarge { limit: 7 }));
        }
        Ok(())
    });
    served.send([GET, GET].concat());
    assert_eq!(served.answers().len(), 1);
    assert_eq!(served.answers()[0].status, 413);
    assert!(served.answers()[0].closes());
}

#[test]
fn a_handler_cannot_answer_with_an_interim_status() {
    let served = Setup::new().respond(async |_| {
        let mut response = Response::new(Body::from("x"));
        *response.status_mut() = http::StatusCode::EARLY_HINTS;
        Ok::<_, Error>(response)
    });
    served.send([GET, GET].concat());
    assert_eq!(served.answers().len(), 1);
    assert_eq!(served.answers()[0].status, 500);
    assert_eq!(served.ends(), LINGERS);
}

/// An endless body that notes why it was stopped.
pub(super) struct Told(pub(super) Notes);

impl Fount for Told {
    type Item = Bytes;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<Bytes, Reason>> {
        Poll::Ready(Ok(Bytes::from_static(&[b'x'; 5000])))
    }

    fn stop(self: Pin<&mut Self>, reason: &Reason) {
        self.0.add(why(reason));
    }
}

#[test]
fn dropping_the_connection_drops_the_handler_and_what_it_holds() {
    struct Held(Notes);
    impl Drop for Held {
        fn drop(&mut self) {
            self.0.add("dropped");
        }
    }
    let notes = Notes::default();
    let served = Setup::new().respond({
        let notes = notes.clone();
        move |request: Request<Body>| {
            let held = Held(notes.clone());
            async move {
                let _held = (held, request);
                pending::<Answer>().await
            }
        }
    });
    served.send(POST_10);
    served.tasks.clear();
    assert_eq!(notes.take(), ["dropped"]);
    assert_eq!(served.ends().0, "dropped");
    assert_eq!(served.ends().1, "dropped");
}
