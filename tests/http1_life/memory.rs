//! `Limits::held`: what all connections hold together is bounded, and always given back.

use http::{Request, Response};
use proptest::collection::vec;
use proptest::prelude::ProptestConfig;
use support::serving::{Served, Setup};
use tubes_http::{Body, Error, Limits, OnDisconnect};

use super::kit::{Answer, CHUNKED, GET, LINGERS, OPEN, POST_10, echo, hello, secs};

/// A head that is not complete, of so many bytes.
fn part_of_a_head(bytes: usize) -> String {
    format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}", "x".repeat(bytes - 28))
}

#[test]
fn who_holds_much_is_not_read_from_while_all_hold_too_much_and_is_afterwards() {
    let site = Setup::new()
        .limits(Limits::default().with_held(30_000))
        .site();
    let (first, second) = (site.respond(hello), site.respond(hello));
    let small = site.respond(hello);
    first.send(part_of_a_head(20_000));
    second.send(part_of_a_head(9_000));
    assert_eq!((first.peer.pulls(), second.peer.pulls()), (1, 1));
    second.send("y".repeat(1_000));
    assert_eq!(second.handle.snapshot().held, 30_000);
    // Now nobody who holds more than a segment is read from.
    first.send("y");
    second.send("\r\n\r\n");
    assert_eq!((first.peer.pulls(), second.peer.pulls()), (1, 2));
    assert_eq!(second.lines(), [""; 0]);
    small.send(GET);
    assert_eq!(small.lines(), ["200 Hello"], "who holds little goes on");
    // The first one goes: there is room for the second.
    first.peer.reset();
    first.advance(secs(30));
    first.run();
    second.run();
    assert_eq!(second.peer.pulls(), 3);
    assert_eq!(second.handle.snapshot().held, 0);
}

#[test]
fn when_all_wait_for_memory_the_timers_still_end_them() {
    let site = Setup::new()
        .limits(Limits::default().with_held(1))
        .site();
    let all: Vec<Served> = (0..3)
        .map(|_| site.respond(hello))
        .collect();
    for served in &all {
        served
            .send(part_of_a_head(10_000))
            .send("y");
        assert_eq!((served.ends(), served.peer.pulls()), (OPEN, 1));
    }
    all[0].advance(secs(30));
    for served in &all {
        assert_eq!(served.run().answers()[0].status, 408);
        assert_eq!(served.ends(), LINGERS);
    }
    all[0].advance(secs(5));
    assert_eq!(all[0].handle.snapshot().held, 0);
}

#[test]
fn a_body_flows_however_little_memory_there_is() {
    let site = Setup::new()
        .limits(Limits::default().with_held(1))
        .site();
    let served = site.respond(async |request: Request<Body>| {
        let count = request.into_body().discard().await?;
        Ok::<_, Error>(Response::new(Body::from(count.to_string())))
    });
    served.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
    for _ in 0..10 {
        served.send([b'x'; 10_000]);
    }
    assert_eq!(served.lines(), ["200 100000"]);
}

/// What happens to a connection.
const STEPS: &[fn(&Served)] = &[
    |served| served.peer.feed(GET),
    |served| served.peer.feed(&GET[..20]),
    |served| {
        served
            .peer
            .feed([POST_10, "0123456789"].concat());
    },
    |served| served.peer.feed(&POST_10[..30]),
    |served| {
        served
            .peer
            .feed([CHUNKED, "3\r\nabc\r\n"].concat());
    },
    |served| served.peer.feed("0\r\n\r\n"),
    |served| served.peer.feed("5;x"),
    |served| served.peer.feed("\n"),
    |served| served.peer.feed(part_of_a_head(9_000)),
    |served| served.peer.stall(),
    |served| served.peer.take(2),
    |served| served.peer.resume(),
    |served| served.peer.break_writes(),
    |served| served.peer.reset(),
    |served| served.peer.finish(),
    |served| served.clock.advance(secs(1)),
    |served| served.clock.advance(secs(31)),
    |served| served.tasks.disturb(),
];

#[test]
fn all_that_was_held_is_given_back_however_connections_end() {
    let config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(300)
    };
    let steps = vec((0..3_usize, 0..STEPS.len()), 0..30);
    proptest::proptest!(config, |(steps in steps, end in 0..3)| {
        let site = Setup::new()
            .limits(Limits::default().with_held(12_000).with_ahead(5_000))
            .with(|server| server.on_disconnect(OnDisconnect::Cancel))
            .site();
        let all = [
            site.respond(echo),
            site.respond(hello),
            site.respond(async |request: Request<Body>| -> Answer {
                let body = request.into_body().collect(100).await?;
                Ok(Response::new(body.into()))
            }),
        ];
        for (served, step) in &steps {
            STEPS[*step](&all[*served]);
            site.tasks.run();
        }
        match end {
            0 => site.tasks.clear(),
            1 => {
                drop(site.shut_down(secs(10)));
                site.clock.advance(secs(10));
                site.tasks.run();
            }
            _ => {
                for served in &all {
                    served.peer.finish();
                }
                for _ in 0..10 {
                    site.clock.advance(secs(40));
                    site.tasks.run();
                }
            }
        }
        let snapshot = site.server.handle().snapshot();
        proptest::prop_assert_eq!(snapshot.held, 0, "{:?}", snapshot);
        proptest::prop_assert_eq!(snapshot.connections.len(), 0, "{:?}", snapshot);
    });
}
