//! Where items come out of a boundary: a fount.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::entry::wake;
use super::load::{Load, Scales};
use super::place::{Place, Shared};
use super::state::{Side, State, poll_for};
use crate::budget;
use crate::drain::{Drain, Intake};
use crate::fount::{Fount, Run};
use crate::reason::Reason;

/// Where items come out of a boundary: the fount of [`pair`](super::pair) and
/// [`local`](super::local).
///
/// # Flow control
///
/// Takes out all that has entered, at once, and hands it on one by one; that counts as inside the
/// boundary, and so is within its bound, until it is handed on.
///
/// # Stopping
///
/// Ends as the flow into the entry did, behind the items. When it is stopped or dropped, what is
/// inside is lost, and the entry hears why.
#[must_use = "nothing flows before it is driven: use `flow_to` or `next`"]
pub struct Exit<T, P: Place = Shared> {
    cell: P::Cell<State<T>>,
    scales: Scales<T>,
    /// What was taken out and not handed on.
    out: VecDeque<T>,
    /// When `out` is as short as this, the entry is to hear of the room: half way, then at its
    /// end; nothing when it has heard of all.
    tell_at: Option<usize>,
    over: Option<Reason>,
}

impl<T, P: Place> Exit<T, P> {
    pub(super) fn new(cell: P::Cell<State<T>>, scales: Scales<T>) -> Self {
        Self {
            cell,
            scales,
            out: VecDeque::new(),
            tell_at: None,
            over: None,
        }
    }

    /// Takes out what has entered; `out` is empty before, and is not after.
    fn poll_take(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        if let Some(reason) = &self.over {
            return Poll::Ready(Err(reason.clone()));
        }
        let out = &mut self.out;
        let taken = poll_for::<T, P, _>(&self.cell, cx, Side::Exit, |state| {
            (state.poll_take(out), state.take_waiting())
        });
        // It is known now what is left of the last: nothing.
        self.tell_at = None;
        match ready!(taken) {
            Ok(()) => self.tell_at = Some(self.out.len() / 2),
            Err(reason) => {
                self.over = Some(reason.clone());
                return Poll::Ready(Err(reason));
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Tells the entry of the room that there is again, if it is time to.
    #[inline]
    fn tell_if_due(&mut self) {
        if self
            .tell_at
            .is_some_and(|at| self.out.len() <= at)
        {
            self.tell();
        }
    }

    fn tell(&mut self) {
        self.tell_at = (!self.out.is_empty()).then_some(0);
        let weight = self.scales.as_ref().map_or(0, |weigh| {
            self.out
                .iter()
                .map(|item| weigh(item))
                .fold(0, usize::saturating_add)
        });
        let items = self.out.len();
        let waiting = P::with(&self.cell, |state| {
            state.hold(Load { items, weight });
            state.take_waiting()
        });
        wake(waiting);
    }

    /// How many items go before the entry is to hear of the room.
    #[inline]
    fn run_length(&self) -> usize {
        let at = self.tell_at.unwrap_or(0);
        self.out
            .len()
            .saturating_sub(at)
            .min(budget::RUN)
    }

    /// Ready when the entry is no more: when whoever fed it has come to an end.
    pub(crate) fn poll_entry_gone(&self, cx: &mut Context<'_>) -> Poll<()> {
        poll_for::<T, P, _>(&self.cell, cx, Side::Exit, |state| {
            (state.poll_entry_gone(), None)
        })
    }

    /// Whether it has ended, or was stopped.
    pub(crate) fn is_over(&self) -> bool {
        self.over.is_some()
    }

    /// How many items are inside, and how many may be.
    pub(crate) fn held(&self) -> (usize, usize) {
        P::with(&self.cell, |state| state.held())
    }

    fn end(&mut self, reason: Reason) {
        if self.over.is_some() {
            return;
        }
        self.over = Some(reason.clone());
        P::mark_stopped(&self.cell);
        let (waker, lost) = P::with(&self.cell, |state| state.stop(reason));
        wake(waker);
        drop(lost);
        self.out.clear();
    }
}

// Items are never pinned.
impl<T, P: Place> Unpin for Exit<T, P> {}

impl<T, P: Place> Fount for Exit<T, P> {
    type Item = T;

    #[inline]
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T, Reason>> {
        loop {
            if let Some(item) = self.out.pop_front() {
                self.tell_if_due();
                return Poll::Ready(Ok(item));
            }
            ready!(self.poll_take(cx))?;
        }
    }

    #[inline]
    fn poll_flow<D>(mut self: Pin<&mut Self>, cx: &mut Context<'_>, mut drain: Pin<&mut D>) -> Run
    where
        D: Drain<T>,
    {
        while budget::spend() {
            if self.out.is_empty() {
                match drain.as_mut().poll_ready(cx) {
                    Poll::Ready(Ok(())) => {}
                    Poll::Ready(Err(reason)) => return Run::Refused(reason),
                    Poll::Pending => {
                        self.tell_if_due();
                        return Run::Blocked;
                    }
                }
                match self.poll_take(cx) {
                    Poll::Ready(Ok(())) => {}
                    Poll::Ready(Err(reason)) => return Run::Ended(reason),
                    Poll::Pending => return Run::Starved,
                }
            }
            let left = self.run_length();
            let out = &mut self.out;
            let intake = drain
                .as_mut()
                .poll_receive(cx, Taking { out, left });
            let run = match intake {
                // At the end it is said when more is taken out, which is next.
                Intake::Dry if self.out.is_empty() => continue,
                Intake::Dry => None,
                Intake::Blocked => Some(Run::Blocked),
                Intake::Spent => Some(Run::Spent),
                Intake::Refused(reason) => return Run::Refused(reason),
            };
            self.tell_if_due();
            if let Some(run) = run {
                return run;
            }
        }
        self.tell_if_due();
        Run::Spent
    }

    fn stop(mut self: Pin<&mut Self>, reason: &Reason) {
        self.end(reason.clone());
    }
}

impl<T, P: Place> Drop for Exit<T, P> {
    fn drop(&mut self) {
        self.end(Reason::abandoned());
    }
}

/// A run of what was taken out.
struct Taking<'a, T> {
    out: &'a mut VecDeque<T>,
    /// `left <= out.len()`
    left: usize,
}

impl<T> Iterator for Taking<'_, T> {
    type Item = T;

    #[inline]
    fn next(&mut self) -> Option<T> {
        if self.left == 0 {
            return None;
        }
        self.left -= 1;
        self.out.pop_front()
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<T, P: Place> fmt::Debug for Exit<T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (held, bound) = self.held();
        write!(f, "boundary({held} of {bound})")
    }
}
