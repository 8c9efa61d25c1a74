//! A response whose body is quiet, and whose peer is gone or only reads: it ends, whatever
//! `OnDisconnect` says.

use std::cell::RefCell;
use std::future::pending;
use std::rc::Rc;

use bytes::Bytes;
use http::{Request, Response};
use support::serving::{Served, Setup, why};
use tubes::{Fount, bound, founts};
use tubes_http::{Body, Exchange, Flush, Limits, OnDisconnect};

use super::kit::{Answer, Begun, CHUNKED, GET, LINGERS, Notes, OPEN, POST_10, Records, echo, secs};

const POLICIES: [OnDisconnect; 2] = [OnDisconnect::RunToEnd, OnDisconnect::CancelOnReset];

/// A server whose responses begin with this, and then are quiet for ever.
fn quiet(setup: Setup, first: &'static str, flush: Flush, notes: Notes) -> Served {
    setup.respond(move |_| {
        let held = Some(notes.held());
        async move {
            let body = match first {
                "" => Begun::none(held),
                first => Begun::new(first, held),
            };
            let mut response = Response::new(body);
            response.extensions_mut().insert(flush);
            Ok::<_, tubes::Error>(response)
        }
    })
}

#[test]
fn a_quiet_response_ends_30_seconds_behind_a_peer_that_has_closed_its_direction() {
    for policy in POLICIES {
        for flush in [Flush::WhenIdle, Flush::Immediate, Flush::Bytes(1000)] {
            for first in ["", "begun"] {
                let (notes, records) = (Notes::default(), Records::default());
                let kept = records.kept();
                let setup = Setup::new().with(move |server| kept(server).on_disconnect(policy));
                let served = quiet(setup, first, flush, notes.clone());
                served.send(GET).advance(secs(1000));
                assert_eq!(served.ends(), OPEN, "it only reads");
                served.finish().advance(secs(29));
                let case = format!("{policy:?} {flush:?} {first:?}");
                assert_eq!((served.ends(), notes.take()), (OPEN, vec![]), "{case}");
                served.advance(secs(1));
                assert_eq!(notes.take(), ["dropped"], "{case}");
                let status = if flush == Flush::Bytes(1000) {
                    "-"
                } else {
                    "200"
                };
                assert_eq!(
                    records.ends(),
                    [format!("{status} cut HalfClosed")],
                    "{case}"
                );
                assert_eq!(served.ends(), ("enough", "finished", "failed"), "{case}");
            }
        }
    }
}

#[test]
fn a_quiet_response_ends_at_once_when_its_peer_is_reset() {
    for flush in [Flush::WhenIdle, Flush::Bytes(1000)] {
        for by_hand in [false, true] {
            let (notes, records) = (Notes::default(), Records::default());
            let setup = Setup::new().with(records.kept());
            let served = if by_hand {
                let notes = notes.clone();
                setup.answer(move |exchange: Exchange| {
                    let (_, reply) = exchange.into_parts();
                    let mut response = Response::new(Begun::new("begun", Some(notes.held())));
                    response.extensions_mut().insert(flush);
                    reply.send(response)
                })
            } else {
                quiet(setup, "begun", flush, notes.clone())
            };
            served.send(GET).send(GET);
            assert_eq!(notes.take(), [""; 0]);
            served.peer.reset();
            served.run();
            assert_eq!(notes.take(), ["dropped"]);
            assert!(records.ends()[0].ends_with("cut Closed"));
            assert_eq!(served.ends().2, "failed");
        }
    }
}

#[test]
fn each_piece_begins_the_time_anew_also_where_pieces_gather() {
    for flush in [Flush::WhenIdle, Flush::Bytes(1000)] {
        let (mut sender, channel) = founts::channel::<Bytes>(bound(1));
        let mut channel = Some(channel);
        let served = Setup::new()
            .limits(Limits::default().with_half_closed_time(secs(15)))
            .respond(move |_| {
                let mut response = Response::new(channel.take().unwrap());
                response.extensions_mut().insert(flush);
                async { Ok::<_, tubes::Error>(response) }
            });
        served.send(GET).finish();
        for _ in 0..10 {
            served.advance(secs(10));
            sender
                .try_send(Bytes::from_static(b"x"))
                .unwrap();
            served.run();
        }
        assert_eq!(served.ends(), OPEN);
        sender.finish();
        served.run();
        assert_eq!(served.lines(), ["200 xxxxxxxxxx"]);
    }
}

#[test]
fn a_handler_that_has_not_answered_runs_on_behind_a_peer_that_is_gone() {
    let notes = Notes::default();
    let noted = notes.clone();
    let served = Setup::new().respond(move |_| {
        let held = noted.held();
        async move {
            let _held = held;
            pending::<Answer>().await
        }
    });
    served
        .send(GET)
        .finish()
        .advance(secs(1000));
    served.peer.reset();
    served.run();
    assert_eq!(notes.take(), [""; 0]);
    served.tasks.clear();
}

#[test]
fn who_leaves_while_a_request_is_read_and_its_reader_leaves_it_later_is_noticed() {
    for resets in [false, true] {
        let records = Records::default();
        let (let_go, wait) = tokio::sync::oneshot::channel::<()>();
        let mut wait = Some(wait);
        let served = Setup::new()
            .with(records.kept())
            .answer(move |exchange: Exchange| {
                let wait = wait.take().unwrap();
                async move {
                    let (request, reply) = exchange.into_parts();
                    let mut body = request.into_body();
                    let reading = async {
                        tokio::select! {
                            _ = wait => {}
                            _ = async { while let Ok(Some(_)) = body.next().await {} } => {}
                        }
                        drop(body);
                        pending::<()>().await;
                    };
                    // The reply is polled first, and relies on who reads.
                    let sending = reply.send(Response::new(Begun::new("begun", None)));
                    tokio::select! {
                        biased;
                        sent = sending => sent,
                        () = reading => Ok(()),
                    }
                }
            });
        served.send(CHUNKED).send("1\r\na\r\n");
        let_go.send(()).unwrap();
        served.run();
        assert_eq!(served.ends(), OPEN);
        if resets {
            served.peer.reset();
            served.run();
        } else {
            served.finish().advance(secs(30));
        }
        assert_eq!(records.ends().len(), 1, "resets: {resets}");
    }
}

#[test]
fn no_more_is_read_ahead_behind_a_quiet_response_than_the_limit() {
    let served = Setup::new()
        .limits(Limits::default().with_ahead(100))
        .respond(async |_: Request<Body>| {
            Ok::<_, tubes::Error>(Response::new(Begun::new("begun", None)))
        });
    served.send(GET);
    served.peer.drip([b'x'; 60]);
    served.run();
    assert_eq!(served.peer.pulls(), 3);
    assert_eq!(served.ends(), OPEN);
}

#[test]
fn a_request_that_has_closed_its_direction_behind_an_echo_is_answered_to_its_end() {
    let served = Setup::new().respond(echo);
    served
        .send(CHUNKED)
        .send("1\r\na\r\n0\r\n\r\n")
        .finish();
    assert_eq!(served.lines(), ["200 a"]);
    assert_ne!(served.ends(), LINGERS, "all is said");
}

/// Both halves in a task of their own: the reply becomes quiet while the reader waits, and relies on
/// him; the reader takes a piece, and is busy with it.
#[test]
fn who_leaves_while_a_reader_is_busy_who_was_polled_behind_the_reply_is_noticed_at_once() {
    let records = Records::default();
    let setup = Setup::new();
    let tasks = setup.tasks.clone();
    let (go, wait) = tokio::sync::oneshot::channel::<()>();
    let mut wait = Some(wait);
    let served = setup
        .with(records.kept())
        .answer(move |exchange: Exchange| {
            let (request, reply) = exchange.into_parts();
            let wait = wait.take().unwrap();
            let halves = async move {
                let mut body = request.into_body();
                let reading = async {
                    let _piece = body.next().await;
                    pending::<()>().await;
                };
                let sending = async {
                    let _ = wait.await;
                    reply
                        .send(Response::new(Begun::new("begun", None)))
                        .await
                };
                tokio::select! {
                    biased;
                    sent = sending => sent,
                    () = reading => Ok::<_, tubes::Error>(()),
                }
            };
            tasks.spawn(halves);
            pending::<Result<(), tubes::Error>>()
        });
    served.peer.feed(CHUNKED);
    served.tasks.run();
    go.send(()).unwrap();
    served.tasks.run();
    served.peer.feed("1\r\na\r\n");
    served.tasks.run();
    served.peer.reset();
    served.tasks.run();
    assert_eq!(records.ends().len(), 1);
}

/// Its reader has pulled each byte of it, but not its end, when requests behind it give way.
#[test]
fn a_body_that_is_whole_ends_well_also_where_the_connection_closes_behind_it() {
    for resets in [false, true] {
        let (records, left) = (Records::default(), Rc::new(RefCell::new(None)));
        let place = Rc::clone(&left);
        let served = Setup::new()
            .limits(Limits::default().with_ahead(100))
            .with(records.kept())
            .respond(move |request: Request<Body>| {
                let place = Rc::clone(&place);
                async move {
                    let mut body = request.into_body();
                    assert_eq!(body.next().await?.unwrap(), "0123456789");
                    *place.borrow_mut() = Some(body);
                    Ok::<_, tubes::Error>(Response::new(Begun::new("begun", None)))
                }
            });
        served.send([POST_10, "0123456789"].concat());
        for _ in 0..10 {
            served.send(GET);
        }
        served.advance(secs(31));
        assert_eq!(served.ends(), OPEN);
        let mut body: Body = left.take().unwrap();
        let end = served
            .tasks
            .spawn(async move { body.next_or_reason().await });
        served.tasks.run();
        assert_eq!(why(&end.take().unwrap().unwrap_err()), "finished");
        // That the peer is gone is still noticed.
        if resets {
            served.peer.reset();
            served.run();
        } else {
            served.finish().advance(secs(30));
        }
        assert_eq!(records.ends().len(), 1, "resets: {resets}");
    }
}
