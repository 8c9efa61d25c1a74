//! A connection whose exchange is in one hand: body, reply and fount, each to be dropped alone.

use std::cell::{Cell, RefCell};
use std::num::NonZeroUsize;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use support::serving::{Served, Setup, why, why_failed};
use tubes::{Fount, founts};
use tubes_http::{Body, Limits};

use super::super::kit::{Notes, Records};
use super::taker::{Half, Halves, Spawner, Stop, Taker};

/// A request that is answered at once.
pub(super) const NEXT: &str = "GET /next HTTP/1.1\r\nHost: a\r\n\r\n";

/// A connection, and all that its server and its handler hold.
pub(super) struct Hand {
    pub(super) served: Served,
    pub(super) records: Records,
    pub(super) notes: Notes,
    halves: Rc<RefCell<Halves>>,
    stop: Rc<Stop>,
    spawner: Spawner,
    more: Option<founts::Sender<Bytes>>,
    stalled: bool,
}

impl Hand {
    pub(super) fn new(limits: Limits) -> Self {
        let (notes, records) = (Notes::default(), Records::default());
        let halves = Rc::new(RefCell::new(Halves::default()));
        let stop = Rc::new(Stop::default());
        let setup = Setup::new()
            .limits(limits)
            .with(records.kept());
        let spawner = Spawner {
            tasks: setup.tasks.clone(),
            count: Rc::new(Cell::new(1)),
        };
        let taker = Taker {
            halves: Rc::clone(&halves),
            stop: Rc::clone(&stop),
            notes: notes.clone(),
            spawner: spawner.clone(),
        };
        let noted = notes.clone();
        let served = setup.serve(|exchanges| async move {
            let ended = exchanges.flow_to(taker).await;
            noted.add(match &ended {
                Ok(()) => "over".to_owned(),
                Err(error) => format!("failed {}", why_failed(error)),
            });
            ended
        });
        Self {
            served,
            records,
            notes,
            halves,
            stop,
            spawner,
            more: None,
            stalled: false,
        }
    }

    /// A request comes, and its exchange is in the hand.
    pub(super) fn ask(&self, request: &str) {
        self.served.send(request);
        assert!(matches!(self.halves.borrow().reply, Half::Here(_)));
    }

    /// The peer of the exchange is watched.
    pub(super) fn watch(&self) {
        let Half::Here(reply) = &self.halves.borrow().reply else {
            return;
        };
        let (peer, notes) = (reply.peer(), self.notes.clone());
        self.spawner.spawn(async move {
            notes.add(format!("gone {:?}", peer.closed().await.kind()));
        });
    }

    /// The body is read.
    pub(super) fn read(&self) {
        let mut halves = self.halves.borrow_mut();
        let Half::Here(mut body) = std::mem::take(&mut halves.body) else {
            return;
        };
        let (notes, own) = (self.notes.clone(), Rc::clone(&self.halves));
        let number = self.spawner.spawn(async move {
            let reason = loop {
                match body.next_or_reason().await {
                    Ok(piece) => notes.add(format!("body +{}", piece.escape_ascii())),
                    Err(reason) => break reason,
                }
            };
            notes.add(format!("body {}", why(&reason)));
            own.borrow_mut().body = Half::Gone;
        });
        halves.body = Half::There(number);
    }

    /// The reply begins, and has no more right now.
    pub(super) fn begin(&mut self) {
        let (mut more, pieces) = founts::channel(NonZeroUsize::MIN);
        assert!(
            more.try_send(Bytes::from_static(b"x"))
                .is_ok()
        );
        self.more = Some(more);
        self.send(Body::new(pieces));
    }

    /// The reply comes to its end, if there is one that can.
    pub(super) fn answer(&mut self) -> bool {
        if let Some(more) = self.more.take() {
            more.finish();
            return true;
        }
        self.send(Body::from("ok"))
    }

    fn send(&mut self, body: Body) -> bool {
        let mut halves = self.halves.borrow_mut();
        let reply = match std::mem::take(&mut halves.reply) {
            Half::Here(reply) => reply,
            other => {
                halves.reply = other;
                return false;
            }
        };
        let (notes, own) = (self.notes.clone(), Rc::clone(&self.halves));
        let sending = reply.send(Response::new(body));
        let number = self.spawner.spawn(async move {
            notes.add(match sending.await {
                Ok(()) => "reply sent".to_owned(),
                Err(error) => format!("reply {}", why_failed(&error)),
            });
            own.borrow_mut().reply = Half::Gone;
        });
        halves.reply = Half::There(number);
        true
    }

    /// Whether there is one.
    pub(super) fn drop_body(&self) -> bool {
        let body = std::mem::take(&mut self.halves.borrow_mut().body);
        self.drop_half(body)
    }

    /// Whether there is one.
    pub(super) fn drop_reply(&self) -> bool {
        let reply = std::mem::take(&mut self.halves.borrow_mut().reply);
        self.drop_half(reply)
    }

    fn drop_half<T>(&self, half: Half<T>) -> bool {
        match half {
            Half::Gone => return false,
            Half::Here(half) => drop(half),
            Half::There(number) => self.served.tasks.drop_task(number),
        }
        true
    }

    /// Whether an exchange is served.
    pub(super) fn is_serving(&self) -> bool {
        let snapshot = self.served.handle.snapshot();
        snapshot
            .connections
            .iter()
            .any(|connection| connection.exchange.is_some())
    }

    /// Whether the connection is not over.
    pub(super) fn lasts(&self) -> bool {
        let snapshot = self.served.handle.snapshot();
        !snapshot.connections.is_empty()
    }

    pub(super) fn stall(&mut self) {
        self.stalled = true;
        self.served.peer.stall();
    }

    /// Whether the peer took nothing before.
    pub(super) fn take_again(&mut self) -> bool {
        self.served.peer.resume();
        std::mem::take(&mut self.stalled)
    }

    pub(super) fn shut_down(&self, grace: Duration) {
        let (handle, notes) = (self.served.handle.clone(), self.notes.clone());
        self.spawner.spawn(async move {
            let report = handle.shutdown(grace).await;
            notes.add(format!(
                "reported finished {} cut {} streaming {}",
                report.finished, report.cut, report.streaming
            ));
        });
    }

    pub(super) fn stop(&self) {
        self.stop.said.set(true);
        if let Some(waker) = self.stop.waker.take() {
            waker.wake();
        }
    }

    pub(super) fn drop_exchanges(&self) {
        self.served.tasks.drop_task(0);
    }
}
