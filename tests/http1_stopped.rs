//! Exchanges that are stopped: the accepted reply leaves whole, then the connection is closed in
//! order, and only then the flow is over; and how the flow says that it ended.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use support::pair::{Peer, pair};
use support::serving::{Setup, why_failed};
use tokio::sync::oneshot;
use tubes::testing::ManualClock;
use tubes::{Fount, drains, founts, stages};
use tubes_http::{Body, Error, respond, server_on};

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const POST_10: &str = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n";
const CLOSED: (&str, &str, &str) = ("enough", "finished", "over");
const OPEN: (&str, &str, &str) = ("open", "open", "runs");
const LINGERS: (&str, &str, &str) = ("open", "finished", "runs");
const MEBIBYTE: usize = 1 << 20;

async fn hello(_: Request<Body>) -> Result<Response<Body>, Error> {
    Ok(Response::new("Hello".into()))
}

async fn large(_: Request<Body>) -> Result<Response<Body>, Error> {
    Ok(Response::new(vec![b'x'; MEBIBYTE].into()))
}

#[test]
fn the_last_exchange_of_a_few_is_answered_whole_and_the_connection_closes_in_order() {
    for few in 1..=2 {
        let served = Setup::new().serve(|exchanges| {
            exchanges
                .take(few)
                .flow_to(respond(hello))
        });
        served.send([GET, GET, GET].concat());
        assert_eq!(served.lines().len() as u64, few);
        assert!(
            served
                .lines()
                .iter()
                .all(|line| line == "200 Hello")
        );
        assert_eq!(served.ends(), LINGERS, "our direction first");
        served.send(GET);
        assert_eq!(served.ends(), LINGERS, "what comes now is thrown away");
        served.finish();
        assert_eq!(served.lines().len() as u64, few);
        assert_eq!(served.ends(), CLOSED);
    }
}

#[test]
fn a_stopped_connection_lingers_no_longer_than_its_time() {
    let served = Setup::new().serve(|exchanges| {
        exchanges
            .take(1)
            .flow_to(respond(hello))
    });
    served.send(GET);
    served.advance(Duration::from_millis(4999));
    assert_eq!(served.ends(), LINGERS);
    served.advance(Duration::from_millis(1));
    assert_eq!(served.ends(), CLOSED);
}

#[test]
fn a_slow_reader_gets_all_of_the_last_reply() {
    let pieces = async |_: Request<Body>| {
        let piece = Bytes::from(vec![b'x'; 4096]);
        let pieces = founts::iter(vec![piece; MEBIBYTE / 4096]);
        Ok::<_, Error>(Response::new(Body::new(pieces)))
    };
    for whole in [true, false] {
        let served = Setup::new().serve(|exchanges| {
            let last = exchanges.through(stages::take(1));
            if whole {
                last.flow_to(respond(large))
                    .boxed_local()
            } else {
                last.flow_to(respond(pieces))
                    .boxed_local()
            }
        });
        served.peer.sip(0);
        served.send([GET, GET].concat());
        let mut sips = 0;
        while served.ends() == OPEN {
            served.peer.sip(10_000);
            served.run();
            sips += 1;
            assert!(sips < 1000, "it goes on and on");
        }
        assert_eq!(served.answers().len(), 1);
        assert_eq!(served.answers()[0].body.len(), MEBIBYTE);
        assert_eq!(served.lines()[0].len(), "200 ".len() + MEBIBYTE, "whole");
        assert_eq!(served.ends(), LINGERS);
        served.finish();
        assert_eq!(served.ends(), CLOSED);
    }
}

/// Boxes a future that stays in its task.
trait BoxedLocal: Future + Sized + 'static {
    fn boxed_local(self) -> std::pin::Pin<Box<dyn Future<Output = Self::Output>>> {
        Box::pin(self)
    }
}

impl<F: Future + 'static> BoxedLocal for F {}

#[test]
fn a_signal_between_two_pipelined_replies_lets_the_first_leave_whole() {
    let (stop, stopped) = oneshot::channel::<()>();
    let (go, wait) = oneshot::channel::<()>();
    let gates = Rc::new(RefCell::new(Some((stop, wait))));
    let served = Setup::new().serve(|exchanges| {
        exchanges
            .through(stages::until(stopped))
            .flow_to(respond(move |_| {
                let gates = gates.borrow_mut().take();
                async move {
                    if let Some((stop, wait)) = gates {
                        drop(stop);
                        wait.await.unwrap();
                    }
                    Ok::<_, Error>(Response::new(Body::from("Hello")))
                }
            }))
    });
    served.send([GET, GET].concat());
    assert_eq!(served.ends(), OPEN, "the exchange was accepted");
    go.send(()).unwrap();
    served.run();
    assert_eq!(served.lines(), ["200 Hello"]);
    assert!(served.answers()[0].closes());
    assert_eq!(served.ends(), LINGERS);
    served.finish();
    assert_eq!(served.ends(), CLOSED);
}

#[test]
fn a_signal_while_a_finished_reply_waits_for_the_next_one_lets_it_leave() {
    let (stop, stopped) = oneshot::channel::<()>();
    let stop = Rc::new(RefCell::new(Some(stop)));
    let served = Setup::new().serve(|exchanges| {
        exchanges
            .through(stages::until(stopped))
            .flow_to(respond(move |_| {
                drop(stop.borrow_mut().take());
                async { Ok::<_, Error>(Response::new(Body::from("Hello"))) }
            }))
    });
    served.send([GET, GET].concat());
    assert_eq!(served.lines(), ["200 Hello"]);
    assert_eq!(served.ends(), LINGERS);
    served.finish();
    assert_eq!(served.ends(), CLOSED);
}

#[test]
fn a_stopped_connection_takes_in_the_rest_of_the_body_of_its_last_exchange() {
    let served = Setup::new().serve(|exchanges| {
        exchanges
            .take(1)
            .flow_to(respond(async |request: Request<Body>| {
                let whole = request.into_body().collect(10).await?;
                Ok::<_, Error>(Response::new(Body::from(whole)))
            }))
    });
    served
        .send(POST_10)
        .send("01234")
        .send("56789")
        .send(GET);
    assert_eq!(served.lines(), ["200 0123456789"]);
    assert_eq!(served.ends(), LINGERS);
}

#[test]
fn an_idle_connection_that_is_stopped_closes_at_once() {
    let (stop, stopped) = oneshot::channel::<()>();
    let served = Setup::new().serve(|exchanges| {
        exchanges
            .through(stages::until(stopped))
            .flow_to(respond(hello))
    });
    served.send(GET);
    assert_eq!(served.ends(), OPEN);
    drop(stop);
    served.run();
    assert_eq!(served.ends(), ("open", "enough", "runs"));
    served.finish();
    assert_eq!(served.ends(), ("enough", "enough", "over"));
}

/// How the flow of a connection ended: what became of its peer, and the result.
fn ended(act: impl FnOnce(&Peer), seconds: u64) -> (&'static str, String) {
    let report = Rc::new(RefCell::new(String::new()));
    let served = Setup::new().serve({
        let report = Rc::clone(&report);
        |exchanges| async move {
            let result = exchanges.flow_to(respond(hello)).await;
            *report.borrow_mut() = match &result {
                Ok(()) => "ok".to_owned(),
                Err(error) => why_failed(error),
            };
            result
        }
    });
    served.send(GET);
    act(&served.peer);
    served.run();
    if seconds > 0 {
        served.advance(Duration::from_secs(seconds));
        served.advance(Duration::from_secs(5));
    }
    (served.ends().2, report.take())
}

#[test]
fn a_flow_ends_with_the_failure_of_its_transport_and_well_when_the_peer_has_done() {
    assert_eq!(ended(Peer::finish, 0), ("over", "ok".to_owned()));
    assert_eq!(ended(|_| (), 75), ("over", "ok".to_owned()));
    assert_eq!(
        ended(Peer::reset, 0),
        ("failed", "Io(ConnectionReset)".to_owned())
    );
    let broken = |peer: &Peer| {
        peer.break_writes();
        peer.feed(GET);
    };
    assert_eq!(ended(broken, 0), ("failed", "Closed".to_owned()));
    let dead = |peer: &Peer| {
        peer.stall();
        peer.feed(GET);
    };
    assert_eq!(ended(dead, 30), ("failed", "ReplyTimeout".to_owned()));
    assert_eq!(ended(dead, 29).0, "failed", "29 and 5");
    assert_eq!(ended(dead, 20).0, "runs");
}

#[test]
fn the_report_of_a_spawning_drain_counts_what_failed_and_what_ended_well() {
    let clock = ManualClock::new();
    let (flows, peers): (Vec<_>, Vec<_>) = (0..5).map(|_| pair()).unzip();
    for peer in &peers {
        peer.feed(GET);
    }
    peers[0].finish();
    peers[1].reset();
    peers[2].break_writes();
    peers[3].stall();
    let shared = Arc::new(clock.clone());
    let serve = founts::iter(flows).flow_to(drains::spawn(move |flow: support::pair::Wired| {
        flow.through(server_on(shared.clone()))
            .flow_to(respond(hello))
    }));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let pass = async {
        for seconds in [30, 45, 5] {
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            clock.advance(Duration::from_secs(seconds));
        }
    };
    let (report, ()) = runtime.block_on(async { tokio::join!(serve, pass) });
    let report = report.unwrap();
    assert_eq!((report.finished, report.failed, report.panicked), (2, 3, 0));
    assert!(report.first_failure.is_some());
    let words: Vec<_> = peers
        .iter()
        .map(|peer| peer.outlet().word())
        .collect();
    assert_eq!(
        words,
        ["finished", "failed", "failed", "failed", "finished"]
    );
}
