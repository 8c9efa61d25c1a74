//! The items that not everybody has had yet, each once.

use std::collections::VecDeque;

/// At most `bound` items in a row, and who has yet to take each.
///
/// ```text
///   base                                    tail
///    │ taken by all │ not taken by all       │
///    ▼              ▼                        ▼
///   [ ] [ ] [ ] [x] [x] [x] [x] [x] [x] [x]
///            └── held: from the first that a waiting branch has not accepted
/// ```
///
/// Whoever has yet to take an item has yet to take all behind it; so both counts only grow from
/// front to back, and only the front is ever given away.
pub(super) struct Ring<T> {
    /// `slots.len() <= bound`
    slots: VecDeque<Slot<T>>,
    bound: usize,
    /// The number of the first slot.
    base: u64,
    /// How many slots some branch holds back: those with `waiting > 0`, at the back.
    held: usize,
    /// How many items the feed may push without asking again: `held + promised <= bound`.
    promised: usize,
    /// So many of the last items stay for branches that join later.
    keep: usize,
}

/// Whether a branch holds the feed back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    Back,
    Nothing,
}

struct Slot<T> {
    /// Gone when the last taker has it.
    item: Option<T>,
    /// How many branches have yet to take it.
    takers: usize,
    /// How many branches that hold the feed back have yet to accept it.
    waiting: usize,
}

impl<T> Ring<T> {
    pub(super) fn new(bound: usize) -> Self {
        Self {
            slots: VecDeque::new(),
            bound,
            base: 0,
            held: 0,
            promised: 0,
            keep: 0,
        }
    }

    pub(super) fn bound(&self) -> usize {
        self.bound
    }

    /// How many items are held back.
    pub(super) fn held(&self) -> usize {
        self.held
    }

    pub(super) fn base(&self) -> u64 {
        self.base
    }

    /// The number of the next item.
    pub(super) fn tail(&self) -> u64 {
        self.base
            .saturating_add(self.slots.len() as u64)
    }

    pub(super) fn keep(&mut self, items: usize) {
        self.keep = items.min(self.bound);
    }

    /// How many items may be pushed.
    pub(super) fn room(&self) -> usize {
        self.bound - self.held
    }

    /// The feed may push so many items.
    pub(super) fn promise(&mut self, items: usize) {
        self.promised = items.min(self.room());
    }

    /// Adds an item, for which there is room. What nobody can have any more goes to `dead`.
    pub(super) fn push(&mut self, item: T, takers: usize, waiting: usize, dead: &mut Vec<T>) {
        self.promised = self.promised.saturating_sub(1);
        if self.slots.len() == self.bound
            && let Some(front) = self.slots.pop_front()
        {
            self.base += 1;
            self.held -= usize::from(front.waiting > 0);
            dead.extend(front.item);
        }
        self.held += usize::from(waiting > 0);
        self.slots.push_back(Slot {
            item: Some(item),
            takers,
            waiting,
        });
        // One is not among the last `keep` any more.
        if self.keep > 0
            && let Some(before) = self
                .slots
                .len()
                .checked_sub(self.keep + 1)
            && self.slots[before].takers == 0
        {
            dead.extend(self.slots[before].item.take());
        }
    }

    /// Takes up to `most` items from `number` on for one branch: cloned, or, for the last taker, as
    /// they are.
    pub(super) fn take(&mut self, number: &mut u64, most: usize, into: &mut VecDeque<T>)
    where
        T: Clone,
    {
        let from = self.index(*number);
        let until = self
            .slots
            .len()
            .min(from.saturating_add(most));
        let kept = self
            .slots
            .len()
            .saturating_sub(self.keep);
        for (at, slot) in (from..).zip(self.slots.range_mut(from..until)) {
            let item = if slot.takers == 1 && at < kept {
                slot.item.take()
            } else {
                slot.item.clone()
            };
            into.extend(item);
            slot.takers = slot.takers.saturating_sub(1);
            *number += 1;
        }
    }

    /// A branch that holds the feed back has accepted these.
    pub(super) fn accept(&mut self, from: u64, until: u64) {
        let (from, until) = (self.index(from), self.index(until));
        for slot in self.slots.range_mut(from..until) {
            slot.waiting = slot.waiting.saturating_sub(1);
            self.held -= usize::from(slot.waiting == 0);
        }
    }

    /// A branch will not take those from `number` on.
    pub(super) fn forget(&mut self, number: u64, dead: &mut Vec<T>) {
        let from = self.index(number);
        let kept = self
            .slots
            .len()
            .saturating_sub(self.keep);
        for (at, slot) in (from..).zip(self.slots.range_mut(from..)) {
            slot.takers = slot.takers.saturating_sub(1);
            if slot.takers == 0 && at < kept {
                dead.extend(slot.item.take());
            }
        }
    }

    /// A branch that has come to `number` goes back by up to `most` items that are still there, and
    /// says to which; if it holds the feed back, only so far that what was promised to the feed still holds.
    pub(super) fn rejoin(&mut self, number: u64, most: usize, holds: Holds) -> u64 {
        let now = self.index(number);
        let room = self.bound - self.promised;
        let least = match holds {
            Holds::Back => self.slots.len().saturating_sub(room),
            Holds::Nothing => 0,
        };
        let oldest = now.saturating_sub(most).max(least);
        let mut from = now;
        while from > oldest && self.slots[from - 1].item.is_some() {
            from -= 1;
            let slot = &mut self.slots[from];
            slot.takers += 1;
            if holds == Holds::Back {
                self.held += usize::from(slot.waiting == 0);
                slot.waiting += 1;
            }
        }
        number - (now - from) as u64
    }

    fn index(&self, number: u64) -> usize {
        let index = usize::try_from(number.saturating_sub(self.base));
        index
            .unwrap_or(usize::MAX)
            .min(self.slots.len())
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::{Holds, Ring};
    use std::collections::VecDeque;

    #[test]
    fn the_last_taker_moves_an_item_out_and_what_is_kept_stays_for_later() {
        for keep in [0, 2] {
            let (mut ring, mut dead) = (Ring::new(3), Vec::new());
            ring.keep(keep);
            let item = std::sync::Arc::new(());
            for _ in 0..3 {
                ring.push(item.clone(), 2, 1, &mut dead);
            }
            assert_eq!((ring.room(), ring.held()), (0, 3));
            for taken in [3, 0] {
                let mut mine = VecDeque::new();
                let mut number = 0;
                ring.take(&mut number, 9, &mut mine);
                assert_eq!((number, mine.len()), (3, 3));
                drop(mine);
                let there = if taken == 0 { keep } else { 3 };
                assert_eq!(std::sync::Arc::strong_count(&item), 1 + there);
            }
            assert_eq!(ring.room(), 0, "taken is not accepted");
            ring.accept(0, 2);
            assert_eq!(ring.room(), 2);
            assert_eq!(ring.rejoin(3, 9, Holds::Back), 3 - keep as u64);
            assert!(dead.is_empty());
        }
    }
}
