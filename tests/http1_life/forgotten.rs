//! Conversations at random, with halves of exchanges in other tasks that wait, stop and leave when they
//! like: nobody is forgotten, and every connection ends.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};

use bytes::Bytes;
use futures_util::future::join;
use http::{Response, StatusCode};
use proptest::collection::vec;
use proptest::prelude::ProptestConfig;
use support::serving::{Served, Setup};
use support::tasks::Tasks;
use tubes::{Error, Fount, Reason};
use tubes_http::{Exchange, Limits, OnDisconnect, Reply};

use super::kit::{CHUNKED, GET, POST_10, secs};

const EXPECT: &str =
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n";

/// Where everybody waits until it is opened again: how often it was, and who waits.
#[derive(Clone, Default)]
struct Gate(Rc<RefCell<(usize, Vec<Waker>)>>);

impl Gate {
    fn open(&self) {
        let waiting = {
            let mut gate = self.0.borrow_mut();
            gate.0 += 1;
            std::mem::take(&mut gate.1)
        };
        for waker in waiting {
            waker.wake();
        }
    }

    fn wait(&self) -> Wait {
        Wait(self.clone(), self.0.borrow().0)
    }
}

struct Wait(Gate, usize);

impl Future for Wait {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut gate = self.0.0.borrow_mut();
        if gate.0 > self.1 {
            return Poll::Ready(());
        }
        gate.1.push(cx.waker().clone());
        Poll::Pending
    }
}

/// A body of pieces of these sizes, the last first; 0 waits at the gate.
struct Pieces {
    gate: Gate,
    wait: Option<Wait>,
    sizes: Vec<usize>,
}

impl Fount for Pieces {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Bytes, Reason>> {
        loop {
            if let Some(wait) = &mut self.wait {
                ready!(Pin::new(wait).poll(cx));
                self.wait = None;
            }
            match self.sizes.pop() {
                None => return Poll::Ready(Err(Reason::Finished)),
                Some(0) => self.wait = Some(self.gate.wait()),
                Some(size) => return Poll::Ready(Ok(Bytes::from(vec![b'x'; size]))),
            }
        }
    }
}

/// What the halves of an exchange do, in numbers.
#[derive(Clone, Debug)]
struct Script {
    reads: Vec<u8>,
    interims: u8,
    pieces: Vec<usize>,
    watches: u8,
}

/// Reads as the script says.
async fn read(mut body: tubes_http::Body, script: Script, gate: Gate) {
    for read in script.reads {
        match read {
            0 | 1 => {
                if body.next_or_reason().await.is_err() {
                    break;
                }
            }
            2 => gate.wait().await,
            3 => while let Ok(Some(_)) = body.next().await {},
            _ => return,
        }
    }
    if script.watches == 2 {
        gate.wait().await;
    }
}

/// Replies as the script says.
async fn answer(mut reply: Reply, script: Script, gate: Gate) {
    for _ in 0..script.interims % 3 {
        let mut hints = Response::new(());
        *hints.status_mut() = StatusCode::EARLY_HINTS;
        if script.interims == 2 {
            gate.wait().await;
        }
        if reply.interim(&hints).await.is_err() {
            break;
        }
    }
    if script.interims == 3 {
        gate.wait().await;
    }
    let sizes = script.pieces.iter();
    let pieces = Pieces {
        sizes: sizes
            .map(|piece| [0, 5, 5000, 140_000][*piece])
            .collect(),
        wait: None,
        gate,
    };
    drop(reply.send(Response::new(pieces)).await);
}

/// Serves each exchange by the next script: the two halves of it.
fn halves(
    scripts: Vec<Script>,
    gate: Gate,
    tasks: Tasks,
) -> impl FnMut(Exchange) -> (Half, Half) + 'static {
    let mut scripts = scripts.into_iter().cycle();
    move |exchange| {
        let script = scripts.next().unwrap();
        let peer = exchange.peer();
        if script.watches > 0 {
            tasks.spawn(async move { drop(peer.closed().await) });
        }
        let (request, reply) = exchange.into_parts();
        let reader = read(request.into_body(), script.clone(), gate.clone());
        let replier = answer(reply, script, gate.clone());
        (Box::pin(reader), Box::pin(replier))
    }
}

type Half = Pin<Box<dyn Future<Output = ()>>>;

/// An exchange is served with its body elsewhere, or with both halves here.
fn serve(
    setup: Setup,
    how: u8,
    mut halves: impl FnMut(Exchange) -> (Half, Half) + 'static,
) -> Served {
    let tasks = setup.tasks.clone();
    match how {
        0 => setup.answer(move |exchange| {
            let (reader, replier) = halves(exchange);
            tasks.spawn(reader);
            async move {
                replier.await;
                Ok::<_, Error>(())
            }
        }),
        _ => setup.answer(move |exchange| {
            let (reader, replier) = halves(exchange);
            async move {
                join(reader, replier).await;
                Ok::<_, Error>(())
            }
        }),
    }
}

/// What happens to a connection.
const STEPS: &[fn(&Served)] = &[
    |served| served.peer.feed(GET),
    |served| served.peer.feed([GET, GET].concat()),
    |served| served.peer.feed(EXPECT),
    |served| served.peer.feed(&GET[..20]),
    |served| {
        served
            .peer
            .feed([POST_10, "0123456789"].concat());
    },
    |served| served.peer.feed(POST_10),
    |served| {
        served
            .peer
            .feed([GET, POST_10].concat());
    },
    |served| served.peer.feed("01234"),
    |served| {
        served
            .peer
            .feed([CHUNKED, "3\r\nabc\r\n"].concat());
    },
    |served| served.peer.feed("0\r\n\r\n"),
    |served| served.peer.stall(),
    |served| served.peer.take(1),
    |served| served.peer.take(2),
    |served| served.peer.resume(),
    |served| served.peer.resume(),
    |served| served.peer.reset(),
    |served| served.peer.finish(),
    |served| served.clock.advance(secs(1)),
    |served| served.clock.advance(secs(11)),
    |served| served.clock.advance(secs(31)),
];

const POLICIES: [OnDisconnect; 3] = [
    OnDisconnect::RunToEnd,
    OnDisconnect::Cancel,
    OnDisconnect::CancelOnReset,
];

#[test]
fn nobody_is_forgotten_whatever_the_halves_do() {
    let config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(300)
    };
    // Each step beyond those of the table opens the gate.
    let steps = vec(0..STEPS.len() + 6, 0..25);
    let scripts = vec(
        (vec(0..5_u8, 0..5), 0..4_u8, vec(0..4_usize, 0..5), 0..3_u8),
        4,
    );
    proptest::proptest!(config, |(steps in steps, scripts in scripts, policy in 0..3_usize, how in 0..2_u8)| {
        let scripts = scripts.into_iter().map(|(reads, interims, pieces, watches)| Script {
            reads,
            interims,
            pieces,
            watches,
        });
        let gate = Gate::default();
        let limits = Limits::default()
            .with_held(12_000)
            .with_ahead(20)
            .with_exchange_time(secs(40));
        let setup = Setup::new()
            .limits(limits)
            .with(move |server| server.on_disconnect(POLICIES[policy]));
        let halves = halves(scripts.collect(), gate.clone(), setup.tasks.clone());
        let served = serve(setup, how, halves);
        for step in steps {
            match STEPS.get(step) {
                Some(step) => step(&served),
                None => gate.open(),
            }
            // Whoever makes progress when all are polled once more has missed a wake.
            served.run();
        }
        served.peer.finish();
        for _ in 0..10 {
            gate.open();
            served.run().advance(secs(41));
        }
        let snapshot = served.handle.snapshot();
        proptest::prop_assert_eq!(snapshot.connections.len(), 0, "{:?}", snapshot);
    });
}
