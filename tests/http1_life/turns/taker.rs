//! Takes the exchanges of a connection, and keeps the halves of the first apart.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use http::Response;
use support::tasks::Tasks;
use tubes::{Drain, Error, Reason};
use tubes_http::{Body, Exchange, Reply};

use super::super::kit::Notes;

/// Takes exchanges: the first into the hand, those behind it are answered.
pub(super) struct Taker {
    pub(super) halves: Rc<RefCell<Halves>>,
    pub(super) stop: Rc<Stop>,
    pub(super) notes: Notes,
    pub(super) spawner: Spawner,
}

impl Drain<Exchange> for Taker {
    type Output = ();

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        if self.stop.said.get() {
            return Poll::Ready(Err(Reason::Enough));
        }
        self.stop
            .waker
            .replace(Some(cx.waker().clone()));
        Poll::Ready(Ok(()))
    }

    fn receive(self: Pin<&mut Self>, exchange: Exchange) -> Result<(), Reason> {
        let (request, reply) = exchange.into_parts();
        if request.uri() == "/next" {
            self.notes.add("next");
            let sending = reply.send(Response::new(Body::from("next")));
            self.spawner
                .spawn(async move { drop(sending.await) });
            return Ok(());
        }
        let mut halves = self.halves.borrow_mut();
        halves.reply = Half::Here(reply);
        let body = request.into_body();
        if body.length() != Some(0) {
            halves.body = Half::Here(body);
        }
        Ok(())
    }

    fn poll_stopped(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        reason: &Reason,
    ) -> Poll<Result<(), Error>> {
        Poll::Ready(reason.clone().into_result())
    }
}

/// Where a half of an exchange is.
#[derive(Default)]
pub(super) enum Half<T> {
    #[default]
    Gone,
    Here(T),
    /// In the task of this number.
    There(usize),
}

#[derive(Default)]
pub(super) struct Halves {
    pub(super) body: Half<Body>,
    pub(super) reply: Half<Reply>,
}

/// Counts the tasks that it spawns, for one of them may be dropped.
#[derive(Clone)]
pub(super) struct Spawner {
    pub(super) tasks: Tasks,
    /// How many there are.
    pub(super) count: Rc<Cell<usize>>,
}

impl Spawner {
    pub(super) fn spawn(&self, future: impl Future<Output = ()> + 'static) -> usize {
        let number = self.count.get();
        self.count.set(number + 1);
        drop(self.tasks.spawn(future));
        number
    }
}

/// Whether exchanges are still wanted.
#[derive(Default)]
pub(super) struct Stop {
    pub(super) said: Cell<bool>,
    pub(super) waker: RefCell<Option<Waker>>,
}
