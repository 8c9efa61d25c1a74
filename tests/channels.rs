//! Channels under wakers that come back into them.

use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use tubes::founts::{self, Sender};
use tubes::{Drain, Fount};

/// A waker that asks the sender for room when it is woken, and when it is dropped.
struct Back {
    sender: Arc<Mutex<Sender<u32>>>,
    /// What the sender said.
    answers: Arc<Mutex<Vec<bool>>>,
}

impl Back {
    fn ask(&self) {
        let mut sender = self.sender.lock().unwrap();
        let mut cx = Context::from_waker(Waker::noop());
        let room = Pin::new(&mut *sender).poll_ready(&mut cx);
        let is_room = matches!(room, Poll::Ready(Ok(())));
        self.answers
            .lock()
            .unwrap()
            .push(is_room);
    }
}

impl Wake for Back {
    fn wake(self: Arc<Self>) {
        self.ask();
    }
}

impl Drop for Back {
    fn drop(&mut self) {
        self.ask();
    }
}

#[test]
fn a_waker_may_come_back_into_the_channel_when_it_is_woken_or_dropped() {
    let (sender, mut channel) = founts::channel(NonZeroUsize::MIN);
    let sender = Arc::new(Mutex::new(sender));
    let answers = Arc::new(Mutex::new(Vec::new()));
    let waker = || {
        Waker::from(Arc::new(Back {
            sender: Arc::clone(&sender),
            answers: Arc::clone(&answers),
        }))
    };
    let mut pull =
        |waker: &Waker| Pin::new(&mut channel).poll_next(&mut Context::from_waker(waker));

    // The second waker of the fount takes the place of the first, which is dropped.
    assert!(pull(&waker()).is_pending());
    assert!(pull(Waker::noop()).is_pending());
    assert_eq!(*answers.lock().unwrap(), [true]);

    // A waker of the sender is woken, and then dropped.
    let back = waker();
    let mut cx = Context::from_waker(&back);
    let mut guard = sender.lock().unwrap();
    Pin::new(&mut *guard)
        .receive(1)
        .unwrap();
    let room = Pin::new(&mut *guard).poll_ready(&mut cx);
    assert!(room.is_pending());
    drop(guard);
    drop(back);
    assert!(matches!(pull(Waker::noop()), Poll::Ready(Ok(1))));
    assert_eq!(*answers.lock().unwrap(), [true; 3]);

    // One that waits while the channel is dropped.
    let back = waker();
    let mut guard = sender.lock().unwrap();
    let flushed = Pin::new(&mut *guard).poll_flush(&mut Context::from_waker(&back));
    assert!(flushed.is_ready());
    drop(guard);
    drop(back);
    drop(channel);
    assert_eq!(answers.lock().unwrap()[3..], [false; 2]);
}
