//! Which of many children were woken, so that only those are polled.
//!
//! ```text
//!  child 0 ─ bell ─┐
//!  child 1 ─ bell ─┼─► a bit each, 64 to a block ─► the parent's waker
//!  child 2 ─ bell ─┘        taken in by `collect`
//! ```

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};

use crate::sync::atomic::{AtomicU64, Ordering};
use crate::sync::{Mutex, lock};

/// One waker for each of many children, and a note of which were woken.
///
/// Costs one allocation a child, and one a 64 children. A wake is one atomic operation, and two
/// locks if the child had not been woken already.
pub(crate) struct Wakes {
    parent: Arc<Parent>,
    /// What has rung, as far as it was taken in: a bit a child, `ready.len() == blocks.len()`.
    ready: Vec<u64>,
    blocks: Vec<Arc<Block>>,
    bells: Vec<Waker>,
    free: Vec<usize>,
}

#[derive(Default)]
struct Parent {
    /// Nothing while a bell has it in hand: who finds nothing is heard by that wake, which comes.
    waker: Mutex<Option<Waker>>,
}

#[derive(Default)]
struct Block {
    rung: AtomicU64,
}

struct Bell {
    parent: Arc<Parent>,
    block: Arc<Block>,
    bit: u64,
}

impl Wakes {
    /// No children yet.
    pub(crate) fn new() -> Self {
        Self {
            parent: Arc::default(),
            ready: Vec::new(),
            blocks: Vec::new(),
            bells: Vec::new(),
            free: Vec::new(),
        }
    }

    /// A place for a child, which counts as woken. Numbers are given again after `remove`.
    pub(crate) fn insert(&mut self) -> usize {
        let number = self.free.pop().unwrap_or_else(|| {
            let number = self.bells.len();
            if number / 64 == self.blocks.len() {
                self.blocks.push(Arc::default());
                self.ready.push(0);
            }
            self.bells
                .push(Waker::from(Arc::new(Bell {
                    parent: Arc::clone(&self.parent),
                    block: Arc::clone(&self.blocks[number / 64]),
                    bit: 1 << (number % 64),
                })));
            number
        });
        self.mark(number);
        number
    }

    /// The child is gone. A wake that still comes is one for nothing, of whoever is here next.
    pub(crate) fn remove(&mut self, number: usize) {
        self.ready[number / 64] &= !(1 << (number % 64));
        self.free.push(number);
    }

    /// The waker of a child.
    #[inline]
    pub(crate) fn waker(&self, number: usize) -> &Waker {
        &self.bells[number]
    }

    /// Notes that a child is to be polled again, without waking the parent.
    #[inline]
    pub(crate) fn mark(&mut self, number: usize) {
        self.ready[number / 64] |= 1 << (number % 64);
    }

    /// Keeps the waker of the parent, then takes in what has rung: in this order, so that no wake
    /// is lost. Call it at the beginning of each poll.
    pub(crate) fn collect(&mut self, cx: &Context<'_>) {
        let is_known = lock(&self.parent.waker)
            .as_ref()
            .is_some_and(|kept| kept.will_wake(cx.waker()));
        if !is_known {
            let waker = Some(cx.waker().clone());
            let before = std::mem::replace(&mut *lock(&self.parent.waker), waker);
            drop(before);
        }
        for (ready, block) in self.ready.iter_mut().zip(&self.blocks) {
            // A look first: it is cheaper than to write where nothing has rung.
            if block.rung.load(Ordering::Acquire) != 0 {
                *ready |= block.rung.swap(0, Ordering::AcqRel);
            }
        }
    }

    /// The next child that is to be polled, from `from` on and then from the first; its note is
    /// taken.
    #[inline]
    pub(crate) fn take_next(&mut self, from: usize) -> Option<usize> {
        let blocks = self.ready.len();
        let first = from / 64;
        for step in 0..=blocks {
            let block = (first + step) % blocks.max(1);
            let mut bits = *self.ready.get(block)?;
            if step == 0 {
                bits &= u64::MAX << (from % 64);
            }
            if bits != 0 {
                let bit = bits.trailing_zeros() as usize;
                self.ready[block] &= !(1 << bit);
                return Some(block * 64 + bit);
            }
        }
        None
    }

    /// Whether a child is to be polled, as far as was taken in.
    #[inline]
    pub(crate) fn is_any(&self) -> bool {
        self.ready.iter().any(|bits| *bits != 0)
    }
}

impl Parent {
    /// Whatever a waker does when it is cloned or dropped, it does not do it under the lock.
    fn wake(&self) {
        let Some(waker) = lock(&self.waker).take() else {
            return;
        };
        let mut spare = Some(waker.clone());
        {
            let mut kept = lock(&self.waker);
            if kept.is_none() {
                *kept = spare.take();
            }
        }
        drop(spare);
        waker.wake();
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let before = self
            .block
            .rung
            .fetch_or(self.bit, Ordering::AcqRel);
        if before & self.bit == 0 {
            self.parent.wake();
        }
    }
}

impl fmt::Debug for Wakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let woken: u32 = self
            .ready
            .iter()
            .map(|bits| bits.count_ones())
            .sum();
        let children = self.bells.len() - self.free.len();
        write!(f, "wakes({woken} of {children})")
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::Wakes;
    use std::task::{Context, Waker};

    #[test]
    fn what_was_woken_is_taken_in_turn_and_once() {
        let mut wakes = Wakes::new();
        assert_eq!(wakes.take_next(0), None);
        for number in 0..130 {
            assert_eq!(wakes.insert(), number);
        }
        let cx = Context::from_waker(Waker::noop());
        wakes.collect(&cx);
        let all: Vec<_> = std::iter::from_fn(|| wakes.take_next(70)).collect();
        let expected: Vec<_> = (70..130).chain(0..70).collect();
        assert_eq!(all.len(), 130);
        assert_eq!(all[..60], expected[..60]);

        for number in [3, 129, 64, 3] {
            wakes.waker(number).wake_by_ref();
        }
        assert!(!wakes.is_any());
        wakes.collect(&cx);
        let woken: Vec<_> = std::iter::from_fn(|| wakes.take_next(65)).collect();
        assert_eq!(woken, [129, 3, 64]);

        wakes.mark(5);
        wakes.remove(5);
        assert_eq!((wakes.is_any(), wakes.insert()), (false, 5));
    }
}

#[cfg(all(test, loom))]
mod loom {
    use std::future::poll_fn;
    use std::task::Poll;

    use super::Wakes;
    use crate::loom_support::{block_on, check};

    #[test]
    fn no_wake_is_lost_between_collecting_and_waiting() {
        check(3, || {
            let mut wakes = Wakes::new();
            let bells: Vec<_> = (0..2)
                .map(|_| {
                    let number = wakes.insert();
                    wakes.waker(number).clone()
                })
                .collect();
            while wakes.take_next(0).is_some() {}
            let threads: Vec<_> = bells
                .into_iter()
                .map(|bell| loom::thread::spawn(move || bell.wake()))
                .collect();
            let mut woken = Vec::new();
            block_on(poll_fn(|cx| {
                wakes.collect(cx);
                while let Some(number) = wakes.take_next(0) {
                    woken.push(number);
                }
                if woken.len() == 2 {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                }
            }));
            woken.sort_unstable();
            assert_eq!(woken, [0, 1], "each once");
            for thread in threads {
                thread.join().unwrap();
            }
        });
    }

    #[test]
    fn a_child_that_rings_while_it_is_polled_is_polled_again() {
        check(3, || {
            let mut wakes = Wakes::new();
            let number = wakes.insert();
            let bell = wakes.waker(number).clone();
            let rung = std::sync::Arc::new(loom::sync::atomic::AtomicUsize::new(0));
            let seen = std::sync::Arc::clone(&rung);
            let thread = loom::thread::spawn(move || {
                for _ in 0..2 {
                    rung.fetch_add(1, loom::sync::atomic::Ordering::Relaxed);
                    bell.wake_by_ref();
                }
            });
            // What the child has to say is looked at only when it was woken.
            block_on(poll_fn(|cx| {
                wakes.collect(cx);
                let is_over = wakes.take_next(0).is_some()
                    && seen.load(loom::sync::atomic::Ordering::Relaxed) == 2;
                if is_over {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                }
            }));
            thread.join().unwrap();
        });
    }
}
