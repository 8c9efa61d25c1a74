//! What is to be written: small things in one flat buffer, big pieces untouched between.

use std::collections::VecDeque;

use bytes::Bytes;
use http::{HeaderName, HeaderValue};

/// Bytes on their way to the peer, in order.
#[derive(Debug, Default)]
pub(crate) struct Output {
    /// Before `flat`.
    queue: VecDeque<Bytes>,
    /// Bytes in `queue`.
    queued: usize,
    flat: Vec<u8>,
}

impl Output {
    pub(crate) fn len(&self) -> usize {
        self.queued + self.flat.len()
    }

    /// Makes room for a head, so that it is not moved while it is written.
    pub(crate) fn reserve(&mut self, bytes: usize) {
        if self.flat.is_empty() {
            self.flat = Vec::with_capacity(bytes.max(FIRST));
        } else {
            self.flat.reserve(bytes);
        }
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) {
        self.flat.extend_from_slice(bytes);
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
    pub(crate) fn push(&mut self, piece: &mut Bytes) {
        if piece.len() < COPIED_BELOW {
            return self.write(piece);
        }
        self.seal();
        self.enqueue(std::mem::take(piece));
    }

    /// The next bytes to be written. What was taken last leaves no capacity behind.
    pub(crate) fn take(&mut self) -> Option<Bytes> {
        if let Some(piece) = self.queue.pop_front() {
            self.queued -= piece.len();
            if self.queue.is_empty() {
                self.queue = VecDeque::new();
            }
            return Some(piece);
        }
        (!self.flat.is_empty()).then(|| std::mem::take(&mut self.flat).into())
    }

    /// Nothing more goes in front of what comes next.
    fn seal(&mut self) {
        if !self.flat.is_empty() {
            let flat = std::mem::take(&mut self.flat);
            self.enqueue(flat.into());
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

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{COPIED_BELOW, Output};

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
        assert_eq!(
            (
                output.len(),
                output.flat.capacity(),
                output.queue.capacity()
            ),
            (0, 0, 0)
        );
    }
}
