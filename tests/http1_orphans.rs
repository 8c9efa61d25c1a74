//! Halves of exchanges of HTTP/1 that outlive their connection, and wakers that drop a half.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use support::serving::{Exchanges, Setup, why, why_failed};
use tubes::{Fount, founts};
use tubes_http::{Body, Reply};

const POST_10: &str = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n";
const OPEN: (&str, &str, &str) = ("open", "open", "runs");

/// Serves each exchange with `serve`, which keeps or spawns.
async fn each(
    mut exchanges: Exchanges,
    mut serve: impl FnMut(Request<Body>, Reply),
) -> Result<(), tubes::Error> {
    while let Some(exchange) = exchanges.next().await? {
        let (request, reply) = exchange.into_parts();
        serve(request, reply);
    }
    Ok(())
}

/// The connection is dropped while its halves live in other tasks.
mod dropped {
    use super::*;

    #[test]
    fn the_transport_is_let_go_at_once_although_halves_are_held() {
        let halves = Rc::new(RefCell::new(Vec::new()));
        let kept = Rc::clone(&halves);
        let served = Setup::new().serve(|exchanges| {
            each(exchanges, move |request, reply| {
                kept.borrow_mut()
                    .push((request.into_body(), reply));
            })
        });
        served.send(POST_10).send("012");
        assert_eq!(served.ends(), OPEN);
        served.tasks.drop_task(0);
        assert_eq!(served.ends().0, "dropped", "before anybody is polled");
        assert_eq!(served.ends().1, "dropped");

        let (mut body, reply) = halves.borrow_mut().pop().unwrap();
        let heard = served.tasks.spawn(async move {
            let sent = reply.send(Response::new(Body::from("late")));
            let end = body.next_or_reason().await.unwrap_err();
            (why(&end), why_failed(&sent.await.unwrap_err()))
        });
        served.run();
        let closed = ("Closed".to_owned(), "Closed".to_owned());
        assert_eq!(heard.take(), Some(closed));
        assert_eq!(served.peer.read(), b"");
    }

    #[test]
    fn halves_that_wait_are_woken_and_hear_of_it() {
        let setup = Setup::new();
        let tasks = setup.tasks.clone();
        let heard = Rc::new(RefCell::new(Vec::new()));
        let notes = Rc::clone(&heard);
        let served = setup.serve(|exchanges| {
            each(exchanges, move |request, reply| {
                let (read, sent) = (Rc::clone(&notes), Rc::clone(&notes));
                tasks.spawn(async move {
                    let counted = request.into_body().discard().await;
                    read.borrow_mut().push(counted.is_err());
                });
                tasks.spawn(async move {
                    let pieces = founts::iter(vec![Bytes::from(vec![b'x'; 40_000]); 5]);
                    let result = reply.send(Response::new(pieces)).await;
                    sent.borrow_mut().push(result.is_err());
                });
            })
        });
        served.peer.stall();
        served.send(POST_10).send("012");
        served.tasks.drop_task(0);
        assert_eq!(served.ends().0, "dropped");
        assert_eq!(served.ends().1, "dropped");
        // Only who was woken: nobody is disturbed.
        served.tasks.run();
        assert_eq!(*heard.borrow(), [true, true]);
        assert_eq!(served.tasks.running(), 0);
    }
}

/// Wakers that come back: they drop a half when they are woken, or when they are forgotten.
mod reentrant {
    use std::sync::{Arc, Mutex, mpsc};
    use std::task::{Wake, Waker};
    use std::time::Duration;

    use http::header;
    use support::pair::{Inlet, Outlet, pair};
    use tubes_http::{Limits, server_on};

    use super::*;

    /// Drops what it holds when it is woken, or dropped.
    struct Holder<T>(Mutex<Option<T>>);

    impl<T> Wake for Holder<T> {
        fn wake(self: Arc<Self>) {
            drop(self.0.lock().unwrap().take());
        }
    }

    type Made = tubes_http::Exchanges<Inlet, Outlet>;

    /// An exchange on a pair, by hand.
    fn exchange(request: &str) -> (Made, support::pair::Peer, Body, Reply) {
        let (flow, peer) = pair();
        let clock = Arc::new(tubes::testing::ManualClock::new());
        let mut exchanges = flow.through(server_on(clock).limits(Limits::default()));
        peer.feed(request);
        let mut cx = Context::from_waker(Waker::noop());
        let Poll::Ready(Ok(exchange)) = Pin::new(&mut exchanges).poll_next(&mut cx) else {
            panic!("no exchange");
        };
        let (request, reply) = exchange.into_parts();
        (exchanges, peer, request.into_body(), reply)
    }

    /// Polls `body` under a waker that holds `held` and the body itself.
    fn wait_with<T: Send + 'static>(mut body: Body, held: T) -> Arc<Holder<(Body, T)>> {
        let holder = Arc::new(Holder(Mutex::new(None)));
        let waker = Waker::from(Arc::clone(&holder));
        let mut cx = Context::from_waker(&waker);
        assert!(
            Pin::new(&mut body)
                .poll_next(&mut cx)
                .is_pending()
        );
        *holder.0.lock().unwrap() = Some((body, held));
        holder
    }

    /// Fails when `test` is stuck: a lock that is taken twice waits for ever.
    fn in_time(test: impl FnOnce() + Send + 'static) {
        let (done, over) = mpsc::channel();
        let runs = std::thread::spawn(move || {
            test();
            drop(done);
        });
        let stuck = matches!(
            over.recv_timeout(Duration::from_secs(20)),
            Err::<(), _>(mpsc::RecvTimeoutError::Timeout)
        );
        assert!(!stuck, "a deadlock");
        runs.join().unwrap();
    }

    #[test]
    fn a_waker_may_drop_the_body_when_the_connection_is_dropped() {
        in_time(|| {
            let (exchanges, peer, body, _reply) = exchange(POST_10);
            let holder = wait_with(body, ());
            drop(exchanges);
            assert!(holder.0.lock().unwrap().is_none(), "it was woken");
            assert_eq!(peer.outlet().word(), "dropped");
        });
    }

    #[test]
    fn a_waker_may_drop_both_halves_when_the_connection_is_dropped() {
        in_time(|| {
            let (exchanges, peer, body, reply) = exchange(POST_10);
            let holder = wait_with(body, reply);
            drop(exchanges);
            assert!(holder.0.lock().unwrap().is_none(), "it was woken");
            assert_eq!(peer.inlet().word(), "dropped");
        });
    }

    #[test]
    fn a_waker_may_drop_the_body_when_the_reply_is_cut() {
        in_time(|| {
            let (_exchanges, _peer, body, reply) = exchange(POST_10);
            let holder = wait_with(body, ());
            drop(reply);
            assert!(holder.0.lock().unwrap().is_none(), "it was woken");
        });
    }

    #[test]
    fn a_waker_may_drop_the_reply_when_the_writes_fail() {
        in_time(|| {
            let (mut exchanges, peer, body, reply) = exchange(POST_10);
            peer.stall();
            let mut response = Response::new(Body::from("Hello"));
            response
                .headers_mut()
                .insert(header::CONTENT_LENGTH, 5.into());
            let mut sending = Box::pin(reply.send(response));
            let holder = Arc::new(Holder(Mutex::new(None)));
            let waker = Waker::from(Arc::clone(&holder));
            let polled = sending
                .as_mut()
                .poll(&mut Context::from_waker(&waker));
            assert!(polled.is_pending());
            *holder.0.lock().unwrap() = Some((sending, body));
            let mut cx = Context::from_waker(Waker::noop());
            drop(Pin::new(&mut exchanges).poll_next(&mut cx));
            drop(exchanges);
            assert!(holder.0.lock().unwrap().is_none(), "it was woken");
        });
    }

    #[test]
    fn a_waker_that_is_replaced_may_drop_a_half() {
        in_time(|| {
            let (mut exchanges, _peer, body, reply) = exchange(POST_10);
            let held = Arc::new(Holder(Mutex::new(Some((body, reply)))));
            let gone = Arc::downgrade(&held);
            let waker = Waker::from(held);
            let polled = Pin::new(&mut exchanges).poll_next(&mut Context::from_waker(&waker));
            assert!(polled.is_pending());
            // The connection's own is the last that holds them.
            drop(waker);
            let mut cx = Context::from_waker(Waker::noop());
            drop(Pin::new(&mut exchanges).poll_next(&mut cx));
            assert!(gone.upgrade().is_none(), "it was forgotten");
        });
    }
}

/// The flow's own fount panics while a body is pulled.
mod panicking {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Waker;

    use tubes::testing::ManualClock;
    use tubes::{Flow, Reason, drains};
    use tubes_http::{Error, respond, server_on};

    use super::*;

    /// A head, and then a panic; counts the pulls.
    struct Breaking(Arc<AtomicUsize>);

    impl Fount for Breaking {
        type Item = Bytes;

        fn poll_next(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<Bytes, Reason>> {
            let pulls = self.0.fetch_add(1, Ordering::Relaxed);
            assert_eq!(pulls, 0, "the transport breaks");
            Poll::Ready(Ok(Bytes::from_static(POST_10.as_bytes())))
        }
    }

    #[test]
    fn a_transport_that_has_panicked_is_let_go_and_not_polled_again() {
        let pulls = Arc::new(AtomicUsize::new(0));
        let flow = Flow::new(Breaking(Arc::clone(&pulls)), drains::null());
        let handler = async |request: Request<Body>| {
            request
                .into_body()
                .collect(100)
                .await
                .map(|whole| Response::new(Body::from(whole)))
        };
        let served = flow
            .through(server_on(Arc::new(ManualClock::new())))
            .flow_to(respond::<_, _, _, Error>(handler));
        let mut served = std::pin::pin!(served);
        let mut cx = Context::from_waker(Waker::noop());
        let mut ended = Poll::Pending;
        for _ in 0..10 {
            ended = served.as_mut().poll(&mut cx);
            if ended.is_ready() {
                break;
            }
        }
        assert!(matches!(ended, Poll::Ready(Err(_))), "{ended:?}");
        assert_eq!(pulls.load(Ordering::Relaxed), 2, "the head, and the panic");
        assert_eq!(Arc::strong_count(&pulls), 1, "the fount is gone");
    }
}
