//! Whose fault a failure is: the peer's only where its request shows it.

use std::cell::RefCell;
use std::future::{Future, pending};
use std::pin::Pin;
use std::rc::Rc;

use bytes::Bytes;
use http::{Request, Response};
use support::log::Log;
use support::serving::{Served, Setup};
use tubes::{BoxError, Fount, drains, founts, framing, stages};
use tubes_http::{Body, Error, Exchange, Kind};

use super::failing::{CHUNKED, GET, POST_10};

type Handled = Pin<Box<dyn Future<Output = Result<Response<Body>, BoxError>>>>;

/// What was answered, and the levels of what the log says with alarm.
fn told(act: impl FnOnce() -> Served) -> (String, String) {
    let log = Log::default();
    let mut served = None;
    log.hear(|| served = Some(act()));
    let lines = served.unwrap().lines();
    (lines.concat(), log.take_alarms().concat())
}

/// Ten pieces of our own.
fn own() -> impl Fount<Item = Bytes> + Send + 'static {
    founts::iter(0..10).map(|_| Bytes::from_static(b"abc"))
}

fn malformed(piece: Bytes) -> Result<Bytes, tubes::Error> {
    if piece.contains(&b'?') || piece == "abc" {
        return Err(tubes::Error::new(tubes::Kind::Malformed("a word")));
    }
    Ok(piece)
}

async fn drive(fount: impl Fount<Item = Bytes>) -> Result<Response<Body>, BoxError> {
    fount.flow_to(drains::null()).await?;
    Ok(Response::new(Body::from("read")))
}

/// As an error of HTTP on its way, as `?` makes it in a handler that fails with one.
async fn drive_http(fount: impl Fount<Item = Bytes>) -> Result<Response<Body>, BoxError> {
    async fn driven(fount: impl Fount<Item = Bytes>) -> Result<(), Error> {
        fount.flow_to(drains::null()).await?;
        Ok(())
    }
    driven(fount).await?;
    Ok(Response::new(Body::from("read")))
}

async fn reply(
    body: impl Fount<Item = Bytes> + Send + 'static,
) -> Result<Response<Body>, BoxError> {
    Ok(Response::new(Body::new(body)))
}

/// A pipeline that fails: named, of which bytes, and how it is driven.
fn failing(what: &str, body: Body) -> Handled {
    let (over, how) = what.split_once(' ').unwrap();
    let bytes = match over {
        "own" => Body::new(own()),
        _ => body,
    };
    match how {
        "limit" => Box::pin(drive(bytes.through(stages::limit(3)))),
        "limit by ?" => Box::pin(drive_http(bytes.through(stages::limit(3)))),
        "limit as reply" => Box::pin(reply(bytes.through(stages::limit(3)))),
        "lines" => Box::pin(drive(bytes.through(framing::lines().at_most(4)))),
        "lines by ?" => Box::pin(drive_http(bytes.through(framing::lines().at_most(4)))),
        "lines as reply" => Box::pin(reply(bytes.through(framing::lines().at_most(4)))),
        "malformed" => Box::pin(drive(bytes.through(stages::try_map(malformed)))),
        "malformed as reply" => Box::pin(reply(bytes.through(stages::try_map(malformed)))),
        "collect" => Box::pin(async move { Ok(Response::new(bytes.collect(4).await?.into())) }),
        "queue" => Box::pin(async move {
            let full = tubes::Kind::Full {
                what: "queue",
                limit: 3,
            };
            let refuse = move |_| Err::<Bytes, _>(tubes::Error::new(full));
            drive(bytes.through(stages::try_map(refuse))).await
        }),
        "queue as reply" => {
            let full = tubes::Kind::Full {
                what: "queue",
                limit: 3,
            };
            let refuse = move |_| Err::<Bytes, _>(tubes::Error::new(full));
            Box::pin(reply(bytes.through(stages::try_map(refuse))))
        }
        _ => unreachable!("{what}"),
    }
}

const FAILED: &str = "500 Internal Server Error\\n";
const FAILED_BODY: &str = "500 the handler failed\\n";
const LARGE: &str = "413 Payload Too Large\\n";

#[test]
fn the_peer_is_blamed_only_for_what_its_request_has_brought() {
    #[rustfmt::skip] // A row, a case: the request, the pipeline, what is answered, which alarm.
    let cases = [
        (GET, "own limit", FAILED, "ERROR"),
        (GET, "own limit by ?", FAILED, "ERROR"),
        (GET, "own limit as reply", "200 abcabcabc..", "ERROR"),
        (GET, "own malformed", FAILED, "ERROR"),
        (GET, "own malformed as reply", FAILED_BODY, "ERROR"),
        (GET, "own collect", FAILED, "ERROR"),
        (GET, "own queue", "503 Service Unavailable\\n", "WARN"),
        (GET, "own queue as reply", "503 the server has too much to do\\n", "WARN"),
        ("POST", "own limit", FAILED, "ERROR"),
        ("POST", "own collect", FAILED, "ERROR"),
        ("POST", "own malformed as reply", FAILED_BODY, "ERROR"),
        ("POST", "body queue", "503 Service Unavailable\\n", "WARN"),
        ("POST", "body lines", LARGE, ""),
        ("POST", "body lines by ?", LARGE, ""),
        ("POST", "body lines as reply", "413 the body is not accepted: a line is longer than its limit of 4\\n", ""),
        ("POST", "body malformed", "400 Bad Request\\n", ""),
        ("POST", "body malformed as reply", "400 the body is not in the format that is read here\\n", ""),
        ("POST", "body collect", LARGE, ""),
    ];
    for (request, what, answer, alarm) in cases {
        let (line, alarms) = told(|| {
            let served = Setup::new()
                .respond(move |request: Request<Body>| failing(what, request.into_body()));
            match request {
                "POST" => served.send([POST_10, "abcdef?hij"].concat()),
                request => served.send(request),
            };
            served
        });
        assert_eq!((&*line, &*alarms), (answer, alarm), "{request} {what}");
    }
}

/// Reads what it is to answer with: of the request, or the body that somebody else has left there.
async fn read(request: Request<Body>, left: Option<Body>) -> Result<Response<Body>, Error> {
    let body = left.unwrap_or_else(|| request.into_body());
    Ok(Response::new(body.collect(100).await?.into()))
}

#[test]
fn what_is_wrong_with_another_connection_is_not_the_fault_of_this_peer() {
    type Left = Rc<RefCell<Option<Body>>>;
    // As a proxy would: one connection reads what comes on another.
    for (bad, closed) in [("x\r\n", false), ("3\r\nab", true)] {
        let (line, alarms) = told(|| {
            let left = Left::default();
            let place = Rc::clone(&left);
            let upstream = Setup::new().respond(move |request: Request<Body>| {
                *place.borrow_mut() = Some(request.into_body());
                pending::<Result<Response<Body>, Error>>()
            });
            upstream.send([CHUNKED, bad].concat());
            if closed {
                upstream.finish();
            }
            let served = Setup::new()
                .respond(move |request: Request<Body>| read(request, left.borrow_mut().take()));
            served.send(GET);
            served
        });
        assert_eq!((&*line, &*alarms), (FAILED, "ERROR"), "{bad:?}");
    }
    // Of its own peer's it is.
    let (line, alarms) = told(|| {
        let served = Setup::new().respond(|request: Request<Body>| read(request, None));
        served.send([CHUNKED, "x\r\n"].concat());
        served
    });
    assert_eq!(line, "400 a chunk size is not 1 to 16 hex digits\\n");
    assert_eq!(alarms, "");
}

/// Whoever answers by hand has the same rules.
#[test]
fn a_failure_that_is_handed_to_the_reply_is_answered_as_by_respond() {
    let by_hand = |exchange: Exchange| async move {
        let (request, reply) = exchange.into_parts();
        match request.into_body().collect(4).await {
            Ok(whole) => {
                reply
                    .send(Response::new(Body::from(whole)))
                    .await
            }
            Err(error) => reply.fail(error).await,
        }
    };
    let by_respond = async |request: Request<Body>| {
        let whole = request.into_body().collect(4).await?;
        Ok::<_, Error>(Response::new(Body::from(whole)))
    };
    for body in ["3\r\nabc\r\n0\r\n\r\n", "5\r\nabcde\r\n0\r\n\r\n", "x\r\n"] {
        let request = [CHUNKED, body, GET].concat();
        let (one, other) = (
            Setup::new().answer(by_hand),
            Setup::new().respond(by_respond),
        );
        one.send(&request);
        other.send(&request);
        assert_eq!(one.lines(), other.lines());
        assert_eq!(one.ends(), other.ends());
    }
}

#[test]
fn a_status_that_a_handler_means_is_sent_whatever_the_request() {
    let served =
        Setup::new().respond(|_| async { Err::<Response<Body>, _>(Error::new(Kind::BodyInvalid)) });
    served.send(GET);
    assert_eq!(served.answers()[0].status, 400);
}
