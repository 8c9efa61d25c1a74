//! Bytes that wait to be written: large ones as they came, small ones copied together.

use std::collections::VecDeque;
use std::io::IoSlice;
use std::mem;

use bytes::{Buf, Bytes};

/// Below this, copying is cheaper than one more slice in a system call.
const SMALL: usize = 1024;

/// Small items are copied together up to this size, and then begin anew: growing further would
/// copy again what was copied.
const TOGETHER: usize = 16 * 1024;

/// Bytes that wait to be written, in order.
///
/// ```text
///  front                                                       back
///  │ 64 KiB │ small │ 64 KiB │ small+small+small.. (16 KiB) │  tail: small+small..
/// ```
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// The first slice; empty if there is none at all. Mostly there is no other.
    front: Bytes,
    /// Behind it; no slice is empty.
    slices: VecDeque<Bytes>,
    /// Behind the slices: small items that came in a row.
    tail: Vec<u8>,
    /// `held == front.len() + sum of slices.len() + tail.len()`
    held: usize,
    /// All bytes that were ever written.
    written: u64,
}

/// Whether there are slices behind the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Behind {
    Nothing,
    Others,
}

impl Queue {
    /// How many bytes wait.
    pub(super) fn held(&self) -> usize {
        self.held
    }

    /// How many bytes were written so far.
    pub(super) fn written(&self) -> u64 {
        self.written
    }

    #[inline]
    pub(super) fn push(&mut self, item: Bytes) {
        if self.held == 0 {
            self.held = item.len();
            self.front = item;
        } else if !item.is_empty() {
            self.push_behind(item);
        }
    }

    /// Something waits already.
    fn push_behind(&mut self, item: Bytes) {
        let before = self.held;
        self.held += item.len();
        if item.len() >= SMALL {
            self.seal();
            self.put(item);
            return;
        }
        if self.tail.len() + item.len() > TOGETHER {
            self.seal();
        }
        if self.tail.is_empty() {
            // A small item alone is not copied, only one behind another.
            let Some(first) = self.pop_small() else {
                self.put(item);
                return;
            };
            let many = before >= TOGETHER;
            self.tail = Vec::with_capacity(if many { TOGETHER } else { 2 * SMALL });
            self.tail.extend_from_slice(&first);
        }
        self.tail.extend_from_slice(&item);
    }

    /// The first slice to write, and whether there are others behind it.
    #[inline]
    pub(super) fn first(&mut self) -> (&[u8], Behind) {
        if !self.tail.is_empty() {
            self.seal();
        }
        let behind = if self.slices.is_empty() {
            Behind::Nothing
        } else {
            Behind::Others
        };
        (&self.front, behind)
    }

    /// Fills `room` with the first slices to write, and says how many they are; what
    /// [`first`](Self::first) has not seen is not among them.
    pub(super) fn fill<'a>(&'a self, room: &mut [IoSlice<'a>]) -> usize {
        let mut filled = 0;
        let front = (!self.front.is_empty()).then_some(&self.front);
        for (place, slice) in room
            .iter_mut()
            .zip(front.into_iter().chain(&self.slices))
        {
            *place = IoSlice::new(slice);
            filled += 1;
        }
        filled
    }

    /// So many bytes were written.
    #[inline]
    pub(super) fn advance(&mut self, written: usize) {
        self.written += written as u64;
        if written == self.front.len() && self.slices.capacity() == 0 && self.tail.is_empty() {
            self.held = 0;
            self.front = Bytes::new();
            return;
        }
        self.advance_many(written);
    }

    fn advance_many(&mut self, mut written: usize) {
        while written >= self.front.len() {
            written -= self.front.len();
            self.held -= self.front.len();
            let Some(next) = self.slices.pop_front() else {
                self.front = Bytes::new();
                self.slices = VecDeque::new();
                return;
            };
            self.front = next;
        }
        self.front.advance(written);
        self.held -= written;
    }

    /// Forgets all that waits.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Puts a slice behind the others.
    fn put(&mut self, slice: Bytes) {
        if self.front.is_empty() {
            self.front = slice;
        } else {
            self.slices.push_back(slice);
        }
    }

    /// The last slice, if it is small.
    fn pop_small(&mut self) -> Option<Bytes> {
        match self.slices.back() {
            Some(last) if last.len() < SMALL => self.slices.pop_back(),
            Some(_) => None,
            None if self.front.is_empty() || self.front.len() >= SMALL => None,
            None => Some(mem::take(&mut self.front)),
        }
    }

    /// Puts the tail behind the slices.
    fn seal(&mut self) {
        if !self.tail.is_empty() {
            let tail = mem::take(&mut self.tail);
            self.put(tail.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Queue, SMALL, TOGETHER};
    use bytes::Bytes;
    use std::io::IoSlice;

    fn lengths(queue: &mut Queue) -> Vec<usize> {
        queue.first();
        let mut room = [IoSlice::new(&[]); 64];
        let filled = queue.fill(&mut room);
        room[..filled]
            .iter()
            .map(|slice| slice.len())
            .collect()
    }

    #[test]
    fn small_items_in_a_row_leave_in_few_slices_and_others_as_they_came() {
        let large = Bytes::from(vec![1; SMALL]);
        let small = Bytes::from(vec![2; SMALL - 1]);
        let mut queue = Queue::default();
        for item in [
            &small,
            &large,
            &Bytes::new(),
            &small,
            &small,
            &small,
            &large,
        ] {
            queue.push(item.clone());
        }
        assert_eq!(lengths(&mut queue), [1023, 1024, 3 * 1023, 1024]);
        assert_eq!(queue.front.as_ptr(), small.as_ptr());
        assert_eq!(queue.held(), 4 * 1023 + 2 * 1024);

        queue.clear();
        for _ in 0..10_000 {
            queue.push(Bytes::from_static(b"ten bytes!"));
        }
        assert_eq!(queue.held(), 100_000);
        let lengths = lengths(&mut queue);
        assert_eq!(lengths.len(), 100_000_usize.div_ceil(TOGETHER - 10));
        assert!(
            lengths
                .iter()
                .all(|len| *len <= TOGETHER)
        );
    }

    #[test]
    fn what_was_written_is_gone_and_an_empty_queue_holds_no_buffer() {
        let mut queue = Queue::default();
        for _ in 0..20 {
            queue.push(Bytes::from(vec![1; SMALL]));
            queue.push(Bytes::from_static(b"small"));
        }
        queue.advance(SMALL + 2);
        assert_eq!(lengths(&mut queue)[0], 3);
        queue.advance(queue.held() - 1);
        assert_eq!(lengths(&mut queue), [1]);
        // A writer that claims more than it was given does no harm.
        queue.advance(7);
        assert_eq!((queue.held(), lengths(&mut queue)), (0, vec![]));
        assert_eq!(queue.slices.capacity(), 0);
        assert_eq!(queue.tail.capacity(), 0);
    }
}
