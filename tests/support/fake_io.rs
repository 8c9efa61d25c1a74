//! Readers and writers without a system behind them, as awkward as the contract allows.

use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::chance::Chance;

/// What a fake has lived through.
#[derive(Clone, Debug, Default)]
pub struct Life {
    record: Arc<Mutex<Record>>,
}

/// See [`Life`].
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// All bytes that were written.
    pub bytes: Vec<u8>,
    /// Calls that reached the fake, also those that were pending or failed.
    pub calls: usize,
    /// Calls that wrote bytes.
    pub writes: usize,
    /// Flushes that were done.
    pub flushes: usize,
    /// Shutdowns that were done.
    pub shutdowns: usize,
    /// The fake is gone.
    pub dropped: bool,
}

impl Life {
    /// What happened so far.
    #[must_use]
    pub fn so_far(&self) -> Record {
        self.record().clone()
    }

    /// How many bytes were written so far.
    #[must_use]
    pub fn written(&self) -> usize {
        self.record().bytes.len()
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.record
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// How awkward a fake is.
#[derive(Clone, Debug)]
pub struct Manners {
    /// At most so many bytes a call.
    pub most: usize,
    /// Writes take several slices at once.
    pub vectored: bool,
    /// Pending, and woken at once, once in so many calls; interrupted as often.
    pub awkward: Option<(usize, Chance)>,
    /// From this call on every call fails with this error.
    pub fails: Option<(usize, ErrorKind)>,
}

impl Manners {
    /// Takes and gives all it can, at once.
    pub const BEST: Self = Self {
        most: usize::MAX,
        vectored: true,
        awkward: None,
        fails: None,
    };

    /// A call that moves bytes: may be interrupted, too.
    fn poll_move(&mut self, cx: &Context<'_>, life: &Life) -> Poll<io::Result<()>> {
        std::task::ready!(self.poll(cx, life))?;
        if let Some((times, chance)) = &mut self.awkward
            && chance.once_in(*times)
        {
            return Poll::Ready(Err(ErrorKind::Interrupted.into()));
        }
        Poll::Ready(Ok(()))
    }

    fn poll(&mut self, cx: &Context<'_>, life: &Life) -> Poll<io::Result<()>> {
        let mut record = life.record();
        if let Some((from, kind)) = self.fails
            && record.calls >= from
        {
            return Poll::Ready(Err(kind.into()));
        }
        record.calls += 1;
        drop(record);
        if let Some((times, chance)) = &mut self.awkward
            && chance.once_in(*times)
        {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }

    fn share(&mut self, whole: usize) -> usize {
        let most = whole.min(self.most);
        if most > 1
            && let Some((_, chance)) = &mut self.awkward
            && chance.once_in(2)
        {
            return 1 + chance.below(most);
        }
        most
    }
}

/// A writer that keeps what is written.
#[derive(Debug)]
pub struct FakeWriter {
    manners: Manners,
    life: Life,
}

impl FakeWriter {
    /// A writer, and what it lives through.
    #[must_use]
    pub fn new(manners: Manners) -> (Self, Life) {
        let life = Life::default();
        (
            Self {
                manners,
                life: life.clone(),
            },
            life,
        )
    }
}

impl AsyncWrite for FakeWriter {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        std::task::ready!(this.manners.poll_move(cx, &this.life))?;
        let whole = slices
            .iter()
            .map(|slice| slice.len())
            .sum();
        let count = this.manners.share(whole);
        let mut record = this.life.record();
        let end = record.bytes.len() + count;
        for slice in slices {
            record.bytes.extend_from_slice(slice);
        }
        record.bytes.truncate(end);
        record.writes += 1;
        Poll::Ready(Ok(count))
    }

    fn is_write_vectored(&self) -> bool {
        self.manners.vectored
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        std::task::ready!(this.manners.poll(cx, &this.life))?;
        this.life.record().flushes += 1;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        std::task::ready!(this.manners.poll(cx, &this.life))?;
        this.life.record().shutdowns += 1;
        Poll::Ready(Ok(()))
    }
}

impl Drop for FakeWriter {
    fn drop(&mut self) {
        self.life.record().dropped = true;
    }
}

/// A reader of what it was given.
#[derive(Debug)]
pub struct FakeReader {
    left: Bytes,
    manners: Manners,
    life: Life,
}

impl FakeReader {
    /// A reader of `bytes`, and what it lives through.
    #[must_use]
    pub fn new(bytes: &[u8], manners: Manners) -> (Self, Life) {
        let life = Life::default();
        let reader = Self {
            left: Bytes::copy_from_slice(bytes),
            manners,
            life: life.clone(),
        };
        (reader, life)
    }
}

impl AsyncRead for FakeReader {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        space: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        std::task::ready!(this.manners.poll_move(cx, &this.life))?;
        let most = this.left.len().min(space.remaining());
        let count = this.manners.share(most);
        space.put_slice(&this.left.split_to(count));
        Poll::Ready(Ok(()))
    }
}

impl Drop for FakeReader {
    fn drop(&mut self) {
        self.life.record().dropped = true;
    }
}
