//! The end of a connection (RFC 9112 §9.6): last bytes out, our direction closed, a while of
//! listening, so that the peer reads our last answer.

use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use tubes::{Drain, Fount, Reason};

use crate::http1::deadlines::For;
use crate::http1::link::Link;
use crate::http1::turn::{Closing, Turn};

impl<F, D> Link<F, D>
where
    F: Fount<Item = Bytes>,
    D: Drain<Bytes>,
{
    /// Ends the connection: last bytes out, our direction closed, then a while of listening.
    pub(super) fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<Reason> {
        loop {
            let Turn::Closing(closing) = &mut self.turn else {
                return Poll::Ready(Reason::Finished);
            };
            match closing {
                Closing::Write(reason) => {
                    let reason = reason.clone();
                    let flushed = ready!(self.poll_flush(cx));
                    let end = match flushed {
                        Ok(()) => reason,
                        Err(own) => reason.or_failure(own),
                    };
                    self.turn = Turn::Closing(Closing::Stop(end));
                }
                Closing::Stop(end) => {
                    let end = end.clone();
                    let Some(ends) = &mut self.ends else {
                        return Poll::Ready(end);
                    };
                    let closed = match ends
                        .drain
                        .as_mut()
                        .poll_stopped(cx, &end)
                    {
                        Poll::Ready(closed) => closed.map(drop).map_err(Reason::from),
                        Poll::Pending => ready!(self.poll_write_deadline()),
                    };
                    let end = match closed {
                        Ok(()) => end,
                        Err(own) => end.or_failure(own),
                    };
                    if end.is_clean() {
                        let left = self.limits().linger();
                        self.deadlines.end(For::Reading);
                        self.turn = Turn::Closing(Closing::Linger { left });
                    } else {
                        return Poll::Ready(self.stop_fount(&end.clone(), end));
                    }
                }
                Closing::Linger { left } => {
                    let left = *left;
                    match ready!(self.poll_lingering(left, cx)) {
                        Some(next) => self.turn = Turn::Closing(next),
                        None => return Poll::Ready(self.stop_clean()),
                    }
                }
                Closing::Rest => {
                    ready!(self.poll_rested());
                    return Poll::Ready(self.stop_clean());
                }
            }
        }
    }

    /// Throws a segment away: what is next, `None` where the peer has ended or its time is over.
    fn poll_lingering(&mut self, left: u64, cx: &mut Context<'_>) -> Poll<Option<Closing>> {
        let time = self.limits().linger_time();
        self.deadlines.begin(For::Reading, time);
        let next = match self.poll_segment(cx) {
            Poll::Ready(Ok(bytes)) => match left.checked_sub(bytes.len() as u64) {
                Some(left) => Some(Closing::Linger { left }),
                None => Some(self.begin_rest()),
            },
            Poll::Ready(Err(_)) => None,
            Poll::Pending => {
                ready!(self.poll_overdue(For::Reading));
                None
            }
        };
        Poll::Ready(next)
    }
}

/// How long a peer that sends more than we read has to see our answer: what it sends after the
/// close is answered by a reset, which may destroy the answer. Go has the same (and reads nothing
/// before); without it nginx as a front end made a 502 of one early answer in twelve.
const REST: Duration = Duration::from_millis(500);

impl<F: Fount, D> Link<F, D> {
    /// Nothing is written any more: the deadline for it is free for the rest.
    fn begin_rest(&mut self) -> Closing {
        self.deadlines.end(For::Writing);
        self.deadlines.begin(For::Writing, REST);
        Closing::Rest
    }

    fn poll_rested(&mut self) -> Poll<()> {
        if self
            .poll_overdue(For::Writing)
            .is_ready()
        {
            return Poll::Ready(());
        }
        self.poll_overdue(For::Reading)
    }

    /// The flow fails for a reply that was cut, though it is closed in order.
    fn stop_clean(&mut self) -> Reason {
        let end = match &self.broken {
            Some(error) if self.engine.is_cut() => error.clone().into_reason(),
            _ => Reason::Finished,
        };
        self.stop_fount(&Reason::Enough, end)
    }

    /// The connection is over; its fount hears `why`.
    fn stop_fount(&mut self, why: &Reason, end: Reason) -> Reason {
        if let Some(ends) = &mut self.ends {
            ends.fount.as_mut().stop(why);
        }
        self.end(end.clone());
        end
    }
}
