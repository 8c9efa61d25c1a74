//! The drains that are lent to upstream, so that a run stays one loop.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::calls::{Calls, Spare};
use super::keys::Keys;
use crate::budget;
use crate::drain::{Drain, Intake};
use crate::error::{Error, Kind};
use crate::reason::Reason;

/// Why a lane takes no more for now, if the drain behind it is not why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Halt {
    No,
    /// A call has to wait, and what comes behind it goes another way; or all places are taken.
    Parked,
    /// The budget of this poll is spent.
    Spent,
}

/// What is ready at once leaves at once.
pub(super) struct Direct<'a, F, Fut: Future, K, D> {
    calls: &'a mut Calls<F, Fut, K>,
    drain: Pin<&'a mut D>,
    halt: Halt,
}

/// What is ready at once waits behind those that are not.
pub(super) struct Filing<'a, F, Fut: Future, K> {
    calls: &'a mut Calls<F, Fut, K>,
    halt: Halt,
}

/// The outputs that are ready at once, up to the first that is not.
struct Outputs<'a, I, F, Fut, K> {
    items: I,
    spare: Spare<'a, F, Fut, K>,
    is_parked: bool,
}

impl<'a, F, Fut: Future, K, D> Direct<'a, F, Fut, K, D> {
    #[inline]
    pub(super) fn new(calls: &'a mut Calls<F, Fut, K>, drain: Pin<&'a mut D>) -> Self {
        Self {
            calls,
            drain,
            halt: Halt::No,
        }
    }

    #[inline]
    pub(super) fn halt(&self) -> Halt {
        self.halt
    }

    /// A call has to wait.
    fn parked(&self) -> Halt {
        let goes_on = self.calls.is_direct() && !self.calls.is_full();
        Halt::unless_spent(if goes_on { Halt::No } else { Halt::Parked })
    }
}

impl<'a, F, Fut: Future, K> Filing<'a, F, Fut, K> {
    #[inline]
    pub(super) fn new(calls: &'a mut Calls<F, Fut, K>) -> Self {
        Self {
            calls,
            halt: Halt::No,
        }
    }

    #[inline]
    pub(super) fn halt(&self) -> Halt {
        match self.halt {
            Halt::No if self.calls.is_full() => Halt::Parked,
            halt => halt,
        }
    }
}

impl Halt {
    /// A call has to wait: that was worth a unit. Goes on like this, if one is left.
    fn unless_spent(on: Self) -> Self {
        if budget::spend() { on } else { Self::Spent }
    }
}

impl<In, F, Fut, K, D> Drain<In> for Direct<'_, F, Fut, K, D>
where
    F: FnMut(In) -> Fut,
    Fut: Future,
    K: Keys<In>,
    D: Drain<Fut::Output>,
{
    type Output = ();

    #[inline]
    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        match self.halt {
            Halt::No => self.drain.as_mut().poll_ready(cx),
            // Whoever lends this lane knows why, and sees to the wake.
            Halt::Parked | Halt::Spent => Poll::Pending,
        }
    }

    #[inline]
    fn receive(mut self: Pin<&mut Self>, item: In) -> Result<(), Reason> {
        if let Some(output) = self.calls.begin(item) {
            return self.drain.as_mut().receive(output);
        }
        self.halt = self.parked();
        Ok(())
    }

    #[inline]
    fn poll_receive<I>(mut self: Pin<&mut Self>, cx: &mut Context<'_>, mut items: I) -> Intake
    where
        I: Iterator<Item = In>,
    {
        let this = &mut *self;
        while this.halt == Halt::No {
            let mut outputs = Outputs {
                items: &mut items,
                spare: this.calls.spare(),
                is_parked: false,
            };
            let intake = this
                .drain
                .as_mut()
                .poll_receive(cx, &mut outputs);
            if !outputs.is_parked {
                return intake;
            }
            this.calls.park();
            this.halt = this.parked();
            if let Intake::Blocked | Intake::Spent | Intake::Refused(_) = intake {
                return intake;
            }
        }
        Intake::Blocked
    }

    #[inline]
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.drain.as_mut().poll_flush(cx)
    }

    #[inline]
    fn moved(&self) -> u64 {
        self.drain.moved()
    }

    #[inline]
    fn held(&self) -> usize {
        self.drain.held()
    }

    fn poll_stopped(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        _reason: &Reason,
    ) -> Poll<Result<(), Error>> {
        Poll::Ready(Err(Error::new(Kind::UsedAfterEnd)))
    }
}

impl<In, F, Fut, K> Drain<In> for Filing<'_, F, Fut, K>
where
    F: FnMut(In) -> Fut,
    Fut: Future,
    K: Keys<In>,
{
    type Output = ();

    #[inline]
    fn poll_ready(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        match self.halt {
            Halt::No if !self.calls.is_full() => Poll::Ready(Ok(())),
            Halt::No | Halt::Parked | Halt::Spent => Poll::Pending,
        }
    }

    #[inline]
    fn receive(mut self: Pin<&mut Self>, item: In) -> Result<(), Reason> {
        if let Some(output) = self.calls.begin(item) {
            self.calls.file(output);
        } else {
            self.halt = Halt::unless_spent(Halt::No);
        }
        Ok(())
    }

    fn poll_stopped(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        _reason: &Reason,
    ) -> Poll<Result<(), Error>> {
        Poll::Ready(Err(Error::new(Kind::UsedAfterEnd)))
    }
}

impl<I, F, Fut, K> Iterator for Outputs<'_, I, F, Fut, K>
where
    I: Iterator,
    F: FnMut(I::Item) -> Fut,
    Fut: Future,
    K: Keys<I::Item>,
{
    type Item = Fut::Output;

    #[inline]
    fn next(&mut self) -> Option<Fut::Output> {
        if self.is_parked {
            return None;
        }
        let item = self.items.next()?;
        let output = self.spare.begin(item);
        self.is_parked = output.is_none();
        output
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, self.items.size_hint().1)
    }
}
