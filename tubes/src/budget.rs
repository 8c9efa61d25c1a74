//! The bounded work of one poll, shared by everything that the poll reaches.
//!
//! The driver behind `flow_to` opens a turn; whatever loops inside it [`spend`]s: one unit
//! an item where items are costly (a read, a poll of something foreign), one unit for a run of
//! up to [`RUN`] items where they are cheap. A driver inside another's poll shares what is left.
//! When nothing is left, the poll ends with a wake, so that other tasks get their turn.

use std::cell::Cell;
use std::task::{Context, Poll};

#[cfg(feature = "tokio")]
#[path = "bridge/coop.rs"]
mod host;
#[cfg(not(feature = "tokio"))]
#[path = "bridge/no_coop.rs"]
mod host;

/// How many cheap items go for one unit.
pub const RUN: usize = 256;

/// [`RUN`], as it is counted.
#[expect(clippy::cast_possible_truncation, reason = "256 fits")]
const PARTS: u32 = RUN as u32;

/// Units of one poll: at most `TURN * RUN` cheap items, or `TURN` costly ones.
const TURN: u32 = 64;

thread_local! {
    static LEFT: Cell<Left> = const {
        Cell::new(Left { units: TURN, parts: PARTS, turns: 0 })
    };
}

#[derive(Clone, Copy)]
struct Left {
    units: u32,
    /// Cheap items until the next unit; `1 <= parts <= RUN`.
    parts: u32,
    /// How many drivers are being polled inside one another; invariant: back to 0 outside.
    turns: u32,
}

/// Takes one unit; `false` when this poll has done enough and should end with a wake.
#[inline]
#[must_use]
pub fn spend() -> bool {
    let left = LEFT.get();
    if left.units > 0 && host::has_budget() {
        LEFT.set(Left {
            units: left.units - 1,
            ..left
        });
        return true;
    }
    if left.turns == 0 {
        // Polled by hand, without a driver: the next poll starts afresh.
        LEFT.set(Left {
            units: TURN,
            ..left
        });
    }
    false
}

/// Whether a unit is left, whatever the runtime's own budget says.
#[inline]
pub(crate) fn is_left() -> bool {
    LEFT.get().units > 0
}

/// Takes a unit, if one is left: for what is known to be worth one only when it is done.
#[inline]
pub(crate) fn take_one() {
    let left = LEFT.get();
    LEFT.set(Left {
        units: left.units.saturating_sub(1),
        ..left
    });
}

/// Takes part of a unit, for one cheap item; `false` as [`spend`].
///
/// Counts across calls, stages and founts: for places that see one item at a time.
#[inline]
#[must_use]
pub fn spend_part() -> bool {
    let left = LEFT.get();
    let parts = if left.parts > 1 {
        left.parts - 1
    } else {
        PARTS
    };
    LEFT.set(Left { parts, ..left });
    left.parts > 1 || spend()
}

/// Takes parts of a unit for `count` cheap items that passed at once; `false` as [`spend`].
#[inline]
#[must_use]
pub fn spend_parts(count: usize) -> bool {
    let left = LEFT.get();
    match u32::try_from(count) {
        Ok(count) if left.parts > count => {
            let parts = left.parts - count;
            LEFT.set(Left { parts, ..left });
            true
        }
        _ => {
            LEFT.set(Left {
                parts: PARTS,
                ..left
            });
            (0..=count / RUN).all(|_| spend())
        }
    }
}

/// An iterator that pauses: yields as much as goes for one unit, at most [`RUN`] items, and goes
/// on after [`refill`](Self::refill).
///
/// Founts and tubes that have an iterator hand it on in chunks, and [`spend`] before each.
#[derive(Debug)]
pub struct Chunks<I> {
    items: I,
    left: usize,
}

impl<I: Iterator> Chunks<I> {
    /// Nothing of `items` yet, before the first refill.
    #[inline]
    pub fn of(items: I) -> Self {
        Self { items, left: 0 }
    }

    /// Allows another chunk.
    #[inline]
    pub fn refill(&mut self) {
        // No more than are known to be there, where that is known: so that the compiler need not
        // look for the end of the iterator at each item.
        self.left = match self.items.size_hint() {
            (0, upper) if upper != Some(0) => RUN,
            (lower, _) => lower.min(RUN),
        };
    }

    /// Whether the iterator itself has ended, after the chunk has.
    #[inline]
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.left > 0 || self.items.size_hint().1 == Some(0)
    }

    /// The iterator, with what was not yielded.
    #[inline]
    pub fn into_inner(self) -> I {
        self.items
    }
}

impl<I: Iterator> Iterator for Chunks<I> {
    type Item = I::Item;

    #[inline]
    fn next(&mut self) -> Option<I::Item> {
        if self.left == 0 {
            return None;
        }
        let next = self.items.next()?;
        self.left -= 1;
        Some(next)
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.left))
    }
}

/// One poll of a driver. Dropping it closes the turn.
#[derive(Debug)]
pub(crate) struct Turn(());

impl Turn {
    /// Opens a turn, with a fresh budget if no other is open; pending (and woken) when the
    /// runtime's own budget for this task is spent.
    pub(crate) fn open(cx: &mut Context<'_>) -> Poll<Self> {
        let left = LEFT.get();
        if left.turns == 0 && host::poll_proceed(cx).is_pending() {
            return Poll::Pending;
        }
        let units = if left.turns == 0 { TURN } else { left.units };
        LEFT.set(Left {
            units,
            turns: left.turns + 1,
            ..left
        });
        Poll::Ready(Self(()))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let left = LEFT.get();
        LEFT.set(Left {
            turns: left.turns.saturating_sub(1),
            ..left
        });
    }
}
