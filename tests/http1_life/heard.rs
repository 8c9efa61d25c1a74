//! Who is woken, where nobody else would wake him: nothing is polled here without a wake.

use std::future::{Future, pending, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use http::{Response, StatusCode};
use support::serving::Setup;
use tokio::sync::oneshot;
use tubes::Fount;
use tubes_http::{Exchange, Limits};

use super::kit::{Begun, CHUNKED, GET, LINGERS, Notes, hello, secs};

/// Polls once, and gives up what is not ready.
async fn try_once(future: impl Future) {
    let mut future = pin!(future);
    poll_fn(|cx| {
        drop(future.as_mut().poll(cx));
        Poll::Ready(())
    })
    .await;
}

#[test]
fn who_watches_hears_of_a_write_that_failed_while_nobody_replies() {
    let notes = Notes::default();
    let noted = notes.clone();
    let setup = Setup::new();
    let tasks = setup.tasks.clone();
    let served = setup.answer(move |exchange: Exchange| {
        let (gone, noted) = (exchange.peer().closed(), noted.clone());
        tasks.spawn(async move { noted.add(format!("{:?}", gone.await.kind())) });
        async move {
            let (_request, mut reply) = exchange.into_parts();
            let mut hints = Response::new(());
            *hints.status_mut() = StatusCode::EARLY_HINTS;
            try_once(reply.interim(&hints)).await;
            let _held = reply;
            pending::<Result<(), tubes::Error>>().await
        }
    });
    served.peer.stall();
    served.peer.feed(GET);
    served.tasks.run();
    served.peer.break_writes();
    served.tasks.run();
    assert_eq!(notes.take(), ["Closed"]);
}

#[test]
fn who_watches_reads_on_when_what_was_read_ahead_is_taken() {
    let notes = Notes::default();
    let noted = notes.clone();
    let (go, wait) = oneshot::channel::<()>();
    let mut wait = Some(wait);
    let setup = Setup::new().limits(Limits::default().with_ahead(10));
    let tasks = setup.tasks.clone();
    let served = setup.answer(move |exchange: Exchange| {
        let (gone, noted) = (exchange.peer().closed(), noted.clone());
        let wait = wait.take().unwrap();
        tasks.spawn(async move { noted.add(format!("{:?}", gone.await.kind())) });
        async move {
            let (request, reply) = exchange.into_parts();
            let mut body = request.into_body();
            let _ = wait.await;
            let taken = body.next_or_reason().await;
            assert_eq!(taken.map_or(0, |piece| piece.len()), 20);
            let _held = (body, reply);
            pending::<Result<(), tubes::Error>>().await
        }
    });
    served
        .peer
        .feed("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
    served.tasks.run();
    served.peer.feed([b'x'; 20]);
    served.tasks.run();
    served.peer.reset();
    served.tasks.run();
    assert_eq!(notes.take(), [""; 0], "it is behind what is not taken");
    go.send(()).unwrap();
    served.tasks.run();
    assert_eq!(
        notes.take(),
        ["Truncated { expected: Some(1000), got: 20 }"]
    );
}

#[test]
fn who_replies_in_silence_looks_himself_when_who_reads_in_another_task_has_done() {
    for drops in [true, false] {
        let notes = Notes::default();
        let noted = notes.clone();
        let (begin, begins) = oneshot::channel::<()>();
        let (go, goes) = oneshot::channel::<()>();
        let mut waits = Some((begins, goes));
        let setup = Setup::new();
        let tasks = setup.tasks.clone();
        let served = setup.answer(move |exchange: Exchange| {
            let (request, reply) = exchange.into_parts();
            let (begins, goes) = waits.take().unwrap();
            let mut body = request.into_body();
            tasks.spawn(async move {
                let reading = async {
                    while let Ok(Some(_)) = body.next().await {}
                    pending::<()>().await;
                };
                tokio::select! { _ = goes => {}, () = reading => {} }
            });
            let begun = Begun::new("begun", Some(noted.held()));
            async move {
                begins.await.unwrap();
                reply.send(Response::new(begun)).await
            }
        });
        served
            .peer
            .feed([CHUNKED, "1\r\na\r\n"].concat());
        served.tasks.run();
        begin.send(()).unwrap();
        served.tasks.run();
        if drops {
            go.send(()).unwrap();
        } else {
            served.peer.feed("0\r\n\r\n");
        }
        served.tasks.run();
        assert_eq!(notes.take(), [""; 0]);
        served.peer.reset();
        served.tasks.run();
        assert_eq!(notes.take(), ["dropped"], "drops: {drops}");
    }
}

/// Is never woken, and says who keeps it.
struct Kept;

impl Wake for Kept {
    fn wake(self: Arc<Self>) {}
}

#[test]
fn who_gives_up_watching_is_forgotten() {
    let kept = Arc::new(Kept);
    let own = Arc::clone(&kept);
    let served = Setup::new().answer(move |exchange: Exchange| {
        let waker = Waker::from(Arc::clone(&own));
        async move {
            for _ in 0..100 {
                let mut closed = pin!(exchange.peer().closed());
                let polled = closed
                    .as_mut()
                    .poll(&mut Context::from_waker(&waker));
                assert!(polled.is_pending());
            }
            drop(waker);
            let _held = exchange;
            pending::<Result<(), tubes::Error>>().await
        }
    });
    served.send(GET);
    // The handler's, and this one.
    assert_eq!(Arc::strong_count(&kept), 2);
}

#[test]
fn a_connection_that_lingers_when_its_server_is_cut_ends_at_once() {
    let site = Setup::new().site();
    let served = site.respond(hello);
    served.send(GET);
    let report = site.shut_down(secs(1));
    assert_eq!(served.ends(), LINGERS);
    site.clock.advance(secs(1));
    site.tasks.run();
    assert!(report.take().is_some());
    assert_ne!(served.ends().2, "runs");
}

#[test]
fn who_waits_for_memory_goes_on_when_another_gives_some_back() {
    let site = Setup::new()
        .limits(Limits::default().with_held(30_000))
        .site();
    let (first, second) = (site.respond(hello), site.respond(hello));
    for (served, bytes) in [(&first, 20_000), (&second, 10_000)] {
        served.peer.feed(format!(
            "GET / HTTP/1.1\r\nHost: a\r\nX: {}",
            "x".repeat(bytes)
        ));
        site.tasks.run();
    }
    second.peer.feed("\r\n\r\n");
    site.tasks.run();
    assert_eq!(second.lines(), [""; 0]);
    // The first holds its bytes until its time is over.
    site.clock.advance(secs(29));
    site.tasks.run();
    assert_eq!(second.lines(), [""; 0]);
    first.tasks.drop_task(0);
    site.tasks.run();
    assert_eq!(second.lines(), ["200 Hello"]);
}
