//! Slow peers, and those that take nothing: how long they are waited for, and what the log says.

use bytes::Bytes;
use http::Response;
use support::log::Log;
use support::serving::Setup;
use tracing::Level;
use tubes::Fount;
use tubes_http::{Body, Error, Limits};

use super::kit::{CHUNKED, GET, OPEN, Records, echo, piecemeal, secs};

fn upload(bytes: u64) -> String {
    format!("POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: {bytes}\r\n\r\n")
}

#[test]
fn a_body_that_comes_at_the_rate_may_take_for_ever_and_one_that_drips_may_not() {
    let set = |rate| Limits::default().with_body_rate(rate);
    #[rustfmt::skip] // A row, a case: what is asked, bytes a second, seconds, whether it lasts.
    let cases = [
        (Limits::default(), 256, 200, true), (Limits::default(), 300, 200, true), (Limits::default(), 255, 200, true),
        (Limits::default(), 128, 50, true), (Limits::default(), 128, 70, false),
        (Limits::default(), 1, 29, true), (Limits::default(), 1, 32, false),
        (set(1), 1, 200, true), (set(128), 128, 200, true), (set(1024), 256, 35, true), (set(1024), 256, 50, false),
        (set(0), 1, 200, true),
    ];
    for (limits, rate, seconds, lasts) in cases {
        let wanted = limits.body_rate();
        let served = Setup::new()
            .limits(limits)
            .respond(echo);
        served.send(upload(1_000_000));
        for _ in 0..seconds {
            served
                .advance(secs(1))
                .send(vec![b'x'; rate]);
        }
        assert_eq!(
            served.ends() == OPEN,
            lasts,
            "{rate} a second for {seconds}, where it should be {wanted}"
        );
    }
}

#[test]
fn what_came_fast_is_no_credit_for_a_long_silence() {
    let served = Setup::new().respond(echo);
    served
        .send(upload(1_000_000))
        .send(vec![b'x'; 500_000])
        .advance(secs(29));
    assert_eq!(served.ends(), OPEN);
    served.advance(secs(1));
    assert_ne!(served.ends(), OPEN);
}

#[test]
fn the_time_that_the_handler_takes_is_not_the_peers() {
    let setup = Setup::new();
    let clock = setup.clock.clone();
    let served = setup.respond(move |request: http::Request<Body>| {
        let clock = clock.clone();
        let body = request
            .into_body()
            .map(move |piece: Bytes| {
                clock.advance(secs(20));
                piece
            });
        async { Ok::<_, Error>(Response::new(body)) }
    });
    served.send(upload(100));
    for _ in 0..10 {
        served.send("0123456789");
    }
    assert_eq!(served.lines().len(), 1);
    assert_eq!(served.ends(), OPEN);
}

#[test]
fn a_reply_that_is_sipped_at_the_rate_leaves_and_one_that_is_not_is_cut() {
    for (sip, lasts) in [(256, true), (10, false)] {
        let records = Records::default();
        let served = Setup::new()
            .with(records.kept())
            .respond(async |_| Ok::<_, Error>(Response::new(Body::from(vec![b'x'; 20_000]))));
        served.peer.sip(0);
        served.send(GET);
        for _ in 0..60 {
            served.advance(secs(1));
            if served.ends() != OPEN {
                break;
            }
            served.peer.sip(sip);
            served.run();
        }
        assert_eq!(served.ends() == OPEN, lasts, "{sip} a second");
        if !lasts {
            assert_eq!(records.ends(), ["200 cut ReplyTimeout"]);
        }
    }
}

#[test]
fn a_peer_that_takes_nothing_is_named_in_the_log_once_for_each_exchange() {
    let log = Log::default();
    log.hear(|| {
        let served = Setup::new()
            .limits(Limits::default().with_stall_time(secs(10)))
            .respond(echo);
        for target in ["/one", "/two"] {
            served.send(upload(10).replace("/up", target));
            served.peer.stall();
            served
                .send("0123456789")
                .advance(secs(9));
            assert_eq!(log.take(Level::WARN), [""; 0]);
            served
                .advance(secs(1))
                .advance(secs(9))
                .advance(secs(9));
            let said = log.take(Level::WARN);
            assert_eq!(said.len(), 1, "{said:?}");
            for part in [
                "the peer does not take the response",
                "method=POST",
                &format!("target={target}"),
                "waited=10s",
            ] {
                assert!(said[0].contains(part), "{part}: {said:?}");
            }
            assert_eq!(served.ends(), OPEN);
            served.peer.resume();
            served.run();
        }
        assert_eq!(served.lines(), ["200 0123456789"; 2]);
    });
}

#[test]
fn a_handler_that_does_not_pull_a_body_is_named_in_the_log_once_each_time() {
    let log = Log::default();
    log.hear(|| {
        let (go, handler) = piecemeal();
        let served = Setup::new()
            .limits(Limits::default().with_stall_time(secs(10)))
            .respond(handler);
        served.send([CHUNKED, "3\r\nabc\r\n3\r\ndef\r\n"].concat());
        for held in [10, 2] {
            served.advance(secs(9));
            assert_eq!(log.take(Level::WARN), [""; 0]);
            served
                .advance(secs(1))
                .advance(secs(9))
                .advance(secs(9));
            let said = log.take(Level::WARN);
            let line =
                "message=the handler does not pull the request's body method=POST target=/ waited=10s";
            assert_eq!(said, [format!("{line} held={held}")]);
            go.send(()).unwrap();
            served.run();
        }
        served
            .advance(secs(29))
            .send("3\r\nghi\r\n0\r\n\r\n");
        go.send(()).unwrap();
        served.run();
        assert_eq!(served.lines(), ["200 "]);
        assert_eq!(log.take(Level::WARN), [""; 0], "the peer was waited for");
    });
}

#[test]
fn a_body_that_nobody_pulls_because_the_peer_takes_nothing_is_not_the_handlers_fault() {
    let log = Log::default();
    log.hear(|| {
        let served = Setup::new()
            .limits(Limits::default().with_stall_time(secs(10)))
            .respond(echo);
        served.peer.stall();
        served
            .send([CHUNKED, "3\r\nabc\r\n3\r\ndef\r\n"].concat())
            .advance(secs(20));
        let said = log.take(Level::WARN);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].contains("the peer does not take the response"));
    });
}
