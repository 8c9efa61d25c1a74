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
        loop {
            self.keep(Waiter::Quiet, cx);
            // Who reads the request hears it first; when he reads no more, we are woken.
            if self.waiters.is_reading() {
                return Ok(());
            }
            self.waiters.look();
            match self.read_on(cx)? {
                Looked::Waits => return Ok(()),
                Looked::Ended => {}
                Looked::Enough => {
                    // Who makes room for more wakes us.
                    self.keep(Waiter::Quiet, cx);
                    // What is left of the request is for the application to read, at its pace.
                    if !self.engine.is_request_over() {
                        return Ok(());
                    }
                }
            }
            let time = self.limits().half_closed_time();
            self.deadlines.begin(For::Quiet, time);
            if self
                .poll_overdue(For::Quiet)
                .is_pending()
            {
                return Ok(());
            }
            if self.engine.has_ended() {
                return Err(Error::from(Kind::HalfClosed).into_reason());
            }
            // Requests that wait behind this one keep its end from being heard: they give way.
            self.engine.close_behind_this();
            self.deadlines.end(For::Quiet);
        }
    }

    /// Up to the limit; what follows a request that has failed has no meaning, and is dropped.
    fn read_on(&mut self, cx: &mut Context<'_>) -> Result<Looked, Reason> {
        while !self.engine.has_ended() {
            self.throw_away();
            if self.engine.input_len() >= self.limits().ahead() {
                return Ok(Looked::Enough);
            }
            match self.poll_read(cx) {
                Poll::Pending => return Ok(Looked::Waits),
                // What came is for who reads the body.
                Poll::Ready(Ok(())) => self.wake(Waiter::Reader),
                Poll::Ready(Err(reason)) => return Err(self.cut_off(reason).into_reason()),
            }
        }
        Ok(Looked::Ended)
    }
}

/// How the look at the peer ended.
enum Looked {
    /// The flow has no more, and wakes who looks.
    Waits,
    /// As much is there as may be.
    Enough,
    /// The peer sends no more.
    Ended,
}

impl<F, D> Link<F, D> {
    /// The reply has something again, or is over.
    #[inline]
    pub(super) fn end_quiet(&mut self) {
        self.stir();
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
