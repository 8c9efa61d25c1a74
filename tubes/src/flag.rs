//! A flag that flows look at for each item, what it stands for, and who waits for it to change.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Mutex, lock};

/// A flag, and the state that it stands for. Up or down is one load; all else takes the lock.
pub(crate) struct Flag<S> {
    /// Changes only under the lock, so that who waits misses no change.
    up: AtomicBool,
    shared: Mutex<Shared<S>>,
}

struct Shared<S> {
    state: S,
    waiters: u64,
    /// One for each waiter at most, until the flag changes.
    waiting: BTreeMap<u64, Waker>,
}

impl<S> Flag<S> {
    /// A flag that is down.
    pub(crate) fn down(state: S) -> Arc<Self> {
        Arc::new(Self {
            up: AtomicBool::new(false),
            shared: Mutex::new(Shared {
                state,
                waiters: 0,
                waiting: BTreeMap::new(),
            }),
        })
    }

    /// Whether it is up. What a task has done itself, it sees; of others it may hear a little
    /// later, and who waits is woken.
    #[inline]
    pub(crate) fn is_up(&self) -> bool {
        self.up.load(Ordering::Relaxed)
    }

    /// What it stands for. No code of the user may run in `look`.
    pub(crate) fn read<R>(&self, look: impl FnOnce(&S) -> R) -> R {
        look(&lock(&self.shared).state)
    }

    /// Changes what it stands for; `change` says whether it is up from now on. If that is news, all
    /// who wait are woken, while the lock is free. No code of the user may run in `change`.
    pub(crate) fn change<R>(&self, change: impl FnOnce(&mut S) -> (bool, R)) -> R {
        let mut shared = lock(&self.shared);
        let (up, answer) = change(&mut shared.state);
        let was_up = self.up.swap(up, Ordering::Relaxed);
        let mut woken = BTreeMap::new();
        if was_up != up {
            std::mem::swap(&mut woken, &mut shared.waiting);
        }
        drop(shared);
        for waker in woken.into_values() {
            waker.wake();
        }
        answer
    }
}

/// One of those who wait for a flag. Dropping it forgets its waker.
pub(crate) struct Waiter<S> {
    flag: Arc<Flag<S>>,
    number: u64,
}

impl<S> Waiter<S> {
    pub(crate) fn new(flag: &Arc<Flag<S>>) -> Self {
        let mut shared = lock(&flag.shared);
        shared.waiters += 1;
        Self {
            flag: Arc::clone(flag),
            number: shared.waiters,
        }
    }

    #[inline]
    pub(crate) fn flag(&self) -> &Flag<S> {
        &self.flag
    }

    /// Ready when the flag is up; until then the waker is kept.
    pub(crate) fn poll_up(&self, cx: &Context<'_>) -> Poll<()> {
        self.poll_until(cx, |up| up)
    }

    /// Ready when the flag is down; until then the waker is kept.
    pub(crate) fn poll_down(&self, cx: &Context<'_>) -> Poll<()> {
        self.poll_until(cx, |up| !up)
    }

    /// Wakers are cloned and dropped while the lock is free, and then the flag is looked at again.
    fn poll_until(&self, cx: &Context<'_>, is_due: impl Fn(bool) -> bool) -> Poll<()> {
        let mut spare: Option<Waker> = None;
        loop {
            let mut shared = lock(&self.flag.shared);
            if is_due(self.flag.is_up()) {
                return Poll::Ready(());
            }
            let kept = shared.waiting.get(&self.number);
            if kept.is_some_and(|kept| kept.will_wake(cx.waker())) {
                return Poll::Pending;
            }
            if let Some(waker) = spare.take() {
                // The old one is dropped behind the guard.
                let old = shared
                    .waiting
                    .insert(self.number, waker);
                drop(shared);
                drop(old);
                return Poll::Pending;
            }
            drop(shared);
            spare = Some(cx.waker().clone());
        }
    }
}

impl<S> Drop for Waiter<S> {
    fn drop(&mut self) {
        let mut shared = lock(&self.flag.shared);
        let waker = shared.waiting.remove(&self.number);
        drop(shared);
        drop(waker);
    }
}

#[cfg(all(test, loom))]
mod loom {
    use std::future::poll_fn;
    use std::sync::Arc;

    use super::{Flag, Waiter};
    use crate::loom_support::{block_on, check};

    #[test]
    fn who_waits_for_a_flag_sees_the_change_or_is_woken() {
        check(3, || {
            let flag = Flag::down(());
            let waiters = [Waiter::new(&flag), Waiter::new(&flag)];
            let other = Arc::clone(&flag);
            let hand = loom::thread::spawn(move || {
                other.change(|()| (true, ()));
                other.change(|()| (false, ()));
            });
            let [waiter, gone] = waiters;
            drop(gone);
            // Up for a while, or never seen: down in the end.
            block_on(poll_fn(|cx| waiter.poll_down(cx)));
            hand.join().unwrap();
            block_on(poll_fn(|cx| waiter.poll_down(cx)));
            flag.change(|()| (true, ()));
            block_on(poll_fn(|cx| waiter.poll_up(cx)));
        });
    }
}
