//! A reply on its way into the engine: head, pieces, end; answered otherwise where that cannot be.

use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::HeaderMap;
use http::response::Parts;
use tubes::{Drain, Fount, Reason};

use crate::error::Error;
use crate::half::Wanted;
use crate::http1::after::Note;
use crate::http1::encode::declares_length;
use crate::http1::encode_body::Finished;
use crate::http1::link::Link;
use crate::http1::shared::Locked;
use crate::http1::turn::Half;
use crate::http1::waiters::Waiter;

impl<F, D> Link<F, D>
where
    F: Fount<Item = Bytes>,
    D: Drain<Bytes>,
{
    /// Remembers who replies while he waits for the drain.
    pub(super) fn keep_writer(&mut self, polled: &Poll<Result<(), Reason>>, cx: &Context<'_>) {
        if polled.is_pending() {
            self.keep(Waiter::Writer, cx);
        } else {
            self.forget(Waiter::Writer);
        }
    }

    /// Answers with the status of the error if no head has left, else cuts the reply.
    pub(super) fn refuse_reply(&mut self, error: &Error) {
        let status = if self.engine.is_answered() {
            None
        } else {
            error.status()
        };
        let now = self.site.clock.wall();
        self.engine.refuse(error, now);
        self.answered(status);
    }

    /// Writes the head, with this length if it says nothing of it, and the first piece of the body
    /// if one is wanted. `known`: what the body has said of itself.
    #[inline]
    pub(super) fn start(
        &mut self,
        head: &Parts,
        length: Option<u64>,
        known: Option<u64>,
        first: &mut Bytes,
    ) -> Result<Wanted, Error> {
        if let Some(broken) = self.broken.clone() {
            // The request could not be understood to its end: that is what is answered.
            self.refuse_reply(&broken);
            return Err(broken);
        }
        let given = !first.is_empty() || length.is_some_and(|length| length > 0);
        let length = match length {
            Some(_) if declares_length(head) => {
                if let Some(known) = known {
                    // Nothing has left yet: better no response than one that does not fit.
                    self.engine
                        .check_declared(head, known)?;
                }
                None
            }
            length => length,
        };
        let now = self.site.clock.wall();
        self.engine.start(head, length, now)?;
        self.answered(Some(head.status));
        if !self.engine.wants_body() {
            if given {
                self.note_unwanted(head.status);
            }
            return Ok(Wanted::Nothing);
        }
        if !first.is_empty() {
            self.engine.send(first)?;
        }
        Ok(Wanted::Body)
    }

    /// Writes the end.
    #[inline]
    pub(super) fn finish(&mut self, trailers: Option<&HeaderMap>) -> Result<(), Error> {
        match self.engine.finish(trailers) {
            Ok(Finished::Whole) => Ok(()),
            Ok(Finished::TrailersLost) => {
                if let Some(label) = self.label() {
                    self.note(Note::TrailersLost(label));
                }
                Ok(())
            }
            Err(error) => {
                self.broken = Some(error.clone());
                Err(error)
            }
        }
    }
}

/// Lets a reply leave that is written to its end, and lets go of it.
#[inline]
pub(super) fn poll_left<F, D>(
    mut link: Locked<'_, F, D>,
    cx: &mut Context<'_>,
) -> Poll<Result<(), Reason>>
where
    F: Fount<Item = Bytes>,
    D: Drain<Bytes>,
{
    // Replies of requests that are already there leave in one write; who waits for the drain by then
    // hears of it, and not of a request that comes meanwhile.
    let left = if link.has_next() && !link.waiters.is_writing() {
        Ok(())
    } else {
        let flushed = link.poll_flush(cx);
        link.keep_writer(&flushed, cx);
        ready!(flushed)
    };
    link.let_go(Half::Reply);
    Poll::Ready(left)
}
