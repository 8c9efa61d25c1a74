//! The bytes of the peer that are in memory: copies only what spans segments, and what would keep much.
//!
//! ```text
//!   held       │ a part that ended nowhere yet │       empty while all is in `segment`
//!   segment                                    │ .. and goes on here, with what is behind it │
//! ```

use bytes::{Buf, Bytes, BytesMut};

/// Bytes that were not cut out yet, in their order: those of `held`, those of `segment`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arrived {
    held: BytesMut,
    /// What is left of what arrived last.
    segment: Bytes,
    /// How much memory that keeps: `segment.len() <= kept`, if it can be counted.
    kept: u32,
}

/// Whether an end was looked for in all that is there: it will be cut out with what follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Searched {
    Whole,
    Not,
}

/// Of a segment of more than this ..
const MUCH: u32 = 64 * 1024;

/// .. so much, or less, does not keep all of it.
const LITTLE: usize = 8 * 1024;

impl Arrived {
    /// Puts a segment behind what is there.
    pub(crate) fn push(&mut self, segment: Bytes, searched: Searched) {
        match searched {
            _ if self.segment.is_empty() => self.keep(segment),
            Searched::Whole => {
                self.held
                    .extend_from_slice(&self.segment);
                self.keep(segment);
            }
            Searched::Not => self.join(&segment),
        }
    }

    /// Makes one segment of what is there and what arrived before it was asked for: pipelined
    /// behind a request that is being answered.
    fn join(&mut self, more: &Bytes) {
        let before = std::mem::take(&mut self.segment);
        let kept = usize::try_from(self.kept).unwrap_or(usize::MAX);
        // A rest of a large segment has all of its memory, and would take it along.
        let reused = if kept / 2 < before.len() {
            before.try_into_mut()
        } else {
            Err(before)
        };
        let (mut joined, cut_off) = match reused {
            Ok(unique) => {
                let cut_off = kept.saturating_sub(unique.capacity());
                (unique, cut_off)
            }
            Err(other) => {
                let mut copy = BytesMut::with_capacity(other.len() + more.len());
                copy.extend_from_slice(&other);
                (copy, 0)
            }
        };
        joined.extend_from_slice(more);
        self.kept = counted(
            joined
                .capacity()
                .saturating_add(cut_off),
        );
        self.segment = joined.freeze();
    }

    pub(crate) fn len(&self) -> usize {
        self.held.len() + self.segment.len()
    }

    /// Bytes of memory that what is there keeps.
    pub(crate) fn memory(&self) -> usize {
        let kept = usize::try_from(self.kept).unwrap_or(usize::MAX);
        let segment = if self.segment.is_empty() { 0 } else { kept };
        self.held.len().saturating_add(segment)
    }

    pub(crate) fn held(&self) -> &[u8] {
        &self.held
    }

    pub(crate) fn segment(&self) -> &Bytes {
        &self.segment
    }

    /// As much of the beginning as is in one piece.
    pub(crate) fn first_piece(&self) -> &[u8] {
        if self.held.is_empty() {
            &self.segment
        } else {
            &self.held
        }
    }

    pub(crate) fn byte(&self, at: usize) -> Option<u8> {
        let byte = match at.checked_sub(self.held.len()) {
            Some(at) => self.segment.get(at),
            None => self.held.get(at),
        };
        byte.copied()
    }

    /// The byte in front of this one of `segment`.
    pub(crate) fn before(&self, at: usize) -> Option<&u8> {
        match at {
            0 => self.held.last(),
            at => self.segment.get(at - 1),
        }
    }

    /// Drops the first bytes of `segment`; nothing is held.
    pub(crate) fn skip(&mut self, length: usize) {
        if length < self.segment.len() {
            self.segment.advance(length);
            self.trim();
        } else {
            // A segment that is used up is memory that an idle connection must not hold.
            self.segment = Bytes::new();
        }
    }

    /// Cuts out the first `length` bytes, zero-copy unless they span segments.
    pub(crate) fn cut(&mut self, length: usize) -> Bytes {
        if self.held.is_empty() {
            return self.cut_segment(length);
        }
        if length < self.held.len() {
            // Only if somebody takes bytes of a line that has not ended.
            let mut joined = std::mem::take(&mut self.held);
            joined.extend_from_slice(&self.segment);
            self.keep(joined.freeze());
            return self.cut_segment(length);
        }
        let rest = self.cut_segment(length - self.held.len());
        self.held.extend_from_slice(&rest);
        std::mem::take(&mut self.held).freeze()
    }

    fn cut_segment(&mut self, length: usize) -> Bytes {
        let cut = self.segment.split_to(length);
        self.trim();
        cut
    }

    fn keep(&mut self, segment: Bytes) {
        self.kept = counted(segment.len());
        self.segment = segment;
    }

    /// Something was cut off: a little that is left of much is copied, for it may stay.
    #[inline]
    fn trim(&mut self) {
        if self.kept > MUCH && self.segment.len() <= LITTLE {
            self.keep(Bytes::copy_from_slice(&self.segment));
        }
    }
}

fn counted(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{Arrived, Searched};

    fn arrived(segment: &Bytes) -> Arrived {
        let mut arrived = Arrived::default();
        arrived.push(segment.clone(), Searched::Not);
        arrived
    }

    #[test]
    fn a_segment_that_is_used_up_is_let_go() {
        let segment = Bytes::from(vec![b'x'; 100]);
        let mut arrived = arrived(&segment);
        arrived.skip(99);
        assert_eq!((arrived.len(), segment.is_unique()), (1, false));
        arrived.skip(1);
        assert_eq!((arrived.len(), segment.is_unique()), (0, true));
    }

    #[test]
    fn a_little_that_is_left_of_a_large_segment_does_not_keep_it() {
        for (length, left, memory) in [
            (512 * 1024, 1, 1),
            (512 * 1024, 8 * 1024, 8 * 1024),
            (512 * 1024, 8 * 1024 + 1, 512 * 1024),
            (64 * 1024, 1, 64 * 1024),
        ] {
            let segment = Bytes::from(vec![b'x'; length]);
            let mut arrived = arrived(&segment);
            assert_eq!(arrived.memory(), length);
            drop(arrived.cut(length - left));
            assert_eq!((arrived.len(), arrived.memory()), (left, memory));
            assert_eq!(segment.is_unique(), memory == left);
            drop(arrived.cut(left));
            assert_eq!((arrived.memory(), segment.is_unique()), (0, true));
        }
    }

    #[test]
    fn what_is_joined_keeps_no_more_memory_than_is_counted() {
        const LARGE: usize = 512 * 1024;
        for rest in [8 * 1024 + 1, 100 * 1024, LARGE / 2, LARGE - 1] {
            let mut arrived = arrived(&Bytes::from(vec![b'x'; LARGE]));
            drop(arrived.cut(LARGE - rest));
            assert_eq!(arrived.memory(), LARGE);
            for _ in 0..3 {
                arrived.push(Bytes::from_static(b"y"), Searched::Not);
            }
            let (length, counted) = (arrived.len(), arrived.memory());
            assert_eq!(length, rest + 3);
            let kept = Vec::from(arrived.segment.try_into_mut().unwrap()).capacity();
            assert!(counted >= kept, "{rest}: {counted} of {kept}");
            assert!(counted <= 4 * length, "{rest}: {counted}");
        }
    }
}
