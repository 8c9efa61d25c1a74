//! Bounded queues by key, between one writer and the reader of each.

use std::collections::VecDeque;
use std::hash::Hash;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::reader::Reader;
use super::slot::{Full, Slot};
use super::state::{Later, Offered, State, Wants};
use crate::lossy::Lossy;
use crate::reason::Reason;
use crate::sync::{Mutex, lock};

/// Bounded queues by key. One writer offers items; each queue has one reader; queues are opened
/// from anywhere.
///
/// Under the lock runs no code of the user but the hash and the comparison of a key. Wakers are
/// cloned, woken and dropped, and keys, items and reasons dropped, while it is free.
pub(crate) struct Queues<K, T> {
    state: Mutex<State<K, T>>,
}

/// Why a queue was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    Taken,
    Full,
}

#[derive(Clone, Copy)]
enum Side {
    Writer,
    Reader(usize),
}

impl<K, T> Queues<K, T> {
    /// No queues yet, at most so many; one may open them.
    pub(crate) fn new(keys: NonZeroUsize) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State::new(keys)),
        })
    }

    /// From now on, notes which key was not used for longest.
    pub(crate) fn track_use(&self) {
        lock(&self.state).tracks_use = true;
    }

    /// How many are open, how many may be, and how many items were dropped.
    pub(crate) fn figures(&self) -> (usize, usize, u64) {
        let state = lock(&self.state);
        (state.len(), state.index.bound(), state.dropped)
    }

    /// How much a queue holds, and how much it may.
    pub(crate) fn held(&self, number: usize) -> (usize, usize) {
        let mut state = lock(&self.state);
        state
            .slot(number)
            .map_or((0, 0), |slot| (slot.held, slot.bound))
    }

    /// One more may open queues.
    pub(crate) fn add_opener(&self) {
        lock(&self.state).openers += 1;
    }

    pub(crate) fn remove_opener(&self) {
        self.with(|state, later| {
            state.openers -= 1;
            if state.gone().is_some() {
                state.wake_writer(later);
            }
        });
    }

    pub(crate) fn count_dropped(&self) {
        lock(&self.state).dropped += 1;
    }

    /// Why nobody takes an item any more, if that is so.
    pub(crate) fn gone(&self) -> Option<Reason> {
        lock(&self.state).gone()
    }

    /// Ready when no queue holds more than its bound, or none takes any more.
    pub(crate) fn poll_room(&self, cx: &Context<'_>) -> Poll<()> {
        self.poll_with(cx, Side::Writer, |state, _| {
            (!state.is_over() || state.end.is_some()).then_some(())
        })
    }

    /// Ready when nobody takes an item any more.
    pub(crate) fn poll_gone(&self, cx: &Context<'_>) -> Poll<Reason> {
        self.poll_with(cx, Side::Writer, |state, _| state.gone())
    }

    /// Every queue ends with this reason behind its items, and so do those opened later.
    pub(crate) fn end(&self, reason: &Reason) {
        self.with(|state, later| state.finish(reason, later));
    }

    /// Every queue that is open ends with this reason behind its items, and keeps its place until
    /// its reader leaves; others may be opened.
    pub(crate) fn end_opened(&self, reason: &Reason) {
        self.with(|state, later| state.finish_opened(reason, later));
    }

    pub(crate) fn offer_fallback(&self, item: T) -> Offered<T> {
        self.with(|state, later| state.offer_fallback(item, later))
    }

    /// The queue for items that no other takes; beside the table.
    pub(crate) fn open_fallback(
        self: &Arc<Self>,
        key: K,
        bound: NonZeroUsize,
    ) -> Result<Reader<K, T>, Refused> {
        let number = self.with(|state, _| {
            if state.fallback.is_some() {
                return Err(Refused::Taken);
            }
            let number = state.add(Slot::new(bound, Full::Wait, None));
            if state.end.is_none() {
                state.fallback = Some(number);
            }
            Ok(number)
        })?;
        Ok(Reader::new(Arc::clone(self), number, key))
    }

    /// The next of a queue, which is handed on at once, and perhaps one behind it, which goes to
    /// `chunk` and counts as held until it is handed on.
    pub(super) fn poll_one(
        &self,
        number: usize,
        cx: &Context<'_>,
        chunk: &mut VecDeque<Lossy<T>>,
    ) -> Poll<Result<Lossy<T>, Reason>> {
        self.poll_with(cx, Side::Reader(number), |state, later| {
            let Some((next, behind)) = state.slot(number)?.pop() else {
                return end_of(state, number).map(Err);
            };
            chunk.extend(behind);
            if let Lossy::Item(_) = next {
                state.release(number, 1, later);
            }
            Some(Ok(next))
        })
    }

    /// All that a queue has, in exchange for an empty `chunk`. It counts as held until it is
    /// handed on; so many of the last chunk were.
    pub(super) fn poll_chunk(
        &self,
        number: usize,
        cx: &Context<'_>,
        mut handed: usize,
        chunk: &mut VecDeque<Lossy<T>>,
    ) -> Poll<Result<(), Reason>> {
        self.poll_with(cx, Side::Reader(number), |state, later| {
            state.release(number, std::mem::take(&mut handed), later);
            std::mem::swap(chunk, &mut state.slot(number)?.items);
            if !chunk.is_empty() {
                return Some(Ok(()));
            }
            end_of(state, number).map(Err)
        })
    }

    pub(super) fn release(&self, number: usize, items: usize) {
        self.with(|state, later| state.release(number, items, later));
    }

    pub(super) fn leave(&self, number: usize, reason: &Reason) {
        self.with(|state, later| state.leave(number, reason, later));
    }

    #[inline]
    fn with<R>(&self, act: impl FnOnce(&mut State<K, T>, &mut Later<K, T>) -> R) -> R {
        let mut later = Later::new();
        let result = act(&mut lock(&self.state), &mut later);
        later.done();
        result
    }

    /// What `look` finds; if nothing, `side` is woken when there may be something.
    fn poll_with<R>(
        &self,
        cx: &Context<'_>,
        side: Side,
        mut look: impl FnMut(&mut State<K, T>, &mut Later<K, T>) -> Option<R>,
    ) -> Poll<R> {
        let mut later = Later::new();
        let mut waker: Option<Waker> = None;
        let found = loop {
            let mut state = lock(&self.state);
            if let Some(found) = look(&mut state, &mut later) {
                break Poll::Ready(found);
            }
            let kept = match side {
                Side::Writer => &mut state.writer,
                Side::Reader(number) => match state.slot(number) {
                    Some(slot) => &mut slot.reader,
                    None => break Poll::Pending,
                },
            };
            let is_known = |kept: &Waker| kept.will_wake(cx.waker());
            if kept.as_ref().is_some_and(is_known) {
                break Poll::Pending;
            }
            if waker.is_some() {
                // The old one is dropped behind the guard.
                std::mem::swap(kept, &mut waker);
                break Poll::Pending;
            }
            drop(state);
            waker = Some(cx.waker().clone());
        };
        later.done();
        found
    }
}

impl<K: Hash + Eq, T> Queues<K, T> {
    /// Gives an item to the queue of this key.
    #[inline]
    pub(crate) fn offer(&self, key: &K, item: T) -> Offered<T> {
        self.with(|state, later| state.offer(key, item, later))
    }

    /// Opens a queue. After the end it has nothing but the end, and needs no place.
    pub(crate) fn open(
        self: &Arc<Self>,
        key: K,
        bound: NonZeroUsize,
        full: Full,
    ) -> Result<Reader<K, T>, Refused>
    where
        K: Clone,
    {
        // What is left of them is dropped here, while the lock is free.
        let mut keys = Some([key.clone(), key.clone()]);
        let number = self.with(|state, later| {
            state.sweep(later);
            if state.index.find(&key).is_some() {
                return Err(Refused::Taken);
            }
            let is_over = state.end.is_some();
            if !is_over && state.index.is_full() {
                return Err(Refused::Full);
            }
            let number = state.add(Slot::new(bound, full, None));
            if let Some(keys) = keys.take_if(|_| !is_over) {
                state.enter(keys, number);
            }
            Ok(number)
        })?;
        Ok(Reader::new(Arc::clone(self), number, key))
    }

    /// Whether there is a place in the table; makes one, if it may, by evicting an idle key.
    pub(crate) fn has_place(&self, may_evict: MayEvict) -> bool {
        self.with(|state, later| find_place(state, later, may_evict))
    }

    /// Ready when there is a place in the table.
    pub(crate) fn poll_place(&self, cx: &Context<'_>, may_evict: MayEvict) -> Poll<()> {
        self.poll_with(cx, Side::Writer, |state, later| {
            if find_place(state, later, may_evict) {
                state.wants = Wants::Nothing;
                return Some(());
            }
            state.wants = match may_evict {
                MayEvict::Nothing => Wants::Place,
                MayEvict::Idle => Wants::Idle,
            };
            None
        })
    }
}

/// What may be ended to make a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MayEvict {
    Nothing,
    /// The longest unused of the keys that hold nothing.
    Idle,
}

fn find_place<K: Hash + Eq, T>(
    state: &mut State<K, T>,
    later: &mut Later<K, T>,
    may_evict: MayEvict,
) -> bool {
    state.sweep(later);
    !state.index.is_full() || may_evict == MayEvict::Idle && state.evict_idle(later)
}

/// The end of a queue that has nothing left.
fn end_of<K, T>(state: &mut State<K, T>, number: usize) -> Option<Reason> {
    let own = state.slot(number)?.end.clone();
    own.or_else(|| state.end.clone())
}
