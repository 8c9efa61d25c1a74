//! What leaves on a connection: handed to the drain, and not waited for for ever.

use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use tubes::{Drain, Fount, Reason};

use crate::error::Error;
use crate::http1::account::Stall;
use crate::http1::after::Note;
use crate::http1::deadlines::{For, With};
use crate::http1::link::{FLOOR, Link, Write};
use crate::kind::Kind;
use crate::origin::Origin;
use crate::roster::Share;

/// Bytes that wait in the engine before they are handed to the drain: small replies of pipelined
/// requests leave in one write.
const HIGH_WATER: usize = 32 * 1024;

/// A piece that is worth a write of its own: to wait for more would save nothing, and the buffer that
/// it is in is free for the next read when it has left. So one segment of an echo is under way.
const LARGE: usize = 128 * 1024;

/// So much of smaller pieces leaves before more is read, so that an echo does not gather.
const GATHERED: usize = 64 * 1024;

impl<F, D> Link<F, D>
where
    F: Fount<Item = Bytes>,
    D: Drain<Bytes>,
{
    /// Hands what is written to the drain, for as long as it has room.
    fn poll_hand_over(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        while self.engine.output_len() > 0 {
            if let Write::Ended(reason) = &self.write {
                return Poll::Ready(Err(reason.clone()));
            }
            let Some(ends) = &mut self.ends else {
                return Poll::Ready(Err(self.end_write(Reason::abandoned())));
            };
            let handed = match ends.drain.as_mut().poll_ready(cx) {
                Poll::Ready(Ok(())) => match self.engine.take_output() {
                    Some(bytes) => {
                        let length = bytes.len();
                        ends.drain
                            .as_mut()
                            .receive(bytes)
                            .map(|()| length)
                    }
                    None => break,
                },
                Poll::Ready(Err(reason)) => Err(reason),
                Poll::Pending => {
                    self.in_drain = ends.drain.held();
                    return self.poll_write_deadline();
                }
            };
            match handed {
                Ok(length) => {
                    self.in_drain = ends.drain.held();
                    self.handed(length);
                }
                Err(reason) => return Poll::Ready(Err(self.end_write(reason))),
            }
        }
        Poll::Ready(Ok(()))
    }

    /// The drain was given so many bytes.
    fn handed(&mut self, length: usize) {
        self.leaving.handed();
        match &mut self.write {
            Write::Open { .. } if length >= LARGE => self.write = Write::Full,
            Write::Open { handed } => *handed = handed.saturating_add(length),
            Write::Full | Write::Ended(_) => {}
        }
        self.response_moved(length as u64);
    }

    /// More is to be read: what has gathered leaves first, or nothing else is written before it has.
    pub(super) fn make_way(&mut self, cx: &mut Context<'_>) {
        let Write::Open { handed: GATHERED.. } = self.write else {
            return;
        };
        if self.poll_help(cx).is_pending()
            && let Write::Open { .. } = self.write
        {
            self.write = Write::Full;
        }
    }

    /// Room for more to be written.
    pub(super) fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        if let Write::Ended(reason) = &self.write {
            return Poll::Ready(Err(reason.clone()));
        }
        if self.unsent() > FLOOR && self.is_short_of_memory(Share::All) {
            ready!(self.poll_spared(cx))?;
        }
        if self.engine.output_len() >= HIGH_WATER {
            ready!(self.poll_hand_over(cx))?;
        }
        if let Write::Full = self.write {
            return self.poll_flush(cx);
        }
        Poll::Ready(Ok(()))
    }

    /// All connections together hold too much: what waits here leaves first. That takes no memory,
    /// so that nobody waits for anybody but his own peer, which has its time for that.
    fn poll_spared(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        match self.poll_flush(cx) {
            Poll::Pending if self.unsent() > FLOOR => self.poll_memory(Share::All).map(Ok),
            Poll::Pending => Poll::Ready(Ok(())),
            Poll::Ready(flushed) => Poll::Ready(flushed),
        }
    }

    /// Everything that is written leaves.
    #[inline]
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        if self.engine.output_len() > 0 {
            ready!(self.poll_hand_over(cx))?;
        }
        if let Write::Ended(reason) = &self.write {
            return Poll::Ready(Err(reason.clone()));
        }
        let Some(ends) = &mut self.ends else {
            return Poll::Ready(Err(self.end_write(Reason::abandoned())));
        };
        match ends.drain.as_mut().poll_flush(cx) {
            Poll::Ready(Ok(())) => {
                self.write = Write::Open { handed: 0 };
                self.in_drain = 0;
                self.response_moved(0);
                if self.leaving.flushed() {
                    self.settle_leaving(None);
                }
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(reason)) => Poll::Ready(Err(self.end_write(reason))),
            Poll::Pending => {
                self.in_drain = ends.drain.held();
                self.poll_write_deadline()
            }
        }
    }

    /// What is written leaves, for whoever happens to be polled. The drain knows only who asked
    /// last: while who replies waits for it, nobody else may ask.
    pub(super) fn poll_help(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        if self.waiters.is_writing() {
            return Poll::Pending;
        }
        self.poll_flush(cx)
    }

    /// The peer takes what is written, or has taken it.
    #[inline]
    fn response_moved(&mut self, handed: u64) {
        if self
            .deadlines
            .since(For::Writing)
            .is_some()
        {
            self.count_moved(handed);
        }
    }

    /// The peer gets time for each byte that it took, and less for the time that we waited.
    fn count_moved(&mut self, handed: u64) {
        self.end_writing();
        let moved = self
            .ends
            .as_ref()
            .map_or(0, |ends| ends.drain.moved());
        let taken = match moved {
            0 => handed,
            moved => moved.saturating_sub(self.moved),
        };
        self.moved = moved;
        let (rate, most) = (self.limits().write_rate(), self.limits().write_time());
        self.deadlines
            .earn(With::Response, taken, rate, most);
    }

    /// The peer takes too little: not for ever.
    pub(super) fn poll_write_deadline(&mut self) -> Poll<Result<(), Reason>> {
        let moved = self
            .ends
            .as_ref()
            .map_or(0, |ends| ends.drain.moved());
        if moved != self.moved {
            // Slow is not dead.
            self.count_moved(0);
        }
        loop {
            let left = self.left_to_write();
            let unsaid = self
                .account
                .as_ref()
                .is_some_and(|account| account.stall == Stall::Unsaid);
            let time = if unsaid {
                left.min(self.limits().stall_time())
            } else {
                left
            };
            self.deadlines.begin(For::Writing, time);
            ready!(self.poll_overdue(For::Writing));
            self.count_moved(0);
            if self.left_to_write().is_zero() {
                let reason = Error::from(Kind::ReplyTimeout).into_reason();
                return Poll::Ready(Err(self.end_write(reason)));
            }
            self.say_stalled();
        }
    }

    /// How much longer the peer may take nothing.
    fn left_to_write(&self) -> Duration {
        let most = self.limits().write_time();
        self.deadlines
            .left(With::Response, most)
    }

    /// Says in the log that the peer takes nothing, once for each exchange.
    fn say_stalled(&mut self) {
        let held = self.held();
        let label = self.label();
        if let (Some(account), Some(label)) = (&mut self.account, label) {
            account.stall = Stall::Said;
            let waited = account.waited_for_response;
            self.note(Note::Stalled {
                label,
                waited,
                held,
            });
        }
    }

    /// Nothing can leave any more.
    pub(super) fn end_write(&mut self, reason: Reason) -> Reason {
        // The peer takes no more, and half a reply is none.
        let reason = Error::of_transport(reason)
            .raised_by(Origin::Connection)
            .into_reason();
        self.give_up();
        self.in_drain = 0;
        self.write = Write::Ended(reason.clone());
        self.cut_leaving();
        reason
    }
}
