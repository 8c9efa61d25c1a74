//! Writes that fail.

use std::future::poll_fn;
use std::pin::Pin;

use bytes::Bytes;
use http::{Request, Response};
use support::serving::{Setup, why_failed};
use tubes::{Drain, Fount, Reason};
use tubes_http::{Body, Error};

use super::failing::{EXPECT, GET, Notes, Told, hello};

#[test]
fn a_write_that_fails_between_two_exchanges_ends_the_connection() {
    let served = Setup::new().respond(hello);
    served.peer.break_writes();
    served.send(GET);
    assert_eq!(served.ends(), ("failed", "failed", "failed"));
}

#[test]
fn a_write_that_fails_between_two_exchanges_does_not_spin_when_the_client_has_closed() {
    let served = Setup::new().respond(hello);
    served.peer.stall();
    served.send(GET);
    served.peer.break_writes();
    served.tasks.run();
    served.finish();
    assert_eq!(served.ends(), ("failed", "failed", "failed"));
}

#[test]
fn a_write_that_fails_ends_the_body_of_the_request_too() {
    for finish in [false, true] {
        let notes = Notes::default();
        let served = Setup::new().respond({
            let notes = notes.clone();
            move |request: Request<Body>| {
                let notes = notes.clone();
                async move {
                    let counted = request.into_body().discard().await;
                    notes.add(format!("{}", counted.is_ok()));
                    hello(Request::new(Body::empty())).await
                }
            }
        });
        served.peer.break_writes();
        if finish {
            served.peer.feed(EXPECT);
            served.peer.finish();
            served.run();
        } else {
            served.send(EXPECT);
        }
        assert_eq!(notes.take(), ["false"]);
        assert_eq!(served.ends().2, "failed");
        assert_eq!(served.ends().1, "failed");
    }
}

#[test]
fn a_write_that_fails_while_the_end_of_a_reply_waits_ends_the_exchange() {
    let notes = Notes::default();
    let served = Setup::new().serve({
        let notes = notes.clone();
        move |mut exchanges| async move {
            while let Ok(Some(exchange)) = exchanges.next().await {
                let (_, reply) = exchange.into_parts();
                let mut body = reply.start(Response::new(()));
                for _ in 0..2 {
                    poll_fn(|cx| Pin::new(&mut body).poll_ready(cx))
                        .await
                        .unwrap();
                    let piece = Bytes::from(vec![b'x'; 40_000]);
                    Pin::new(&mut body)
                        .receive(piece)
                        .unwrap();
                }
                let end = Reason::Finished;
                let ended = poll_fn(|cx| Pin::new(&mut body).poll_stopped(cx, &end)).await;
                notes.add(ended.map_or_else(|error| why_failed(&error), |()| "sent".to_owned()));
            }
            Ok(())
        }
    });
    served.peer.stall();
    served.send(GET);
    served.peer.break_writes();
    served.run();
    assert_eq!(notes.take(), ["Closed"]);
    assert_eq!(served.ends(), ("failed", "failed", "over"));
}

#[test]
fn a_write_that_fails_stops_the_body_of_the_reply_with_the_failure() {
    let notes = Notes::default();
    let served = Setup::new().respond({
        let notes = notes.clone();
        move |_| {
            let body = Told(notes.clone());
            async { Ok::<_, Error>(Response::new(body)) }
        }
    });
    served.peer.take(3);
    served.send(GET);
    served.peer.break_writes();
    served.run();
    assert_eq!(notes.take(), ["Closed"]);
    assert_eq!(served.ends(), ("failed", "failed", "failed"));
}

#[test]
fn a_drain_that_cannot_close_does_not_hold_the_connection_for_ever() {
    let served = Setup::new().respond(hello);
    served.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");
    served.peer.stall();
    served.finish();
    served.advance(std::time::Duration::from_secs(30));
    assert_eq!(served.ends().2, "failed");
}
