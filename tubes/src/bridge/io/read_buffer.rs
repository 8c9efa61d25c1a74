//! Where the bytes of a reader go: the stack while little comes, one heap buffer while much does.

use std::future::Future;
use std::io;
use std::mem::MaybeUninit;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};

/// What is read without a buffer of our own; anything shorter is handed out as an exact copy.
pub(super) const STACK: usize = 8 * 1024;

/// The first heap buffer. No precedent; twice what has just been filled.
const FIRST: usize = 16 * 1024;

/// The largest heap buffer, unless the user says otherwise. An echo of 1 GiB between two cores costs
/// a fifth more with half of it: each read and each write wakes the other side. hyper's has 408 KiB.
const LARGEST: usize = 512 * 1024;

/// How many reads in a row fill their space before the next buffer is larger: the largest is for who
/// has sent some MiB, and who stalls before that has little memory under way.
const FULL: u8 = 8;

/// The buffer of a reader.
///
/// ```text
///           short read: copied              read: split off
///             ┌──────┐                         ┌──────┐
///             │      ▼      8 KiB filled       │      ▼
///   ────────► Stack ───────────────────────► Heap(bytes)
///               ▲      short read: copied        │   ▲
///               └────────────────────────────────┘   └── nothing to read, or paused: bytes given up
/// ```
#[derive(Debug)]
pub(super) struct ReadBuffer {
    place: Place,
    size: Size,
}

#[derive(Debug)]
enum Place {
    /// Nothing is allocated.
    Stack,
    /// Always empty between two reads: what was read is handed out at once.
    Heap(BytesMut),
}

/// How large the next heap buffer is.
#[derive(Debug)]
struct Size {
    /// `FIRST <= now <= max.max(FIRST)`
    now: usize,
    max: usize,
    /// Reads in a row that filled their space.
    full: u8,
    /// Short reads in a row.
    short: u8,
}

impl ReadBuffer {
    pub(super) fn new() -> Self {
        Self {
            place: Place::Stack,
            size: Size::up_to(LARGEST),
        }
    }

    pub(super) fn set_max(&mut self, max: usize) {
        self.size = Size::up_to(max);
    }

    /// Gives up what is allocated; the next read goes on where this one stopped.
    pub(super) fn pause(&mut self) {
        if let Place::Heap(bytes) = &mut self.place {
            *bytes = BytesMut::new();
        }
    }

    /// Gives up what is allocated; there is no next read.
    pub(super) fn clear(&mut self) {
        self.place = Place::Stack;
    }

    /// Reads once; `None` is the end.
    pub(super) fn poll_read<R: AsyncRead>(
        &mut self,
        cx: &mut Context<'_>,
        reader: Pin<&mut R>,
    ) -> Poll<io::Result<Option<Bytes>>> {
        let Place::Heap(bytes) = &mut self.place else {
            let segment = ready!(poll_read_stack(cx, reader))?;
            if segment.len() < STACK {
                self.size.record_short(segment.len());
            } else if self.size.max >= FIRST {
                self.place = Place::Heap(BytesMut::new());
            }
            return Poll::Ready(Ok(some(segment)));
        };
        make_room(bytes, self.size.now);
        let space = bytes.capacity();
        let Poll::Ready(count) = pin!(AsyncReadExt::read_buf(&mut { reader }, bytes)).poll(cx)
        else {
            self.pause();
            return Poll::Pending;
        };
        let count = count?;
        if count < space {
            self.size.record_short(count);
        } else {
            self.size.record_full(count);
        }
        if count >= STACK {
            return Poll::Ready(Ok(some(bytes.split().freeze())));
        }
        // A few bytes must not keep a large buffer alive, and the next ones are few, too.
        let segment = Bytes::copy_from_slice(bytes);
        self.place = Place::Stack;
        Poll::Ready(Ok(some(segment)))
    }
}

impl Size {
    fn up_to(max: usize) -> Self {
        Self {
            now: FIRST,
            max,
            full: 0,
            short: 0,
        }
    }

    /// A read that filled its space; behind some of them the next buffer is twice as large.
    fn record_full(&mut self, count: usize) {
        self.short = 0;
        if count >= self.now {
            self.full += 1;
        }
        if self.full == FULL {
            self.full = 0;
            self.now = (self.now * 2).min(self.max);
        }
    }

    /// Two reads in a row below a quarter of the size: the next buffer is half as large.
    fn record_short(&mut self, count: usize) {
        self.full = 0;
        self.short = if count < self.now / 4 {
            self.short + 1
        } else {
            0
        };
        if self.short == 2 {
            self.short = 0;
            self.now = (self.now / 2).max(FIRST);
        }
    }
}

/// Room for `size` bytes: what is left of the buffer, all of it again when nobody holds a part
/// of it any more, or a new one.
fn make_room(bytes: &mut BytesMut, size: usize) {
    let space = bytes.capacity();
    if space >= size || bytes.try_reclaim(size) || space >= size / 2 {
        return;
    }
    *bytes = BytesMut::with_capacity(size);
}

/// Out of line, so that its 8 KiB are on the stack only while it runs.
#[inline(never)]
fn poll_read_stack<R: AsyncRead>(
    cx: &mut Context<'_>,
    reader: Pin<&mut R>,
) -> Poll<io::Result<Bytes>> {
    let mut space = [const { MaybeUninit::uninit() }; STACK];
    let mut space = ReadBuf::uninit(&mut space);
    ready!(reader.poll_read(cx, &mut space))?;
    Poll::Ready(Ok(Bytes::copy_from_slice(space.filled())))
}

fn some(segment: Bytes) -> Option<Bytes> {
    (!segment.is_empty()).then_some(segment)
}

#[cfg(test)]
mod tests {
    use super::{FIRST, FULL, LARGEST, Place, ReadBuffer, STACK};
    use bytes::Bytes;
    use std::io;
    use std::pin::Pin;
    use std::task::{Context, Poll, Waker};
    use tokio::io::{AsyncRead, ReadBuf};

    /// So many bytes are there; then nothing for now.
    struct There(usize);

    impl AsyncRead for There {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _cx: &mut Context<'_>,
            space: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            let count = self.0.min(space.remaining());
            self.0 -= count;
            space.put_slice(&vec![7; count]);
            if count == 0 {
                Poll::Pending
            } else {
                Poll::Ready(Ok(()))
            }
        }
    }

    /// One wake: reads until there is nothing for now.
    fn wake(buffer: &mut ReadBuffer, bytes: usize, mut see: impl FnMut(Bytes)) {
        let mut there = There(bytes);
        let mut cx = Context::from_waker(Waker::noop());
        while let Poll::Ready(read) = buffer.poll_read(&mut cx, Pin::new(&mut there)) {
            see(read.unwrap().unwrap());
        }
        assert!(
            match &buffer.place {
                Place::Stack => true,
                Place::Heap(bytes) => bytes.capacity() == 0,
            },
            "idle, and holds {buffer:?}"
        );
    }

    fn lengths(buffer: &mut ReadBuffer, bytes: usize) -> Vec<usize> {
        let mut lengths = Vec::new();
        wake(buffer, bytes, |segment| lengths.push(segment.len()));
        lengths
    }

    #[test]
    fn reads_grow_while_they_are_filled_and_remember_their_size_without_a_buffer() {
        let mut buffer = ReadBuffer::new();
        assert_eq!(lengths(&mut buffer, 100), [100]);
        let mut grown = vec![STACK];
        for doubled in 0..5 {
            grown.extend([FIRST << doubled; FULL as usize]);
        }
        grown.extend([LARGEST; 20]);
        assert_eq!(lengths(&mut buffer, grown.iter().sum()), grown);
        assert_eq!(lengths(&mut buffer, LARGEST + 10), [LARGEST, 10]);
        // Few came last: the first of the next wake go to the stack.
        assert_eq!(lengths(&mut buffer, STACK + LARGEST), [STACK, LARGEST]);
    }

    #[test]
    fn a_stall_within_the_first_quarter_of_a_mib_has_one_small_buffer_under_way() {
        let mut buffer = ReadBuffer::new();
        let read = lengths(&mut buffer, 256 * 1024);
        assert!(
            read.iter()
                .all(|length| *length <= 2 * FIRST),
            "{read:?}"
        );
    }

    #[test]
    fn two_short_reads_halve_the_size() {
        let mut buffer = ReadBuffer::new();
        buffer.size.now = LARGEST;
        for half in [LARGEST, LARGEST / 2, LARGEST / 4] {
            buffer.clear();
            assert_eq!(lengths(&mut buffer, STACK + half), [STACK, half]);
            buffer.size.now = half;
            lengths(&mut buffer, 10);
            lengths(&mut buffer, 10);
        }
        assert_eq!(buffer.size.now, LARGEST / 8);
    }

    #[test]
    fn a_buffer_that_nobody_holds_any_more_is_used_again() {
        let mut buffer = ReadBuffer::new();
        buffer.set_max(FIRST);
        let mut places = Vec::new();
        wake(&mut buffer, STACK + 5 * FIRST, |segment| {
            places.push(segment.as_ptr());
        });
        assert!(
            places[1..]
                .iter()
                .all(|place| *place == places[1])
        );
    }

    #[test]
    fn a_pause_gives_up_the_buffer_and_a_small_bound_has_none() {
        let mut buffer = ReadBuffer::new();
        let mut cx = Context::from_waker(Waker::noop());
        let mut there = There(LARGEST);
        for _ in 0..2 {
            assert!(
                buffer
                    .poll_read(&mut cx, Pin::new(&mut there))
                    .is_ready()
            );
        }
        buffer.pause();
        assert!(matches!(&buffer.place, Place::Heap(bytes) if bytes.capacity() == 0));
        buffer.clear();
        buffer.set_max(FIRST - 1);
        assert_eq!(lengths(&mut buffer, 3 * STACK), [STACK, STACK, STACK]);
    }
}
