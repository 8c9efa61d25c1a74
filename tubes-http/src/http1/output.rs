//! What is to be written: small things in one flat buffer, big pieces untouched between.

use std::cell::Cell;
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
    flat: BytesMut,
}

impl Output {
    pub(crate) fn len(&self) -> usize {
        self.queued + self.flat.len()
    }

    /// Makes room for a head, so that it is not moved while it is written.
    #[inline]
    pub(crate) fn reserve(&mut self, bytes: usize) {
        if self.flat.capacity() == 0 {
            self.flat = spare().unwrap_or_else(|| BytesMut::with_capacity(FIRST));
        }
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

    /// What is flat. Its buffer is for the next reply on this thread, unless it has grown large.
    #[inline]
    fn take_flat(&mut self) -> Bytes {
        let mut flat = std::mem::take(&mut self.flat);
        if flat.capacity() > SPARE {
            return flat.freeze();
        }
        let taken = flat.split().freeze();
        keep(flat);
        taken
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

/// A thread keeps a buffer of up to this size for the next reply; connections keep none.
const SPARE: usize = 4096;

thread_local! {
    /// Used again when what was taken of it has left; else there is another.
    static BUFFER: Cell<Option<BytesMut>> = const { Cell::new(None) };
}

#[inline]
fn spare() -> Option<BytesMut> {
    BUFFER
        .try_with(Cell::take)
        .ok()
        .flatten()
}

#[inline]
fn keep(buffer: BytesMut) {
    // A thread that ends has no use for it.
    BUFFER
        .try_with(|spare| spare.set(Some(buffer)))
        .ok();
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{COPIED_BELOW, Output, SPARE};

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
    fn a_small_buffer_is_used_again_once_it_has_left_whoever_writes_next() {
        let mut first = None;
        for _ in 0..20 {
            let mut output = Output::default();
            output.reserve(600);
            output.write(&[b'x'; 600]);
            let taken = output.take().unwrap();
            assert_eq!(*first.get_or_insert(taken.as_ptr()), taken.as_ptr());
            assert_eq!(output.flat.capacity(), 0, "no output keeps one");
        }
        let mut outputs = [Output::default(), Output::default()];
        let mut taken = [b"a", b"b"].map(|byte| {
            let [output, other] = &mut outputs;
            output.reserve(1);
            output.write(byte);
            std::mem::swap(output, other);
            other.take().unwrap()
        });
        outputs[0].reserve(2000);
        outputs[0].write(b"c");
        assert_eq!(taken, ["a", "b"], "nor overwrites what has not left");
        taken = [b"d", b"e"].map(|byte| {
            outputs[1].write(&[byte[0]; SPARE + 1]);
            outputs[1].take().unwrap()
        });
        assert_eq!((taken[0][0], taken[1][0]), (b'd', b'e'));
        assert_eq!(outputs[0].take().unwrap(), "c");
    }
}
