//! The one bell of a connection: it rings for deadlines, and for what the peer sends while
//! somebody watches it.

use std::cell::Cell;
use std::future::{Future, pending, poll_fn};
use std::pin::pin;
use std::rc::Rc;

use http::Response;
use support::serving::{Served, Setup};
use tubes::Fount;
use tubes_http::{Body, Error, Exchange};

use super::kit::{GET, Notes, OPEN, POST_10, secs, tried};

/// A handler that replies in a task of its own and watches its peer in another; how often the
/// reply was polled, and what came of both.
fn replies_and_watches() -> (Served, Rc<Cell<usize>>, Notes) {
    let (polls, notes) = (Rc::new(Cell::new(0)), Notes::default());
    let (count, noted) = (Rc::clone(&polls), notes.clone());
    let setup = Setup::new();
    let tasks = setup.tasks.clone();
    let served = setup.answer(move |exchange: Exchange| {
        let (count, replied, gone) = (Rc::clone(&count), noted.clone(), noted.clone());
        let closed = exchange.peer().closed();
        let (request, reply) = exchange.into_parts();
        tasks.spawn(async move {
            let _unread = request;
            let sending = reply.send(Response::new(Body::from(vec![b'x'; 100_000])));
            let mut sending = pin!(sending);
            let sent = poll_fn(|cx| {
                count.set(count.get() + 1);
                sending.as_mut().poll(cx)
            });
            replied.add(format!("sent {}", sent.await.is_ok()));
        });
        tasks.spawn(async move { gone.add(format!("{:?}", closed.await.kind())) });
        async { Ok::<_, Error>(()) }
    });
    (served, polls, notes)
}

#[test]
fn who_replies_is_woken_by_his_deadline_and_not_by_what_the_peer_sends() {
    let (served, polls, notes) = replies_and_watches();
    served.peer.stall();
    served.send(POST_10);
    let before = polls.get();
    for _ in 0..10 {
        served.peer.feed("x");
        served.tasks.run();
    }
    assert_eq!(served.peer.pulls(), 11, "all is read by who watches");
    assert_eq!(polls.get(), before, "in vain");
    served.clock.advance(secs(29));
    served.tasks.run();
    assert_eq!((served.ends(), notes.take()), (OPEN, vec![]));
    served.clock.advance(secs(1));
    served.tasks.run();
    assert_eq!(notes.take(), ["sent false", "ReplyTimeout"]);
}

#[test]
fn who_replies_is_woken_when_there_is_room_whatever_the_peer_has_sent() {
    let (served, _, notes) = replies_and_watches();
    served.peer.stall();
    served
        .send(POST_10)
        .send("012")
        .send("345");
    served.peer.resume();
    served.run();
    assert_eq!(notes.take(), ["sent true", "Closed"]);
    assert_eq!(served.answers().len(), 1);
}

#[test]
fn who_replies_elsewhere_hears_his_deadline_though_who_waited_for_exchanges_has_given_up() {
    for gives_up in [false, true] {
        let (setup, notes) = (Setup::new(), Notes::default());
        let (tasks, noted) = (setup.tasks.clone(), notes.clone());
        let served = setup.serve(async move |mut exchanges| {
            let exchange = exchanges
                .next_or_reason()
                .await
                .unwrap();
            tasks.spawn(async move {
                let (_, reply) = exchange.into_parts();
                let sent = reply
                    .send(Response::new(Body::from("Hello")))
                    .await;
                noted.add(format!("sent {}", sent.is_ok()));
            });
            if gives_up {
                assert!(tried(exchanges.next()).await.is_none());
            }
            pending::<()>().await;
            Ok(())
        });
        served.peer.stall();
        served.peer.feed(GET);
        served.tasks.run();
        served.clock.advance(secs(30));
        served.tasks.run();
        assert_eq!(notes.take(), ["sent false"], "gives up: {gives_up}");
    }
}
