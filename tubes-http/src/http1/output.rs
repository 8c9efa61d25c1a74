//! What is to be written: small things in one flat buffer, big pieces untouched between.

use std::collections::VecDeque;

use bytes::{BufMut, Bytes, BytesMut};
use http::{HeaderName, HeaderValue};

/// Bytes on their way to the peer, in order.
#[derive(Debug, Default)]
pub(crate) struct Output {
    /// Before `flat`.
    queue: VecDeque<Bytes>,
    /// Bytes in `queue`.
    queued: usize,
    /// Its buffer is used again as soon as what was taken has left, until `settle`.
    flat: BytesMut,
}

impl Output {
    pub(crate) fn len(&self) -> usize {
        self.queued + self.flat.len()
    }

    /// Makes room for a head, so that it is not moved while it is written.
    #[inline]
    pub(crate) fn reserve(&mut self, bytes: usize) {
        let bytes = if self.flat.capacity() == 0 {
            bytes.max(FIRST)
        } else {
            bytes
        };
        self.flat.reserve(bytes);
    }

    #[inline]
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        self.flat.put_slice(bytes);
    }

    /// Writes a field line. Neither name nor value can hold CR, LF or NUL: their types forbid it.
    pub(crate) fn field(&mut self, name: &HeaderName, value: &HeaderValue) {
        self.write(name.as_str().as_bytes());
        self.write(b": ");
        self.write(value.as_bytes());
        self.write(b"\r\n");
    }

    /// Takes a big piece as it is; copies a small one and leaves it where it is, for what is
    /// dropped may run code of others.
    #[inline]
    pub(crate) fn push(&mut self, piece: &mut Bytes) {
        if piece.len() < COPIED_BELOW {
            return self.write(piece);
        }
        self.seal();
        self.enqueue(std::mem::take(piece));
    }

    /// The next bytes to be written.
    #[inline]
    pub(crate) fn take(&mut self) -> Option<Bytes> {
        if let Some(piece) = self.queue.pop_front() {
            self.queued -= piece.len();
            if self.queue.is_empty() {
                self.queue = VecDeque::new();
            }
            return Some(piece);
        }
        (!self.flat.is_empty()).then(|| self.take_flat())
    }

    /// Gives up the buffer, if nothing waits in it.
    pub(crate) fn settle(&mut self) {
        if self.flat.is_empty() {
            self.flat = BytesMut::new();
        }
    }

    /// What is flat, and with it a buffer that has grown large.
    #[inline]
    fn take_flat(&mut self) -> Bytes {
        if self.flat.capacity() > KEPT {
            return std::mem::take(&mut self.flat).freeze();
        }
        self.flat.split().freeze()
    }

    /// Nothing more goes in front of what comes next.
    fn seal(&mut self) {
        if !self.flat.is_empty() {
            let flat = self.take_flat();
            self.enqueue(flat);
        }
    }

    fn enqueue(&mut self, bytes: Bytes) {
        self.queued += bytes.len();
        self.queue.push_back(bytes);
    }
}

/// A copy of less than a page costs less than one more entry of a `writev`.
const COPIED_BELOW: usize = 4096;

/// Room for some small replies of pipelined requests; an allocator has it as quickly as less.
const FIRST: usize = 1024;

/// A busy connection keeps a buffer of up to this size from one reply to the next.
const KEPT: usize = 4096;

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{COPIED_BELOW, KEPT, Output};

    #[test]
    fn big_pieces_pass_untouched_between_small_ones() {
        let big = Bytes::from(vec![b'x'; COPIED_BELOW]);
        let mut output = Output::default();
        output.write(b"a");
        output.push(&mut Bytes::from_static(b"b"));
        output.push(&mut big.clone());
        output.write(b"c");
        assert_eq!(output.len(), 3 + COPIED_BELOW);
        assert_eq!(output.take().unwrap(), "ab");
        assert_eq!(output.take().unwrap().as_ptr(), big.as_ptr());
        assert_eq!(output.take().unwrap(), "c");
        assert_eq!(output.take(), None);
        assert_eq!((output.len(), output.queue.capacity()), (0, 0));
    }

    #[test]
    fn a_small_buffer_is_used_again_once_it_has_left_and_none_is_kept_by_who_settles() {
        let mut output = Output::default();
        let mut first = None;
        for _ in 0..20 {
            output.reserve(600);
            output.write(&[b'x'; 600]);
            let taken = output.take().unwrap();
            assert_eq!(*first.get_or_insert(taken.as_ptr()), taken.as_ptr());
        }
        let held = output.take();
        output.reserve(600);
        output.write(b"waits");
        output.settle();
        assert_eq!((held, output.take().unwrap()), (None, "waits".into()));
        output.settle();
        assert_eq!(output.flat.capacity(), 0);
        output.write(&[b'x'; KEPT + 1]);
        assert_eq!(output.take().unwrap().len(), KEPT + 1);
        assert_eq!(output.flat.capacity(), 0);
    }
}
