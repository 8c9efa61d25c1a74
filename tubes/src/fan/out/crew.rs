//! The branches of one junction together: who is still there, and how all of them end.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;
use std::task::{Context, Poll};

use super::branches::Seats;
use super::policy::Policy;
use crate::error::Error;
use crate::reason::Reason;

/// A set of branches, and how many of them go on.
///
/// ```text
///  a branch refuses with Enough ─► it alone is told, and finishes while the others go on
///  the last one has left        ─► upstream hears Enough
///  a branch fails               ─► Together: upstream and the others hear it; Isolated: as Enough
///  upstream ends                ─► every branch that is open hears the reason; all finish at once
///  a second flow comes then     ─► it hears that reason again
/// ```
pub(super) struct Crew<S, P> {
    pub(super) set: S,
    /// `open + leaving <= set.count()`; the others are over.
    open: usize,
    leaving: usize,
    /// The failure of a branch that ends the whole flow.
    failure: Option<Error>,
    /// Why the last one left, if it was content; once upstream has ended, why it did.
    parting: Reason,
    policy: PhantomData<fn() -> P>,
}

impl<S: Seats, P> Crew<S, P> {
    pub(super) fn new(set: S) -> Self {
        Self {
            open: set.count(),
            leaving: 0,
            set,
            failure: None,
            parting: Reason::Enough,
            policy: PhantomData,
        }
    }

    /// The same branches under another policy; none has begun.
    pub(super) fn under<Q>(self) -> Crew<S, Q> {
        Crew::new(self.set)
    }

    /// Why nobody wants more, if that is so.
    #[inline]
    pub(super) fn verdict(&self) -> Option<Reason> {
        match &self.failure {
            Some(error) => Some(Reason::Failed(error.clone())),
            None => (self.open == 0).then(|| self.parting.clone()),
        }
    }

    #[inline]
    pub(super) fn is_open(&self, at: usize) -> bool {
        at < self.set.count() && self.set.is_open(at)
    }

    /// The last branch that is open, or 0.
    pub(super) fn last_open(&self) -> usize {
        (0..self.set.count())
            .rev()
            .find(|at| self.set.is_open(*at))
            .unwrap_or(0)
    }
}

impl<S: Seats, P: Policy<S>> Crew<S, P> {
    /// A branch wants no more.
    #[cold]
    #[inline(never)]
    pub(super) fn refused(&mut self, at: usize, reason: &Reason) {
        self.leave(at, reason);
        if reason.is_clean() {
            self.parting = reason.clone();
        }
        self.failed(reason.error());
    }

    fn leave(&mut self, at: usize, reason: &Reason) {
        self.set.leave(at, reason);
        self.open -= 1;
        self.leaving += 1;
    }

    fn failed(&mut self, error: Option<&Error>) {
        if P::ENDS_ALL && self.failure.is_none() {
            self.failure = error.cloned();
        }
    }

    /// Lets those finish that leave before the others.
    #[inline]
    pub(super) fn poll_leaving(&mut self, cx: &mut Context<'_>) {
        if self.leaving > 0 {
            self.poll_leaving_slow(cx);
        }
    }

    #[cold]
    #[inline(never)]
    fn poll_leaving_slow(&mut self, cx: &mut Context<'_>) {
        for at in 0..self.set.count() {
            if self.set.is_leaving(at)
                && let Poll::Ready(error) = self.set.poll_over(at, cx)
            {
                self.leaving -= 1;
                self.failed(error.as_ref());
            }
        }
    }

    /// Asks one that is open; ready if it has room.
    #[inline]
    pub(super) fn poll_one(&mut self, at: usize, cx: &mut Context<'_>) -> Poll<()> {
        match self.set.poll_ready(at, cx) {
            Poll::Ready(Ok(())) => Poll::Ready(()),
            Poll::Ready(Err(reason)) => {
                self.refused(at, &reason);
                Poll::Pending
            }
            Poll::Pending => Poll::Pending,
        }
    }

    /// Ready when all are that are open. Asks every one of them, so that each of them wakes; while
    /// one is waited for, those that are ready rest.
    #[inline]
    pub(super) fn poll_all(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.poll_leaving(cx);
        let mut waits = false;
        for at in 0..self.set.count() {
            if !self.set.is_open(at) {
                continue;
            }
            if self.poll_one(at, cx).is_ready() {
                if waits {
                    self.rest(at..at + 1, cx);
                }
            } else if self.set.is_open(at) && !waits {
                waits = true;
                self.rest(0..at, cx);
            }
        }
        self.poll_leaving(cx);
        if let Some(reason) = self.verdict() {
            return Poll::Ready(Err(reason));
        }
        if waits {
            Poll::Pending
        } else {
            Poll::Ready(Ok(()))
        }
    }

    /// There is nothing for these while another one is waited for: they push out what they hold,
    /// and give back what they keep for an item (a place in a channel that others wait for, too).
    #[cold]
    #[inline(never)]
    pub(super) fn rest(&mut self, branches: Range<usize>, cx: &mut Context<'_>) {
        for at in branches {
            if self.set.is_open(at)
                && let Poll::Ready(Err(reason)) = self.set.poll_flush(at, cx)
            {
                self.refused(at, &reason);
            }
        }
    }

    /// Flushes all that are open but `waited_for`, which is not ready: it would give back what it
    /// has just got.
    pub(super) fn poll_flush(
        &mut self,
        cx: &mut Context<'_>,
        waited_for: Option<usize>,
    ) -> Poll<Result<(), Reason>> {
        let mut waits = waited_for.is_some();
        for at in 0..self.set.count() {
            if !self.set.is_open(at) || waited_for == Some(at) {
                continue;
            }
            match self.set.poll_flush(at, cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(reason)) => self.refused(at, &reason),
                Poll::Pending => waits = true,
            }
        }
        self.poll_leaving(cx);
        if let Some(reason) = self.verdict() {
            return Poll::Ready(Err(reason));
        }
        if waits {
            Poll::Pending
        } else {
            Poll::Ready(Ok(()))
        }
    }

    /// Tells everybody but `waited_for`, which has an item to come before the end, and lets all
    /// finish at the same time. After a failure no item is waited for.
    pub(super) fn poll_stopped(
        &mut self,
        cx: &mut Context<'_>,
        reason: &Reason,
        waited_for: Option<usize>,
    ) -> Poll<Result<P::Output, Error>> {
        self.tell(reason, waited_for.filter(|_| reason.is_clean()));
        self.poll_leaving(cx);
        if let (1.., Some(error)) = (self.open, &self.failure) {
            self.tell(&Reason::Failed(error.clone()), None);
            self.poll_leaving(cx);
        }
        if self.open + self.leaving > 0 {
            return Poll::Pending;
        }
        self.parting = match self.failure.take() {
            Some(error) if reason.is_clean() => error.into(),
            _ => reason.clone(),
        };
        let ended = self.parting.clone().into_result();
        Poll::Ready(ended.and_then(|()| P::settled(&mut self.set)))
    }

    /// No more items for all that are open but one.
    fn tell(&mut self, reason: &Reason, but: Option<usize>) {
        if self.open > 0 {
            for at in 0..self.set.count() {
                if self.set.is_open(at) && but != Some(at) {
                    self.leave(at, reason);
                }
            }
        }
    }
}

impl<S: fmt::Debug, P> fmt::Debug for Crew<S, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.set, f)
    }
}
