//! The other end of a flow under the test's hand.

use std::io::ErrorKind;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use tubes::{Flow, Reason};

use crate::chance::Chance;
use crate::pair::ends::{Inlet, Outlet};
use crate::pair::wire::{Fate, Leaves, Pace, Wire, failure, lock, wake};

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

    /// The fount answers so many polls, and then says "not yet" until [`release`](Self::release).
    pub fn hold_reads_after(&self, polls: usize) {
        lock(&self.0).reads = Pace::For(polls);
    }

    /// The drain answers so many polls, and then says "not yet" until [`release`](Self::release).
    pub fn hold_writes_after(&self, polls: usize) {
        lock(&self.0).flushes = Pace::For(polls);
    }

    /// Whether an end was held; both answer again.
    #[must_use]
    pub fn release(&self) -> bool {
        let mut wire = lock(&self.0);
        let held = wire.reads == Pace::Held || wire.flushes == Pace::Held;
        wire.reads = Pace::Free;
        wire.flushes = Pace::Free;
        for waker in wire.kept.drain(..) {
            waker.wake();
        }
        held
    }
}
