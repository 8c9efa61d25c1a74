//! Futures of an exchange that are given up while they wait, and the exchange goes on.

use std::future::{pending, poll_fn};
use std::pin::Pin;

use bytes::Bytes;
use http::{Response, StatusCode};
use support::serving::{Served, Setup};
use tokio::sync::oneshot;
use tubes::{Fount, Reason};
use tubes_http::{Body, Error, Exchange, Limits, Reply};

use super::kit::{GET, Notes, OPEN, POST_10, Records, secs, tried};

async fn hint(reply: &mut Reply) -> Option<Result<(), Error>> {
    let mut hints = Response::new(());
    *hints.status_mut() = StatusCode::EARLY_HINTS;
    tried(reply.interim(&hints)).await
}

#[test]
fn an_interim_response_that_is_given_up_leaves_when_the_peer_takes_it() {
    for elsewhere in [false, true] {
        let (go, wait) = oneshot::channel::<()>();
        let mut wait = Some(wait);
        let records = Records::default();
        // What comes gives back no time to speak of.
        let limits = Limits::default().with_write_rate(1_000_000);
        let setup = Setup::new()
            .limits(limits)
            .with(records.kept());
        let tasks = setup.tasks.clone();
        let served = setup.answer(move |exchange: Exchange| {
            let wait = wait.take().unwrap();
            let work = async move {
                let (_request, mut reply) = exchange.into_parts();
                assert!(hint(&mut reply).await.is_none(), "the peer takes nothing");
                let _ = wait.await;
                reply
                    .send(Response::new(Body::from("Hello")))
                    .await
            };
            let here = if elsewhere {
                tasks.spawn(work);
                None
            } else {
                Some(work)
            };
            async move {
                match here {
                    Some(work) => work.await,
                    None => Ok(()),
                }
            }
        });
        served.peer.stall();
        served.send(GET).advance(secs(1));
        served.peer.resume();
        served.run();
        assert_eq!(served.lines(), ["103 "], "it leaves without who said it");
        served.advance(secs(60));
        go.send(()).unwrap();
        served.run();
        assert_eq!(served.lines(), ["103 ", "200 Hello"]);
        let waited = records.take()[0].waited_for_response;
        assert_eq!(waited, secs(1), "for the peer, and not for the handler");
    }
}

#[test]
fn a_peer_that_does_not_take_an_interim_response_that_was_given_up_is_cut() {
    for (waited, expected) in [(29, "200 "), (30, "cut")] {
        let (go, wait) = oneshot::channel::<()>();
        let mut wait = Some(wait);
        let served = Setup::new().answer(move |exchange: Exchange| {
            let wait = wait.take().unwrap();
            async move {
                let (_request, mut reply) = exchange.into_parts();
                assert!(hint(&mut reply).await.is_none());
                let _ = wait.await;
                reply
                    .send(Response::new(Body::empty()))
                    .await
            }
        });
        served.peer.stall();
        served.send(GET).advance(secs(waited));
        served.peer.resume();
        go.send(()).unwrap();
        served.run();
        let lines = served.lines();
        let last = lines
            .last()
            .map_or("cut", String::as_str);
        assert_eq!(last, expected, "{waited} s");
    }
}

/// How a pull is given up.
#[derive(Clone, Copy, PartialEq, Eq)]
enum GivenUp {
    Silently,
    /// As a stage does that has no room.
    Aloud,
}

/// A handler that pulls once, is away for 40 s, and then reads on.
fn pulls_now_and_then(how: GivenUp) -> (Served, oneshot::Sender<()>, Notes) {
    let (go, wait) = oneshot::channel::<()>();
    let mut wait = Some(wait);
    let notes = Notes::default();
    let own = notes.clone();
    let served = Setup::new().answer(move |exchange: Exchange| {
        let wait = wait.take().unwrap();
        let notes = own.clone();
        async move {
            let (request, reply) = exchange.into_parts();
            let mut body = request.into_body();
            assert!(
                tried(body.next_or_reason())
                    .await
                    .is_none(),
                "nothing is there"
            );
            if how == GivenUp::Aloud {
                poll_fn(|cx| Pin::new(&mut body).poll_progress(cx)).await;
            }
            let _ = wait.await;
            let mut piece: Result<Bytes, Reason> = body.next_or_reason().await;
            while let Ok(bytes) = &piece {
                notes.add(format!("{}", bytes.escape_ascii()));
                piece = body.next_or_reason().await;
            }
            notes.add(format!("{}", matches!(piece, Err(Reason::Finished))));
            reply
                .send(Response::new(Body::empty()))
                .await
        }
    });
    (served, go, notes)
}

#[test]
fn a_pull_that_was_given_up_is_not_charged_to_a_peer_that_has_sent_meanwhile() {
    let (served, go, notes) = pulls_now_and_then(GivenUp::Silently);
    served
        .send(POST_10)
        .advance(secs(10))
        .send("01234")
        .advance(secs(30));
    go.send(()).unwrap();
    served.run();
    assert_eq!(notes.take(), ["01234"]);
    served.advance(secs(29)).send("56789");
    assert_eq!(notes.take(), ["56789", "true"]);
    assert_eq!(served.lines(), ["200 "]);
}

#[test]
fn a_pull_that_was_given_up_counts_against_a_peer_that_has_sent_nothing() {
    let (served, go, notes) = pulls_now_and_then(GivenUp::Silently);
    served.send(POST_10).advance(secs(40));
    assert_eq!(served.ends(), OPEN, "nobody looks");
    go.send(()).unwrap();
    served.run();
    assert_eq!(notes.take(), ["false"]);
    assert_eq!(served.answers()[0].status, 408);
}

#[test]
fn whoever_says_that_he_does_not_wait_charges_nobody() {
    let (served, go, notes) = pulls_now_and_then(GivenUp::Aloud);
    served.send(POST_10).advance(secs(40));
    go.send(()).unwrap();
    served
        .run()
        .advance(secs(29))
        .send("0123456789");
    assert_eq!(notes.take(), ["0123456789", "true"]);
    assert_eq!(served.lines(), ["200 "]);
}

#[test]
fn a_reader_who_leaves_does_not_take_along_what_he_has_asked_to_leave() {
    let setup = Setup::new();
    let tasks = setup.tasks.clone();
    let served = setup.answer(move |exchange: Exchange| {
        let tasks = tasks.clone();
        async move {
            let (request, reply) = exchange.into_parts();
            if request.method() == http::Method::GET {
                return reply
                    .send(Response::new(Body::from("Hello")))
                    .await;
            }
            let mut body = request.into_body();
            tasks.spawn(async move {
                assert!(tried(body.next()).await.is_none());
                drop(body);
                pending::<()>().await;
            });
            let _held = reply;
            pending().await
        }
    });
    served.peer.stall();
    served
        .peer
        .feed([GET, POST_10].concat());
    served.tasks.run();
    served.peer.resume();
    // No `run`, which disturbs everybody.
    served.tasks.run();
    assert_eq!(served.lines(), ["200 Hello"]);
}
