//! Futures that are finished by hand and remember what was done to them.

use std::future::Future;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use tubes::stages::Then;

/// In which order outputs are to leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    OfItems,
    OfOutputs,
}

impl Order {
    pub(super) const BOTH: [Self; 2] = [Self::OfItems, Self::OfOutputs];

    pub(super) fn of<F, Fut: Future, K>(self, then: Then<F, Fut, K>) -> Then<F, Fut, K> {
        match self {
            Self::OfItems => then,
            Self::OfOutputs => then.unordered(),
        }
    }
}

/// Sees to the calls for items 0, 1, 2, ..
#[derive(Clone, Default)]
pub(super) struct Desk(Arc<Mutex<Vec<Entry>>>);

#[derive(Clone, Default)]
pub(super) struct Entry {
    pub(super) begun: u32,
    pub(super) polls: u32,
    pub(super) drops: u32,
    is_done: bool,
    waker: Option<Waker>,
}

/// The call for one item; its output is the item.
pub(super) struct Call {
    desk: Desk,
    item: usize,
}

pub(super) fn most(futures: usize) -> NonZeroUsize {
    NonZeroUsize::new(futures).unwrap()
}

impl Desk {
    /// With some calls done before they begin.
    pub(super) fn with_done(items: impl IntoIterator<Item = usize>) -> Self {
        let desk = Self::default();
        for item in items {
            desk.finish(item);
        }
        desk
    }

    pub(super) fn call(&self, item: usize) -> Call {
        self.with(item, |entry| entry.begun += 1);
        Call {
            desk: self.clone(),
            item,
        }
    }

    /// The call for this item is done, and wakes whoever waits for it.
    pub(super) fn finish(&self, item: usize) {
        let waker = self.with(item, |entry| {
            entry.is_done = true;
            entry.waker.take()
        });
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// The waker that the call was polled with last.
    pub(super) fn waker(&self, item: usize) -> Waker {
        self.with(item, |entry| entry.waker.clone())
            .unwrap()
    }

    pub(super) fn entry(&self, item: usize) -> Entry {
        self.with(item, |entry| entry.clone())
    }

    /// How many calls have begun and are not dropped.
    pub(super) fn alive(&self) -> u32 {
        let entries = self.0.lock().unwrap();
        entries
            .iter()
            .map(|entry| entry.begun - entry.drops)
            .sum()
    }

    /// How often each call was polled.
    pub(super) fn polls(&self) -> Vec<u32> {
        let entries = self.0.lock().unwrap();
        entries
            .iter()
            .map(|entry| entry.polls)
            .collect()
    }

    fn with<R>(&self, item: usize, change: impl FnOnce(&mut Entry) -> R) -> R {
        let mut entries = self.0.lock().unwrap();
        if entries.len() <= item {
            entries.resize(item + 1, Entry::default());
        }
        change(&mut entries[item])
    }
}

impl Future for Call {
    type Output = usize;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<usize> {
        let is_done = self.desk.with(self.item, |entry| {
            entry.polls += 1;
            entry.waker = Some(cx.waker().clone());
            entry.is_done
        });
        if is_done {
            Poll::Ready(self.item)
        } else {
            Poll::Pending
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.desk
            .with(self.item, |entry| entry.drops += 1);
    }
}
