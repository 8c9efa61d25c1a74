//! One sender's end of a channel, alone or one of many.

use std::sync::Arc;
use std::task::{Context, Poll};

use super::send_error::{SendError, TrySendError};
use super::state::{NoPlace, Place, State, poll_for, wake};
use crate::error::{Error, Kind};
use crate::reason::Reason;
use crate::sync::{Mutex, lock};

/// One sender's end of a channel. Dropped without an end, it has failed.
pub(super) struct Port<T> {
    shared: Arc<Mutex<State<T>>>,
    number: usize,
    place: Place,
    life: Life,
}

#[derive(PartialEq, Eq)]
enum Life {
    Open,
    Over,
}

impl<T> Port<T> {
    pub(super) fn open(shared: &Arc<Mutex<State<T>>>) -> Self {
        let number = lock(shared).open();
        Self {
            shared: Arc::clone(shared),
            number,
            place: Place::Idle,
            life: Life::Open,
        }
    }

    /// Another end, for another sender.
    pub(super) fn another(&self) -> Self {
        Self::open(&self.shared)
    }

    pub(super) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        let (number, place) = (self.number, &mut self.place);
        poll_for(
            &self.shared,
            cx,
            |state| state.waker(number),
            |state| match state.reserve(place) {
                Ok(()) => Some(Ok(())),
                Err(NoPlace::Stopped(reason)) => Some(Err(reason)),
                Err(NoPlace::Full) => {
                    state.line_up(number, place);
                    None
                }
            },
        )
    }

    /// Into the place that was kept for it; if none was, into one that nobody else waits for.
    pub(super) fn receive(&mut self, item: T) -> Result<(), Reason> {
        match self.try_send(item) {
            Ok(()) => Ok(()),
            Err(TrySendError::Stopped(error)) => Err(error.reason),
            Err(TrySendError::Full(_)) => {
                let limit = lock(&self.shared).bound;
                let kind = Kind::Limit {
                    what: "channel",
                    limit,
                };
                Err(Error::new(kind).into())
            }
        }
    }

    pub(super) fn try_send(&mut self, item: T) -> Result<(), TrySendError<T>> {
        let mut state = lock(&self.shared);
        match state.reserve(&mut self.place) {
            Ok(()) => {
                let fount = state.push(item, &mut self.place);
                drop(state);
                wake(fount);
                Ok(())
            }
            Err(NoPlace::Full) => Err(TrySendError::Full(item)),
            Err(NoPlace::Stopped(reason)) => Err(TrySendError::Stopped(SendError { item, reason })),
        }
    }

    /// There is nothing to send right now: others may have the place. Hears of a stop.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        {
            let mut state = lock(&self.shared);
            // Who is in line and has not been told yet relies on being told.
            let is_kept = match self.place {
                Place::Waiting(ticket) => !state.is_admitted(ticket),
                Place::Idle | Place::Passed | Place::Reserved => false,
            };
            if !is_kept {
                let next = state.give_up(&mut self.place);
                drop(state);
                self.place = Place::Passed;
                wake(next);
            }
        }
        let number = self.number;
        let stopped = poll_for(
            &self.shared,
            cx,
            |state| state.waker(number),
            |state| state.stopped.clone(),
        );
        match stopped {
            Poll::Ready(reason) => Poll::Ready(Err(reason)),
            Poll::Pending => Poll::Ready(Ok(())),
        }
    }

    /// Others may have the place that was kept for this one, or that it waits for.
    pub(super) fn give_up(&mut self) {
        let next = lock(&self.shared).give_up(&mut self.place);
        wake(next);
    }

    /// Says the last word. Only the first counts.
    pub(super) fn end(&mut self, reason: Reason) {
        if std::mem::replace(&mut self.life, Life::Over) == Life::Over {
            return;
        }
        let mut state = lock(&self.shared);
        let next = state.give_up(&mut self.place);
        let [own, fount] = state.close(self.number, reason);
        drop(state);
        drop(own);
        wake(next);
        wake(fount);
    }
}

impl<T> Drop for Port<T> {
    fn drop(&mut self) {
        self.end(Reason::abandoned());
    }
}
