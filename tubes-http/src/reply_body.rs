//! The body of a reply on its way: the head waits for its first news, then piece by piece.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::response::Parts;
use http::{HeaderMap, StatusCode};
use tubes::{Drain, Reason};

use crate::body::Trailers;
use crate::error::Error;
use crate::flush::{Flush, Flushing, Waiting};
use crate::half::{End, Half, Wanted};

/// The drain for the body of a reply: see [`Reply::start`](crate::Reply::start).
///
/// # Flow control
///
/// Ready while the connection has room for a piece. Holds the head and at most one piece, until
/// it is known whether more follow; or what [`Flush`] says. While it is flushed and given nothing,
/// the peer is read from, up to [`Limits::ahead`](crate::Limits::ahead): so a body that is quiet
/// does not outlive a peer that is gone ([`Limits::half_closed_time`](crate::Limits::half_closed_time)).
///
/// A piece of less than 4 KiB is copied and dropped at once. A larger one leaves as it is, and is
/// dropped by the transport while the connection is locked: what owns it
/// ([`Bytes::from_owner`]) must not look at the server, or at its exchange, when it is dropped.
///
/// # Stopping
///
/// A clean end completes the reply. A failure cuts it: answered with the status of the failure
/// if the head has not left, else the connection closes without the body's end. Dropping it does
/// the same.
///
/// # Cancel safety
///
/// The drain of the connection knows only who has asked last. Whoever gives up a wait for room or
/// for a flush, and holds on to this, is still the one who is told: what has been written before
/// then waits for him too, up to the deadline of the peer. Poll on, or drop it.
#[must_use = "a reply that is dropped is cut"]
pub struct ReplyBody {
    half: Half,
    /// Its fields are gone once they are written.
    head: Parts,
    /// How long the body says that it is.
    length: Option<u64>,
    flushing: Flushing,
    stage: Stage,
}

enum Stage {
    /// The head waits for the body's first news.
    Head,
    /// The head waits with the first piece: if there is no other, its length is the body's.
    First(Bytes),
    /// The head is written.
    Body,
    /// No body is wanted, or all was said.
    Over,
}

impl ReplyBody {
    #[inline]
    pub(crate) fn new(half: Half, mut head: Parts, length: Option<u64>) -> Self {
        let flushing = head.extensions.get::<Flush>().into();
        half.note_extensions(&mut head);
        Self {
            half,
            flushing,
            head,
            length,
            stage: Stage::Head,
        }
    }

    /// Writes the head if it waits, and the piece that waits with it; more may follow.
    fn begin(&mut self) -> Result<(), Reason> {
        let first = match &mut self.stage {
            Stage::Head => Bytes::new(),
            Stage::First(first) => std::mem::take(first),
            Stage::Body | Stage::Over => return Ok(()),
        };
        self.stage = Stage::Over;
        // Trailers leave behind chunks only.
        let length = self
            .length
            .filter(|_| !self.has_trailers());
        let half = &self.half;
        let wanted = half
            .link
            .start(half.exchange, &mut self.head, length, first)
            .map_err(Error::into_reason)?;
        self.head.headers = HeaderMap::new();
        self.stage = Stage::Body;
        match wanted {
            Wanted::Body => Ok(()),
            Wanted::Nothing => Err(Reason::Enough),
        }
    }

    /// Writes a piece, or waits with the first.
    fn write(&mut self, piece: Bytes) -> Result<(), Reason> {
        if let Stage::Head = self.stage {
            self.stage = Stage::First(piece);
            return Ok(());
        }
        self.begin()?;
        let half = &self.half;
        half.link
            .send(half.exchange, piece)
            .map_err(Error::into_reason)
    }

    /// Writes a piece that leaves before another is taken.
    fn write_to_leave(&mut self, piece: Bytes) -> Result<(), Reason> {
        self.flushing
            .set_waiting(Waiting::Something);
        self.write(piece)?;
        self.begin()
    }

    /// Room for another piece: what is to leave first has left.
    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        if self.flushing.waiting() == Waiting::Something {
            ready!(self.poll_out(cx))?;
        }
        self.half.poll_room(cx)
    }

    /// Everything that is written leaves.
    fn poll_out(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.begin()?;
        ready!(
            self.half
                .link
                .poll_flush(self.half.exchange, cx)
        )?;
        self.flushing
            .set_waiting(Waiting::Nothing);
        Poll::Ready(Ok(()))
    }

    /// Writes the reply that waits, now that it is known to be whole.
    fn poll_whole(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let Self {
            half,
            head,
            length,
            stage,
            ..
        } = self;
        let body = match stage {
            Stage::First(first) => first,
            Stage::Head | Stage::Body | Stage::Over => &mut Bytes::new(),
        };
        let exchange = half.exchange;
        let end = ready!(
            half.link
                .poll_whole(exchange, head, *length, body, cx)
        );
        self.stage = Stage::Over;
        match end {
            Ok(end) => half.end = end,
            Err(error) => {
                half.cut(&error);
                return Poll::Ready(Err(error));
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Writes what is left, the end, and the trailers behind it. Each waits for room: what is
    /// written is bounded.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let mut written = ready!(self.half.poll_room(cx));
        if let (Ok(()), Stage::Head | Stage::First(_)) = (&written, &self.stage) {
            written = match self.begin() {
                Ok(()) | Err(Reason::Enough | Reason::Finished) => {
                    ready!(self.half.poll_room(cx))
                }
                Err(failed) => Err(failed),
            };
        }
        if let Err(reason) = written {
            let error = Error::of_transport(reason);
            self.half.cut(&error);
            return Poll::Ready(Err(error));
        }
        let trailers = self.head.extensions.get();
        let fields = trailers.and_then(Trailers::take);
        Poll::Ready(self.half.finish(fields))
    }

    fn has_trailers(&self) -> bool {
        self.head
            .extensions
            .get::<Trailers>()
            .is_some()
    }
}

impl Drain<Bytes> for ReplyBody {
    type Output = ();

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        match self.stage {
            Stage::Head if has_no_body(self.head.status) => {
                Poll::Ready(self.begin().and(Err(Reason::Enough)))
            }
            // The first piece is not written before it is known whether others follow.
            Stage::Head => Poll::Ready(Ok(())),
            Stage::First(_) | Stage::Body | Stage::Over => self.poll_room(cx),
        }
    }

    fn receive(mut self: Pin<&mut Self>, piece: Bytes) -> Result<(), Reason> {
        if piece.is_empty() {
            return Ok(());
        }
        if let Flushing::Gather(gathered) = &mut self.flushing {
            return match gathered.gather(piece) {
                Some(enough) => self.write_to_leave(enough),
                None => Ok(()),
            };
        }
        if let Flushing::Immediate(_) = self.flushing {
            return self.write_to_leave(piece);
        }
        self.write(piece)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        let Self { half, flushing, .. } = &mut *self;
        if let Flushing::Gather(gathered) = flushing
            && gathered.waiting == Waiting::Nothing
        {
            let looked = half
                .link
                .look_while_gathering(half.exchange, gathered.news(), cx);
            return Poll::Ready(looked);
        }
        self.begin()?;
        let half = &self.half;
        ready!(half.link.poll_quiet(half.exchange, cx))?;
        self.flushing
            .set_waiting(Waiting::Nothing);
        Poll::Ready(Ok(()))
    }

    fn poll_stopped(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        reason: &Reason,
    ) -> Poll<Result<(), tubes::Error>> {
        if let Reason::Failed(error) = reason {
            self.half.fail(error);
            return Poll::Ready(Err(error.clone()));
        }
        if self.half.end == End::Open {
            if let Flushing::Gather(gathered) = &mut self.flushing
                && let Some(rest) = gathered.take()
                && let Err(Reason::Failed(error)) = self.write(rest)
            {
                self.half
                    .cut(&Error::from_flow(error.clone()));
                return Poll::Ready(Err(error));
            }
            let ended = match self.stage {
                Stage::Head | Stage::First(_) if !self.has_trailers() => self.poll_whole(cx),
                _ => self.poll_end(cx),
            };
            ready!(ended).map_err(Error::into_flow)?;
        }
        if self.half.end == End::Said {
            ready!(self.half.poll_left(cx))
                .map_err(|reason| Error::of_transport(reason).into_flow())?;
        }
        Poll::Ready(Ok(()))
    }
}

/// Statuses that never have a body (RFC 9110 §15.3.5, §15.3.6, §15.4.5): nothing is pulled.
fn has_no_body(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED
    )
}

impl fmt::Debug for ReplyBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.stage {
            Stage::Head => "reply(head waits)",
            Stage::First(_) => "reply(head and first piece wait)",
            Stage::Body => "reply(body)",
            Stage::Over => "reply(over)",
        })
    }
}
