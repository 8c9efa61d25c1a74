//! What the tests of lines and of unlines need.

use std::future::Future;
use std::ops::ControlFlow;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use proptest::prelude::{Strategy, prop};
use proptest::sample::select;
use tubes::Outputs;

/// Many ends and few other bytes, cut anywhere.
pub(super) fn segments() -> impl Strategy<Value = Vec<Bytes>> {
    let byte = select(b"\n\n\r\r\0\xffab".to_vec());
    let segment = prop::collection::vec(byte, 0..12);
    prop::collection::vec(segment.prop_map(Bytes::from), 0..12)
}

/// The output of a future that has nothing to wait for.
pub(super) fn now<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    for _ in 0..1_000_000 {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return output;
        }
    }
    panic!("does not come to its end");
}

/// An outputs that is full after every `room` items.
pub(super) struct Narrow {
    pub(super) room: usize,
    pub(super) seen: Vec<Bytes>,
}

impl Outputs<Bytes> for Narrow {
    type Full = ();

    fn put(&mut self, out: Bytes) -> ControlFlow<()> {
        self.seen.push(out);
        if self
            .seen
            .len()
            .is_multiple_of(self.room)
        {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    fn put_all<I: Iterator<Item = Bytes>>(&mut self, mut items: I) -> ControlFlow<()> {
        items.try_for_each(|out| self.put(out))
    }

    fn spent(&self) {}
}
