//! What all branches of a broadcast have in common: a place in the ring.

use std::collections::VecDeque;
use std::num::NonZeroU64;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use super::hub::{Found, Hub, State, Who};
use super::ring::Holds;
use crate::budget;
use crate::drain::{Drain, Intake};
use crate::error::{Error, Kind};
use crate::fount::Run;
use crate::reason::Reason;

/// One branch's place in the ring, and what it has taken and not delivered.
///
/// What is in its queue still counts in the ring: a slot is free when all who hold the feed back
/// have *delivered* the item.
pub(super) struct Reader<T> {
    hub: Arc<Hub<T>>,
    key: usize,
    /// The number of the next item to take.
    next: u64,
    /// Up to here the hub knows that all was delivered: `accepted + held.queue.len() <= next`.
    accepted: u64,
    held: Held<T>,
    pace: Pace,
    /// Why there are no more items; the hub has forgotten this branch.
    end: Option<Reason>,
}

/// What a branch has taken and not delivered: items missing, then items.
pub(super) struct Held<T> {
    pub(super) gap: Option<NonZeroU64>,
    /// At most a run, and at most as many as the ring holds.
    pub(super) queue: VecDeque<T>,
}

/// What happens when a branch is slow.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// The feed waits.
    Waits,
    /// It misses items, and hears how many.
    Misses,
    /// It is cut off.
    IsCut,
}

impl<T> Reader<T> {
    /// A branch for all items from now on.
    pub(super) fn join(hub: &Arc<Hub<T>>, pace: Pace) -> Self {
        let (key, next) = hub.change(|state| {
            state.branches += 1;
            state.waiters += usize::from(pace == Pace::Waits);
            state.starts();
            (state.sleepers.insert(), state.ring.tail())
        });
        Self {
            hub: Arc::clone(hub),
            key,
            next,
            accepted: next,
            held: Held {
                gap: None,
                queue: VecDeque::new(),
            },
            pace,
            end: None,
        }
    }

    /// Goes back by so many items, as far as they are there.
    pub(super) fn replay(&mut self, items: usize) {
        if self.end.is_some() || !self.held.queue.is_empty() {
            return;
        }
        let holds = match self.pace {
            Pace::Waits => Holds::Back,
            Pace::Misses | Pace::IsCut => Holds::Nothing,
        };
        self.publish();
        let next = self.next;
        self.next = self
            .hub
            .change(|state| state.ring.rejoin(next, items, holds));
        self.accepted = self.next;
    }

    /// Does not hold the feed back any more.
    pub(super) fn let_go(&mut self, pace: Pace) {
        if self.pace == Pace::Waits && self.end.is_none() {
            let accepted = self.accepted;
            self.hub.change(|state| {
                state.waiters -= 1;
                let tail = state.ring.tail();
                state.ring.accept(accepted, tail);
            });
        }
        self.pace = pace;
    }

    /// The branch leaves: what it held back is free.
    pub(super) fn leave(&mut self, reason: Reason) {
        if self.end.is_some() {
            return;
        }
        self.end = Some(reason);
        let (next, accepted, pace, key) = (self.next, self.accepted, self.pace, self.key);
        let mut dead = Vec::new();
        let waker = self.hub.change(|state| {
            state.branches -= 1;
            if pace == Pace::Waits {
                state.waiters -= 1;
                let tail = state.ring.tail();
                state.ring.accept(accepted, tail);
            }
            state.ring.forget(next, &mut dead);
            state.sleepers.remove(key)
        });
        drop((waker, dead));
        self.held.gap = None;
        self.held.queue.clear();
    }

    /// Tells the hub what was delivered.
    fn publish(&mut self) {
        if self.pace != Pace::Waits {
            return;
        }
        let delivered = self.next - self.held.queue.len() as u64;
        if delivered > self.accepted {
            let accepted = std::mem::replace(&mut self.accepted, delivered);
            self.hub
                .change(|state| state.ring.accept(accepted, delivered));
        }
    }

    pub(super) fn fmt(&self, f: &mut std::fmt::Formatter<'_>, kind: &str) -> std::fmt::Result {
        let (behind, bound) = self.hub.look(|state| {
            let behind = state
                .ring
                .tail()
                .saturating_sub(self.next);
            (behind + self.held.queue.len() as u64, state.ring.bound())
        });
        let behind = if self.end.is_some() { 0 } else { behind };
        write!(f, "{kind}({behind} of {bound})")
    }
}

impl<T: Clone> Reader<T> {
    /// One item by `pop`; with nothing held, one item from the ring, which counts as delivered.
    pub(super) fn poll_next<Out>(
        &mut self,
        cx: &mut Context<'_>,
        pop: impl Fn(&mut Held<T>) -> Option<Out>,
    ) -> Poll<Result<Out, Reason>> {
        if let Some(end) = &self.end {
            return Poll::Ready(Err(end.clone()));
        }
        loop {
            if let Some(out) = pop(&mut self.held) {
                self.publish();
                return Poll::Ready(Ok(out));
            }
            if let Err(reason) = ready!(self.poll_take(cx, Take::One)) {
                return Poll::Ready(Err(reason));
            }
        }
    }

    /// Takes a run under the lock, and delivers it while the lock is free.
    #[inline]
    pub(super) fn poll_flow<Out, D>(
        &mut self,
        cx: &mut Context<'_>,
        mut drain: Pin<&mut D>,
        pop: impl Fn(&mut Held<T>) -> Option<Out>,
    ) -> Run
    where
        D: Drain<Out>,
    {
        if let Some(end) = &self.end {
            return Run::Ended(end.clone());
        }
        while budget::spend() {
            if self.held.is_empty() {
                let ready = drain.as_mut().poll_ready(cx);
                if !matches!(ready, Poll::Ready(Ok(()))) {
                    self.publish();
                }
                match ready {
                    Poll::Ready(Ok(())) => {}
                    Poll::Ready(Err(reason)) => return Run::Refused(reason),
                    Poll::Pending => return Run::Blocked,
                }
                match self.poll_take(cx, Take::Run) {
                    Poll::Ready(Ok(())) => {}
                    Poll::Ready(Err(reason)) => return Run::Ended(reason),
                    Poll::Pending => return Run::Starved,
                }
            }
            let held = &mut self.held;
            let intake = drain
                .as_mut()
                .poll_receive(cx, Popped { held, pop: &pop });
            let run = match intake {
                Intake::Dry => continue,
                Intake::Blocked => Run::Blocked,
                Intake::Spent => Run::Spent,
                Intake::Refused(reason) => Run::Refused(reason),
            };
            self.publish();
            return run;
        }
        self.publish();
        Run::Spent
    }

    /// Finds something to deliver, when nothing is held; says why there is no more.
    fn poll_take(&mut self, cx: &mut Context<'_>, take: Take) -> Poll<Result<(), Reason>> {
        let hub = Arc::clone(&self.hub);
        let found = hub.poll_for(cx, Who::Branch(self.key), |state| self.look(state, take));
        match ready!(found) {
            Found::Items => Poll::Ready(Ok(())),
            Found::Gap(gap) if self.pace == Pace::Misses => {
                self.held.gap = Some(gap);
                Poll::Ready(Ok(()))
            }
            Found::Gap(_) => {
                let limit = self
                    .hub
                    .look(|state| state.ring.bound());
                let kind = Kind::Full {
                    what: "backlog",
                    limit,
                };
                let reason = Reason::from(Error::new(kind).at("broadcast"));
                self.leave(reason.clone());
                Poll::Ready(Err(reason))
            }
            Found::End(reason) => {
                self.leave(reason.clone());
                Poll::Ready(Err(reason))
            }
        }
    }

    /// What there is for this branch, under the lock.
    fn look(&mut self, state: &mut State<T>, take: Take) -> Option<Found> {
        if self.pace == Pace::Waits {
            state
                .ring
                .accept(self.accepted, self.next);
            self.accepted = self.next;
        }
        let missed = state
            .ring
            .base()
            .saturating_sub(self.next);
        let most = match take {
            Take::One => 1,
            Take::Run => budget::RUN,
        };
        if let Some(gap) = NonZeroU64::new(missed) {
            self.next += missed;
            if self.pace == Pace::Misses {
                // With what comes behind it: were that missed while the gap is handled, a slow
                // reader would hear of gaps for ever and never of an item.
                state
                    .ring
                    .take(&mut self.next, most, &mut self.held.queue);
            }
            return Some(Found::Gap(gap));
        }
        if self.next == state.ring.tail() {
            return state.end.clone().map(Found::End);
        }
        state
            .ring
            .take(&mut self.next, most, &mut self.held.queue);
        if take == Take::One && self.pace == Pace::Waits {
            state
                .ring
                .accept(self.accepted, self.next);
            self.accepted = self.next;
        }
        Some(Found::Items)
    }
}

/// How much to take out of the ring.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Take {
    /// One item, for which there is room already.
    One,
    /// A run, which is delivered as there is room.
    Run,
}

impl<T> Held<T> {
    fn is_empty(&self) -> bool {
        self.gap.is_none() && self.queue.is_empty()
    }
}

/// What a branch holds, as a run; what is not asked for stays.
struct Popped<'a, T, F> {
    held: &'a mut Held<T>,
    pop: &'a F,
}

impl<T, F, Out> Iterator for Popped<'_, T, F>
where
    F: Fn(&mut Held<T>) -> Option<Out>,
{
    type Item = Out;

    #[inline]
    fn next(&mut self) -> Option<Out> {
        (self.pop)(self.held)
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        let items = self.held.queue.len() + usize::from(self.held.gap.is_some());
        (items, Some(items))
    }
}

impl<T> Drop for Reader<T> {
    fn drop(&mut self) {
        self.leave(Reason::abandoned());
    }
}
