//! What a reader yields.

use std::fmt;
use std::io::ErrorKind;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use pin_project::pin_project;
use tokio::io::AsyncRead;

use super::read_buffer::ReadBuffer;
use crate::budget;
use crate::error::Error;
use crate::fount::Fount;
use crate::reason::Reason;

/// A fount of the bytes that a reader yields, in segments cut anywhere; finished at its end.
///
/// # Flow control
///
/// Reads only when it is pulled, once for each segment. Between two reads it holds at most one
/// empty buffer of 512 KiB, or what [`with_buffer`](Read::with_buffer) says, and none at all
/// while the reader has nothing to read or downstream is not ready: an idle connection costs no
/// memory. Segments grow with what comes: up to 8 KiB at first, then 16 KiB, doubling behind each
/// eighth read that is filled (so that the largest come behind 4 MiB), halving while they are not.
/// No segment is empty.
///
/// A segment shorter than 8 KiB is a copy of its own size; a longer one shares a buffer with its
/// neighbours, which lives until the last of them is dropped.
///
/// # Stopping
///
/// The reader is dropped as soon as the fount has ended or is stopped.
///
/// # Errors
///
/// [`Kind::Io`](crate::Kind::Io) at `read`, when the reader fails. A read that was interrupted
/// is tried again.
///
/// # Cancel safety
///
/// Nothing is lost: no bytes wait in the fount.
///
/// # Examples
///
/// ```
/// use bytes::Bytes;
/// use tubes::{Fount, drains, io};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let count = io::read(&b"never more than there is room for"[..])
///     .flow_to(drains::fold(0, |sum, segment: Bytes| sum + segment.len()))
///     .await?;
/// assert_eq!(count, 33);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
pub fn read<R: AsyncRead>(reader: R) -> Read<R> {
    Read {
        state: State::Open(reader),
        buffer: ReadBuffer::new(),
    }
}

/// The fount of [`read`].
#[pin_project]
#[must_use = "nothing flows before it is driven: use `flow_to` or `next`"]
pub struct Read<R> {
    #[pin]
    state: State<R>,
    buffer: ReadBuffer,
}

#[pin_project(project = Projected)]
enum State<R> {
    Open(#[pin] R),
    Over(Reason),
}

impl<R> Read<R> {
    /// A buffer of at most `max` bytes, instead of 512 KiB. Below 16 KiB there is none, and
    /// each segment is at most 8 KiB.
    pub fn with_buffer(mut self, max: usize) -> Self {
        self.buffer.set_max(max);
        self
    }
}

impl<R: AsyncRead> Fount for Read<R> {
    type Item = Bytes;

    #[inline]
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Bytes, Reason>> {
        let mut this = self.project();
        let reason = loop {
            let reader = match this.state.as_mut().project() {
                Projected::Open(reader) => reader,
                Projected::Over(reason) => return Poll::Ready(Err(reason.clone())),
            };
            match ready!(this.buffer.poll_read(cx, reader)) {
                Ok(Some(segment)) => return Poll::Ready(Ok(segment)),
                Ok(None) => break Reason::Finished,
                Err(error) if error.kind() == ErrorKind::Interrupted => {
                    if !budget::spend() {
                        cx.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                }
                Err(error) => break Error::from(error).at("read").into(),
            }
        };
        this.buffer.clear();
        this.state
            .set(State::Over(reason.clone()));
        Poll::Ready(Err(reason))
    }

    /// Reads nothing: gives up its buffer until downstream is ready again.
    fn poll_progress(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<()> {
        self.project().buffer.pause();
        Poll::Ready(())
    }

    fn stop(self: Pin<&mut Self>, reason: &Reason) {
        let mut this = self.project();
        if let State::Open(_) = *this.state {
            this.buffer.clear();
            this.state
                .set(State::Over(reason.clone()));
        }
    }
}

impl<R> fmt::Debug for Read<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.state {
            State::Open(_) => "read",
            State::Over(_) => "read(over)",
        })
    }
}
