//! A stage that takes in whole runs, as the drain that it lends to its upstream.

use std::pin::Pin;
use std::task::{Context, Poll};

use crate::drain::{Drain, Intake};
use crate::error::{Error, Kind};
use crate::reason::Reason;

/// Where a stage keeps what it takes in.
pub(super) trait Take<In> {
    /// Whether another item may be taken in.
    fn has_room(&self) -> bool;

    /// Takes an item in, after `has_room` said yes. `Err` ends the flow; the item is gone.
    fn take(&mut self, item: In) -> Result<(), Reason>;
}

/// The drain of what a stage takes in: ready as long as there is room.
///
/// Nobody wakes it. Who lends it looks at why it is not ready.
#[derive(Debug)]
pub(super) struct Taking<'a, K>(pub(super) &'a mut K);

impl<In, K: Take<In>> Drain<In> for Taking<'_, K> {
    type Output = ();

    #[inline]
    fn poll_ready(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        if self.0.has_room() {
            Poll::Ready(Ok(()))
        } else {
            Poll::Pending
        }
    }

    #[inline]
    fn receive(mut self: Pin<&mut Self>, item: In) -> Result<(), Reason> {
        self.0.take(item)
    }

    #[inline]
    fn poll_receive<I>(mut self: Pin<&mut Self>, _cx: &mut Context<'_>, mut items: I) -> Intake
    where
        I: Iterator<Item = In>,
    {
        while self.0.has_room() {
            let Some(item) = items.next() else {
                return Intake::Dry;
            };
            if let Err(reason) = self.0.take(item) {
                return Intake::Refused(reason);
            }
        }
        Intake::Blocked
    }

    fn poll_stopped(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        _reason: &Reason,
    ) -> Poll<Result<(), Error>> {
        Poll::Ready(Err(Error::new(Kind::UsedAfterEnd)))
    }
}
