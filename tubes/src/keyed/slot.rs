//! The queue of one key.

use std::collections::VecDeque;
use std::num::{NonZeroU64, NonZeroUsize};
use std::task::Waker;

use crate::lossy::Lossy;
use crate::reason::Reason;

/// What is done with an item for which a queue has no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    /// It is kept beyond the bound, and the writer waits until there is room again.
    Wait,
    /// It is dropped, and the reader is told how many are missing.
    Skip,
    /// The oldest that waits is dropped for it, and the reader is told how many are missing. What
    /// is in the hands of the reader does not count: so there is always one to drop.
    Shift,
    /// It is dropped, and the queue ends.
    Leave,
}

pub(super) struct Slot<T> {
    /// Gaps count for nothing: there is at most one in front of each item, and one at the end;
    /// with `Full::Shift` one in front of all.
    pub(super) items: VecDeque<Lossy<T>>,
    /// Items that are here or in the hands of the reader; `held <= bound + 1`, and the one beyond
    /// is what the writer waits for. With `Full::Shift`, as many more as are in those hands.
    pub(super) held: usize,
    pub(super) bound: usize,
    full: Full,
    /// Where its key is in the table, if it is.
    pub(super) place: Option<usize>,
    /// The end of this queue alone.
    pub(super) end: Option<Reason>,
    pub(super) reader: Option<Waker>,
}

/// What has become of an item.
pub(super) enum Pushed<T> {
    Kept,
    /// Kept, beyond the bound.
    Over,
    /// This one was dropped: the one that came, or the oldest.
    Skipped(T),
    /// Not taken: the queue is to end.
    Refused(T),
}

impl<T> Slot<T> {
    pub(super) fn new(bound: NonZeroUsize, full: Full, place: Option<usize>) -> Self {
        Self {
            items: VecDeque::new(),
            held: 0,
            bound: bound.get(),
            full,
            place,
            end: None,
            reader: None,
        }
    }

    #[inline]
    pub(super) fn push(&mut self, item: T) -> Pushed<T> {
        if self.held >= self.bound {
            match self.full {
                Full::Wait => {}
                Full::Shift => return self.shift(item),
                Full::Leave => return Pushed::Refused(item),
                Full::Skip => {
                    self.skip();
                    return Pushed::Skipped(item);
                }
            }
        }
        self.items.push_back(Lossy::Item(item));
        self.held += 1;
        if self.held > self.bound {
            return Pushed::Over;
        }
        Pushed::Kept
    }

    /// Keeps the item, in exchange for the oldest if as many wait as may.
    fn shift(&mut self, item: T) -> Pushed<T> {
        let mut missing = 0;
        if let Some(Lossy::Gap(gap)) = self.items.front() {
            missing = gap.get();
            self.items.pop_front();
        }
        let mut pushed = Pushed::Kept;
        if self.items.len() < self.bound {
            self.held += 1;
        } else if let Some(Lossy::Item(oldest)) = self.items.pop_front() {
            missing = missing.saturating_add(1);
            pushed = Pushed::Skipped(oldest);
        }
        if let Some(gap) = NonZeroU64::new(missing) {
            self.items.push_front(Lossy::Gap(gap));
        }
        self.items.push_back(Lossy::Item(item));
        pushed
    }

    /// The next, to be handed on at once; and the item that must not be dropped while who reads
    /// is busy with the gap in front of it, or it would hear of gaps for ever and never of an item.
    pub(super) fn pop(&mut self) -> Option<(Lossy<T>, Option<Lossy<T>>)> {
        let next = self.items.pop_front()?;
        match (&next, self.full) {
            (Lossy::Gap(_), Full::Shift) => Some((next, self.items.pop_front())),
            _ => Some((next, None)),
        }
    }

    fn skip(&mut self) {
        if let Some(Lossy::Gap(missing)) = self.items.back_mut() {
            *missing = missing.saturating_add(1);
        } else {
            self.items
                .push_back(Lossy::Gap(NonZeroU64::MIN));
        }
    }
}
