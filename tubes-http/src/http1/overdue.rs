//! An exchange that takes too long as a whole.

use std::task::{Poll, ready};

use bytes::Bytes;
use tubes::{Drain, Fount};

use crate::error::Error;
use crate::http1::deadlines::For;
use crate::http1::link::Link;
use crate::http1::turn::Half;
use crate::http1::waiters::Waiter;
use crate::kind::Kind;

impl<F, D> Link<F, D>
where
    F: Fount<Item = Bytes>,
    D: Drain<Bytes>,
{
    /// Ready when the exchange has taken too long: it is answered or cut then, whoever still holds
    /// a half of it.
    pub(super) fn poll_exchange_overdue(&mut self) -> Poll<()> {
        ready!(self.poll_overdue(For::Exchange));
        let error = Error::from(self.blame());
        self.broken = Some(error.clone());
        if self.engine.is_answered() {
            if self.has_left() {
                self.give_up();
            } else {
                // What waits to leave does not wait longer.
                self.end_write(error.into_reason());
            }
        } else {
            self.engine
                .refuse(&error, self.site.clock.wall());
            self.answered(error.status());
        }
        self.wake(Waiter::Reader);
        self.wake(Waiter::Writer);
        self.let_go(Half::Body);
        self.let_go(Half::Reply);
        Poll::Ready(())
    }

    /// RFC 9110 §15.5.9: the peer's fault is a request that has not come, and is waited for.
    fn blame(&self) -> Kind {
        let waits_for_request = self
            .deadlines
            .since(For::Reading)
            .is_some();
        if waits_for_request && !self.deadlines.is_thirsty() && !self.engine.is_answered() {
            Kind::BodyTimeout
        } else {
            Kind::ExchangeTimeout
        }
    }
}

impl<F, D> Link<F, D> {
    /// Who replies is woken when the peer has taken too little for too long: the bell rings for
    /// others, too, and not for him.
    pub(super) fn look_for_writer(&mut self) {
        if self.waiters.is_writing()
            && self
                .poll_overdue(For::Writing)
                .is_ready()
        {
            self.wake(Waiter::Writer);
        }
    }
}
