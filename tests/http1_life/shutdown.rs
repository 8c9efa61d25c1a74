//! `Handle::shutdown`: everything ends in order, then at the deadline; and the report is exact.

use std::cell::RefCell;
use std::future::pending;
use std::num::NonZeroUsize;
use std::rc::Rc;

use http::{HeaderValue, Request, Response, StatusCode, header};
use support::serving::{Served, Setup, Site};
use tokio::sync::oneshot;
use tubes::{Fount, stages};
use tubes_http::{Body, Exchange, Report};

use super::kit::{
    Answer, Begun, CHUNKED, CLOSED, GET, LINGERS, Notes, OPEN, POST_10, Records, echo, hello, secs,
};

const SWITCH: &str = "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n";

/// What is in a report: finished, cut, streaming, upgraded.
fn numbers(report: Option<Report>) -> Option<(u64, u64, u64, u64)> {
    report.map(|report| {
        (
            report.finished,
            report.cut,
            report.streaming,
            report.upgraded,
        )
    })
}

/// A connection whose handler answers when told to.
fn waits(site: &Site) -> (Served, oneshot::Sender<()>) {
    let (go, wait) = oneshot::channel::<()>();
    let mut wait = Some(wait);
    let served = site.respond(move |request: Request<Body>| {
        let wait = wait.take();
        async move {
            if let Some(wait) = wait {
                let _ = wait.await;
            }
            hello(request).await
        }
    });
    (served, go)
}

/// A connection that goes on as something else, held until told otherwise.
fn upgraded(site: &Site) -> (Served, oneshot::Sender<()>) {
    let (go, wait) = oneshot::channel::<()>();
    let wait = Rc::new(RefCell::new(Some(wait)));
    let served = site.answer(move |exchange: Exchange| {
        let wait = wait.borrow_mut().take();
        async move {
            let (_, reply) = exchange.into_parts();
            let mut head = Response::new(());
            *head.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
            head.headers_mut()
                .insert(header::UPGRADE, HeaderValue::from_static("x"));
            let flow = reply.upgrade(head).await?;
            let _ = wait.unwrap().await;
            drop(flow);
            Ok::<_, tubes::Error>(())
        }
    });
    served.send(SWITCH);
    assert_eq!(served.lines(), ["101 "]);
    (served, go)
}

#[test]
fn a_server_without_connections_is_shut_down_at_once() {
    let site = Setup::new().site();
    assert_eq!(numbers(site.shut_down(secs(10)).take()), Some((0, 0, 0, 0)));
    // Again: nothing has changed.
    assert_eq!(numbers(site.shut_down(secs(10)).take()), Some((0, 0, 0, 0)));
}

#[test]
fn idle_connections_are_closed_at_once_and_so_are_those_that_come_later() {
    let site = Setup::new().site();
    let (new, used, begun) = (
        site.respond(hello),
        site.respond(hello),
        site.respond(hello),
    );
    new.run();
    used.send(GET);
    begun.send(&GET[..10]);
    let report = site.shut_down(secs(10));
    for served in [&new, &used, &begun] {
        assert_eq!(served.run().ends(), LINGERS);
    }
    let late = site.respond(hello);
    assert_eq!(late.send(GET).ends(), LINGERS);
    assert_eq!(late.lines(), [""; 0]);
    assert_eq!(numbers(report.take()), None, "clients have not closed yet");
    for served in [&new, &used, &begun, &late] {
        served.finish();
        assert_eq!(served.ends(), CLOSED);
    }
    assert_eq!(numbers(report.take()), Some((0, 0, 0, 0)));
}

#[test]
fn what_is_served_is_finished_and_says_close_and_no_other_request_is_served() {
    let site = Setup::new().site();
    let (served, go) = waits(&site);
    served.send([GET, GET].concat());
    let streams = site.respond(echo);
    streams.send(CHUNKED).send("1\r\na\r\n");
    let report = site.shut_down(secs(10));
    assert_eq!((served.ends(), streams.ends()), (OPEN, OPEN));
    go.send(()).unwrap();
    served.run();
    assert_eq!(served.lines(), ["200 Hello"]);
    assert!(served.answers()[0].closes());
    streams.send("1\r\nb\r\n0\r\n\r\n");
    assert_eq!(streams.lines(), ["200 ab"]);
    assert!(!streams.answers()[0].closes(), "its head had left");
    assert_eq!(numbers(report.take()), None);
    served.finish();
    assert_eq!(numbers(report.take()), None);
    streams.finish();
    assert_eq!(numbers(report.take()), Some((2, 0, 0, 0)));
}

#[test]
fn replies_that_are_written_and_have_not_left_at_the_deadline_are_in_the_report() {
    let site = Setup::new().site();
    let served = site.respond(hello);
    served.peer.stall();
    served.send([GET, GET, "GE"].concat());
    let report = site.shut_down(secs(10));
    served.advance(secs(10));
    assert_eq!(numbers(report.take()), Some((0, 0, 2, 0)));
    assert_eq!(served.lines(), [""; 0]);
}

#[test]
fn the_deadline_cuts_what_is_left_and_the_report_says_what_it_was() {
    let records = Records::default();
    let site = Setup::new().with(records.kept()).site();
    let idle = site.respond(hello);
    idle.send(GET).finish();
    let finished: Vec<_> = (0..3).map(|_| waits(&site)).collect();
    let (unanswered, _go) = waits(&site);
    let reads = site.respond(async |request: Request<Body>| -> Answer {
        let body = request.into_body().collect(10).await?;
        Ok(Response::new(body.into()))
    });
    let (streams, more) = (site.respond(echo), site.respond(echo));
    let discards = site.respond(hello);
    let (tunnel, _held) = upgraded(&site);
    for (served, _) in &finished {
        served.send(GET);
    }
    unanswered.send(GET);
    reads.send(POST_10);
    streams.send(CHUNKED).send("1\r\na\r\n");
    more.send(POST_10).send("abc");
    records.take();
    let report = site.shut_down(secs(10));
    for (served, go) in finished {
        go.send(()).unwrap();
        served.run();
        served.finish();
    }
    discards.send(POST_10);
    assert_eq!(records.ends(), ["200 whole"; 3]);
    unanswered.advance(secs(9));
    assert_eq!(numbers(report.take()), None);
    unanswered.advance(secs(1));
    assert_eq!(numbers(report.take()), Some((3, 2, 2, 1)));
    let mut ends = records.ends();
    ends.sort();
    let (none, begun) = ("- cut ShutDown", "200 cut ShutDown");
    assert_eq!(ends, [none, none, begun, begun]);
    for served in [&reads, &streams, &more] {
        assert_eq!(served.ends().2, "failed");
        assert_eq!(served.ends().1, "dropped", "never a clean end");
    }
    assert_eq!(unanswered.peer.read(), b"");
    assert_eq!(tunnel.ends().2, "over");
    assert_eq!(tunnel.handle.snapshot().upgraded, 0);
    assert_eq!(site.tasks.running(), 0, "nobody works on for nobody");
}

#[test]
fn handlers_and_bodies_are_dropped_at_the_deadline_however_they_are_driven() {
    for at_most in [1, 100] {
        let site = Setup::new().site();
        let notes = Notes::default();
        let at_most = NonZeroUsize::new(at_most).unwrap();
        let noted = notes.clone();
        let thinks = tubes_http::respond(move |_: Request<Body>| {
            let held = noted.held();
            async move {
                let _held = held;
                pending::<Answer>().await
            }
        });
        let noted = notes.clone();
        let streams = tubes_http::respond(move |_| {
            let body = Begun::new("begun", Some(noted.held()));
            async { Ok::<_, tubes::Error>(Response::new(body)) }
        });
        let thinks = site.serve(|exchanges| exchanges.flow_to(thinks.at_most(at_most)));
        let streams = site.serve(|exchanges| exchanges.flow_to(streams.at_most(at_most)));
        thinks.send(GET);
        streams.send(GET);
        let report = site.shut_down(secs(2));
        thinks.advance(secs(1));
        assert_eq!(notes.take(), [""; 0]);
        thinks.advance(secs(1));
        assert_eq!(numbers(report.take()), Some((0, 1, 1, 0)));
        assert_eq!(notes.take(), ["dropped"; 2], "{at_most}");
        assert_eq!((thinks.ends().2, streams.ends().2), ("failed", "failed"));
    }
}

#[test]
fn a_switch_behind_the_begin_of_a_shutdown_is_one_and_says_no_close() {
    let site = Setup::new().site();
    let (go, wait) = oneshot::channel::<()>();
    let mut wait = Some(wait);
    let served = site.answer(move |exchange: Exchange| {
        let wait = wait.take().unwrap();
        async move {
            let _ = wait.await;
            let (_, reply) = exchange.into_parts();
            assert!(reply.offers_upgrade());
            let mut head = Response::new(());
            *head.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
            head.headers_mut()
                .insert(header::UPGRADE, HeaderValue::from_static("x"));
            let flow = reply.upgrade(head).await?;
            flow.fount.flow_to(flow.drain).await
        }
    });
    served.send(SWITCH);
    let report = site.shut_down(secs(10));
    go.send(()).unwrap();
    served.run();
    let answers = served.answers();
    assert_eq!(
        (
            answers.len(),
            answers[0].status,
            answers[0].field("connection")
        ),
        (1, 101, Some("upgrade"))
    );
    assert_eq!(site.handle().snapshot().upgraded, 1);
    served.send("late");
    assert!(served.peer.read().ends_with(b"late"));
    assert_eq!(numbers(report.take()), None, "it is waited for");
    served.finish();
    assert_eq!(numbers(report.take()), Some((0, 0, 0, 0)));
}

#[test]
fn a_body_that_is_thrown_away_is_no_exchange_that_is_cut() {
    let records = Records::default();
    let site = Setup::new().with(records.kept()).site();
    let served = site.respond(hello);
    served.send(POST_10).send("abc");
    assert_eq!(served.lines(), ["200 Hello"]);
    let report = site.shut_down(std::time::Duration::ZERO);
    served.run();
    assert_eq!(numbers(report.take()), Some((1, 0, 0, 0)));
    assert_eq!(records.ends(), ["200 whole"]);
}

#[test]
fn upgraded_flows_are_waited_for_until_both_their_ends_are_dropped() {
    let site = Setup::new().site();
    let (tunnel, go) = upgraded(&site);
    let report = site.shut_down(secs(10));
    tunnel.advance(secs(9));
    assert_eq!(numbers(report.take()), None);
    assert_eq!(tunnel.handle.snapshot().upgraded, 1);
    go.send(()).unwrap();
    tunnel.run();
    assert_eq!(numbers(report.take()), Some((0, 0, 0, 0)));
    assert_eq!(tunnel.handle.snapshot().upgraded, 0);
}

#[test]
fn handlers_and_long_streams_hear_that_the_server_is_to_stop() {
    let site = Setup::new().site();
    let notes = Notes::default();
    let noted = notes.clone();
    let thinks = site.answer(move |exchange: Exchange| {
        let notes = noted.clone();
        async move {
            let peer = exchange.peer();
            assert!(!peer.is_stopping());
            peer.stopping().await;
            assert!(peer.is_stopping());
            // Who asks later hears it at once.
            peer.stopping().await;
            notes.add("stopping");
            let (_, reply) = exchange.into_parts();
            reply
                .send(Response::new(Body::from("short")))
                .await
        }
    });
    let streams = site.answer(|exchange: Exchange| {
        let stopping = exchange.peer().stopping();
        let (_, reply) = exchange.into_parts();
        let news = Begun::new("news", None).through(stages::until(stopping));
        reply.send(Response::new(news))
    });
    thinks.send(GET);
    streams.send(GET);
    let report = site.shut_down(secs(10));
    thinks.finish();
    streams.finish();
    assert_eq!(notes.take(), ["stopping"]);
    assert_eq!(thinks.lines(), ["200 short"]);
    assert!(thinks.answers()[0].closes());
    assert_eq!(streams.lines(), ["200 news"]);
    assert_eq!(numbers(report.take()), Some((2, 0, 0, 0)));
}

#[test]
fn a_shutdown_that_is_given_up_cuts_nothing_and_the_next_call_waits_on() {
    let site = Setup::new().site();
    let (served, go) = waits(&site);
    served.send(GET);
    let given_up = site.shut_down(secs(1));
    site.tasks.drop_task(1);
    served.advance(secs(5));
    assert_eq!(served.ends(), OPEN);
    assert!(given_up.peek().is_none());
    let report = site.shut_down(secs(10));
    served.advance(secs(9));
    assert_eq!(served.ends(), OPEN, "a new deadline");
    go.send(()).unwrap();
    served.run();
    served.finish();
    assert_eq!(numbers(report.take()), Some((1, 0, 0, 0)));
}

#[test]
fn two_shutdowns_at_once_end_together_or_each_at_its_deadline() {
    let site = Setup::new().site();
    let (served, go) = waits(&site);
    served.send(GET);
    let (short, long) = (site.shut_down(secs(1)), site.shut_down(secs(100)));
    go.send(()).unwrap();
    served.run();
    served.finish();
    assert_eq!(numbers(short.take()), Some((1, 0, 0, 0)));
    assert_eq!(numbers(long.take()), Some((1, 0, 0, 0)));

    let site = Setup::new().site();
    let (served, _go) = waits(&site);
    served.send(GET);
    let (short, long) = (site.shut_down(secs(1)), site.shut_down(secs(100)));
    served.advance(secs(1));
    assert_eq!(numbers(short.take()), Some((0, 1, 0, 0)));
    assert_eq!(numbers(long.take()), Some((0, 0, 0, 0)), "nothing is left");
}

#[test]
fn a_connection_that_is_over_is_not_waited_for_although_its_fount_is_held() {
    let site = Setup::new().site();
    let (go, wait) = oneshot::channel::<()>();
    let served = site.serve(|mut exchanges| async move {
        while let Ok(Some(_)) = exchanges.next().await {}
        let _ = wait.await;
        drop(exchanges);
        Ok(())
    });
    served.run();
    let report = site.shut_down(secs(10));
    served.finish();
    assert_eq!(numbers(report.take()), Some((0, 0, 0, 0)));
    drop(go);
    served.run();
    assert_eq!(served.ends().2, "over");
}

#[test]
fn connections_that_end_wake_nobody_who_waits_for_the_shutdown_to_begin() {
    let site = Setup::new().site();
    let waiting: Vec<_> = (0..5)
        .map(|_| {
            let stopping = site.server.handle().stopping();
            site.tasks.spawn(stopping)
        })
        .collect();
    let served = site.respond(hello);
    served.tasks.run();
    let before = site.tasks.polls();
    served.peer.finish();
    site.tasks.run();
    assert_eq!(served.ends().2, "over");
    assert!(site.tasks.polls() - before < 5, "the connection only");
    assert!(
        waiting
            .iter()
            .all(|stopping| stopping.peek().is_none())
    );
    drop(site.shut_down(secs(1)));
    assert!(
        waiting
            .iter()
            .all(|stopping| stopping.peek().is_some())
    );
}
