//! The models: no lost wake, nothing lost, order, the end behind the data, whoever comes first.
#![cfg(test)]

use std::future::poll_fn;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::task::Poll;

use loom::thread;

use super::entry::Entry;
use super::exit::Exit;
use super::pair::pair;
use crate::drain::{Drain, Intake};
use crate::error::Kind;
use crate::fount::{Fount, Run};
use crate::loom_support::{block_on, check};
use crate::reason::Reason;

fn ends(bound: usize) -> (Entry<u32>, Exit<u32>) {
    pair(NonZeroUsize::new(bound).unwrap())
}

fn send(entry: &mut Entry<u32>, item: u32) -> Result<(), Reason> {
    block_on(poll_fn(|cx| Pin::new(&mut *entry).poll_ready(cx)))?;
    Pin::new(entry).receive(item)
}

fn finish(entry: &mut Entry<u32>) {
    block_on(poll_fn(|cx| {
        Pin::new(&mut *entry).poll_stopped(cx, &Reason::Finished)
    }))
    .unwrap();
}

fn next(exit: &mut Exit<u32>) -> Result<u32, Reason> {
    block_on(poll_fn(|cx| Pin::new(&mut *exit).poll_next(cx)))
}

/// All items, and the reason behind them.
fn all(exit: &mut Exit<u32>) -> (Vec<u32>, Reason) {
    let mut items = Vec::new();
    loop {
        match next(exit) {
            Ok(item) => items.push(item),
            Err(reason) => return (items, reason),
        }
    }
}

fn is_abandoned(reason: &Reason) -> bool {
    reason
        .error()
        .is_some_and(|error| error.kind() == Kind::Abandoned)
}

#[test]
fn single_items_cross_in_order_with_the_end_behind_them() {
    for bound in [1, 2] {
        check(3, move || {
            let (mut entry, mut exit) = ends(bound);
            let feed = thread::spawn(move || {
                for n in 0..3 {
                    send(&mut entry, n).unwrap();
                }
                finish(&mut entry);
            });
            let (items, end) = all(&mut exit);
            assert_eq!(items, [0, 1, 2]);
            assert!(matches!(end, Reason::Finished));
            feed.join().unwrap();
        });
    }
}

/// Takes runs, and stops to be ready after each item.
struct Slow {
    items: Vec<u32>,
    is_ready: bool,
}

impl Drain<u32> for Slow {
    type Output = ();

    fn poll_ready(
        mut self: Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> Poll<Result<(), Reason>> {
        if std::mem::replace(&mut self.is_ready, true) {
            return Poll::Ready(Ok(()));
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn receive(mut self: Pin<&mut Self>, item: u32) -> Result<(), Reason> {
        self.items.push(item);
        self.is_ready = false;
        Ok(())
    }

    fn poll_stopped(
        self: Pin<&mut Self>,
        _cx: &mut std::task::Context<'_>,
        _reason: &Reason,
    ) -> Poll<Result<(), crate::error::Error>> {
        Poll::Ready(Ok(()))
    }
}

#[test]
fn runs_cross_in_order_with_the_end_behind_them() {
    for (bound, is_ready) in [(1, true), (2, true), (2, false), (4, true)] {
        check(2, move || {
            let (mut entry, mut exit) = ends(bound);
            let feed = thread::spawn(move || {
                let mut items = 0..5;
                block_on(poll_fn(|cx| {
                    match Pin::new(&mut entry).poll_receive(cx, items.by_ref()) {
                        Intake::Dry => Poll::Ready(()),
                        Intake::Blocked => Poll::Pending,
                        Intake::Spent | Intake::Refused(_) => unreachable!(),
                    }
                }));
                finish(&mut entry);
            });
            let mut slow = Slow {
                items: Vec::new(),
                is_ready,
            };
            let end = block_on(poll_fn(|cx| {
                loop {
                    match Pin::new(&mut exit).poll_flow(cx, Pin::new(&mut slow)) {
                        Run::Spent => {}
                        Run::Starved | Run::Blocked => return Poll::Pending,
                        Run::Ended(reason) => return Poll::Ready(reason),
                        Run::Refused(_) => unreachable!(),
                    }
                }
            }));
            assert_eq!(slow.items, [0, 1, 2, 3, 4]);
            assert!(matches!(end, Reason::Finished));
            feed.join().unwrap();
        });
    }
}

#[test]
fn a_stop_is_heard_by_whoever_sends_or_waits_for_room_or_for_a_source() {
    for waits_for_a_source in [false, true] {
        check(3, move || {
            let (mut entry, mut exit) = ends(1);
            let feed = thread::spawn(move || {
                if waits_for_a_source {
                    return block_on(poll_fn(|cx| match Pin::new(&mut entry).poll_flush(cx) {
                        Poll::Ready(Err(reason)) => Poll::Ready(reason),
                        _ => Poll::Pending,
                    }));
                }
                loop {
                    if let Err(reason) = send(&mut entry, 7) {
                        return reason;
                    }
                }
            });
            if !waits_for_a_source {
                assert_eq!(next(&mut exit).unwrap(), 7);
            }
            Pin::new(&mut exit).stop(&Reason::Enough);
            assert!(matches!(next(&mut exit), Err(Reason::Enough)));
            assert!(matches!(feed.join().unwrap(), Reason::Enough));
        });
    }
}

#[test]
fn an_exit_that_is_dropped_is_heard_as_abandoned() {
    check(3, || {
        let (mut entry, exit) = ends(1);
        let feed = thread::spawn(move || {
            loop {
                if let Err(reason) = send(&mut entry, 7) {
                    return reason;
                }
            }
        });
        drop(exit);
        assert!(is_abandoned(&feed.join().unwrap()));
    });
}

#[test]
fn an_entry_that_is_dropped_is_heard_behind_the_items_and_is_known_to_be_gone() {
    check(3, || {
        let (mut entry, mut exit) = ends(2);
        let feed = thread::spawn(move || {
            send(&mut entry, 0).unwrap();
            send(&mut entry, 1).unwrap();
        });
        let (items, end) = all(&mut exit);
        assert_eq!(items, [0, 1]);
        assert!(is_abandoned(&end));
        block_on(poll_fn(|cx| exit.poll_entry_gone(cx)));
        feed.join().unwrap();
    });
}
