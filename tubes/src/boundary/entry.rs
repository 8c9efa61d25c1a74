//! Where items enter a boundary: a drain.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use super::load::{Load, Scales};
use super::place::{Place, Shared};
use super::state::{Side, State, poll_for};
use crate::drain::{Drain, Intake};
use crate::error::Error;
use crate::reason::Reason;

/// Where items enter a boundary: the drain of [`pair`](super::pair) and [`local`](super::local).
///
/// # Flow control
///
/// Ready while the boundary has room; once it was full, when half of it is free. Holds nothing
/// back: what it has received can be taken out on the other side.
///
/// # Stopping
///
/// Its end comes out on the other side, behind the items. When the other side is stopped, the
/// entry refuses with that reason; when it is dropped, with
/// [`Kind::Abandoned`](crate::Kind::Abandoned).
#[must_use = "an entry that is dropped ends the flow: it was abandoned"]
pub struct Entry<T, P: Place = Shared> {
    cell: P::Cell<State<T>>,
    scales: Scales<T>,
    /// At least so much may enter; the exit only makes it more. Nothing after the end.
    room: Load,
    /// A run on its way in, so that no code of the user is called under the lock. Empty but
    /// during [`poll_receive`](Drain::poll_receive), and after a panic in it: then it enters
    /// before anything else.
    run: VecDeque<T>,
    run_weight: usize,
}

impl<T, P: Place> Entry<T, P> {
    pub(super) fn new(cell: P::Cell<State<T>>, room: Load, scales: Scales<T>) -> Self {
        Self {
            cell,
            scales,
            room,
            run: VecDeque::new(),
            run_weight: 0,
        }
    }

    /// Takes items into `run` while there is room; `false` if `items` ended before there was none.
    #[inline]
    fn fill(&mut self, items: &mut impl Iterator<Item = T>) -> bool {
        let Some(weigh) = &self.scales else {
            let room = self
                .room
                .items
                .saturating_sub(self.run.len());
            self.run.extend(items.take(room));
            return self.run.len() >= self.room.items;
        };
        while self.run.len() < self.room.items && self.run_weight < self.room.weight {
            let Some(item) = items.next() else {
                return false;
            };
            self.run_weight = self
                .run_weight
                .saturating_add(weigh(&item));
            self.run.push_back(item);
        }
        true
    }

    /// Lets the run enter, if there is one; whoever waits for items is woken.
    #[inline]
    fn hand_over(&mut self) -> Result<(), Reason> {
        if self.run.is_empty() {
            return Ok(());
        }
        self.enter()
    }

    fn enter(&mut self) -> Result<(), Reason> {
        let weight = std::mem::take(&mut self.run_weight);
        let (room, waker) = P::with(&self.cell, |state| match state.refusal() {
            Some(reason) => Err(reason),
            None => Ok(state.enter_all(&mut self.run, weight)),
        })
        .inspect_err(|_| self.run.clear())?;
        self.room = room;
        wake(waker);
        Ok(())
    }

    /// Ends with this reason, behind what was received.
    pub(crate) fn abort(mut self: Pin<&mut Self>, reason: Reason) {
        // What came before a panic was received.
        drop(self.hand_over());
        self.room = Load::default();
        let (waker, late) = P::with(&self.cell, |state| state.end(reason));
        drop(late);
        wake(waker);
    }
}

// Items are never pinned.
impl<T, P: Place> Unpin for Entry<T, P> {}

impl<T, P: Place> Drain<T> for Entry<T, P> {
    type Output = ();

    #[inline]
    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.hand_over()?;
        if self.room.has_room() && !P::is_stopped(&self.cell) {
            return Poll::Ready(Ok(()));
        }
        let room = poll_for::<T, P, _>(&self.cell, cx, Side::Entry, |state| {
            (state.poll_room(), None)
        });
        self.room = ready!(room)?;
        Poll::Ready(Ok(()))
    }

    #[inline]
    fn receive(mut self: Pin<&mut Self>, item: T) -> Result<(), Reason> {
        let weight = self
            .scales
            .as_ref()
            .map_or(0, |weigh| weigh(&item));
        let entered = P::with(&self.cell, |state| match state.refusal() {
            Some(reason) => Err((reason, item)),
            None => Ok(state.enter(item, weight)),
        });
        // The item is dropped here, when the lock is free.
        let (room, waker) = entered.map_err(|(reason, _item)| reason)?;
        self.room = room;
        wake(waker);
        Ok(())
    }

    #[inline]
    fn poll_receive<I>(mut self: Pin<&mut Self>, cx: &mut Context<'_>, mut items: I) -> Intake
    where
        I: Iterator<Item = T>,
    {
        loop {
            match self.as_mut().poll_ready(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(reason)) => return Intake::Refused(reason),
                Poll::Pending => return Intake::Blocked,
            }
            let is_full = self.fill(&mut items);
            if let Err(reason) = self.hand_over() {
                return Intake::Refused(reason);
            }
            if !is_full {
                return Intake::Dry;
            }
        }
    }

    /// Nothing is held back; but who waits for a source hears that the exit was stopped.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.hand_over()?;
        let stopped = poll_for::<T, P, _>(&self.cell, cx, Side::Entry, |state| {
            let refusal = state.refusal();
            (refusal.map_or(Poll::Pending, Poll::Ready), None)
        });
        match stopped {
            Poll::Ready(reason) => Poll::Ready(Err(reason)),
            Poll::Pending => Poll::Ready(Ok(())),
        }
    }

    fn poll_stopped(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        reason: &Reason,
    ) -> Poll<Result<(), Error>> {
        self.abort(reason.clone());
        Poll::Ready(reason.clone().into_result())
    }
}

impl<T, P: Place> Drop for Entry<T, P> {
    fn drop(&mut self) {
        Pin::new(&mut *self).abort(Reason::abandoned());
        let (exit, own) = P::with(&self.cell, State::leave);
        drop(own);
        wake(exit);
    }
}

#[inline]
pub(super) fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

impl<T, P: Place> fmt::Debug for Entry<T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (held, bound) = P::with(&self.cell, |state| state.held());
        write!(f, "entry({held} of {bound})")
    }
}
