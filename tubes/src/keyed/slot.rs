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
    /// It is dropped, and the queue ends.
    Leave,
}

pub(super) struct Slot<T> {
    /// Gaps count for nothing: there is at most one in front of each item, and one at the end.
    pub(super) items: VecDeque<Lossy<T>>,
    /// Items that are here or in the hands of the reader; `held <= bound + 1`, and the one beyond
    /// is what the writer waits for.
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

    fn skip(&mut self) {
        if let Some(Lossy::Gap(missing)) = self.items.back_mut() {
            *missing = missing.saturating_add(1);
        } else {
            self.items
                .push_back(Lossy::Gap(NonZeroU64::MIN));
        }
    }
}
