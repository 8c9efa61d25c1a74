//! `OnDisconnect`: what becomes of an exchange whose peer is gone.

use std::future::pending;

use http::{HeaderValue, Request, Response, StatusCode, header};
use support::log::Log;
use support::pair::Peer as Client;
use support::serving::{Served, Setup};
use tracing::Level;
use tubes_http::{Body, Exchange, OnDisconnect};

use super::kit::{Answer, Begun, CHUNKED, GET, Notes, OPEN, POST_10, Records};

const POLICIES: [OnDisconnect; 3] = [
    OnDisconnect::RunToEnd,
    OnDisconnect::Cancel,
    OnDisconnect::CancelOnReset,
];

/// How a client goes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Goes {
    Reset,
    HalfCloses,
}

impl Goes {
    const ALL: [Self; 2] = [Self::Reset, Self::HalfCloses];

    fn act(self, client: &Client) {
        match self {
            Self::Reset => client.reset(),
            Self::HalfCloses => client.finish(),
        }
    }

    /// How the drain ends then, if the exchange does. Who only closes may still read.
    fn drain(self) -> &'static str {
        match self {
            Self::Reset => "failed",
            Self::HalfCloses => "finished",
        }
    }

    /// Whether a policy ends the exchange of a request then, of whose body a part has come.
    fn is_the_end(self, policy: OnDisconnect, request: &str) -> bool {
        match policy {
            OnDisconnect::Cancel => true,
            OnDisconnect::CancelOnReset => self == Self::Reset || request == POST_10,
            _ => false,
        }
    }
}

fn check_cancelled(policy: OnDisconnect, goes: Goes, serve: impl FnOnce(Setup, Notes) -> Served) {
    let (notes, records) = (Notes::default(), Records::default());
    let kept = records.kept();
    let setup = Setup::new().with(move |server| kept(server).on_disconnect(policy));
    let log = Log::default();
    log.hear(|| {
        let served = serve(setup, notes.clone());
        served.send(POST_10).send("abc");
        assert_eq!(notes.take(), [""; 0]);
        goes.act(&served.peer);
        served.run();
        let case = format!("{policy:?} {goes:?}");
        if goes.is_the_end(policy, POST_10) {
            assert_eq!(notes.take(), ["dropped"], "{case}");
            let ends = records.ends();
            assert_eq!(ends.len(), 1, "{case}");
            let cut = [
                "- cut Closed",
                "- cut Truncated { expected: Some(10), got: 0 }",
            ];
            assert!(cut.contains(&ends[0].as_str()), "{case}: {ends:?}");
            assert_eq!(served.peer.read(), b"", "{case}");
            assert_eq!(served.ends().1, goes.drain(), "{case}");
            assert_eq!(served.ends().2, "failed", "{case}");
        } else {
            assert_eq!(notes.take(), [""; 0], "{case}");
            assert_eq!(records.ends(), [""; 0], "{case}");
            assert_eq!(served.ends(), OPEN, "{case}");
        }
        served.tasks.clear();
    });
    assert_eq!(
        log.take(Level::ERROR),
        [""; 0],
        "that a peer goes is no alarm"
    );
}

#[test]
fn a_handler_is_dropped_when_its_peer_is_gone_if_so_it_is_to_be() {
    for policy in POLICIES {
        for goes in Goes::ALL {
            check_cancelled(policy, goes, |setup, notes| {
                setup.respond(move |request: Request<Body>| {
                    let held = (notes.held(), request);
                    async move {
                        let _held = held;
                        pending::<Answer>().await
                    }
                })
            });
            check_cancelled(policy, goes, |setup, notes| {
                setup.answer(move |exchange: Exchange| {
                    let held = (notes.held(), exchange);
                    async move {
                        let _held = held;
                        pending::<Result<(), tubes::Error>>().await
                    }
                })
            });
        }
    }
}

#[test]
fn a_reply_that_has_begun_is_cut_when_its_peer_is_gone_if_so_it_is_to_be() {
    for policy in POLICIES {
        for goes in Goes::ALL {
            let (notes, records) = (Notes::default(), Records::default());
            let (kept, noted) = (records.kept(), notes.clone());
            let served = Setup::new()
                .with(move |server| kept(server).on_disconnect(policy))
                .respond(move |_| {
                    let response = Response::new(Begun::new("begun", Some(noted.held())));
                    async { Ok::<_, tubes::Error>(response) }
                });
            served.send(GET);
            assert_eq!(served.lines(), ["200 begun.."]);
            goes.act(&served.peer);
            served.run();
            let case = format!("{policy:?} {goes:?}");
            // A body that gives nothing is no work that a policy could save.
            if goes == Goes::Reset || goes.is_the_end(policy, GET) {
                assert_eq!(notes.take(), ["dropped"], "{case}");
                assert_eq!(records.ends(), ["200 cut Closed"], "{case}");
                assert_eq!(served.lines(), ["200 begun.."], "{case}");
                assert_eq!(served.ends().1, goes.drain(), "{case}");
                assert_eq!(served.ends().2, "failed", "{case}");
            } else {
                assert_eq!(notes.take(), [""; 0], "{case}");
                assert_eq!(served.ends(), OPEN, "{case}");
            }
        }
    }
}

#[test]
fn what_is_done_behind_the_end_of_an_exchange_is_not_cancelled() {
    for upgrades in [false, true] {
        let notes = Notes::default();
        let noted = notes.clone();
        let (go, wait) = tokio::sync::oneshot::channel::<()>();
        let mut wait = Some(wait);
        let served = Setup::new()
            .with(|server| server.on_disconnect(OnDisconnect::Cancel))
            .answer(move |exchange: Exchange| {
                let (notes, wait) = (noted.clone(), wait.take().unwrap());
                async move {
                    let (_, reply) = exchange.into_parts();
                    let flow = if upgrades {
                        let mut head = Response::new(());
                        *head.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
                        let name = HeaderValue::from_static("x");
                        head.headers_mut()
                            .insert(header::UPGRADE, name);
                        Some(reply.upgrade(head).await?)
                    } else {
                        reply
                            .send(Response::new(Body::from("done")))
                            .await?;
                        None
                    };
                    wait.await.unwrap();
                    notes.add("finished");
                    drop(flow);
                    Ok::<_, tubes::Error>(())
                }
            });
        served.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");
        served.peer.reset();
        served.run();
        assert_eq!(notes.take(), [""; 0]);
        go.send(()).unwrap();
        served.run();
        assert_eq!(notes.take(), ["finished"], "upgrades: {upgrades}");
    }
}

#[test]
fn each_request_that_came_before_the_end_is_judged_by_what_is_there_of_its_own_body() {
    let notes = Notes::default();
    let noted = notes.clone();
    let (go, wait) = tokio::sync::oneshot::channel::<()>();
    let mut wait = Some(wait);
    let served = Setup::new()
        .with(|server| server.on_disconnect(OnDisconnect::CancelOnReset))
        .respond(move |request: Request<Body>| {
            let held = noted.held();
            let wait = wait.take();
            async move {
                let _held = held;
                match wait {
                    Some(wait) => drop(wait.await),
                    None => pending().await,
                }
                let whole = request.into_body().collect(10).await?;
                Ok::<_, tubes::Error>(Response::new(Body::from(whole)))
            }
        });
    let whole = [CHUNKED, "1\r\na\r\n1\r\nb\r\n0\r\n\r\n"].concat();
    let part = [CHUNKED, "1\r\na\r\n"].concat();
    served.send(whole + &part).finish();
    assert_eq!(notes.take(), [""; 0], "the first may run");
    go.send(()).unwrap();
    served.run();
    assert_eq!(notes.take(), ["dropped"; 2], "the second may not");
    assert_eq!(served.lines(), ["200 ab"]);
}
