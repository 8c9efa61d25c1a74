//! Nobody spins: who holds a body back says so whenever he is polled, and wakes nobody by it.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use support::serving::{Served, Setup};
use tubes::{Fount, Reason};
use tubes_http::{Body, OnDisconnect};

use super::kit::{GET, echo, hello};

const POLICIES: [OnDisconnect; 3] = [
    OnDisconnect::RunToEnd,
    OnDisconnect::Cancel,
    OnDisconnect::CancelOnReset,
];

const MUCH: &str = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n";

/// All tasks run until nobody wants to: soon.
fn settles(served: &Served, case: &str) {
    assert!(served.tasks.run_at_most(1_000), "{case}: somebody spins");
}

/// A body that is held back by one that has no room, as every stage is.
struct HeldBack(Body);

impl Fount for HeldBack {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Bytes, Reason>> {
        let _ = Pin::new(&mut self.0).poll_progress(cx);
        Poll::Pending
    }
}

#[test]
fn an_echo_whose_client_takes_nothing_does_not_spin() {
    for policy in POLICIES {
        let served = Setup::new()
            .with(move |server| server.on_disconnect(policy))
            .respond(echo);
        served.peer.stall();
        served.peer.feed(MUCH);
        for _ in 0..20 {
            served.peer.feed(vec![b'y'; 30_000]);
            settles(&served, &format!("{policy:?}"));
        }
    }
}

#[test]
fn a_body_that_is_held_back_does_not_spin_however_much_of_it_is_there() {
    for policy in POLICIES {
        for ahead in [0, 10, 30_000, 70_000] {
            let served = Setup::new()
                .with(move |server| server.on_disconnect(policy))
                .respond(async |request: Request<Body>| {
                    Ok::<_, tubes::Error>(Response::new(HeldBack(request.into_body())))
                });
            let case = format!("{policy:?}, {ahead} bytes ahead");
            served.peer.feed(MUCH);
            settles(&served, &case);
            served.peer.feed(vec![b'y'; ahead]);
            settles(&served, &case);
            served.peer.feed(GET);
            settles(&served, &case);
        }
    }
}

#[test]
fn who_watches_a_peer_that_is_reset_asks_its_fount_no_more_behind_the_failure() {
    let served = Setup::new()
        .with(|server| server.on_disconnect(OnDisconnect::Cancel))
        .respond(hello);
    // The reply stays, and is cut by nothing.
    served.peer.sip(0);
    served.send(GET);
    let before = served.peer.pulls();
    served.peer.reset();
    served.run();
    assert_eq!(served.peer.pulls() - before, 1);
}
