//! Senders in tasks of their own, in every order that can be.

use std::num::NonZeroUsize;
use std::pin::Pin;

use loom::thread;

use super::{SharedSender, channel};
use crate::error::Kind;
use crate::fount::Fount;
use crate::loom_support::{block_on, check};
use crate::reason::Reason;

fn feed(mut sender: SharedSender<u8>, item: u8) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        block_on(sender.send(item)).expect("the channel is open");
        sender.finish();
    })
}

#[test]
fn loom_two_senders_on_one_place_both_get_through() {
    check(3, || {
        let (sender, mut channel) = channel(NonZeroUsize::MIN);
        let one = sender.shared();
        let other = one.clone();
        let feeders = [feed(one, 1), feed(other, 2)];
        let mut sum = 0;
        let end = loop {
            match block_on(channel.next_or_reason()) {
                Ok(item) => sum += item,
                Err(reason) => break reason,
            }
        };
        assert!(matches!((end, sum), (Reason::Finished, 3)));
        feeders
            .into_iter()
            .for_each(|feeder| feeder.join().expect("no panic"));
    });
}

#[test]
fn loom_a_sender_that_waits_hears_of_a_stop_and_gets_its_item_back() {
    check(3, || {
        let (mut sender, mut channel) = channel(NonZeroUsize::MIN);
        sender
            .try_send(1)
            .expect("the channel is open");
        let waiting = thread::spawn(move || block_on(sender.send(2)).map_err(|error| error.item));
        Pin::new(&mut channel).stop(&Reason::Enough);
        assert_eq!(waiting.join().expect("no panic"), Err(2));
    });
}

#[test]
fn loom_one_that_leaves_the_line_lets_the_next_go() {
    check(3, || {
        let (mut sender, mut channel) = channel(NonZeroUsize::MIN);
        sender
            .try_send(1)
            .expect("the channel is open");
        let first = sender.shared();
        let second = first.clone();
        let feeder = feed(second, 2);
        let gone = thread::spawn(move || {
            let mut first = first;
            let waker = std::task::Waker::noop();
            let mut cx = std::task::Context::from_waker(waker);
            let mut sending = first.send(3);
            let polled = Future::poll(Pin::new(&mut sending), &mut cx);
            drop(sending);
            drop(first);
            polled.is_ready()
        });
        let mut sum = 0;
        let end = loop {
            match block_on(channel.next_or_reason()) {
                Ok(item) => sum += item,
                Err(reason) => break reason,
            }
        };
        let was_sent = gone.join().expect("no panic");
        feeder.join().expect("no panic");
        assert_eq!(sum, if was_sent { 6 } else { 3 });
        assert!(matches!(end, Reason::Failed(error) if error.kind() == Kind::Abandoned));
    });
}
