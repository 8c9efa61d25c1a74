//! `Limits::held`: what all connections hold together is bounded, and always given back.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::{Request, Response};
use proptest::collection::vec;
use proptest::prelude::ProptestConfig;
use support::serving::{Served, Setup};
use tubes::{Flow, Fount, drains, founts};
use tubes_http::{Body, Error, Limits, OnDisconnect};

use super::kit::{Answer, CHUNKED, GET, LINGERS, OPEN, POST_10, echo, hello, secs};

/// A head that is not complete, of so many bytes.
fn part_of_a_head(bytes: usize) -> String {
    format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}", "x".repeat(bytes - 28))
}

/// A reply of a million bytes.
async fn stream(_: Request<Body>) -> Answer {
    let pieces = founts::iter(0..100).map(|_| Bytes::from(vec![b'x'; 10_000]));
    Ok(Response::new(Body::new(pieces)))
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
        let lines = served.run().lines();
        assert_eq!(
            lines,
            ["503 the server had no memory for the rest of the request in time\\n"]
        );
        assert_eq!(served.ends(), LINGERS);
    }
    all[0].advance(secs(5));
    assert_eq!(all[0].handle.snapshot().held, 0);
}

#[test]
fn who_sends_much_does_not_wait_for_those_who_do_not_read() {
    let site = Setup::new()
        .limits(Limits::default().with_held(30_000))
        .site();
    let slow = [site.respond(stream), site.respond(stream)];
    for served in &slow {
        served.peer.stall();
        served.send(GET);
    }
    assert!(site.server.handle().snapshot().held > 30_000);
    let plain = site.respond(hello);
    plain
        .send(part_of_a_head(9_000))
        .send("y")
        .send("\r\n\r\n");
    assert_eq!(plain.lines(), ["200 Hello"]);
}

#[test]
fn who_waits_for_memory_is_not_charged_for_it() {
    let site = Setup::new()
        .limits(Limits::default().with_held(30_000))
        .site();
    let (first, second) = (site.respond(hello), site.respond(hello));
    first.send(part_of_a_head(30_000));
    first.advance(secs(10));
    second
        .send(part_of_a_head(9_000))
        .send("y");
    assert_eq!(second.peer.pulls(), 1);
    // The first one fills it alone, and is late: what it held is free again.
    first.advance(secs(20));
    assert_eq!(
        first.lines(),
        ["503 the server had no memory for the rest of the request in time\\n"]
    );
    second.run();
    assert_eq!(second.peer.pulls(), 2);
    second.advance(secs(29));
    assert_eq!(second.lines(), [""; 0]);
    second.send("\r\n\r\n");
    assert_eq!(second.lines(), ["200 Hello"]);
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

#[test]
fn who_holds_much_of_a_reply_lets_it_leave_first_while_all_hold_too_much() {
    let site = Setup::new()
        .limits(Limits::default().with_held(30_000))
        .site();
    let all = [
        site.respond(stream),
        site.respond(stream),
        site.respond(stream),
    ];
    let handle = site.server.handle();
    let held = || handle.snapshot().held;
    let [stalled, second, quick] = &all;
    stalled.peer.take(4);
    stalled.send(GET);
    let before = held();
    assert!(before > 30_000, "in the drain, too: {before}");
    assert!(stalled.peer.held() > 10_000, "in the drain, too");
    assert!(before >= stalled.peer.held());
    second.peer.stall();
    second.send(GET);
    let more = held() - before;
    // The head of a reply waits for what comes behind the first piece.
    assert!((20_000..21_000).contains(&more), "two pieces: {more}");
    quick.send(GET);
    assert_eq!(quick.answers()[0].body.len(), 1_000_000);
    assert_eq!(held(), before + more, "who is taken from is not held up");
    for served in [stalled, second] {
        served.peer.resume();
        served.run();
        assert_eq!(served.answers()[0].body.len(), 1_000_000);
    }
    assert_eq!(held(), 0);
}

#[test]
fn who_waits_for_the_memory_of_others_goes_on_when_they_are_gone() {
    let site = Setup::new()
        .limits(Limits::default().with_held(30_000))
        .site();
    let (stalled, second) = (site.respond(stream), site.respond(stream));
    stalled.peer.stall();
    stalled.send(GET);
    second.peer.stall();
    second.send(GET);
    let sent = |at: usize| {
        let connections = site
            .server
            .handle()
            .snapshot()
            .connections;
        connections[at]
            .exchange
            .as_ref()
            .map(|exchange| exchange.sent)
    };
    assert_eq!((sent(0), sent(1)), (Some(30_000), Some(20_000)));
    stalled.peer.break_writes();
    stalled.run();
    second.run();
    assert_eq!(sent(0), Some(30_000), "the other one is gone");
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

/// Memory of segments that is alive.
struct Segment(Vec<u8>, Arc<AtomicUsize>);

impl AsRef<[u8]> for Segment {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Segment {
    fn drop(&mut self) {
        self.1
            .fetch_sub(self.0.len(), Ordering::SeqCst);
    }
}

/// The next heads begin in the large segments in which bodies end, and never go on.
#[test]
fn what_a_part_of_a_segment_keeps_in_memory_is_counted() {
    const LENGTH: usize = 512 * 1024;
    for (begun, counted) in [(1, 1), (20_000, LENGTH)] {
        let site = Setup::new().site();
        let alive = Arc::new(AtomicUsize::new(0));
        for _ in 0..10 {
            let mut segment = vec![b'x'; LENGTH];
            segment[LENGTH - begun..].fill(b'G');
            alive.fetch_add(LENGTH, Ordering::SeqCst);
            let segment = Bytes::from_owner(Segment(segment, Arc::clone(&alive)));
            let head = format!(
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n",
                LENGTH - begun
            );
            let fount = founts::iter([Bytes::from(head), segment]);
            let answers = tubes_http::respond(async |request: Request<Body>| {
                request.into_body().discard().await?;
                pending::<()>().await;
                Ok::<_, Error>(Response::new(Body::empty()))
            });
            let serving = Flow::new(fount, drains::null())
                .through(&site.server)
                .flow_to(answers);
            site.tasks.spawn(serving);
        }
        site.tasks.run();
        let held = site.handle().snapshot().held;
        assert_eq!(held, 10 * counted, "{begun} bytes");
        assert!(alive.load(Ordering::SeqCst) <= held);
        site.tasks.clear();
    }
}
