//! Every timer of HTTP/1, with a clock that is moved by hand.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use support::serving::{Setup, why};
use tubes::{Fount, Reason};
use tubes_http::{Body, Error, Limits};

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const POST_10: &str = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n";
const CLOSED: (&str, &str, &str) = ("enough", "finished", "over");
const OPEN: (&str, &str, &str) = ("open", "open", "runs");
const LINGERS: (&str, &str, &str) = ("open", "finished", "runs");
const TICK: Duration = Duration::from_millis(1);

type Answer = Result<Response<Body>, Error>;

async fn hello(_: Request<Body>) -> Answer {
    Ok(Response::new("Hello".into()))
}

async fn echo(request: Request<Body>) -> Answer {
    Ok(Response::new(request.into_body()))
}

async fn collect(request: Request<Body>) -> Answer {
    let whole = request.into_body().collect(10).await?;
    Ok(Response::new(whole.into()))
}

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn an_idle_connection_is_closed_without_a_word_after_75_seconds_a_new_one_after_30() {
    for (requests, idle) in [(0, 30), (1, 75), (2, 75)] {
        let served = Setup::new().respond(hello);
        served.run();
        for request in 0..requests {
            let wait = if request == 0 { 29 } else { 74 };
            served.advance(secs(wait)).send(GET);
        }
        served.advance(secs(idle) - TICK);
        assert_eq!(served.ends(), OPEN);
        served.advance(TICK);
        assert_eq!(served.ends(), LINGERS);
        assert_eq!(served.answers().len(), requests);
        served.advance(secs(5) - TICK);
        assert_eq!(served.ends(), LINGERS);
        served.advance(TICK);
        assert_eq!(served.ends(), CLOSED);
    }
}

#[test]
fn a_head_has_30_seconds_from_its_first_byte_and_a_drip_does_not_extend_them() {
    let head = GET.as_bytes();
    let served = Setup::new().respond(hello);
    served.run().advance(secs(29));
    for byte in &head[..25] {
        served.send([*byte]).advance(secs(1));
    }
    served
        .send([head[25]])
        .advance(secs(5) - TICK);
    assert_eq!(served.ends(), OPEN);
    served.advance(TICK);
    assert_eq!(served.lines(), ["408 the head did not arrive in time\\n"]);
    assert!(served.answers()[0].closes());
    assert_eq!(served.ends(), LINGERS);
    served.send(&head[26..]).send(GET);
    assert_eq!(served.answers().len(), 1);
}

#[test]
fn a_head_that_arrives_in_time_is_served_and_the_next_has_its_own_time() {
    let served = Setup::new().respond(hello);
    for _ in 0..3 {
        served
            .send(&GET[..5])
            .advance(secs(30) - TICK)
            .send(&GET[5..]);
    }
    // The rest of a pipelined head has its own time, too.
    served.send([GET, &GET[..5]].concat());
    served
        .advance(secs(30) - TICK)
        .send(&GET[5..]);
    assert_eq!(served.lines(), ["200 Hello"; 5]);
}

#[test]
fn the_time_of_a_head_begins_with_the_empty_lines_in_front_of_it() {
    const LATE: &[&str] = &["408 the head did not arrive in time\\n"];
    #[rustfmt::skip] // A row, a case: what comes, at 0 s and at 29 s, and what is answered at 30 s.
    let cases = [
        ("\r\n", "\r\n", &[][..]),
        ("\r", "\n", &[]),
        ("\r\n\r\n", "\r", LATE),
        ("\r\n", "GET", LATE),
        ("\r\n", GET, &["200 Hello"]),
    ];
    for before in [0, 1] {
        for (first, then, answers) in cases {
            let served = Setup::new().respond(hello);
            for _ in 0..before {
                served.send(GET).advance(secs(10));
            }
            served
                .send(first)
                .advance(secs(29))
                .send(then)
                .advance(secs(1) - TICK);
            let asked = usize::from(then == GET);
            assert_eq!(served.lines().len(), before + asked, "{first:?} {then:?}");
            assert_eq!(served.ends(), OPEN, "{first:?} {then:?}");
            served.advance(TICK);
            assert_eq!(served.lines()[before..], *answers, "{first:?} {then:?}");
            let ends = if asked == 0 { LINGERS } else { OPEN };
            assert_eq!(served.ends(), ends, "{first:?} {then:?}");
        }
    }
}

#[test]
fn a_handler_may_take_its_time() {
    let (go, wait) = tokio::sync::oneshot::channel::<()>();
    let wait = Rc::new(RefCell::new(Some(wait)));
    let served = Setup::new().respond(move |request| {
        let wait = wait.borrow_mut().take();
        async move {
            if let Some(wait) = wait {
                wait.await.unwrap();
            }
            collect(request).await
        }
    });
    served
        .send(POST_10)
        .advance(secs(100_000));
    served
        .send("0123456789")
        .advance(secs(100_000));
    assert_eq!(served.ends(), OPEN);
    go.send(()).unwrap();
    served.run();
    assert_eq!(served.lines(), ["200 0123456789"]);
    served.send(GET);
    assert_eq!(served.answers().len(), 2);
}

#[test]
fn a_body_that_is_pulled_and_brings_nothing_for_30_seconds_is_answered_with_408() {
    let served = Setup::new().respond(collect);
    served
        .send(POST_10)
        .advance(secs(30) - TICK);
    assert_eq!(served.ends(), OPEN);
    served.advance(TICK);
    assert_eq!(served.lines(), ["408 the body did not arrive in time\\n"]);
    assert!(served.answers()[0].closes());
    assert_eq!(served.ends(), LINGERS);
    served.send("0123456789").send(GET);
    assert_eq!(served.answers().len(), 1);
}

#[test]
fn a_body_that_comes_at_256_bytes_a_second_is_taken_and_a_drip_is_not() {
    for (bytes, lives) in [(256, true), (255, true), (64, false), (1, false)] {
        let served = Setup::new().respond(async |request: Request<Body>| {
            let count = request.into_body().discard().await?;
            Ok::<_, Error>(Response::new(Body::from(count.to_string())))
        });
        let length = bytes * 100;
        served.send(format!(
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n"
        ));
        for _ in 0..100 {
            served
                .advance(secs(1))
                .send(vec![b'x'; bytes]);
        }
        let status = if lives { 200 } else { 408 };
        assert_eq!(served.answers()[0].status, status, "{bytes} bytes a second");
    }
}

#[test]
fn a_body_that_stops_behind_the_head_of_the_reply_cuts_it() {
    let served = Setup::new().respond(echo);
    served
        .send(POST_10)
        .send("abc")
        .advance(secs(30));
    assert_eq!(served.lines(), ["200 abc.."]);
    assert_eq!(served.ends(), ("failed", "failed", "failed"));
}

#[test]
fn who_waits_for_a_100_that_he_does_not_answer_is_not_waited_for_without_end() {
    let served = Setup::new().respond(collect);
    served.send(format!(
        "{}Expect: 100-continue\r\n\r\n",
        &POST_10[..POST_10.len() - 2]
    ));
    assert_eq!(served.lines(), ["100 "]);
    served.advance(secs(30));
    assert_eq!(served.answers()[1].status, 408);
}

#[test]
fn a_reader_that_takes_nothing_for_30_seconds_is_cut() {
    let notes = Rc::new(RefCell::new(Vec::new()));
    let served = Setup::new().respond({
        let notes = Rc::clone(&notes);
        move |_| {
            let body = Told(Rc::clone(&notes));
            async { Ok::<_, Error>(Response::new(body)) }
        }
    });
    served.peer.take(2);
    served.send(GET);
    // Taking 5,000 bytes, and what frames them, gives 19 seconds.
    for _ in 0..5 {
        served.advance(secs(19));
        served.peer.take(2);
        served.run();
    }
    served.advance(secs(30) - TICK);
    assert_eq!(served.ends(), OPEN);
    served.advance(TICK);
    assert_eq!(*notes.borrow(), ["ReplyTimeout"]);
    assert_eq!(served.ends(), ("failed", "failed", "failed"));
}

#[test]
fn a_reader_that_takes_4_kib_a_second_is_not_cut_and_one_that_then_stops_is() {
    for stops in [false, true] {
        let served = Setup::new().respond(async |_| {
            let body = Body::from(vec![b'x'; 200_000]);
            Ok::<_, Error>(Response::new(body))
        });
        served.peer.sip(0);
        served.send(GET);
        let seconds = if stops { 40 } else { 50 };
        for _ in 0..seconds {
            assert_eq!(served.ends(), OPEN);
            served.clock.advance(secs(1));
            served.peer.sip(4096);
            served.run();
        }
        if !stops {
            assert_eq!(served.answers()[0].body.len(), 200_000);
            served.send(GET);
            continue;
        }
        served.advance(secs(30) - TICK);
        assert_eq!(served.ends(), OPEN);
        served.advance(TICK);
        assert_eq!(served.ends(), ("failed", "failed", "failed"));
    }
}

/// An endless body that notes why it was stopped.
struct Told(Rc<RefCell<Vec<String>>>);

impl Fount for Told {
    type Item = Bytes;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<Bytes, Reason>> {
        Poll::Ready(Ok(Bytes::from_static(&[b'x'; 5000])))
    }

    fn stop(self: Pin<&mut Self>, reason: &Reason) {
        self.0.borrow_mut().push(why(reason));
    }
}

#[test]
fn a_small_reply_that_nobody_takes_ends_the_connection_after_30_seconds() {
    let served = Setup::new().respond(hello);
    served.peer.stall();
    served
        .send(GET)
        .advance(secs(30) - TICK);
    assert_eq!(served.ends(), OPEN);
    served.advance(TICK);
    assert_eq!(served.ends(), ("failed", "failed", "failed"));
}

#[test]
fn a_refusal_that_nobody_takes_ends_the_connection_after_30_seconds() {
    let served = Setup::new().respond(hello);
    served.peer.stall();
    served
        .send("GET / HTTP/1.1\n")
        .advance(secs(30));
    assert_eq!(served.ends(), ("failed", "failed", "failed"));
}

#[test]
fn an_echo_whose_client_does_not_read_is_cut_by_the_write_timer() {
    let served = Setup::new().respond(echo);
    served.peer.stall();
    served.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
    for _ in 0..20 {
        served.peer.feed([b'x'; 10_000]);
    }
    served.run().advance(secs(30));
    assert_eq!(served.ends(), ("failed", "failed", "failed"));
}

#[test]
fn every_time_can_be_set() {
    let limits = Limits::default()
        .with_first_time(secs(1))
        .with_idle_time(secs(1))
        .with_head_time(secs(2))
        .with_body_time(secs(3))
        .with_write_time(secs(4))
        .with_linger_time(secs(6));
    #[rustfmt::skip] // A row, a case: what is sent, seconds, whether it is read.
    let cases = [("", 1, true), ("GET", 2, true), (POST_10, 3, true), (GET, 4, false)];
    for (sent, seconds, reads) in cases {
        let served = Setup::new()
            .limits(limits.clone())
            .respond(collect);
        if !reads {
            served.peer.stall();
        }
        served.peer.feed(sent);
        if sent.is_empty() {
            served.peer.forget();
        }
        served
            .run()
            .advance(secs(seconds) - TICK);
        assert_eq!(served.ends(), OPEN, "{sent}");
        served.advance(TICK);
        assert_ne!(served.ends(), OPEN, "{sent}");
        if reads {
            served.advance(secs(6) - TICK);
            assert_eq!(served.ends(), LINGERS, "{sent}");
            served.advance(TICK);
            assert_eq!(served.ends(), CLOSED, "{sent}");
        }
    }
}

#[test]
fn an_exchange_that_may_take_two_days_or_for_ever_has_that_time() {
    let day = secs(24 * 60 * 60);
    for (time, days) in [(2 * day, Some(2)), (Duration::MAX, None)] {
        let served = Setup::new()
            .limits(Limits::default().with_exchange_time(time))
            .respond(async |_: Request<Body>| {
                std::future::pending::<()>().await;
                Ok::<_, Error>(Response::new(Body::empty()))
            });
        served.send(GET);
        for day_of in 1..=9 {
            served.advance(day);
            let over = days.is_some_and(|days| day_of >= days);
            assert_eq!(!served.answers().is_empty(), over, "{time:?}: {day_of}");
        }
    }
}
