//! Who is woken, and how often; wakers that come back.

use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use tubes::boundary::{self, Entry};
use tubes::{Drain, Error, Fount, Intake, Reason, Run};

use super::kit::{Bell, bound, cx, next, offer};

#[test]
fn the_exit_is_woken_once_for_a_run_and_only_while_it_waits() {
    let (bell, waker) = Bell::new();
    let mut woken = Context::from_waker(&waker);
    let (mut entry, mut exit) = boundary::pair(bound(100));
    assert!(offer(&mut entry, 0, &mut cx()));
    assert!(next(&mut exit, &mut woken).is_some());
    assert!(offer(&mut entry, 1, &mut cx()));
    assert_eq!(bell.take(), 0, "it did not wait");
    assert!(next(&mut exit, &mut woken).is_some());
    assert!(next(&mut exit, &mut woken).is_none());
    let intake = Pin::new(&mut entry).poll_receive(&mut cx(), 2..12);
    assert!(matches!(intake, Intake::Dry));
    assert!(offer(&mut entry, 12, &mut cx()));
    assert_eq!(
        bell.take(),
        1,
        "once for all that came while it was on its way"
    );
    for due in 2..=12 {
        assert!(matches!(next(&mut exit, &mut woken), Some(Ok(item)) if item == due));
    }
    // Asked without a reason, it found something: it does not wait any more.
    assert!(next(&mut exit, &mut woken).is_none());
    assert!(offer(&mut entry, 13, &mut cx()));
    assert_eq!(bell.take(), 1);
    assert!(next(&mut exit, &mut woken).is_some());
    assert!(offer(&mut entry, 14, &mut cx()));
    assert_eq!(bell.take(), 0);
}

#[test]
fn the_entry_is_woken_once_when_half_is_free() {
    let (bell, waker) = Bell::new();
    let mut woken = Context::from_waker(&waker);
    let (mut entry, mut exit) = boundary::pair(bound(8));
    let intake = Pin::new(&mut entry).poll_receive(&mut woken, 0..20);
    assert!(matches!(intake, Intake::Blocked));
    for handed_on in 1..=8 {
        assert!(next(&mut exit, &mut cx()).is_some());
        assert_eq!(bell.take(), usize::from(handed_on == 4), "{handed_on}");
        let is_room = Pin::new(&mut entry)
            .poll_ready(&mut woken)
            .is_ready();
        assert_eq!(is_room, handed_on >= 4, "{handed_on}");
    }
    assert!(next(&mut exit, &mut cx()).is_none());
    assert_eq!(bell.take(), 0, "it does not wait any more");
}

#[test]
fn the_last_waker_counts_on_either_side() {
    let (old, old_waker) = Bell::new();
    let (new, new_waker) = Bell::new();
    let (mut entry, mut exit) = boundary::pair(bound(1));
    for waker in [&old_waker, &new_waker] {
        assert!(next(&mut exit, &mut Context::from_waker(waker)).is_none());
    }
    assert!(offer(&mut entry, 1, &mut cx()));
    assert_eq!((old.take(), new.take()), (0, 1));
    for waker in [&old_waker, &new_waker] {
        assert!(!offer(&mut entry, 2, &mut Context::from_waker(waker)));
    }
    assert!(next(&mut exit, &mut cx()).is_some());
    assert_eq!((old.take(), new.take()), (0, 1));
}

/// A waker that asks the entry for room when it is woken, and when it is dropped.
struct Back {
    entry: Arc<Mutex<Entry<u32>>>,
    answers: Arc<Mutex<Vec<bool>>>,
}

impl Back {
    fn ask(&self) {
        let mut entry = self.entry.lock().unwrap();
        let room = Pin::new(&mut *entry).poll_ready(&mut cx());
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
fn a_waker_may_come_back_into_the_boundary_when_it_is_woken_or_dropped() {
    let (entry, mut exit) = boundary::pair(bound(1));
    let entry = Arc::new(Mutex::new(entry));
    let answers = Arc::new(Mutex::new(Vec::new()));
    let back = || {
        Waker::from(Arc::new(Back {
            entry: Arc::clone(&entry),
            answers: Arc::clone(&answers),
        }))
    };
    // The second waker of the exit takes the place of the first, which is dropped.
    assert!(next(&mut exit, &mut Context::from_waker(&back())).is_none());
    assert!(next(&mut exit, &mut cx()).is_none());
    assert_eq!(*answers.lock().unwrap(), [true]);

    // One that waits for room is woken when there is some, and dropped.
    let waker = back();
    {
        let mut entry = entry.lock().unwrap();
        let mut cx = Context::from_waker(&waker);
        assert!(offer(&mut *entry, 1, &mut cx));
        assert!(!offer(&mut *entry, 2, &mut cx));
    }
    drop(waker);
    assert!(next(&mut exit, &mut cx()).is_some());
    assert_eq!(*answers.lock().unwrap(), [true; 3]);

    // One that waits while the exit is dropped.
    let waker = back();
    {
        let mut entry = entry.lock().unwrap();
        let flushed = Pin::new(&mut *entry).poll_flush(&mut Context::from_waker(&waker));
        assert!(flushed.is_ready());
    }
    drop(waker);
    drop(exit);
    assert_eq!(answers.lock().unwrap()[3..], [false; 2]);
}

#[test]
fn items_whose_drop_comes_back_find_the_boundary_free() {
    struct Curious(Option<Arc<Mutex<Option<Entry<Self>>>>>);
    impl Drop for Curious {
        fn drop(&mut self) {
            if let Some(entry) = self.0.take()
                && let Some(entry) = &mut *entry.lock().unwrap()
            {
                assert!(!offer(entry, Self(None), &mut cx()));
            }
        }
    }
    let (entry, exit) = boundary::pair(bound(2));
    let entry = Arc::new(Mutex::new(Some(entry)));
    let item = Curious(Some(Arc::clone(&entry)));
    assert!(offer(
        entry.lock().unwrap().as_mut().unwrap(),
        item,
        &mut cx()
    ));
    drop(exit);
    drop(entry.lock().unwrap().take());
}

/// Takes four items and is full; when it has three, it fills the boundary again that they come from.
struct Refilling {
    entry: Entry<usize>,
    taken: usize,
    waker: Waker,
    /// What it says behind a run with which it has become full.
    is_full: Intake,
}

impl Drain<usize> for Refilling {
    type Output = ();

    fn poll_ready(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        if self.taken < 4 {
            Poll::Ready(Ok(()))
        } else {
            Poll::Pending
        }
    }

    fn receive(mut self: Pin<&mut Self>, _item: usize) -> Result<(), Reason> {
        self.taken += 1;
        if self.taken == 3 {
            let this = &mut *self;
            let mut cx = Context::from_waker(&this.waker);
            assert_eq!(
                (0..9)
                    .take_while(|n| offer(&mut this.entry, *n, &mut cx))
                    .count(),
                2
            );
        }
        Ok(())
    }

    fn poll_receive<I>(mut self: Pin<&mut Self>, _cx: &mut Context<'_>, items: I) -> Intake
    where
        I: Iterator<Item = usize>,
    {
        for item in items {
            self.as_mut().receive(item).unwrap();
        }
        if self.taken < 4 {
            Intake::Dry
        } else {
            self.is_full.clone()
        }
    }

    fn poll_stopped(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        _reason: &Reason,
    ) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }
}

#[test]
fn an_exit_that_is_blocked_with_nothing_in_hand_says_so() {
    for is_full in [Intake::Blocked, Intake::Dry] {
        let (mut entry, mut exit) = boundary::pair(bound(4));
        while offer(&mut entry, 0, &mut cx()) {}
        let (bell, waker) = Bell::new();
        let drain = pin!(Refilling {
            entry,
            taken: 0,
            waker,
            is_full: is_full.clone(),
        });
        let run = Pin::new(&mut exit).poll_flow(&mut cx(), drain);
        assert!(matches!(run, Run::Blocked));
        assert_eq!(bell.take(), 1, "{is_full:?}: half of the four is free");
    }
}
