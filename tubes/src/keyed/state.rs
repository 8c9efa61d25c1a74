//! All queues and their keys, as they are under the lock.

use std::hash::Hash;
use std::num::NonZeroUsize;
use std::task::Waker;

use super::index::Index;
use super::slot::{Pushed, Slot};
use crate::error::{Error, Kind};
use crate::reason::Reason;

pub(super) struct State<K, T> {
    pub(super) index: Index<K, usize>,
    slots: Vec<Option<Slot<T>>>,
    free: Vec<usize>,
    /// Places the readers of which have left. Taken out by the next who may hash a key, before
    /// anything else: until then their queues have no successor.
    left: Vec<usize>,
    pub(super) fallback: Option<usize>,
    /// The queue that holds one item beyond its bound.
    over: Option<usize>,
    /// The end that everybody hears.
    pub(super) end: Option<Reason>,
    /// How many may open queues.
    pub(super) openers: usize,
    /// Why the last reader left.
    last: Option<Reason>,
    /// Items that nobody took.
    pub(super) dropped: u64,
    pub(super) writer: Option<Waker>,
    pub(super) wants: Wants,
    /// Whether somebody will ask for the key that was not used for longest.
    pub(super) tracks_use: bool,
}

/// For what the writer waits, besides room in a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wants {
    Nothing,
    /// A place in the table.
    Place,
    /// A place, or an idle key to evict.
    Idle,
}

/// What is done when the lock is free: who waits is woken, what is left over is dropped.
pub(super) struct Later<K, T> {
    pub(super) reader: Option<Waker>,
    pub(super) writer: Option<Waker>,
    others: Vec<Waker>,
    stale: Option<Waker>,
    keys: Vec<[K; 2]>,
    slot: Option<Slot<T>>,
    item: Option<T>,
    reason: Option<Reason>,
}

/// What has become of an item that was offered.
#[derive(Debug)]
pub(crate) enum Offered<T> {
    /// It is in a queue that has room for more, or was dropped by the policy of its queue.
    Taken,
    /// It is in a queue, beyond its bound: the writer has to wait.
    Over,
    /// Nobody has this key, or all has ended.
    Unknown(T),
}

impl<K, T> State<K, T> {
    pub(super) fn new(keys: NonZeroUsize) -> Self {
        Self {
            index: Index::new(keys),
            slots: Vec::new(),
            free: Vec::new(),
            left: Vec::new(),
            fallback: None,
            over: None,
            end: None,
            openers: 1,
            last: None,
            dropped: 0,
            writer: None,
            wants: Wants::Nothing,
            tracks_use: false,
        }
    }

    /// How many keys are open.
    pub(super) fn len(&self) -> usize {
        self.index.len() - self.left.len()
    }

    pub(super) fn slot(&mut self, number: usize) -> Option<&mut Slot<T>> {
        self.slots.get_mut(number)?.as_mut()
    }

    pub(super) fn is_over(&self) -> bool {
        self.over.is_some()
    }

    /// Why nobody takes an item any more, if that is so: all has ended, or there will be no
    /// reader.
    pub(super) fn gone(&self) -> Option<Reason> {
        if self.end.is_some() {
            return self.end.clone();
        }
        if self.openers > 0 || self.len() > 0 || self.fallback.is_some() {
            return None;
        }
        Some(
            self.last
                .clone()
                .unwrap_or(Reason::Enough),
        )
    }

    pub(super) fn add(&mut self, slot: Slot<T>) -> usize {
        if let Some(number) = self.free.pop() {
            self.slots[number] = Some(slot);
            return number;
        }
        self.slots.push(Some(slot));
        self.slots.len() - 1
    }

    /// Everybody hears this end behind the items; the first one counts. The caller keeps the
    /// reason, so that it is not dropped here.
    pub(super) fn finish(&mut self, reason: &Reason, later: &mut Later<K, T>) {
        if self.end.is_none() {
            self.end = Some(reason.clone());
            // The writer waits for nothing any more.
            later.stale = self.writer.take();
            let readers = self.slots.iter_mut().flatten();
            later
                .others
                .extend(readers.filter_map(|slot| slot.reader.take()));
        }
    }

    /// Those that are open hear this end behind their items.
    pub(super) fn finish_opened(&mut self, reason: &Reason, later: &mut Later<K, T>) {
        for slot in self.slots.iter_mut().flatten() {
            slot.end
                .get_or_insert_with(|| reason.clone());
            later.others.extend(slot.reader.take());
        }
    }

    /// The reader has handed on so many items.
    #[inline]
    pub(super) fn release(&mut self, number: usize, items: usize, later: &mut Later<K, T>) {
        let Some(slot) = self.slot(number) else {
            return;
        };
        slot.held = slot.held.saturating_sub(items);
        let (is_idle, has_room) = (
            slot.held == 0 && slot.place.is_some(),
            slot.held <= slot.bound,
        );
        if has_room && self.over == Some(number) {
            self.over = None;
            later.writer = self.writer.take();
        }
        if is_idle && self.wants == Wants::Idle {
            self.wake_writer(later);
        }
    }

    /// The reader wants no more.
    pub(super) fn leave(&mut self, number: usize, reason: &Reason, later: &mut Later<K, T>) {
        let Some(slot) = self
            .slots
            .get_mut(number)
            .and_then(Option::take)
        else {
            return;
        };
        self.free.push(number);
        self.left.extend(slot.place);
        if self.fallback == Some(number) {
            self.fallback = None;
        }
        let was_over = self.over == Some(number);
        if was_over {
            self.over = None;
        }
        later.reason = self.last.replace(reason.clone());
        let makes_place = slot.place.is_some() && self.wants != Wants::Nothing;
        if was_over || makes_place || self.gone().is_some() {
            self.wake_writer(later);
        }
        later.slot = Some(slot);
    }

    pub(super) fn wake_writer(&mut self, later: &mut Later<K, T>) {
        self.wants = Wants::Nothing;
        if let Some(writer) = self.writer.take() {
            later.writer = Some(writer);
        }
    }

    /// Puts an item into a queue.
    #[inline]
    fn push(&mut self, number: usize, item: T, later: &mut Later<K, T>) -> Pushed<()> {
        let Some(slot) = self.slot(number) else {
            later.item = Some(item);
            return Pushed::Kept;
        };
        let pushed = slot.push(item);
        later.reader = slot.reader.take();
        match pushed {
            Pushed::Kept => Pushed::Kept,
            Pushed::Over => {
                self.over = Some(number);
                Pushed::Over
            }
            Pushed::Skipped(item) => {
                self.dropped += 1;
                later.item = Some(item);
                Pushed::Skipped(())
            }
            Pushed::Refused(item) => {
                self.dropped += 1;
                later.item = Some(item);
                Pushed::Refused(())
            }
        }
    }

    pub(super) fn offer_fallback(&mut self, item: T, later: &mut Later<K, T>) -> Offered<T> {
        let Some(number) = self
            .fallback
            .filter(|_| self.end.is_none())
        else {
            return Offered::Unknown(item);
        };
        match self.push(number, item, later) {
            Pushed::Over => Offered::Over,
            Pushed::Kept | Pushed::Skipped(()) | Pushed::Refused(()) => Offered::Taken,
        }
    }
}

impl<K: Hash + Eq, T> State<K, T> {
    /// Takes the keys of readers that have left out of the table.
    #[inline]
    pub(super) fn sweep(&mut self, later: &mut Later<K, T>) {
        // One whose hash panics stays for the next sweep.
        while let Some(place) = self.left.last().copied() {
            let removed = self.index.remove(place);
            later
                .keys
                .extend(removed.map(|(keys, _)| keys));
            self.left.pop();
        }
    }

    #[inline]
    pub(super) fn offer(&mut self, key: &K, item: T, later: &mut Later<K, T>) -> Offered<T> {
        self.sweep(later);
        if self.end.is_some() {
            return Offered::Unknown(item);
        }
        let Some(place) = self.index.find(key) else {
            return Offered::Unknown(item);
        };
        let Some(number) = self.index.get(place).copied() else {
            return Offered::Unknown(item);
        };
        if self.tracks_use {
            self.index.touch(place);
        }
        match self.push(number, item, later) {
            Pushed::Over => Offered::Over,
            Pushed::Kept | Pushed::Skipped(()) => Offered::Taken,
            Pushed::Refused(()) => {
                let limit = self
                    .slot(number)
                    .map_or(0, |slot| slot.bound);
                let error = Error::new(Kind::Full {
                    what: "queue of a route",
                    limit,
                });
                self.end_key(place, number, error.at("router").into(), later);
                Offered::Taken
            }
        }
    }

    /// Ends the longest unused of the keys that hold nothing; whether there was one.
    pub(super) fn evict_idle(&mut self, later: &mut Later<K, T>) -> bool {
        let mut next = self.index.oldest();
        while let Some(place) = next {
            next = self.index.newer(place);
            if let Some(number) = self.index.get(place).copied()
                && self
                    .slot(number)
                    .is_some_and(|slot| slot.held == 0)
            {
                self.end_key(place, number, Reason::Finished, later);
                return true;
            }
        }
        false
    }

    /// A key ends, behind its items, and may come again.
    fn end_key(&mut self, place: usize, number: usize, end: Reason, later: &mut Later<K, T>) {
        let removed = self.index.remove(place);
        later
            .keys
            .extend(removed.map(|(keys, _)| keys));
        if let Some(slot) = self.slot(number) {
            slot.place = None;
            slot.end.get_or_insert(end);
            if let Some(reader) = slot.reader.take() {
                later.reader = Some(reader);
            }
        }
    }

    /// The queue of this number gets a key that has none, while there is a place.
    pub(super) fn enter(&mut self, keys: [K; 2], number: usize) {
        let place = self.index.insert(keys, number);
        if let Some(slot) = self.slot(number) {
            slot.place = Some(place);
        }
    }
}

impl<K, T> Later<K, T> {
    #[inline]
    pub(super) fn new() -> Self {
        Self {
            reader: None,
            writer: None,
            others: Vec::new(),
            stale: None,
            keys: Vec::new(),
            slot: None,
            item: None,
            reason: None,
        }
    }

    #[inline]
    pub(super) fn done(self) {
        let wakers = self
            .reader
            .into_iter()
            .chain(self.writer)
            .chain(self.others);
        for waker in wakers {
            waker.wake();
        }
    }
}
