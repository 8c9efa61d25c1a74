//! A flow of bytes in memory, and its other end under the test's hand.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use tubes::{Drain, Error, Flow, Fount, Reason};

use crate::chance::Chance;

/// A flow whose other end a [`Peer`] holds.
pub type Wired = Flow<Inlet, Outlet>;

/// A flow, and who holds the other end of it.
pub fn pair() -> (Wired, Peer) {
    let wire = Arc::new(Mutex::new(Wire::default()));
    let inlet = Inlet(Arc::clone(&wire));
    let outlet = Outlet(Arc::clone(&wire));
    (Flow::new(inlet, outlet), Peer(wire))
}

/// The other end of a flow: feeds it, reads it, stalls it, ends it, breaks it.
#[derive(Clone, Debug)]
pub struct Peer(Arc<Mutex<Wire>>);

/// What has become of one end of a flow.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Fate {
    /// It is in use.
    Open,
    /// It was told why there is no more.
    Told(Reason),
    /// It was dropped in silence.
    Dropped,
}

impl Fate {
    /// In a word: `open`, `finished`, `enough`, `failed`, `dropped`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Told(Reason::Finished) => "finished",
            Self::Told(Reason::Enough) => "enough",
            Self::Told(Reason::Failed(_)) => "failed",
            Self::Dropped => "dropped",
        }
    }
}

/// How what is received leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leaves {
    /// When it is flushed.
    AtOnce,
    /// As the peer sips it.
    BySips,
}

#[derive(Debug)]
struct Wire {
    segments: VecDeque<Bytes>,
    end: Option<Reason>,
    reader: Option<Waker>,
    /// Yielded when there is no other segment, for ever.
    drip: Option<Bytes>,
    /// Segments that were pulled.
    pulls: usize,
    /// How often the fount was asked to keep moving.
    progress: usize,
    inlet: Fate,
    /// Each was flushed at once.
    writes: Vec<Vec<u8>>,
    /// Received and not flushed.
    held: Vec<u8>,
    /// How many more items are taken.
    room: usize,
    promised: bool,
    leaves: Leaves,
    /// Bytes that have left.
    moved: u64,
    writer: Option<Waker>,
    broken: Option<Reason>,
    /// Calls of the drain until it breaks.
    fuse: Option<usize>,
    outlet: Fate,
    /// Says "not yet" now and then.
    moods: Option<Chance>,
}

impl Default for Wire {
    fn default() -> Self {
        Self {
            segments: VecDeque::new(),
            end: None,
            reader: None,
            drip: None,
            pulls: 0,
            progress: 0,
            inlet: Fate::Open,
            writes: Vec::new(),
            held: Vec::new(),
            room: usize::MAX,
            promised: false,
            leaves: Leaves::AtOnce,
            moved: 0,
            writer: None,
            broken: None,
            fuse: None,
            outlet: Fate::Open,
            moods: None,
        }
    }
}

impl Wire {
    /// Whether this poll says "not yet" for no reason; woken at once.
    fn hesitates(&mut self, cx: &Context<'_>) -> bool {
        let hesitates = self
            .moods
            .as_mut()
            .is_some_and(|moods| moods.below(2) == 0);
        if hesitates {
            cx.waker().wake_by_ref();
        }
        hesitates
    }

    fn break_writes(&mut self) {
        self.broken = Some(failure(ErrorKind::BrokenPipe));
        self.held.clear();
        wake(&mut self.writer);
    }

    /// Counts a call of the drain.
    fn burn(&mut self) {
        match &mut self.fuse {
            Some(0) => {
                self.fuse = None;
                self.break_writes();
            }
            Some(left) => *left -= 1,
            None => {}
        }
    }

    fn write_out(&mut self) {
        if !self.held.is_empty() {
            let write = std::mem::take(&mut self.held);
            self.writes.push(write);
        }
    }

    /// Whether what is received has to wait for the peer.
    fn is_full(&self) -> bool {
        self.room == 0 || (self.leaves == Leaves::BySips && !self.held.is_empty())
    }
}

fn lock(wire: &Mutex<Wire>) -> MutexGuard<'_, Wire> {
    wire.lock()
        .unwrap_or_else(PoisonError::into_inner)
}

fn wake(waker: &mut Option<Waker>) {
    if let Some(waker) = waker.take() {
        waker.wake();
    }
}

fn failure(kind: ErrorKind) -> Reason {
    Error::from(io::Error::from(kind)).into()
}

/// What the peer does with its sending direction.
impl Peer {
    /// Sends one segment.
    pub fn feed(&self, segment: impl AsRef<[u8]>) {
        let mut wire = lock(&self.0);
        wire.segments
            .push_back(Bytes::copy_from_slice(segment.as_ref()));
        wake(&mut wire.reader);
    }

    /// Sends each byte as a segment.
    pub fn feed_bytes(&self, bytes: impl AsRef<[u8]>) {
        for byte in bytes.as_ref() {
            self.feed([*byte]);
        }
    }

    /// Sends segments of random lengths.
    pub fn feed_cut(&self, bytes: impl AsRef<[u8]>, chance: &mut Chance) {
        for segment in chance.cut(bytes.as_ref()) {
            self.feed(segment);
        }
    }

    /// Closes the sending direction.
    pub fn finish(&self) {
        self.end(Reason::Finished);
    }

    /// Sends this segment again and again, without end.
    pub fn drip(&self, segment: impl AsRef<[u8]>) {
        let mut wire = lock(&self.0);
        wire.drip = Some(Bytes::copy_from_slice(segment.as_ref()));
        wake(&mut wire.reader);
    }

    /// Resets the connection, as seen by who reads it.
    pub fn reset(&self) {
        self.end(failure(ErrorKind::ConnectionReset));
    }

    /// Forgets what was sent and is not pulled.
    pub fn forget(&self) {
        lock(&self.0).segments.clear();
    }

    fn end(&self, reason: Reason) {
        let mut wire = lock(&self.0);
        wire.end = Some(reason);
        wake(&mut wire.reader);
    }

    /// How many segments were pulled.
    #[must_use]
    pub fn pulls(&self) -> usize {
        lock(&self.0).pulls
    }

    /// How often the fount was asked to keep moving while nobody pulls it.
    #[must_use]
    pub fn progress(&self) -> usize {
        lock(&self.0).progress
    }

    /// What the fount of the flow has heard.
    #[must_use]
    pub fn inlet(&self) -> Fate {
        lock(&self.0).inlet.clone()
    }
}

/// What the peer does with its receiving direction.
impl Peer {
    /// Reads no more.
    pub fn stall(&self) {
        self.take(0);
    }

    /// Reads so many more items, then no more.
    pub fn take(&self, items: usize) {
        let mut wire = lock(&self.0);
        wire.room = items;
        wake(&mut wire.writer);
    }

    /// Reads so many bytes of what was received; from the first sip on nothing else leaves.
    pub fn sip(&self, bytes: usize) {
        let mut wire = lock(&self.0);
        wire.leaves = Leaves::BySips;
        let most = bytes.min(wire.held.len());
        let sip: Vec<u8> = wire.held.drain(..most).collect();
        if !sip.is_empty() {
            wire.moved += sip.len() as u64;
            wire.writes.push(sip);
        }
        wake(&mut wire.writer);
    }

    /// Reads everything again.
    pub fn resume(&self) {
        self.take(usize::MAX);
    }

    /// Every write from now on fails.
    pub fn break_writes(&self) {
        lock(&self.0).break_writes();
    }

    /// Writes fail after so many calls of the drain.
    pub fn break_writes_after(&self, calls: usize) {
        lock(&self.0).fuse = Some(calls);
    }

    /// All that was flushed.
    #[must_use]
    pub fn read(&self) -> Vec<u8> {
        lock(&self.0).writes.concat()
    }

    /// What was flushed since the last call.
    #[must_use]
    pub fn take_read(&self) -> Vec<u8> {
        std::mem::take(&mut lock(&self.0).writes).concat()
    }

    /// Each write.
    #[must_use]
    pub fn writes(&self) -> Vec<Vec<u8>> {
        lock(&self.0).writes.clone()
    }

    /// What was received and not flushed.
    #[must_use]
    pub fn held(&self) -> usize {
        lock(&self.0).held.len()
    }

    /// What the drain of the flow has heard.
    #[must_use]
    pub fn outlet(&self) -> Fate {
        lock(&self.0).outlet.clone()
    }

    /// Both ends say "not yet" now and then, and wake at once.
    pub fn hesitate(&self, seed: u64) {
        lock(&self.0).moods = Some(Chance::new(seed));
    }
}

/// The fount of a pair.
#[derive(Debug)]
pub struct Inlet(Arc<Mutex<Wire>>);

impl Fount for Inlet {
    type Item = Bytes;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Bytes, Reason>> {
        let mut wire = lock(&self.0);
        assert!(
            matches!(wire.inlet, Fate::Open),
            "pulled after it was stopped"
        );
        if wire.hesitates(cx) {
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
pub struct Outlet(Arc<Mutex<Wire>>);

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
        if wire.hesitates(cx) {
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
        if wire.hesitates(cx) {
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
        if wire.hesitates(cx) {
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
