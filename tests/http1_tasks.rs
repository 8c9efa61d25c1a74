//! Exchanges of HTTP/1 whose halves live in other tasks: nobody misses a wake, an end or a flush.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use support::serving::{Exchanges, Setup, why_failed};
use support::tasks::Tasks;
use tubes::{Fount, Reason, drains, founts, stages};
use tubes_http::{Body, Reply};

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const POST_10: &str = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n";
const EXPECT: &str =
    "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n";
const CLOSED: (&str, &str, &str) = ("enough", "finished", "over");
const OPEN: (&str, &str, &str) = ("open", "open", "runs");
const LINGERS: (&str, &str, &str) = ("open", "finished", "runs");

/// What tasks noted.
#[derive(Clone, Default)]
struct Notes(Rc<RefCell<Vec<String>>>);

impl Notes {
    fn add(&self, note: impl Into<String>) {
        self.0.borrow_mut().push(note.into());
    }

    fn take(&self) -> Vec<String> {
        self.0.take()
    }
}

/// A body of these letters, with a pause for each dot.
struct Script(&'static str);

impl Fount for Script {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Bytes, Reason>> {
        let Some(step) = self.0.get(..1) else {
            return Poll::Ready(Err(Reason::Finished));
        };
        self.0 = &self.0[1..];
        if step == "." {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Ok(Bytes::from_static(step.as_bytes())))
    }
}

/// Serves each exchange with `serve`, which spawns.
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

fn note_sent(notes: &Notes, sent: Result<(), tubes::Error>) {
    notes.add(sent.map_or_else(|error| why_failed(&error), |()| "sent".to_owned()));
}

fn setup() -> (Setup, Tasks, Notes) {
    let setup = Setup::new();
    let tasks = setup.tasks.clone();
    (setup, tasks, Notes::default())
}

#[test]
fn an_exchange_is_served_in_another_task() {
    let (setup, tasks, notes) = setup();
    let noted = notes.clone();
    let served = setup.serve(|exchanges| {
        each(exchanges, move |request, reply| {
            let notes = notes.clone();
            tasks.spawn(async move {
                let sent = reply
                    .send(Response::new(request.into_body()))
                    .await;
                note_sent(&notes, sent);
            });
        })
    });
    for _ in 0..3 {
        served
            .send(POST_10)
            .send("01234")
            .send("56789");
    }
    assert_eq!(served.lines(), ["200 0123456789"; 3]);
    served.send(EXPECT);
    assert_eq!(served.lines()[3], "100 ");
    served.send("0123456789").finish();
    assert_eq!(served.lines()[4], "200 0123456789");
    assert_eq!(noted.take(), ["sent"; 4]);
    assert_eq!(served.ends(), CLOSED);
}

#[test]
fn body_and_reply_are_served_in_two_tasks() {
    let (setup, tasks, notes) = setup();
    let noted = notes.clone();
    let served = setup.serve(|exchanges| {
        each(exchanges, move |request, reply| {
            let (counted, sent) = (notes.clone(), notes.clone());
            tasks.spawn(async move {
                let count = request.into_body().discard().await;
                counted.add(format!("{count:?}"));
            });
            tasks.spawn(async move {
                let response = Response::new(Body::from("early"));
                note_sent(&sent, reply.send(response).await);
            });
        })
    });
    served.send(POST_10);
    assert_eq!(served.lines(), ["200 early"], "it waits for nobody");
    served.send("0123456789").send(GET);
    assert_eq!(served.lines(), ["200 early"; 2]);
    assert_eq!(noted.take(), ["sent", "Ok(10)", "Ok(0)", "sent"]);
}

#[test]
fn continue_leaves_although_the_drain_was_full_when_it_was_written() {
    let (setup, tasks, notes) = setup();
    let served = setup.serve(|exchanges| {
        each(exchanges, move |request, reply| {
            let notes = notes.clone();
            tasks.spawn(async move {
                let sent = reply
                    .send(Response::new(request.into_body()))
                    .await;
                note_sent(&notes, sent);
            });
        })
    });
    served.peer.stall();
    served.peer.feed(EXPECT);
    served.tasks.run();
    served.peer.resume();
    served.run();
    assert_eq!(served.lines()[0], "100 ");
    served.send("0123456789");
    assert_eq!(served.lines()[1], "200 0123456789");
}

#[test]
fn continue_leaves_although_only_the_body_is_polled() {
    let (setup, tasks, notes) = setup();
    let served = setup.serve(|exchanges| {
        each(exchanges, move |request, reply| {
            let notes = notes.clone();
            tasks.spawn(async move {
                let whole = request
                    .into_body()
                    .collect(10)
                    .await
                    .unwrap();
                let sent = reply
                    .send(Response::new(Body::from(whole)))
                    .await;
                note_sent(&notes, sent);
            });
        })
    });
    served.peer.stall();
    served.peer.feed(EXPECT);
    served.tasks.run();
    served.peer.resume();
    served.run();
    assert_eq!(served.lines(), ["100 "]);
    served.send("0123456789");
    assert_eq!(served.lines()[1], "200 0123456789");
}

#[test]
fn a_reply_in_another_task_does_not_miss_its_wake_when_the_connection_is_woken() {
    let (setup, tasks, notes) = setup();
    let (setup, stop) = setup.until();
    let noted = notes.clone();
    let served = setup.serve(|exchanges| {
        each(exchanges, move |_, reply| {
            let notes = notes.clone();
            tasks.spawn(async move {
                let piece = Bytes::from(vec![b'x'; 40_000]);
                let pieces = founts::iter(vec![piece; 5]);
                note_sent(&notes, reply.send(Response::new(pieces)).await);
            });
        })
    });
    served.peer.stall();
    served.send(GET);
    drop(stop);
    // No `run`, which disturbs everybody.
    served.tasks.run();
    served.peer.resume();
    served.run();
    assert_eq!(noted.take(), ["sent"]);
    assert_eq!(served.answers()[0].body.len(), 200_000);
    assert_eq!(served.ends(), LINGERS);
}

#[test]
fn a_reply_in_another_task_does_not_miss_its_wake_when_the_body_is_polled() {
    let (setup, tasks, notes) = setup();
    let noted = notes.clone();
    let served = setup.serve(|exchanges| {
        each(exchanges, move |request, reply| {
            let (counted, sent) = (notes.clone(), notes.clone());
            tasks.spawn(async move {
                let piece = Bytes::from(vec![b'x'; 40_000]);
                let pieces = founts::iter(vec![piece; 5]);
                note_sent(&sent, reply.send(Response::new(pieces)).await);
            });
            tasks.spawn(async move {
                let count = request.into_body().discard().await;
                counted.add(format!("{count:?}"));
            });
        })
    });
    served.peer.stall();
    served.send(POST_10).send("01234");
    served.peer.resume();
    served.run();
    assert_eq!(noted.take(), ["sent"]);
    served.send("56789");
    assert_eq!(noted.take(), ["Ok(10)"]);
    assert_eq!(served.answers()[0].body.len(), 200_000);
    assert_eq!(served.ends(), OPEN);
}

/// Wakes another.
struct Relay(std::task::Waker);

impl std::task::Wake for Relay {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.wake_by_ref();
    }
}

#[test]
fn a_reply_in_the_same_task_under_another_waker_does_not_spin_while_it_waits() {
    let served = Setup::new().serve(async |mut exchanges| {
        let mut reply: Option<Pin<Box<dyn Future<Output = ()>>>> = None;
        poll_fn(|cx| {
            loop {
                let relay = std::sync::Arc::new(Relay(cx.waker().clone())).into();
                let mut other = Context::from_waker(&relay);
                if let Some(sending) = &mut reply
                    && sending
                        .as_mut()
                        .poll(&mut other)
                        .is_ready()
                {
                    reply = None;
                }
                match Pin::new(&mut exchanges).poll_next(cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(Err(reason)) => return Poll::Ready(reason.into_result()),
                    Poll::Ready(Ok(exchange)) => {
                        let pieces = founts::iter(vec![Bytes::from(vec![b'x'; 40_000]); 5]);
                        let sending = exchange
                            .into_parts()
                            .1
                            .send(Response::new(pieces));
                        reply = Some(Box::pin(async { drop(sending.await) }));
                    }
                }
            }
        })
        .await
    });
    served.peer.stall();
    served.send(GET);
    served.peer.take(1);
    served.run();
    served.peer.resume();
    served.run();
    assert_eq!(served.answers()[0].body.len(), 200_000);
    assert_eq!(served.ends(), OPEN);
}

#[test]
fn a_reply_that_is_cut_elsewhere_ends_the_body_that_is_read() {
    for finish in [false, true] {
        let (setup, tasks, notes) = setup();
        let noted = notes.clone();
        let served = setup.serve(|exchanges| {
            each(exchanges, move |request, reply| {
                let notes = notes.clone();
                tasks.spawn(async move {
                    let mut body = request.into_body();
                    while let Ok(Some(_)) = body.next().await {}
                    notes.add("body over");
                });
                drop(reply);
            })
        });
        served.peer.feed(POST_10);
        if finish {
            served.peer.finish();
        }
        served.run();
        assert_eq!(noted.take(), ["body over"]);
        assert_eq!(served.answers()[0].status, 500);
        assert_eq!(served.ends().1, "finished");
    }
}

#[test]
fn a_cut_is_shown_though_somebody_else_still_holds_the_body() {
    for early in [true, false] {
        let (setup, tasks, notes) = setup();
        let noted = notes.clone();
        let served = setup.serve(|exchanges| {
            each(exchanges, move |request, reply| {
                let notes = notes.clone();
                tasks.spawn(async move {
                    let _held = request;
                    std::future::pending::<()>().await;
                });
                tasks.spawn(async move {
                    let pieces = if early {
                        vec![""]
                    } else {
                        vec!["abc", "abc", ""]
                    };
                    let failing = stages::try_map(|piece: &'static str| match piece {
                        "" => Err(tubes::Error::user("broken")),
                        _ => Ok(Bytes::from(piece)),
                    });
                    let pieces = founts::iter(pieces).through(failing);
                    note_sent(&notes, reply.send(Response::new(pieces)).await);
                });
            })
        });
        served.send(POST_10);
        assert_eq!(noted.take().len(), 1);
        let expected = if early {
            "500 the handler failed\\n"
        } else {
            "200 abcabc.."
        };
        assert_eq!(served.lines(), [expected]);
        assert_eq!(served.ends(), LINGERS);
    }
}

#[test]
fn the_halves_hear_that_the_connection_was_dropped() {
    let (setup, tasks, notes) = setup();
    let noted = notes.clone();
    let served = setup.serve(|exchanges| {
        each(exchanges, move |request, reply| {
            let (read, sent) = (notes.clone(), notes.clone());
            tasks.spawn(async move {
                let end = request
                    .into_body()
                    .flow_to(drains::null())
                    .await;
                read.add(end.map_or_else(|error| why_failed(&error), |_| "read".to_owned()));
            });
            tasks.spawn(async move {
                note_sent(
                    &sent,
                    reply
                        .send(Response::new(Script("abc......")))
                        .await,
                );
                poll_fn(|_| Poll::Ready(())).await;
            });
        })
    });
    served.peer.feed(POST_10);
    assert!(!served.tasks.run_at_most(3));
    served.tasks.drop_task(0);
    served.tasks.run();
    assert_eq!(served.ends().1, "dropped", "never a clean end");
    assert_eq!(served.ends().0, "dropped");
    let mut heard = noted.take();
    heard.sort();
    assert_eq!(heard, ["Closed", "Closed"]);
}
