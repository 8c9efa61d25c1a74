//! What the two ends of a boundary share: what is inside, what was said, and who waits.
//!
//! Everything here runs under the lock: it moves items, reasons and wakers, and clones, wakes and
//! drops none of them. What is given back is woken or dropped when the lock is free.

use std::collections::VecDeque;
use std::task::{Context, Poll, Waker};

use super::load::Load;
use super::place::Place;
use crate::reason::Reason;

/// Invariant: `queued` is the load of `queue`, and `queued + taken` is within `bound` (by weight:
/// without the item that came last).
pub(super) struct State<T> {
    /// What has entered and was not taken out.
    queue: VecDeque<T>,
    queued: Load,
    /// What the exit has taken out and not handed on, as it said last: never less than it holds.
    taken: Load,
    bound: Load,
    /// What the entry said last; heard behind the items.
    end: Option<Reason>,
    /// Why the exit wants no more.
    stopped: Option<Reason>,
    entry: Life,
    /// Wakes whoever waits at the entry: for room if `entry` says so, for a stop anyway.
    enters: Option<Waker>,
    /// Wakes whoever waits at the exit; only while somebody does.
    leaves: Option<Waker>,
}

/// What the entry is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Life {
    Feeding,
    WaitingForRoom,
    Gone,
}

/// Which side waits.
#[derive(Clone, Copy)]
pub(super) enum Side {
    Entry,
    Exit,
}

impl<T> State<T> {
    pub(super) fn new(bound: Load) -> Self {
        Self {
            queue: VecDeque::new(),
            queued: Load::default(),
            taken: Load::default(),
            bound,
            end: None,
            stopped: None,
            entry: Life::Feeding,
            enters: None,
            leaves: None,
        }
    }

    /// How many items are inside, as far as the exit said.
    pub(super) fn held(&self) -> (usize, usize) {
        (self.queued.plus(self.taken).items, self.bound.items)
    }

    /// Why nothing enters any more: the entry has ended, or the exit wants no more.
    pub(super) fn refusal(&self) -> Option<Reason> {
        self.end
            .as_ref()
            .or(self.stopped.as_ref())
            .cloned()
    }

    fn room(&self) -> Load {
        self.bound
            .minus(self.queued.plus(self.taken))
    }

    /// How much may enter; if nothing, the entry waits for room.
    pub(super) fn poll_room(&mut self) -> Poll<Result<Load, Reason>> {
        if let Some(reason) = self.refusal() {
            return Poll::Ready(Err(reason));
        }
        let room = self.room();
        // Who was full waits for half, woken or not: then a wake goes for many items.
        let is_enough = match self.entry {
            Life::WaitingForRoom => self.is_half_free(),
            Life::Feeding | Life::Gone => room.has_room(),
        };
        if is_enough {
            self.entry = Life::Feeding;
            Poll::Ready(Ok(room))
        } else {
            self.entry = Life::WaitingForRoom;
            Poll::Pending
        }
    }

    fn is_half_free(&self) -> bool {
        self.queued
            .plus(self.taken)
            .is_half_of(self.bound)
    }

    /// An item enters. Gives what room is left.
    pub(super) fn enter(&mut self, item: T, weight: usize) -> (Load, Option<Waker>) {
        self.queue.push_back(item);
        self.queued = self
            .queued
            .plus(Load { items: 1, weight });
        (self.room(), self.leaves.take())
    }

    /// A run of items enters, and leaves an empty buffer behind. Gives what room is left.
    pub(super) fn enter_all(
        &mut self,
        run: &mut VecDeque<T>,
        weight: usize,
    ) -> (Load, Option<Waker>) {
        let items = run.len();
        if self.queue.is_empty() {
            std::mem::swap(&mut self.queue, run);
        } else {
            self.queue.append(run);
        }
        self.queued = self.queued.plus(Load { items, weight });
        (self.room(), self.leaves.take())
    }

    /// The entry has said its last; the first word counts, and the other is given back.
    pub(super) fn end(&mut self, reason: Reason) -> (Option<Waker>, Option<Reason>) {
        if self.end.is_some() {
            return (None, Some(reason));
        }
        self.end = Some(reason);
        (self.leaves.take(), None)
    }

    /// The entry is no more. Gives whoever waits at the exit, and who waited at the entry.
    pub(super) fn leave(&mut self) -> (Option<Waker>, Option<Waker>) {
        self.entry = Life::Gone;
        (self.leaves.take(), self.enters.take())
    }

    pub(super) fn poll_entry_gone(&self) -> Poll<()> {
        if self.entry == Life::Gone {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    /// Takes out all that has entered, for an exit that has handed on all that it had. If there
    /// is nothing and no end, the exit waits.
    pub(super) fn poll_take(&mut self, out: &mut VecDeque<T>) -> Poll<Result<(), Reason>> {
        if self.queue.is_empty() {
            self.taken = Load::default();
            return match &self.end {
                Some(reason) => Poll::Ready(Err(reason.clone())),
                None => Poll::Pending,
            };
        }
        std::mem::swap(&mut self.queue, out);
        self.taken = std::mem::take(&mut self.queued);
        Poll::Ready(Ok(()))
    }

    /// Notes what the exit holds, of what it has taken.
    pub(super) fn hold(&mut self, taken: Load) {
        self.taken = taken;
    }

    /// Who waits for room and may go on, now that something was handed on.
    pub(super) fn take_waiting(&mut self) -> Option<Waker> {
        if self.entry == Life::WaitingForRoom && self.is_half_free() {
            self.entry = Life::Feeding;
            self.enters.take()
        } else {
            None
        }
    }

    /// The exit wants no more. Gives what nobody will hear or see, to be dropped.
    pub(super) fn stop(&mut self, reason: Reason) -> (Option<Waker>, VecDeque<T>) {
        self.stopped = Some(reason);
        self.queued = Load::default();
        self.taken = Load::default();
        let lost = std::mem::take(&mut self.queue);
        let waits = self.end.is_none();
        (self.enters.take_if(|_| waits), lost)
    }

    fn waker(&mut self, side: Side) -> &mut Option<Waker> {
        match side {
            Side::Entry => &mut self.enters,
            Side::Exit => &mut self.leaves,
        }
    }
}

/// What `look` finds, and whom it wakes; if nothing, `side` is woken when there may be something.
/// Wakers are cloned, woken and dropped while the lock is free, and then `look` looks again.
#[inline]
pub(super) fn poll_for<T, P: Place, Found>(
    cell: &P::Cell<State<T>>,
    cx: &mut Context<'_>,
    side: Side,
    mut look: impl FnMut(&mut State<T>) -> (Poll<Found>, Option<Waker>),
) -> Poll<Found> {
    let mut waker: Option<Waker> = None;
    let mut stale = None;
    loop {
        let (found, other) = P::with(cell, |state| {
            let (found, other) = look(state);
            let kept = state.waker(side);
            let is_known = || {
                kept.as_ref()
                    .is_some_and(|kept| kept.will_wake(cx.waker()))
            };
            let settled = match (found, side) {
                // Who does not wait is not to be woken by items.
                (Poll::Ready(found), Side::Exit) => {
                    stale = kept.take();
                    Some(Poll::Ready(found))
                }
                (Poll::Pending, _) if !is_known() => {
                    let is_kept = waker.is_some();
                    std::mem::swap(kept, &mut waker);
                    is_kept.then_some(Poll::Pending)
                }
                (found, _) => Some(found),
            };
            (settled, other)
        });
        if let Some(other) = other {
            other.wake();
        }
        if let Some(found) = found {
            return found;
        }
        // What was kept is for another task, or another waker of this one.
        waker = Some(cx.waker().clone());
    }
}
