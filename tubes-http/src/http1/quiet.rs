//! A reply whose body gives nothing right now: is somebody there who waits for more?

use std::task::{Context, Poll};

use bytes::Bytes;
use tubes::{Drain, Fount, Reason};

use crate::error::Error;
use crate::http1::deadlines::For;
use crate::http1::link::Link;
use crate::http1::waiters::Waiter;
use crate::kind::Kind;

impl<F, D> Link<F, D>
where
    F: Fount<Item = Bytes>,
    D: Drain<Bytes>,
{
    /// All that was written has left, and the body of the reply has nothing: fails when nobody
    /// waits for more. That a peer is gone shows when it is read from, and nobody else may do so.
    pub(super) fn look_while_quiet(&mut self, cx: &mut Context<'_>) -> Result<(), Reason> {
        self.keep(Waiter::Quiet, cx);
        // Who reads the request hears it first; when he reads no more, we are woken.
        if self.waiters.is_reading() {
            return Ok(());
        }
        self.waiters.look();
        if let Looked::Enough = self.read_ahead(cx)? {
            // Who makes room for more wakes us.
            self.keep(Waiter::Quiet, cx);
        }
        if !self.engine.has_ended() {
            return Ok(());
        }
        let time = self.limits().half_closed_time();
        self.deadlines.begin(For::Quiet, time);
        match self.poll_overdue(For::Quiet) {
            Poll::Pending => Ok(()),
            Poll::Ready(()) => Err(Error::from(Kind::HalfClosed).into_reason()),
        }
    }

    /// Up to the limit; what follows a request that has failed is not heard.
    fn read_ahead(&mut self, cx: &mut Context<'_>) -> Result<Looked, Reason> {
        while self.engine.keeps_input() && self.engine.input_len() < self.limits().ahead() {
            match self.poll_read(cx) {
                Poll::Pending => return Ok(Looked::Waits),
                // What came is for who reads the body.
                Poll::Ready(Ok(())) => self.wake(Waiter::Reader),
                Poll::Ready(Err(reason)) => return Err(self.cut_off(reason).into_reason()),
            }
        }
        Ok(Looked::Enough)
    }

    /// A piece was read, and who read it may not come back: another task looks in his place. His
    /// own goes on anyway.
    #[inline]
    pub(super) fn wake_relying_elsewhere(&mut self, cx: &Context<'_>) {
        if !self.waiters.relies(cx.waker()) {
            self.wake_relying();
        }
    }
}

/// How the look at the peer ended.
enum Looked {
    /// The flow has no more, and wakes who looks.
    Waits,
    /// As much is there as may be.
    Enough,
}

impl<F, D> Link<F, D> {
    /// The reply has something again, or is over.
    #[inline]
    pub(super) fn end_quiet(&mut self) {
        self.forget(Waiter::Quiet);
        self.deadlines.end(For::Quiet);
    }

    /// Nobody reads the request any more.
    #[inline]
    pub(super) fn wake_relying(&mut self) {
        if let Some(waker) = self.waiters.take_relying() {
            self.after().wake.push(waker);
        }
    }
}
