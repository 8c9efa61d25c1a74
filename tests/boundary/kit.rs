//! Tasks that are run by hand, and what else the tests of boundaries share.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Wake, Waker};

use tubes::runtime::{BoxTask, Spawner, Task};
use tubes::{Drain, Fount, Reason};

pub(crate) fn bound(items: usize) -> NonZeroUsize {
    NonZeroUsize::new(items).unwrap()
}

pub(crate) fn cx() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

/// Runs tasks when it is told to; one that is given up is dropped at once.
#[derive(Clone, Default)]
pub(crate) struct Hands {
    tasks: Arc<Mutex<Tasks>>,
}

#[derive(Default)]
struct Tasks {
    begun: usize,
    running: BTreeMap<usize, BoxTask>,
}

impl Hands {
    /// Polls each task once. One that panics is dropped, as by any runtime.
    pub(crate) fn poll(&self, cx: &mut Context<'_>) {
        let numbers: Vec<_> = self
            .lock()
            .running
            .keys()
            .copied()
            .collect();
        for number in numbers {
            let Some(mut task) = self.lock().running.remove(&number) else {
                continue;
            };
            let polled = catch_unwind(AssertUnwindSafe(|| task.as_mut().poll(cx)));
            if polled.is_ok_and(|polled| polled.is_pending()) {
                self.lock().running.insert(number, task);
            }
        }
    }

    /// How many tasks have begun, and how many of them still run.
    pub(crate) fn count(&self) -> (usize, usize) {
        let tasks = self.lock();
        (tasks.begun, tasks.running.len())
    }

    /// Drops all tasks, as a runtime that shuts down.
    pub(crate) fn shut_down(&self) {
        let tasks = std::mem::take(&mut self.lock().running);
        drop(tasks);
    }

    fn lock(&self) -> MutexGuard<'_, Tasks> {
        self.tasks.lock().unwrap()
    }
}

impl Spawner for Hands {
    fn spawn(&self, task: BoxTask) -> Task {
        let mut tasks = self.lock();
        let number = tasks.begun;
        tasks.begun += 1;
        tasks.running.insert(number, task);
        let tasks = Arc::clone(&self.tasks);
        Task::new(move || {
            let task = tasks
                .lock()
                .unwrap()
                .running
                .remove(&number);
            drop(task);
        })
    }
}

impl fmt::Debug for Hands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("hands")
    }
}

/// Says how often it was woken.
#[derive(Default)]
pub(crate) struct Bell {
    rung: AtomicUsize,
}

impl Bell {
    pub(crate) fn new() -> (Arc<Self>, Waker) {
        let bell = Arc::new(Self::default());
        (Arc::clone(&bell), Waker::from(bell))
    }

    /// How often it was woken since it was asked last.
    pub(crate) fn take(&self) -> usize {
        self.rung.swap(0, Ordering::Relaxed)
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.rung
            .fetch_add(1, Ordering::Relaxed);
    }
}

/// Gives an item to a drain that has room for it; `false` if it has none.
pub(crate) fn offer<T, D>(drain: &mut D, item: T, cx: &mut Context<'_>) -> bool
where
    D: Drain<T> + Unpin,
{
    match Pin::new(&mut *drain).poll_ready(cx) {
        Poll::Ready(Ok(())) => Pin::new(drain).receive(item).is_ok(),
        Poll::Ready(Err(_)) | Poll::Pending => false,
    }
}

/// The next item of a fount that is there; `None` if it waits.
pub(crate) fn next<F: Fount + Unpin>(
    fount: &mut F,
    cx: &mut Context<'_>,
) -> Option<Result<F::Item, Reason>> {
    match Pin::new(fount).poll_next(cx) {
        Poll::Ready(next) => Some(next),
        Poll::Pending => None,
    }
}
