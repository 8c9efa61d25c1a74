//! A writer and a reader of one queue in every order of their steps, under `loom`.

#![cfg(all(test, loom))]

use std::future::poll_fn;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::queues::{MayEvict, Queues};
use super::reader::Reader;
use super::slot::Full;
use super::state::Offered;
use crate::budget::Turn;
use crate::drain::Drain;
use crate::drains;
use crate::fount::Run;
use crate::loom_support::{block_on, check};
use crate::lossy::Lossy;
use crate::reason::Reason;

type Small = Queues<u8, u8>;

fn one() -> (Arc<Small>, Reader<u8, u8>) {
    let queues = Queues::new(NonZeroUsize::MIN);
    let Ok(reader) = queues.open(0, NonZeroUsize::MIN, Full::Wait) else {
        panic!("there is a place");
    };
    (queues, reader)
}

/// Waits for room, and offers three items.
fn write(queues: &Small) -> usize {
    for item in 0..3 {
        block_on(poll_fn(|cx| queues.poll_room(cx)));
        if let Offered::Unknown(_) = queues.offer(&0, item) {
            return usize::from(item);
        }
    }
    3
}

#[test]
fn no_wake_and_no_item_is_lost_between_a_router_and_a_reader() {
    check(3, || {
        let (queues, mut reader) = one();
        let writer = loom::thread::spawn(move || {
            assert_eq!(write(&queues), 3);
            queues.end(&Reason::Finished);
        });
        let mut items = Vec::new();
        let end = block_on(poll_fn(|cx| {
            loop {
                match std::task::ready!(reader.poll_item(cx)) {
                    Ok(item) => items.push(item),
                    Err(reason) => return Poll::Ready(reason),
                }
            }
        }));
        assert_eq!(items, [0, 1, 2]);
        assert!(matches!(end, Reason::Finished));
        writer.join().unwrap();
    });
}

#[test]
fn nor_is_one_where_the_reader_takes_runs() {
    check(3, || {
        let (queues, mut reader) = one();
        let writer = loom::thread::spawn(move || {
            assert_eq!(write(&queues), 3);
            queues.end(&Reason::Finished);
        });
        let mut sum = Box::pin(drains::fold(0, |sum, n: u8| sum * 10 + n + 1));
        block_on(poll_fn(|cx: &mut Context<'_>| {
            // With a budget of its own, so that each try of the model is the same.
            let _turn = std::task::ready!(Turn::open(cx));
            loop {
                match reader.poll_flow(cx, sum.as_mut(), Lossy::item) {
                    Run::Starved => return Poll::Pending,
                    Run::Ended(_) => return Poll::Ready(()),
                    Run::Spent | Run::Blocked | Run::Refused(_) => {}
                }
            }
        }));
        let output = block_on(poll_fn(|cx| {
            Drain::<u8>::poll_stopped(sum.as_mut(), cx, &Reason::Finished)
        }));
        assert_eq!(output.unwrap(), 123);
        writer.join().unwrap();
    });
}

#[test]
fn a_reader_that_leaves_frees_the_writer_and_its_place() {
    check(3, || {
        let (queues, reader) = one();
        let leaver = loom::thread::spawn(move || drop(reader));
        let written = write(&queues);
        assert!(written <= 3);
        block_on(poll_fn(|cx| queues.poll_place(cx, MayEvict::Nothing)));
        assert!(
            queues
                .open(1, NonZeroUsize::MIN, Full::Wait)
                .is_ok()
        );
        leaver.join().unwrap();
    });
}
