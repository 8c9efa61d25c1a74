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
    life: Life,
}

enum Life {
    Open(Seat),
    /// It has said its last, this; it has no number any more, and no place.
    Over(Reason),
}

/// What a sender is known by until its end.
struct Seat {
    number: usize,
    place: Place,
}

impl<T> Port<T> {
    pub(super) fn open(shared: &Arc<Mutex<State<T>>>) -> Self {
        let number = lock(shared).open();
        let place = Place::Idle;
        Self {
            shared: Arc::clone(shared),
            life: Life::Open(Seat { number, place }),
        }
    }

    /// Another end, for another sender. Beside one that has ended, it has ended, too.
    pub(super) fn another(&self) -> Self {
        match &self.life {
            Life::Open(_) => Self::open(&self.shared),
            Life::Over(reason) => Self {
                shared: Arc::clone(&self.shared),
                life: Life::Over(reason.clone()),
            },
        }
    }

    pub(super) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        let seat = match &mut self.life {
            Life::Open(seat) => seat,
            Life::Over(reason) => return Poll::Ready(Err(reason.clone())),
        };
        let (number, place) = (seat.number, &mut seat.place);
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
                let kind = Kind::Full {
                    what: "channel",
                    limit,
                };
                Err(Error::new(kind).into())
            }
        }
    }

    pub(super) fn try_send(&mut self, item: T) -> Result<(), TrySendError<T>> {
        let seat = match &mut self.life {
            Life::Open(seat) => seat,
            Life::Over(reason) => {
                let reason = reason.clone();
                return Err(TrySendError::Stopped(SendError { item, reason }));
            }
        };
        let mut state = lock(&self.shared);
        match state.reserve(&mut seat.place) {
            Ok(()) => {
                let fount = state.push(item, &mut seat.place);
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
        let seat = match &mut self.life {
            Life::Open(seat) => seat,
            Life::Over(reason) => return Poll::Ready(Err(reason.clone())),
        };
        {
            let mut state = lock(&self.shared);
            // Who is in line and has not been told yet relies on being told.
            let is_kept = match seat.place {
                Place::Waiting(ticket) => !state.is_admitted(ticket),
                Place::Idle | Place::Passed | Place::Reserved => false,
            };
            if !is_kept {
                let next = state.give_up(&mut seat.place);
                drop(state);
                seat.place = Place::Passed;
                wake(next);
            }
        }
        let number = seat.number;
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
        if let Life::Open(seat) = &mut self.life {
            let next = lock(&self.shared).give_up(&mut seat.place);
            wake(next);
        }
    }

    /// Says the last word. Only the first counts.
    pub(super) fn end(&mut self, reason: Reason) {
        let Life::Open(seat) = &mut self.life else {
            return;
        };
        let mut state = lock(&self.shared);
        let next = state.give_up(&mut seat.place);
        let closed = state.close(seat.number, &reason);
        drop(state);
        self.life = Life::Over(reason);
        wake(next);
        wake(closed.fount);
    }
}

impl<T> Drop for Port<T> {
    fn drop(&mut self) {
        self.end(Reason::abandoned());
    }
}
