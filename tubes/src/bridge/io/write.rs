//! A writer takes the bytes.

use std::fmt;
use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use pin_project::pin_project;
use tokio::io::AsyncWrite;

use super::queue::{Behind, Queue};
use crate::budget;
use crate::drain::Drain;
use crate::error::{Error, Kind};
use crate::reason::Reason;

/// What waits unless [`Write::with_bound`] says otherwise: as much as one read brings.
const BOUND: usize = 512 * 1024;

/// As many slices as one write takes.
const SLICES: usize = 64;

/// A drain that writes bytes to a writer.
///
/// # Flow control
///
/// Gathers what it receives, so that it leaves in few writes: when upstream has nothing more
/// right now, when 512 KiB are held (or what [`with_bound`](Write::with_bound) says), and at the
/// end. It is ready while it holds less than the bound; at the bound it writes, and is ready
/// again when it holds less. So it holds less than the bound and one item: an item larger than
/// the bound is taken whole, and nothing behind it before less than the bound is left of it.
///
/// Up to 64 items leave in one vectored write, if the writer has such. Items below 1 KiB that
/// come in a row are copied together. Empty items are ignored. When all is written, no buffer is
/// held.
///
/// # Stopping
///
/// After a clean end everything is written and flushed, and the writer is shut down: a socket
/// closes its sending direction. After a failure, or when the drain is dropped before its end,
/// what is held is dropped, and the writer without shutdown. So what arrives at the other side
/// looks complete only if the writer says so by itself when it is dropped; a
/// [`TcpDrain`](crate::net::TcpDrain) resets the connection.
///
/// # Errors
///
/// [`Kind::Io`] at `write`, when the writer fails, or takes no bytes
/// ([`ErrorKind::WriteZero`]); the failure that ended the flow. A write that was interrupted is
/// tried again.
///
/// # Cancel safety
///
/// Dropping the flow drops what is held: received, and not written.
///
/// # Examples
///
/// ```
/// use bytes::Bytes;
/// use tubes::{Fount, founts, io};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let mut file = Vec::new();
/// founts::iter(["one ", "two"])
///     .map(Bytes::from)
///     .flow_to(io::write(&mut file).with_bound(64 * 1024))
///     .await?;
/// assert_eq!(file, b"one two");
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
pub fn write<W: AsyncWrite>(writer: W) -> Write<W> {
    Write {
        state: State::Open(writer),
        queue: Queue::default(),
        bound: BOUND,
        flushed: true,
    }
}

/// The drain of [`write()`].
#[pin_project]
#[must_use = "nothing flows before a fount flows to it"]
pub struct Write<W> {
    #[pin]
    state: State<W>,
    /// `queue.held() < bound + one item`
    queue: Queue,
    bound: usize,
    /// Nothing was received since the writer was last flushed.
    flushed: bool,
}

#[pin_project(project = Projected)]
enum State<W> {
    Open(#[pin] W),
    /// What whoever calls again is told.
    Over(Error),
}

impl<W> Write<W> {
    /// Ready while less than `bytes` are held, instead of 512 KiB. A bound of 0 counts as 1.
    pub fn with_bound(mut self, bytes: usize) -> Self {
        self.bound = bytes.max(1);
        self
    }

    /// Drops the writer and what is held.
    fn end(self: Pin<&mut Self>, error: Error) {
        let mut this = self.project();
        this.queue.clear();
        this.state.set(State::Over(error));
    }
}

impl<W: AsyncWrite> Write<W> {
    /// Runs `step` on the writer; when it fails, that is the end.
    fn poll_step<T>(
        mut self: Pin<&mut Self>,
        step: impl FnOnce(Pin<&mut W>, &mut Queue) -> Poll<io::Result<T>>,
    ) -> Poll<Result<T, Error>> {
        let this = self.as_mut().project();
        let done = match this.state.project() {
            Projected::Open(writer) => ready!(step(writer, this.queue)),
            Projected::Over(error) => return Poll::Ready(Err(error.clone())),
        };
        Poll::Ready(done.map_err(|error| {
            let error = Error::from(error).at("write");
            self.end(error.clone());
            error
        }))
    }

    /// Writes until less than `bound` bytes are held.
    fn poll_written(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bound: usize,
    ) -> Poll<Result<(), Error>> {
        while self.queue.held() >= bound {
            if !budget::spend() {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            let step = |writer: Pin<&mut W>, queue: &mut Queue| poll_write(writer, cx, queue);
            ready!(self.as_mut().poll_step(step))?;
        }
        Poll::Ready(Ok(()))
    }

    fn poll_flushed(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        ready!(self.as_mut().poll_written(cx, 1))?;
        if !self.flushed {
            ready!(
                self.as_mut()
                    .poll_step(|writer, _| writer.poll_flush(cx))
            )?;
            *self.project().flushed = true;
        }
        Poll::Ready(Ok(()))
    }
}

/// Writes once.
fn poll_write<W: AsyncWrite>(
    writer: Pin<&mut W>,
    cx: &mut Context<'_>,
    queue: &mut Queue,
) -> Poll<io::Result<()>> {
    let written = match queue.first() {
        (first, Behind::Nothing) => ready!(writer.poll_write(cx, first)),
        (first, Behind::Others) if !writer.is_write_vectored() => {
            ready!(writer.poll_write(cx, first))
        }
        (_, Behind::Others) => ready!(poll_write_many(writer, cx, queue)),
    };
    match written {
        Ok(0) => return Poll::Ready(Err(ErrorKind::WriteZero.into())),
        Ok(count) => queue.advance(count),
        Err(error) if error.kind() == ErrorKind::Interrupted => {}
        Err(error) => return Poll::Ready(Err(error)),
    }
    Poll::Ready(Ok(()))
}

/// Out of line, so that its slices are on the stack only while it runs.
#[inline(never)]
fn poll_write_many<W: AsyncWrite>(
    writer: Pin<&mut W>,
    cx: &mut Context<'_>,
    queue: &Queue,
) -> Poll<io::Result<usize>> {
    let mut slices = [IoSlice::new(&[]); SLICES];
    let filled = queue.fill(&mut slices);
    writer.poll_write_vectored(cx, &slices[..filled])
}

impl<W: AsyncWrite> Drain<Bytes> for Write<W> {
    type Output = ();

    #[inline]
    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        if let State::Over(error) = &self.state {
            return Poll::Ready(Err(error.clone().into()));
        }
        let bound = self.bound;
        if self.queue.held() < bound {
            return Poll::Ready(Ok(()));
        }
        self.poll_written(cx, bound)
            .map_err(Reason::from)
    }

    #[inline]
    fn receive(self: Pin<&mut Self>, item: Bytes) -> Result<(), Reason> {
        if let State::Over(error) = &self.state {
            return Err(error.clone().into());
        }
        let this = self.project();
        *this.flushed = false;
        this.queue.push(item);
        Ok(())
    }

    #[inline]
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        if let State::Over(error) = &self.state {
            return Poll::Ready(Err(error.clone().into()));
        }
        if self.flushed {
            return Poll::Ready(Ok(()));
        }
        self.poll_flushed(cx)
            .map_err(Reason::from)
    }

    fn moved(&self) -> u64 {
        self.queue.written()
    }

    fn held(&self) -> usize {
        self.queue.held()
    }

    fn poll_stopped(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        reason: &Reason,
    ) -> Poll<Result<(), Error>> {
        match (&self.state, reason) {
            (State::Open(_), Reason::Failed(error)) => {
                self.end(error.clone());
                return Poll::Ready(Err(error.clone()));
            }
            (State::Over(_), Reason::Failed(error)) | (State::Over(error), _) => {
                return Poll::Ready(Err(error.clone()));
            }
            (State::Open(_), Reason::Finished | Reason::Enough) => {}
        }
        ready!(self.as_mut().poll_flushed(cx))?;
        ready!(
            self.as_mut()
                .poll_step(|writer, _| writer.poll_shutdown(cx))
        )?;
        self.end(Error::new(Kind::UsedAfterEnd).at("write"));
        Poll::Ready(Ok(()))
    }
}

impl<W> fmt::Debug for Write<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.state {
            State::Open(_) => write!(f, "write({} of {})", self.queue.held(), self.bound),
            State::Over(_) => f.write_str("write(over)"),
        }
    }
}
