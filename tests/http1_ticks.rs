//! The work of one poll over HTTP/1: who waits keeps the connection moving, and no peer holds a
//! poll for ever.

use std::future::pending;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use support::serving::{Served, Setup};
use tubes::testing::FakeDrain;
use tubes::{Fount, drains};
use tubes_http::{Body, Error};

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const POST_MUCH: &str = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n";
const CHUNKED: &str = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

/// More than the budget of a poll allows.
const MOST: usize = 100;

type Answer = Result<Response<Body>, Error>;

async fn hello(_: Request<Body>) -> Answer {
    Ok(Response::new("Hello".into()))
}

async fn count(request: Request<Body>) -> Answer {
    let count = request.into_body().discard().await?;
    Ok(Response::new(count.to_string().into()))
}

#[test]
fn a_handler_that_thinks_keeps_the_connections_fount_moving() {
    for request in [GET, POST_MUCH] {
        let served = Setup::new().respond(async |request: Request<Body>| {
            let answer = pending::<Answer>().await;
            drop(request);
            answer
        });
        served.peer.feed(request);
        served.tasks.run();
        let before = served.peer.progress();
        assert!(before > 0, "{request}");
        served.tasks.disturb();
        served.tasks.run();
        assert!(served.peer.progress() > before, "{request}");
    }
}

#[test]
fn a_body_that_is_paused_keeps_the_connections_fount_moving() {
    let setup = Setup::new();
    let tasks = setup.tasks.clone();
    let drain = FakeDrain::new().by_hand();
    let sink = drain.handle();
    let mut drain = Some(drain);
    let served = setup.respond(move |request: Request<Body>| {
        let body = request.into_body();
        if let Some(drain) = drain.take() {
            tasks.spawn(body.flow_to(drain));
        }
        pending::<Answer>()
    });
    served.peer.feed(POST_MUCH);
    assert!(!served.tasks.run_at_most(1), "the other task is next");
    let before = served.peer.progress();
    served.tasks.run();
    assert!(served.peer.progress() > before, "by the body alone");
    served.send("xyz");
    assert_eq!((sink.count(), served.peer.pulls()), (0, 1));
    sink.allow(1);
    served.run();
    assert_eq!((sink.count(), served.peer.pulls()), (1, 2));
}

#[test]
fn a_body_that_was_waited_for_and_is_not_now_keeps_the_connections_fount_moving() {
    let held = |request: Request<Body>| async move {
        let mut body = request.into_body();
        drop(body.next_or_reason().await);
        let answer = pending::<Answer>().await;
        drop(body);
        answer
    };
    let echo =
        |request: Request<Body>| async move { Answer::Ok(Response::new(request.into_body())) };
    for waits in [false, true] {
        let echoes = Setup::new().respond(echo);
        echoes.peer.stall();
        for (place, served) in [("held", Setup::new().respond(held)), ("stalled", echoes)] {
            served.peer.feed(POST_MUCH);
            if waits {
                served.run();
            }
            // More than waits here for the peer to take it.
            served
                .send([b'x'; 40_000])
                .send([b'x'; 10_000]);
            let before = served.peer.progress();
            served.tasks.disturb();
            served.tasks.run();
            assert!(served.peer.progress() > before, "{place}, waits: {waits}");
        }
    }
}

/// Polls so many times, and says how many segments the greediest poll pulled.
fn greediest(served: &Served, polls: usize) -> usize {
    let mut most = 0;
    for _ in 0..polls {
        let before = served.peer.pulls();
        if served.tasks.run_at_most(1) {
            served.tasks.disturb();
        }
        most = most.max(served.peer.pulls() - before);
    }
    most
}

#[test]
fn segments_without_end_are_pulled_in_bounded_numbers_wherever_they_come() {
    #[rustfmt::skip] // A row, a case: where, what is sent first, what comes again and again.
    let cases = [
        ("between", "", ""),
        ("empty lines", "", "\n"),
        ("in a head", "GET / HT", ""),
        ("in a head", "GET / HTTP/1.1\r\nHost: ", "a"),
        ("after an exchange", GET, ""),
        ("in a body", POST_MUCH, ""),
        ("in a body", POST_MUCH, "x"),
        ("in chunks", CHUNKED, ""),
        ("in a chunk's size", CHUNKED, "0"),
        ("in a chunk's extension", &format!("{CHUNKED}1;"), "x"),
        ("in the linger", "GET / HTTP/1.1\n\n", ""),
        ("in the linger", "GET / HTTP/1.1\n\n", "x"),
    ];
    for (place, first, again) in cases {
        for reads in [true, false] {
            let served = if reads {
                Setup::new().respond(count)
            } else {
                Setup::new().respond(hello)
            };
            served.peer.feed(first);
            served.peer.drip(again);
            let most = greediest(&served, 50);
            assert!(
                (1..=MOST).contains(&most),
                "{place} {again:?} {reads}: {most}"
            );
        }
    }
}

#[test]
fn a_body_of_many_small_segments_arrives_whole_whatever_a_poll_may_do() {
    for reads in [true, false] {
        let served = if reads {
            Setup::new().respond(count)
        } else {
            Setup::new().respond(hello)
        };
        served.peer.feed(POST_MUCH);
        for _ in 0..60_000 {
            served.peer.feed("x");
        }
        served.peer.feed(GET);
        served.run();
        let first = if reads { "200 60000" } else { "200 Hello" };
        let second = if reads { "200 0" } else { "200 Hello" };
        assert_eq!(served.lines(), [first, second]);
    }
}

#[test]
fn empty_segments_do_not_hold_a_connection_beyond_its_timers() {
    let served = Setup::new().respond(hello);
    served.peer.drip("");
    assert!(greediest(&served, 20) <= MOST);
    served
        .clock
        .advance(Duration::from_secs(75));
    assert!(greediest(&served, 20) <= MOST);
    assert_eq!(served.ends(), ("open", "finished", "runs"));
}

#[test]
fn a_body_in_another_task_yields_as_well() {
    let setup = Setup::new();
    let tasks = setup.tasks.clone();
    let served = setup.respond(move |request: Request<Body>| {
        tasks.spawn(
            request
                .into_body()
                .flow_to(drains::for_each(|_: Bytes| {})),
        );
        pending::<Answer>()
    });
    served.peer.feed(POST_MUCH);
    served.peer.drip("");
    let most = greediest(&served, 20);
    assert!((1..=MOST).contains(&most), "{most}");
}
