//! `Peer::closed`: that the client is gone is heard, whatever the handler does meanwhile.

use std::future::{Future, pending, poll_fn};
use std::pin::pin;
use std::task::Poll;

use http::Response;
use support::pair::Peer as Client;
use support::serving::{Served, Setup};
use tubes::Fount;
use tubes_http::{Body, Exchange, Limits, OnDisconnect};

use super::kit::{CHUNKED, GET, LINGERS, Notes, OPEN, POST_10};

/// The client goes: it is reset, or it closes its direction.
fn go(client: &Client, end: &str) {
    match end {
        "reset" => client.reset(),
        _ => client.finish(),
    }
}

/// A server whose handler waits for its peer to go, and holds all that it has.
fn watches(policy: OnDisconnect) -> (Served, Notes) {
    let notes = Notes::default();
    let noted = notes.clone();
    let served = Setup::new()
        .with(move |server| server.on_disconnect(policy))
        .serve(|mut exchanges| async move {
            let Ok(exchange) = exchanges.next_or_reason().await else {
                return Ok(());
            };
            let gone = exchange.peer().closed();
            // The connection is driven while the exchange waits.
            let mut next = pin!(exchanges.next_or_reason());
            let mut gone = pin!(gone);
            let error = poll_fn(|cx| {
                assert!(next.as_mut().poll(cx).is_pending());
                gone.as_mut().poll(cx)
            })
            .await;
            noted.add(format!("{:?}", error.kind()));
            drop(exchange);
            Ok(())
        });
    (served, notes)
}

#[test]
fn a_handler_that_waits_hears_that_its_peer_is_gone() {
    const SHORT: &str = "Truncated { expected: Some(10), got: 0 }";
    const OPEN_END: &str = "Truncated { expected: None, got: 0 }";
    const NEXT: &str = "GET /next HTTP/1.1\r\nHost: a\r\n\r\n";
    #[rustfmt::skip] // A row, a case: request, what is behind, how it ends, policy, what is heard.
    let cases = [
        (GET, "", "reset", OnDisconnect::RunToEnd, "Closed"),
        (GET, NEXT, "reset", OnDisconnect::Cancel, "Closed"),
        (GET, "", "reset", OnDisconnect::CancelOnReset, "Closed"),
        (GET, "", "half-close", OnDisconnect::RunToEnd, "Closed"),
        (GET, "", "half-close", OnDisconnect::Cancel, "Closed"),
        (GET, "", "half-close", OnDisconnect::CancelOnReset, ""),
        (GET, NEXT, "half-close", OnDisconnect::RunToEnd, "Closed"),
        (GET, NEXT, "half-close", OnDisconnect::CancelOnReset, ""),
        (POST_10, "", "reset", OnDisconnect::RunToEnd, SHORT),
        (POST_10, "abc", "reset", OnDisconnect::CancelOnReset, SHORT),
        (POST_10, "0123456789", "reset", OnDisconnect::CancelOnReset, SHORT),
        (POST_10, "", "half-close", OnDisconnect::RunToEnd, SHORT),
        (POST_10, "abc", "half-close", OnDisconnect::CancelOnReset, SHORT),
        (POST_10, "0123456789", "half-close", OnDisconnect::RunToEnd, "Closed"),
        (POST_10, "0123456789GET / HTT", "half-close", OnDisconnect::CancelOnReset, ""),
        (CHUNKED, "", "reset", OnDisconnect::Cancel, OPEN_END),
        (CHUNKED, "", "half-close", OnDisconnect::Cancel, OPEN_END),
        (CHUNKED, "3\r\nabc\r\n0\r\n\r", "half-close", OnDisconnect::CancelOnReset, OPEN_END),
        (CHUNKED, "x\r\n\r\n0\r\n\r\n", "half-close", OnDisconnect::CancelOnReset, OPEN_END),
        (CHUNKED, "3\r\nabc\r\n0\r\n\r\n", "half-close", OnDisconnect::CancelOnReset, ""),
        (CHUNKED, "3\r\nabc\r\n0\r\n\r\nGET", "half-close", OnDisconnect::Cancel, "Closed"),
    ];
    for (request, behind, end, policy, heard) in cases {
        for bytes in [false, true] {
            let (served, notes) = watches(policy);
            served.send(request);
            if bytes {
                served.peer.feed_bytes(behind);
            } else {
                served.peer.feed(behind);
            }
            served.run();
            assert_eq!(notes.take(), [""; 0]);
            go(&served.peer, end);
            served.run();
            let expected: Vec<&str> = (!heard.is_empty())
                .then_some(heard)
                .into_iter()
                .collect();
            let case = format!("{request} {behind} {end} {policy:?}");
            assert_eq!(notes.take(), expected, "{case}");
        }
    }
}

#[test]
fn what_was_read_ahead_is_bounded_and_is_the_body_and_the_next_request() {
    let limits = Limits::default().with_ahead(100);
    let notes = Notes::default();
    let noted = notes.clone();
    let (go, wait) = tokio::sync::oneshot::channel::<()>();
    let mut wait = Some(wait);
    let served = Setup::new()
        .limits(limits)
        .with(|server| server.on_disconnect(OnDisconnect::Cancel))
        .respond(move |request: http::Request<Body>| {
            let (notes, wait) = (noted.clone(), wait.take().unwrap());
            async move {
                wait.await.unwrap();
                let body = request
                    .into_body()
                    .collect(1000)
                    .await?;
                notes.add(body.len().to_string());
                Ok::<_, tubes_http::Error>(Response::new(Body::from(body)))
            }
        });
    served.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 300\r\n\r\n");
    for _ in 0..10 {
        served.send([b'x'; 40]);
    }
    // The head, and 40 bytes three times: then there are more than 100.
    assert_eq!(served.peer.pulls(), 4);
    go.send(()).unwrap();
    served.run();
    assert_eq!(notes.take(), ["300"]);
    // What is behind it is no request.
    served.send("\r\n\r\n");
    assert_eq!(served.answers().len(), 2);
    assert_eq!(served.answers()[1].status, 400);
}

#[test]
fn all_who_watch_hear_it_also_when_the_last_who_asked_is_gone() {
    for dropped in 0..4 {
        let notes = Notes::default();
        let noted = notes.clone();
        let setup = Setup::new();
        let tasks = setup.tasks.clone();
        let served = setup.answer(move |exchange: Exchange| {
            for _ in 0..3 {
                let (gone, notes) = (exchange.peer().closed(), noted.clone());
                tasks.spawn(async move {
                    let error = gone.await;
                    notes.add(format!("{:?}", error.kind()));
                });
            }
            async move {
                let _held = exchange;
                pending::<Result<(), tubes::Error>>().await
            }
        });
        served.send(GET);
        assert_eq!(served.tasks.running(), 4);
        if dropped > 0 {
            served.tasks.drop_task(dropped);
        }
        served.run();
        served.peer.reset();
        served.run();
        let left = if dropped == 0 { 3 } else { 2 };
        assert_eq!(notes.take(), vec!["Closed"; left], "without {dropped}");
    }
}

/// Reads a little of the body, gives up, and waits for the peer to go.
#[test]
fn a_read_that_was_given_up_does_not_keep_the_news_from_who_watches() {
    for reads in [false, true] {
        let notes = Notes::default();
        let noted = notes.clone();
        let served = Setup::new().answer(move |exchange: Exchange| {
            let notes = noted.clone();
            async move {
                let peer = exchange.peer();
                let (request, reply) = exchange.into_parts();
                let mut body = request.into_body();
                let mut polled = 0;
                // Once, and no more.
                poll_fn(|cx| {
                    polled += 1;
                    let mut next = pin!(body.next_or_reason());
                    assert!(polled > 1 || next.as_mut().poll(cx).is_pending());
                    Poll::Ready(())
                })
                .await;
                if reads {
                    let piece = body.next_or_reason().await;
                    notes.add(format!("{piece:?}"));
                }
                let error = peer.closed().await;
                notes.add(format!("{:?}", error.kind()));
                let rest = body.next_or_reason().await;
                notes.add(support::serving::why(&rest.unwrap_err()));
                drop(reply);
                Ok::<_, tubes::Error>(())
            }
        });
        served.send(POST_10);
        if reads {
            served.send("abc");
            assert_eq!(notes.take(), ["Ok(b\"abc\")"]);
        }
        served.peer.reset();
        served.run();
        let got = if reads { 3 } else { 0 };
        let end = format!("Truncated {{ expected: Some(10), got: {got} }}");
        assert_eq!(notes.take(), [end.clone(), end]);
    }
}

#[test]
fn who_reads_in_another_task_and_who_watches_do_not_take_the_news_from_each_other() {
    for end in ["reset", "half-close"] {
        let notes = Notes::default();
        let (read, watched) = (notes.clone(), notes.clone());
        let setup = Setup::new();
        let tasks = setup.tasks.clone();
        let served = setup.answer(move |exchange: Exchange| {
            let gone = exchange.peer().closed();
            let (request, reply) = exchange.into_parts();
            let (read, watched) = (read.clone(), watched.clone());
            tasks.spawn(async move {
                let mut body = request.into_body();
                loop {
                    match body.next_or_reason().await {
                        Ok(piece) => read.add(String::from_utf8_lossy(&piece)),
                        Err(reason) => {
                            read.add(support::serving::why(&reason));
                            return;
                        }
                    }
                }
            });
            tasks.spawn(async move {
                let error = gone.await;
                watched.add(format!("{:?}", error.kind()));
            });
            async move {
                let _reply = reply;
                pending::<Result<(), tubes_http::Error>>().await
            }
        });
        served.send(POST_10);
        for piece in ["a", "b", "c"] {
            served.send(piece);
            assert_eq!(notes.take(), [piece]);
        }
        go(&served.peer, end);
        served.run();
        let cut = "Truncated { expected: Some(10), got: 3 }";
        // What was cut short will never be whole, whoever still reads.
        assert_eq!(notes.take(), [cut, cut], "{end}");
    }
}

#[test]
fn a_write_that_fails_tells_who_watches_in_another_task() {
    let notes = Notes::default();
    let noted = notes.clone();
    let setup = Setup::new();
    let tasks = setup.tasks.clone();
    let served = setup.answer(move |exchange: Exchange| {
        let (gone, watched) = (exchange.peer().closed(), noted.clone());
        tasks.spawn(async move {
            let error = gone.await;
            watched.add(format!("{:?}", error.kind()));
        });
        let (request, mut reply) = exchange.into_parts();
        async move {
            let mut body = request.into_body();
            let mut hints = Response::new(());
            *hints.status_mut() = http::StatusCode::PROCESSING;
            while body.next().await?.is_some() {
                reply.interim(&hints).await?;
            }
            Ok::<_, tubes_http::Error>(())
        }
    });
    served.send(POST_10).send("a");
    assert_eq!(served.lines(), ["102 "]);
    served.peer.break_writes();
    served.send("b");
    assert_eq!(notes.take(), ["Closed"]);
}

#[test]
fn an_exchange_that_is_over_is_gone_for_who_watches_it_and_the_next_is_not() {
    let notes = Notes::default();
    let noted = notes.clone();
    let setup = Setup::new();
    let tasks = setup.tasks.clone();
    let served = setup.answer(move |exchange: Exchange| {
        let (gone, notes) = (exchange.peer().closed(), noted.clone());
        tasks.spawn(async move {
            let error = gone.await;
            notes.add(format!("{:?}", error.kind()));
        });
        let (request, reply) = exchange.into_parts();
        reply.send(Response::new(request.into_body()))
    });
    served.send(GET);
    assert_eq!(notes.take(), ["Closed"]);
    served.send(POST_10).send("01234");
    assert_eq!(notes.take(), [""; 0]);
    served.send("56789");
    assert_eq!(notes.take(), ["Closed"]);
    assert_eq!(served.ends(), OPEN);
    served.finish();
    assert_eq!(served.ends().2, "over");
}

#[test]
fn watching_keeps_neither_the_timers_nor_the_end_of_a_connection_away() {
    let (served, notes) = watches(OnDisconnect::RunToEnd);
    served.send(GET);
    served.tasks.clear();
    assert_eq!(notes.take(), [""; 0], "dropped with the connection");
    assert_eq!(served.ends().0, "dropped");

    let served = Setup::new()
        .with(|server| server.on_disconnect(OnDisconnect::Cancel))
        .respond(super::kit::echo);
    // One byte a second is a drip, whoever reads it ahead.
    served.send(POST_10.replace("10", "1000"));
    for _ in 0..29 {
        served
            .send("x")
            .advance(super::kit::secs(1));
    }
    assert_eq!(served.ends(), OPEN);
    served
        .send("x")
        .advance(super::kit::secs(2));
    assert_ne!(served.ends(), OPEN);
    assert_ne!(served.ends(), LINGERS, "the reply had begun");
}
