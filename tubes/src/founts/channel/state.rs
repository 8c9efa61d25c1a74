//! What the ends of a channel share: items, places, and who waits in line for one.

use std::collections::VecDeque;
use std::task::{Context, Poll, Waker};

use crate::reason::Reason;
use crate::sync::{Mutex, lock};

/// What the ends of a channel share. No code of the user runs under its lock: what may be the last
/// of a waker, an item or an error is given back, and dropped when the lock is free.
pub(super) struct State<T> {
    /// `items.len() + reserved <= bound`
    pub(super) items: VecDeque<T>,
    pub(super) bound: usize,
    /// Places kept for senders that were told that they are ready.
    reserved: usize,
    /// Senders that wait for a place, the first in front; each at most once.
    line: VecDeque<Waiter>,
    next_ticket: u64,
    /// The waker of each sender, by its number.
    wakers: Vec<Option<Waker>>,
    free: Vec<usize>,
    /// Senders that have not ended; when there is none, there never will be.
    open: usize,
    /// What those that have ended said together.
    said: Reason,
    /// Why the fount wants no more.
    pub(super) stopped: Option<Reason>,
    pub(super) fount: Option<Waker>,
}

struct Waiter {
    ticket: u64,
    sender: usize,
}

/// What the end of a sender leaves over.
pub(super) struct Closed {
    /// To be woken.
    pub(super) fount: Option<Waker>,
    _own: Option<Waker>,
    _said: Reason,
}

/// Where a sender stands.
///
/// ```text
///              no room             its turn              receive
///   Idle ───────────────► Waiting ──────────► Reserved ─────────► Idle
///     └───────────────── room ───────────────────▲
///   has nothing to send: Passed, and the next in line is told
/// ```
///
/// One that has passed may take what is free although others stand in line for it. Otherwise
/// senders with nothing to send, in one task, would line up behind each other and wake each other
/// for ever. It is fair still: it stands in line again after one item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Idle,
    Waiting(u64),
    Reserved,
    Passed,
}

/// Why there is no place right now.
pub(super) enum NoPlace {
    Full,
    Stopped(Reason),
}

impl<T> State<T> {
    pub(super) fn new(bound: usize) -> Self {
        Self {
            items: VecDeque::new(),
            bound,
            reserved: 0,
            line: VecDeque::new(),
            next_ticket: 0,
            wakers: Vec::new(),
            free: Vec::new(),
            open: 0,
            said: Reason::Finished,
            stopped: None,
            fount: None,
        }
    }

    /// Another sender: its number.
    pub(super) fn open(&mut self) -> usize {
        self.open += 1;
        self.free.pop().unwrap_or_else(|| {
            self.wakers.push(None);
            self.wakers.len() - 1
        })
    }

    /// A sender has ended. The caller keeps its reason, so that nothing is lost with it here.
    pub(super) fn close(&mut self, number: usize, reason: &Reason) -> Closed {
        self.open -= 1;
        self.free.push(number);
        let together = self.said.clone().joined(reason.clone());
        Closed {
            fount: self.fount.take_if(|_| self.open == 0),
            _own: self.wakers[number].take(),
            _said: std::mem::replace(&mut self.said, together),
        }
    }

    /// What all said together, when all have; heard behind the items.
    pub(super) fn end(&self) -> Option<Reason> {
        (self.open == 0).then(|| self.said.clone())
    }

    pub(super) fn waker(&mut self, number: usize) -> &mut Option<Waker> {
        &mut self.wakers[number]
    }

    /// A place, if there is one for this sender now: nobody overtakes those in line.
    pub(super) fn reserve(&mut self, place: &mut Place) -> Result<(), NoPlace> {
        if let Some(reason) = &self.stopped {
            return Err(NoPlace::Stopped(reason.clone()));
        }
        match *place {
            Place::Reserved => return Ok(()),
            Place::Idle if self.line.len() < self.room() => {}
            Place::Passed if self.room() > 0 => {}
            Place::Waiting(ticket) if self.is_admitted(ticket) => self.leave_line(ticket),
            Place::Idle | Place::Passed | Place::Waiting(_) => return Err(NoPlace::Full),
        }
        self.reserved += 1;
        *place = Place::Reserved;
        Ok(())
    }

    /// Stands in line, if it does not yet.
    pub(super) fn line_up(&mut self, number: usize, place: &mut Place) {
        if let Place::Idle | Place::Passed = *place {
            let ticket = self.next_ticket;
            self.next_ticket += 1;
            self.line.push_back(Waiter {
                ticket,
                sender: number,
            });
            *place = Place::Waiting(ticket);
        }
    }

    /// Gives back what it has; who is next in line is to be woken.
    pub(super) fn give_up(&mut self, place: &mut Place) -> Option<Waker> {
        match std::mem::replace(place, Place::Idle) {
            Place::Idle | Place::Passed => None,
            Place::Reserved => {
                self.reserved -= 1;
                self.admit()
            }
            Place::Waiting(ticket) => {
                let was_admitted = self.is_admitted(ticket);
                self.leave_line(ticket);
                if was_admitted { self.admit() } else { None }
            }
        }
    }

    /// An item into the place that was reserved; the fount is to be woken.
    pub(super) fn push(&mut self, item: T, place: &mut Place) -> Option<Waker> {
        self.reserved -= 1;
        *place = Place::Idle;
        self.items.push_back(item);
        self.fount.take()
    }

    /// The first item; who is next in line is to be woken.
    pub(super) fn pop(&mut self) -> Option<(T, Option<Waker>)> {
        let item = self.items.pop_front()?;
        Some((item, self.admit()))
    }

    /// The fount wants no more; gives what was not read, and all who are to be woken.
    pub(super) fn stop(&mut self, reason: Reason) -> (VecDeque<T>, Vec<Option<Waker>>) {
        self.stopped = Some(reason);
        self.line.clear();
        let wakers = self.wakers.iter_mut().map(Option::take);
        (std::mem::take(&mut self.items), wakers.collect())
    }

    /// Whether a sender that waits may have a place now.
    pub(super) fn is_admitted(&self, ticket: u64) -> bool {
        self.position(ticket)
            .is_some_and(|position| position < self.room())
    }

    fn room(&self) -> usize {
        self.bound - self.items.len() - self.reserved
    }

    fn position(&self, ticket: u64) -> Option<usize> {
        self.line
            .binary_search_by_key(&ticket, |waiter| waiter.ticket)
            .ok()
    }

    fn leave_line(&mut self, ticket: u64) {
        if let Some(position) = self.position(ticket) {
            self.line.remove(position);
        }
    }

    /// There is room for one more: of those in line, who has it now. Those before were told.
    fn admit(&mut self) -> Option<Waker> {
        let last = self.room().checked_sub(1)?;
        let number = self.line.get(last)?.sender;
        self.wakers[number].take()
    }
}

/// What `look` finds; if nothing, the waker in `slot` is woken when there may be something.
/// Wakers are cloned and dropped while the lock is free, and then `look` looks again.
pub(super) fn poll_for<T, Found>(
    shared: &Mutex<State<T>>,
    cx: &mut Context<'_>,
    slot: impl Fn(&mut State<T>) -> &mut Option<Waker>,
    mut look: impl FnMut(&mut State<T>) -> Option<Found>,
) -> Poll<Found> {
    let mut waker: Option<Waker> = None;
    loop {
        let mut state = lock(shared);
        if let Some(found) = look(&mut state) {
            return Poll::Ready(found);
        }
        let kept = slot(&mut state);
        let is_known = |waker: &Waker| waker.will_wake(cx.waker());
        if kept.as_ref().is_some_and(is_known) {
            return Poll::Pending;
        }
        if waker.is_some() {
            // The old one is dropped behind the guard.
            std::mem::swap(kept, &mut waker);
            return Poll::Pending;
        }
        drop(state);
        waker = Some(cx.waker().clone());
    }
}

/// Wakes, after the lock is free.
pub(super) fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}
