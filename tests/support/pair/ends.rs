//! The two ends that the library holds, strict about how they are used.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};

use bytes::Bytes;
use tubes::{Drain, Error, Fount, Reason};

use crate::pair::wire::{Fate, Leaves, Wire, lock};

/// The fount of a pair.
#[derive(Debug)]
pub struct Inlet(pub(super) Arc<Mutex<Wire>>);

impl Fount for Inlet {
    type Item = Bytes;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Bytes, Reason>> {
        let mut wire = lock(&self.0);
        assert!(
            matches!(wire.inlet, Fate::Open),
            "pulled after it was stopped"
        );
        if wire.keeps_reader(cx) {
            return Poll::Pending;
        }
        if let Some(segment) = wire.segments.pop_front() {
            wire.pulls += 1;
            return Poll::Ready(Ok(segment));
        }
        if let Some(segment) = wire.drip.clone() {
            wire.pulls += 1;
            assert!(wire.pulls < 100_000, "pulled without end");
            return Poll::Ready(Ok(segment));
        }
        if let Some(reason) = wire.end.clone() {
            wire.pulls += 1;
            return Poll::Ready(Err(reason));
        }
        wire.reader = Some(cx.waker().clone());
        Poll::Pending
    }

    fn poll_progress(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        lock(&self.0).progress += 1;
        Poll::Ready(())
    }

    fn stop(self: Pin<&mut Self>, reason: &Reason) {
        let mut wire = lock(&self.0);
        if let Fate::Open = wire.inlet {
            wire.inlet = Fate::Told(reason.clone());
        }
    }
}

impl Drop for Inlet {
    fn drop(&mut self) {
        let mut wire = lock(&self.0);
        if let Fate::Open = wire.inlet {
            wire.inlet = Fate::Dropped;
        }
    }
}

/// The drain of a pair. It holds what is received until it is flushed, and drops that on failure.
#[derive(Debug)]
pub struct Outlet(pub(super) Arc<Mutex<Wire>>);

impl Outlet {
    fn call(&self) -> MutexGuard<'_, Wire> {
        let mut wire = lock(&self.0);
        assert!(
            matches!(wire.outlet, Fate::Open),
            "a drain was used after its end"
        );
        wire.burn();
        wire
    }
}

impl Drain<Bytes> for Outlet {
    type Output = ();

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        let mut wire = self.call();
        if let Some(reason) = wire.broken.clone() {
            return Poll::Ready(Err(reason));
        }
        if wire.keeps_writer(cx) {
            return Poll::Pending;
        }
        if wire.is_full() {
            wire.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        wire.promised = true;
        Poll::Ready(Ok(()))
    }

    fn receive(self: Pin<&mut Self>, item: Bytes) -> Result<(), Reason> {
        let mut wire = self.call();
        assert!(
            std::mem::take(&mut wire.promised),
            "an item without a promise"
        );
        if let Some(reason) = wire.broken.clone() {
            return Err(reason);
        }
        wire.room -= 1;
        if wire.leaves == Leaves::AtOnce {
            wire.moved += item.len() as u64;
        }
        wire.held.extend_from_slice(&item);
        Ok(())
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        let mut wire = self.call();
        if let Some(reason) = wire.broken.clone() {
            return Poll::Ready(Err(reason));
        }
        if wire.keeps_writer(cx) {
            return Poll::Pending;
        }
        if wire.is_full() && !wire.held.is_empty() {
            wire.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        wire.write_out();
        Poll::Ready(Ok(()))
    }

    fn moved(&self) -> u64 {
        lock(&self.0).moved
    }

    fn held(&self) -> usize {
        lock(&self.0).held.len()
    }

    fn poll_stopped(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        reason: &Reason,
    ) -> Poll<Result<(), Error>> {
        let mut wire = self.call();
        let failed = match reason {
            Reason::Failed(_) => Some(reason.clone()),
            Reason::Finished | Reason::Enough => wire.broken.clone(),
        };
        if let Some(reason) = failed {
            wire.held.clear();
            wire.outlet = Fate::Told(reason.clone());
            return Poll::Ready(reason.into_result());
        }
        if wire.keeps_writer(cx) {
            return Poll::Pending;
        }
        if wire.is_full() {
            wire.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        wire.write_out();
        wire.outlet = Fate::Told(reason.clone());
        Poll::Ready(Ok(()))
    }
}

impl Drop for Outlet {
    fn drop(&mut self) {
        let mut wire = lock(&self.0);
        if let Fate::Open = wire.outlet {
            wire.held.clear();
            wire.outlet = Fate::Dropped;
        }
    }
}
