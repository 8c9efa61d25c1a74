//! An exchange of HTTP/1 as a whole: how large its request may be, and how long it may last.

use std::cell::RefCell;
use std::future::pending;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use support::pair::pair;
use support::serving::{Setup, why_failed};
use support::tasks::Tasks;
use tubes::testing::ManualClock;
use tubes::{Fount, founts};
use tubes_http::{Body, Error, Kind, Limits, OnDisconnect};

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const POST_10: &str = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n";
const CHUNKED: &str = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
const OPEN: (&str, &str, &str) = ("open", "open", "runs");
const FAILED: (&str, &str, &str) = ("failed", "failed", "failed");
const LINGERS: (&str, &str, &str) = ("open", "finished", "runs");
const TICK: Duration = Duration::from_millis(1);

type Answer = Result<Response<Body>, Error>;

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

async fn echo(request: Request<Body>) -> Answer {
    Ok(Response::new(request.into_body()))
}

async fn hello(_: Request<Body>) -> Answer {
    Ok(Response::new("Hello".into()))
}

/// A server whose exchanges have 10 seconds.
fn ten_seconds() -> Setup {
    Setup::new().limits(Limits::default().with_exchange_time(secs(10)))
}

#[test]
fn a_body_that_passes_its_limit_behind_the_head_of_the_reply_cuts_it() {
    let served = Setup::new()
        .limits(Limits::default().with_body(3))
        .respond(echo);
    served.send(CHUNKED).send("2\r\nab\r\n");
    assert_eq!(served.ends(), OPEN);
    served.send("2\r\ncd\r\n");
    assert_eq!(served.lines(), ["200 ab.."]);
    assert_eq!(served.ends(), ("open", "finished", "runs"));
    served.finish();
    assert_eq!(served.ends().2, "failed");
}

#[test]
fn a_body_that_passes_its_limit_ends_with_it_and_is_answered_with_413_whatever_is_said() {
    let kinds = Rc::new(RefCell::new(Vec::new()));
    let served = Setup::new()
        .limits(Limits::default().with_body(3))
        .respond({
            let kinds = Rc::clone(&kinds);
            move |request: Request<Body>| {
                let kinds = Rc::clone(&kinds);
                async move {
                    let read = request.into_body().discard().await;
                    kinds
                        .borrow_mut()
                        .push(read.map_err(|error| error.kind()));
                    Ok::<_, Error>(Response::new(Body::from("fine")))
                }
            }
        });
    served.send(CHUNKED);
    // Nobody asks a size that is announced for more than it brings.
    served.send("FFFF\r\n").send("abc");
    assert_eq!(served.ends(), OPEN);
    served.send("d").send(GET);
    assert_eq!(*kinds.borrow(), [Err(Kind::BodyTooLarge { limit: 3 })]);
    let answers = served.answers();
    assert_eq!((answers.len(), answers[0].status), (1, 413));
    assert!(answers[0].closes());
}

#[test]
fn an_exchange_that_nobody_answers_in_time_is_answered_with_503_and_its_handler_hears_it() {
    let (go, wait) = tokio::sync::oneshot::channel::<()>();
    let wait = RefCell::new(Some(wait));
    let told = Rc::new(RefCell::new(Vec::new()));
    let served = ten_seconds().serve({
        let told = Rc::clone(&told);
        |exchanges| {
            exchanges.flow_to(tubes_http::answer(move |exchange: tubes_http::Exchange| {
                let (wait, told) = (wait.take(), Rc::clone(&told));
                async move {
                    let (request, reply) = exchange.into_parts();
                    wait.expect("one exchange").await.ok();
                    let read = request.into_body().discard().await;
                    told.borrow_mut()
                        .push(why_failed(&read.unwrap_err().into()));
                    let sent = reply
                        .send(Response::new(Body::from("late")))
                        .await;
                    told.borrow_mut()
                        .push(why_failed(&sent.unwrap_err()));
                    Ok::<_, Error>(())
                }
            }))
        }
    });
    served
        .send(POST_10)
        .advance(secs(10) - TICK);
    assert_eq!(served.ends(), OPEN);
    served.advance(TICK);
    assert_eq!(served.lines(), ["503 the exchange took too long\\n"]);
    assert!(served.answers()[0].closes());
    assert_eq!(served.ends(), ("open", "finished", "runs"));
    served
        .send("0123456789")
        .send(GET)
        .advance(secs(5));
    assert_eq!(served.ends(), ("enough", "finished", "runs"));
    go.send(()).unwrap();
    served.run();
    assert_eq!(*told.borrow(), ["ExchangeTimeout"; 2]);
    assert_eq!(served.ends(), ("enough", "finished", "over"));
    assert_eq!(served.answers().len(), 1);
}

#[test]
fn an_exchange_whose_request_is_late_is_answered_with_408() {
    let served = ten_seconds().respond(async |request: Request<Body>| {
        let whole = request.into_body().collect(10).await?;
        Ok::<_, Error>(Response::new(Body::from(whole)))
    });
    // Fast enough for the rate, and too slow for the whole.
    served.send(POST_10);
    for digit in 0..9 {
        served
            .advance(secs(1))
            .send(digit.to_string());
    }
    served.advance(secs(1) - TICK);
    assert_eq!(served.ends(), OPEN);
    served.advance(TICK);
    assert_eq!(served.lines(), ["408 the body did not arrive in time\\n"]);
    served.advance(secs(5));
    assert_eq!(served.ends(), ("enough", "finished", "over"));
}

#[test]
fn an_exchange_whose_reply_has_begun_is_cut_when_its_time_has_passed() {
    // One that has nothing to say, one whose peer does not listen, one that waits for its peer.
    let waits = || {
        let piece = founts::once(Bytes::from("a"));
        Body::new(piece.through(tubes::stages::then(async |piece: Bytes| {
            pending::<()>().await;
            piece
        })))
    };
    let silent = || {
        ten_seconds().respond(move |_| {
            let body = waits();
            async { Ok::<_, Error>(Response::new(body)) }
        })
    };
    // Who has heard all that was written sees by its chunks or by its length that it was cut; an end
    // that would look whole is a reset, and so is the end of who does not listen.
    let (chunks, until_close) = (silent(), silent());
    chunks.send(GET);
    assert_eq!(chunks.answers()[0].status, 200);
    until_close.send("GET / HTTP/1.0\r\n\r\n");
    let deaf = ten_seconds().respond(hello);
    deaf.peer.stall();
    deaf.send(GET);
    let echoes = ten_seconds().respond(echo);
    echoes.send(POST_10).send("012");
    let rows = [
        (&chunks, LINGERS),
        (&until_close, FAILED),
        (&deaf, FAILED),
        (&echoes, LINGERS),
    ];
    for (served, ends) in rows {
        served.advance(secs(10) - TICK);
        assert_eq!(served.ends(), OPEN);
        served.advance(TICK);
        assert_eq!(served.ends(), ends);
        served.advance(secs(5));
        assert_eq!(served.ends().2, "failed");
    }
    assert_eq!(echoes.lines(), ["200 012.."]);
}

#[test]
fn every_exchange_has_its_own_time_and_what_lies_between_counts_for_none() {
    let served = ten_seconds().respond(async |request: Request<Body>| {
        let count = request.into_body().discard().await?;
        Ok::<_, Error>(Response::new(Body::from(count.to_string())))
    });
    for _ in 0..3 {
        served
            .send(&POST_10[..10])
            .advance(secs(9))
            .send(&POST_10[10..])
            .advance(secs(9))
            .send("0123456789")
            .advance(secs(29));
    }
    assert_eq!(served.lines(), ["200 10"; 3]);
    assert_eq!(served.ends(), OPEN);
}

#[test]
fn a_body_says_how_far_it_has_come() {
    let served = Setup::new().respond(async |request: Request<Body>| {
        let mut body = request.into_body();
        let mut said = String::new();
        while let Some(_piece) = body.next().await? {
            said += &format!("{} of {:?}, ", body.received(), body.length());
        }
        Ok::<_, Error>(Response::new(Body::from(said)))
    });
    served
        .send(POST_10)
        .send("012")
        .send("3456789");
    served
        .send(CHUNKED)
        .send("2\r\nab\r\n")
        .send("1\r\nc\r\n0\r\n\r\n");
    assert_eq!(
        served.lines(),
        [
            "200 3 of Some(10), 10 of Some(10), ",
            "200 2 of None, 3 of None, "
        ]
    );
}

#[test]
fn who_is_dropped_with_a_peer_that_is_gone_is_dropped_with_an_exchange_that_took_too_long() {
    for (what, ends) in [
        (OnDisconnect::RunToEnd, false),
        (OnDisconnect::Cancel, true),
    ] {
        let (clock, tasks) = (ManualClock::new(), Tasks::new());
        let (flow, peer) = pair();
        let server = tubes_http::server_on(Arc::new(clock.clone()))
            .limits(Limits::default().with_exchange_time(secs(10)))
            .on_disconnect(what);
        let serving = flow
            .through(server)
            .flow_to(tubes_http::respond(async |_| {
                pending::<()>().await;
                hello(Request::new(Body::empty())).await
            }));
        let output = tasks.spawn(serving);
        peer.feed(GET);
        tasks.run();
        clock.advance(secs(10));
        tasks.run();
        let read = String::from_utf8(peer.read()).unwrap();
        assert!(read.starts_with("HTTP/1.1 503 "), "{what:?}: {read}");
        // The client reads its answer, and closes.
        peer.finish();
        tasks.run();
        assert_eq!(output.peek().is_some(), ends, "{what:?}");
    }
}
