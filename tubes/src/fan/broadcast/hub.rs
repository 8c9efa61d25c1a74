//! What the feed and the branches of a broadcast share.

use std::num::NonZeroU64;
use std::task::{Context, Poll, Waker};

use super::ring::Ring;
use super::sleepers::Sleepers;
use crate::reason::Reason;
use crate::sync::{Mutex, lock};

pub(super) struct Hub<T> {
    state: Mutex<State<T>>,
}

pub(super) struct State<T> {
    pub(super) ring: Ring<T>,
    pub(super) sleepers: Sleepers,
    /// All branches there are, and those among them that hold the feed back.
    pub(super) branches: usize,
    pub(super) waiters: usize,
    /// Handles that can still add a branch.
    pub(super) handles: usize,
    pub(super) phase: Phase,
    pub(super) after_the_last: AfterTheLast,
    /// Why there are no more items; heard behind them.
    pub(super) end: Option<Reason>,
    feeder: Option<Waker>,
    wants: Wants,
}

/// Whether items flow yet.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Not before there are so many branches; none has come yet.
    WaitingFor(usize),
    /// Likewise; some have come, and may have left again.
    Gathering(usize),
    Started,
}

/// What the feed does when the last branch has gone.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum AfterTheLast {
    Stops,
    Waits,
}

/// What the feed is to be woken for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Wants {
    Nothing,
    /// That nobody wants more.
    TheEnd,
    /// Room, too.
    Room,
}

/// Who waits.
#[derive(Clone, Copy)]
pub(super) enum Who {
    Feeder(Wants),
    Branch(usize),
}

/// What a branch finds when it looks for items.
pub(super) enum Found {
    /// Items, in its queue.
    Items,
    /// So many are missing.
    Gap(NonZeroU64),
    End(Reason),
}

impl<T> Hub<T> {
    pub(super) fn new(bound: usize) -> Self {
        Self {
            state: Mutex::new(State {
                ring: Ring::new(bound),
                sleepers: Sleepers::default(),
                branches: 0,
                waiters: 0,
                handles: 1,
                phase: Phase::WaitingFor(1),
                after_the_last: AfterTheLast::Stops,
                end: None,
                feeder: None,
                wants: Wants::Nothing,
            }),
        }
    }

    /// Changes something, under the lock; then wakes the feed if that is what it waits for.
    pub(super) fn change<R>(&self, change: impl FnOnce(&mut State<T>) -> R) -> R {
        let mut state = lock(&self.state);
        let result = change(&mut state);
        let feeder = state.feeder_to_wake();
        drop(state);
        if let Some(feeder) = feeder {
            feeder.wake();
        }
        result
    }

    /// Only looks.
    pub(super) fn look<R>(&self, look: impl FnOnce(&State<T>) -> R) -> R {
        look(&lock(&self.state))
    }

    /// What `look` finds; if nothing, `who` is woken when there may be something. Wakers are cloned
    /// and dropped while the lock is free, and then `look` looks again.
    pub(super) fn poll_for<R>(
        &self,
        cx: &mut Context<'_>,
        who: Who,
        mut look: impl FnMut(&mut State<T>) -> Option<R>,
    ) -> Poll<R> {
        let mut waker: Option<Waker> = None;
        loop {
            let mut state = lock(&self.state);
            let found = look(&mut state);
            let is_found = found.is_some();
            // To look may make room: a branch accepts what it has delivered.
            let feeder = match who {
                Who::Branch(_) => state.feeder_to_wake(),
                Who::Feeder(_) => None,
            };
            let is_known = is_found || state.is_known(who, cx.waker());
            let before = match waker.take() {
                Some(waker) if !is_known => Some(state.keep(who, waker)),
                spare => {
                    drop(state);
                    drop(spare);
                    wake(feeder);
                    match found {
                        Some(found) => return Poll::Ready(found),
                        None if is_known => return Poll::Pending,
                        None => {
                            waker = Some(cx.waker().clone());
                            continue;
                        }
                    }
                }
            };
            drop(state);
            drop(before);
            wake(feeder);
            return Poll::Pending;
        }
    }

    /// There is no more, and why; the first reason counts.
    pub(super) fn end(&self, reason: Reason) {
        let mut wakers = Vec::new();
        let mut unused = Some(reason);
        let feeder = {
            let mut state = lock(&self.state);
            if state.end.is_none() {
                state.end = unused.take();
                state.ring.promise(0);
                state.sleepers.take_all(&mut wakers);
            }
            state.feeder.take()
        };
        drop(feeder);
        for waker in wakers {
            waker.wake();
        }
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

impl<T> State<T> {
    /// Whether the feed may go on, or why nobody wants more; nothing while it has to wait.
    pub(super) fn feed(&self) -> Option<Result<(), Reason>> {
        if let Some(reason) = &self.end {
            // Nothing comes behind the end.
            return Some(Err(reason.clone()));
        }
        match (self.phase, self.branches, self.handles) {
            (Phase::WaitingFor(_), 0, 0) => Some(Err(Reason::abandoned())),
            (Phase::Gathering(_) | Phase::Started, 0, 0) => Some(Err(Reason::Enough)),
            (Phase::WaitingFor(_) | Phase::Gathering(_), _, _) => None,
            (Phase::Started, 0, 1..) => match self.after_the_last {
                AfterTheLast::Stops => Some(Err(Reason::Enough)),
                AfterTheLast::Waits => None,
            },
            (Phase::Started, 1.., _) => (self.ring.room() > 0).then_some(Ok(())),
        }
    }

    /// Waits for so many branches.
    pub(super) fn wait_for(&mut self, branches: usize) {
        self.phase = match self.phase {
            Phase::WaitingFor(_) => Phase::WaitingFor(branches),
            Phase::Gathering(_) | Phase::Started => Phase::Gathering(branches),
        };
        self.starts();
    }

    /// Starts, if all are there who are waited for, or who can still come: without a handle,
    /// nobody can.
    pub(super) fn starts(&mut self) {
        if let Phase::WaitingFor(count) | Phase::Gathering(count) = self.phase
            && self.branches > 0
        {
            self.phase = if self.branches >= count || self.handles == 0 {
                Phase::Started
            } else {
                Phase::Gathering(count)
            };
        }
    }

    fn feeder_to_wake(&mut self) -> Option<Waker> {
        if self.wants == Wants::Nothing {
            return None;
        }
        let is_due = match self.feed() {
            None => false,
            Some(Ok(())) => self.wants == Wants::Room,
            Some(Err(_)) => true,
        };
        if !is_due {
            return None;
        }
        self.wants = Wants::Nothing;
        self.feeder.take()
    }

    /// The feed has what it wanted.
    pub(super) fn feeder_goes_on(&mut self) {
        if self.wants == Wants::Room {
            self.wants = Wants::TheEnd;
        }
    }

    fn is_known(&mut self, who: Who, waker: &Waker) -> bool {
        let kept = match who {
            Who::Feeder(wants) => {
                if self.feeder.is_some() {
                    self.wants = self.wants.max(wants);
                }
                self.feeder.as_ref()
            }
            Who::Branch(key) => self.sleepers.waker(key),
        };
        kept.is_some_and(|kept| kept.will_wake(waker))
    }

    fn keep(&mut self, who: Who, waker: Waker) -> Option<Waker> {
        match who {
            Who::Feeder(wants) => {
                self.wants = self.wants.max(wants);
                self.feeder.replace(waker)
            }
            Who::Branch(key) => self.sleepers.keep(key, waker),
        }
    }
}
