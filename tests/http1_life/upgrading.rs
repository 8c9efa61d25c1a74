//! `Reply::upgrade`: a connection that goes on as something else, or does not.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use support::serving::{Served, Setup};
use tubes::Fount;
use tubes_http::{Body, Exchange, Kind};

use super::kit::{GET, LINGERS, Notes, OPEN, Records};

const UPGRADE: &str = "GET /up HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n";
const CONNECT: &str = "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n";

/// The head that says so: 101, or 200 to `CONNECT`.
fn head(status: u16) -> Response<()> {
    let mut head = Response::new(());
    *head.status_mut() = StatusCode::from_u16(status).unwrap();
    if status == 101 {
        head.headers_mut()
            .insert(header::UPGRADE, HeaderValue::from_static("echo"));
    }
    head
}

/// Echoes what comes behind a head of this status.
fn echoes(setup: Setup, status: u16) -> Served {
    setup
        .with(tubes_http::Server::accept_tunnels)
        .answer(move |exchange: Exchange| async move {
            let (_, reply) = exchange.into_parts();
            if !reply.offers_upgrade() {
                return reply
                    .send(Response::new(Body::from("plain")))
                    .await;
            }
            let flow = reply.upgrade(head(status)).await?;
            flow.fount.flow_to(flow.drain).await
        })
}

#[test]
fn the_head_leaves_first_then_the_bytes_that_came_behind_the_request() {
    for (request, status, line) in [
        (UPGRADE, 101, "HTTP/1.1 101 Switching Protocols\r\n"),
        (CONNECT, 200, "HTTP/1.1 200 OK\r\n"),
    ] {
        for cut in [false, true] {
            let served = echoes(Setup::new(), status);
            let all = [request, "\0early"].concat();
            if cut {
                served.peer.feed_bytes(&all);
                served.run();
            } else {
                served.send(&all);
            }
            served.send(" and late");
            let read = String::from_utf8(served.peer.read()).unwrap();
            assert!(read.starts_with(line), "{read}");
            assert!(read.ends_with("\r\n\r\n\0early and late"), "{read}");
            assert_eq!(read.contains("connection: upgrade\r\n"), status == 101);
            assert!(!read.contains("content-length") && !read.contains("transfer-encoding"));
            served.finish();
            assert_eq!(served.ends().2, "over");
        }
    }
}

#[test]
fn nothing_is_handed_on_before_the_head_has_left() {
    let served = echoes(Setup::new(), 101);
    served.peer.stall();
    served.send([UPGRADE, "early"].concat());
    assert_eq!(served.handle.snapshot().upgraded, 0);
    served.peer.resume();
    served.run();
    assert_eq!(served.handle.snapshot().upgraded, 1);
    assert!(served.peer.read().ends_with(b"early"));
}

#[test]
fn an_upgrade_that_makes_no_sense_is_answered_with_500() {
    #[rustfmt::skip] // A row, a case: what is asked, what is answered.
    let cases = [
        (UPGRADE, 200), (UPGRADE, 100), (UPGRADE, 426), (CONNECT, 101), (CONNECT, 404), (GET, 101), (GET, 200),
        ("GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n", 101),
        ("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: echo\r\n\r\n", 101),
        ("PUT / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\nContent-Length: 1\r\n\r\nx", 101),
    ];
    for (request, status) in cases {
        let notes = Notes::default();
        let noted = notes.clone();
        let served = Setup::new()
            .with(tubes_http::Server::accept_tunnels)
            .answer(move |exchange: Exchange| {
                let (_, reply) = exchange.into_parts();
                let notes = noted.clone();
                async move {
                    let Err(error) = reply.upgrade(head(status)).await else {
                        panic!("upgraded");
                    };
                    assert_eq!(error.kind(), Kind::InvalidSwitch);
                    notes.add("refused");
                    Ok::<_, tubes::Error>(())
                }
            });
        served.send(request).send(GET);
        assert_eq!(notes.take(), ["refused"], "{request} {status}");
        assert_eq!(
            served.lines(),
            ["500 the handler failed\\n"],
            "{request} {status}"
        );
        assert_eq!(served.ends(), LINGERS);
    }
}

#[test]
fn who_switches_names_protocols_that_were_offered() {
    #[rustfmt::skip] // A row, a case: what is offered, what is named, whether that is a switch.
    let cases: [(&[&str], &[&str], bool); 21] = [
        (&["a"], &["a"], true),
        (&["A"], &["a"], true),
        (&["a, b/2"], &["b/2"], true),
        (&["a", "b"], &["b"], true),
        (&["a,b"], &["a, b"], true),
        (&["a,b"], &["b", "a"], true),
        (&["b/2"], &["b"], true),
        (&["b/2, b/3"], &["B/3"], true),
        (&["h2c, a"], &["a"], true),
        (&["a"], &[], false),
        (&["a"], &[""], false),
        (&["a"], &[" ,"], false),
        (&["a"], &["b"], false),
        (&["a"], &["a, b"], false),
        (&["a"], &["a", "b"], false),
        (&["a"], &["ab"], false),
        (&["a"], &["a/1"], false),
        (&["b/2"], &["b/3"], false),
        (&["b/x"], &["b/X"], false),
        (&["h2c, a"], &["h2c"], false),
        (&["h2c, a"], &["a, H2C"], false),
    ];
    for (offered, named, switches) in cases {
        let served = Setup::new().answer(move |exchange: Exchange| async move {
            let (_, reply) = exchange.into_parts();
            let mut head = Response::new(());
            *head.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
            for name in named {
                head.headers_mut()
                    .append(header::UPGRADE, HeaderValue::from_static(name));
            }
            match reply.upgrade(head).await {
                Ok(_flow) => {}
                Err(error) => assert_eq!(error.kind(), Kind::InvalidSwitch),
            }
            Ok::<_, tubes::Error>(())
        });
        let lines = offered
            .iter()
            .map(|line| format!("Upgrade: {line}\r\n"));
        let lines: String = lines.collect();
        served.send(format!(
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\n{lines}\r\n"
        ));
        let read = served.peer.read();
        let switched = read.starts_with(b"HTTP/1.1 101 ");
        assert_eq!(switched, switches, "{offered:?} {named:?}");
        assert!(switched || read.starts_with(b"HTTP/1.1 500 "));
    }
}

#[test]
fn bytes_behind_an_upgrade_that_is_not_taken_are_the_next_request() {
    let served = Setup::new().respond(super::kit::hello);
    served.send([UPGRADE, GET].concat());
    assert_eq!(served.lines(), ["200 Hello", "200 Hello"]);
    assert_eq!(served.ends(), OPEN);
    // Nobody has accepted tunnels.
    served.send([CONNECT, GET].concat());
    assert_eq!(served.answers()[2].status, 405);
    assert_eq!(served.answers().len(), 3);
}

#[test]
fn bytes_behind_a_tunnel_that_is_refused_are_no_request() {
    for status in [204, 302, 403, 407, 502] {
        let served = Setup::new()
            .with(tubes_http::Server::accept_tunnels)
            .respond(move |_| async move {
                let mut response = Response::new(Body::empty());
                *response.status_mut() = StatusCode::from_u16(status).unwrap();
                Ok::<_, tubes::Error>(response)
            });
        served
            .send([CONNECT, GET].concat())
            .send(GET);
        assert_eq!(served.answers().len(), 1, "{status}");
        let expected = if status < 300 { 500 } else { status };
        assert_eq!(served.answers()[0].status, expected);
        assert!(served.answers()[0].closes(), "{status}");
        assert_eq!(served.ends(), LINGERS);
    }
}

#[test]
fn a_tunnel_is_opened_by_upgrade_only() {
    let served = Setup::new()
        .with(tubes_http::Server::accept_tunnels)
        .respond(super::kit::hello);
    served.send(CONNECT).send("raw");
    assert_eq!(served.answers()[0].status, 500);
    assert_eq!(served.answers().len(), 1);
    assert_eq!(served.ends(), LINGERS);
}

#[test]
fn an_upgrade_that_is_given_up_is_cut() {
    let records = Records::default();
    let served = Setup::new()
        .with(records.kept())
        .answer(async |exchange: Exchange| {
            let (_, reply) = exchange.into_parts();
            let mut upgrade = std::pin::pin!(reply.upgrade(head(101)));
            std::future::poll_fn(|cx| {
                let polled = Future::poll(upgrade.as_mut(), cx);
                assert!(polled.is_pending());
                std::task::Poll::Ready(())
            })
            .await;
            Ok::<_, tubes::Error>(())
        });
    served.peer.stall();
    served.send(UPGRADE);
    served.peer.resume();
    served.run();
    assert_eq!(served.ends().1, "failed", "what was to be said was not");
    assert_eq!(records.ends(), ["101 cut Handler"]);
}

#[test]
fn an_end_that_was_read_before_comes_behind_the_bytes_and_once() {
    let notes = Notes::default();
    let noted = notes.clone();
    let served = Setup::new().answer(move |exchange: Exchange| {
        let notes = noted.clone();
        async move {
            // Whoever watches the peer has read to its end.
            let _gone = exchange.peer().closed().await;
            let (_, reply) = exchange.into_parts();
            let flow = reply.upgrade(head(101)).await?;
            let all: Bytes = Body::new(flow.fount)
                .collect(100)
                .await?;
            notes.add(String::from_utf8_lossy(&all));
            Ok::<_, tubes::Error>(())
        }
    });
    served.peer.feed(UPGRADE);
    served.peer.feed("all");
    served.peer.finish();
    served.run();
    assert_eq!(notes.take(), ["all"]);
}

#[test]
fn the_server_counts_a_flow_until_both_its_ends_are_dropped_and_records_it_at_once() {
    let records = Records::default();
    let (out, mut flows) = tokio::sync::mpsc::unbounded_channel();
    let served = Setup::new()
        .with(records.kept())
        .answer(move |exchange: Exchange| {
            let out = out.clone();
            async move {
                let (_, reply) = exchange.into_parts();
                assert!(
                    out.send(reply.upgrade(head(101)).await?)
                        .is_ok()
                );
                Ok::<_, tubes::Error>(())
            }
        });
    served.send(UPGRADE);
    assert_eq!(records.ends(), ["101 upgraded"]);
    assert_eq!(served.ends(), ("open", "open", "over"));
    let flow = flows.try_recv().unwrap();
    assert_eq!(served.handle.snapshot().upgraded, 1);
    drop(flow.fount);
    assert_eq!(served.handle.snapshot().upgraded, 1);
    drop(flow.drain);
    assert_eq!(served.handle.snapshot().upgraded, 0);
}
