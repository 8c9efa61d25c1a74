//! Broken drains and tubes: each law must notice who breaks it.

use std::pin::Pin;
use std::task::{Context, Poll};

use tubes::testing::{FakeDrain, laws};
use tubes::{Drain, Error, Reason, Tube, drains};

use crate::breaking::caught;

#[derive(Clone, Copy, PartialEq)]
enum Leak {
    Nothing,
    NotReadyFirst,
    TwoAtOnce,
    NoFlush,
    OwnReason,
    NotStopped,
    StoppedTwice,
    Late,
}

/// A stage in front of a drain that passes items on, but for its fault.
struct Leaky {
    drain: FakeDrain<u32>,
    leak: Leak,
    end: Option<Reason>,
    parked: Option<u32>,
}

impl Drain<u32> for Leaky {
    type Output = ();

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        match self.leak {
            Leak::NotReadyFirst => Poll::Ready(Ok(())),
            Leak::Late => {
                if let Some(item) = self.parked {
                    std::task::ready!(Pin::new(&mut self.drain).poll_ready(cx))?;
                    self.parked = None;
                    Pin::new(&mut self.drain).receive(item)?;
                }
                Poll::Ready(Ok(()))
            }
            _ => Pin::new(&mut self.drain).poll_ready(cx),
        }
    }

    fn receive(mut self: Pin<&mut Self>, item: u32) -> Result<(), Reason> {
        if self.leak == Leak::Late {
            self.parked = Some(item);
            return Ok(());
        }
        if self.leak == Leak::TwoAtOnce {
            Pin::new(&mut self.drain).receive(item)?;
        }
        Pin::new(&mut self.drain).receive(item)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        if self.leak == Leak::NoFlush {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.drain).poll_flush(cx)
    }

    fn poll_stopped(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        reason: &Reason,
    ) -> Poll<Result<(), Error>> {
        let (reason, leak) = (reason.clone(), self.leak);
        let reason = match leak {
            Leak::OwnReason => Reason::Finished,
            _ => self.end.get_or_insert(reason).clone(),
        };
        if leak == Leak::NotStopped {
            return Poll::Ready(reason.into_result());
        }
        let result = std::task::ready!(Pin::new(&mut self.drain).poll_stopped(cx, &reason));
        if leak == Leak::StoppedTwice {
            return Pin::new(&mut self.drain).poll_stopped(cx, &reason);
        }
        Poll::Ready(result)
    }
}

fn check_behind(leak: Leak) {
    let make = move |drain| Leaky {
        drain,
        leak,
        end: None,
        parked: None,
    };
    laws::behind(make, vec![1, 2, 3], vec![1, 2, 3]).check();
}

#[test]
fn a_drain_without_a_fault_keeps_the_laws() {
    check_behind(Leak::Nothing);
}

caught! {
    a_drain_that_does_not_ask: "law 1" <- check_behind(Leak::NotReadyFirst);
    a_drain_that_hands_on_two: "law 1" <- check_behind(Leak::TwoAtOnce);
    a_drain_that_parks_an_item: "law 1" <- check_behind(Leak::Late);
    a_drain_that_does_not_flush: "law 4" <- check_behind(Leak::NoFlush);
    a_drain_with_a_reason_of_its_own: "law 3" <- check_behind(Leak::OwnReason);
    a_drain_that_does_not_hand_on_the_end: "law 3" <- check_behind(Leak::NotStopped);
    a_drain_that_ends_twice: "law 3" <- check_behind(Leak::StoppedTwice);
    a_drain_that_makes_a_whole_of_a_part: "law 3" <- laws::drain(
        || Mute(drains::collect(9), Ear::Deaf), vec![1, 2], |_| ()).check();
    a_drain_that_never_wakes: "law 5" <- laws::drain(
        || Mute(drains::collect(9), Ear::Asleep), vec![1, 2], |_| ()).check();
    a_drain_that_wakes_for_nothing: "law 5" <- laws::drain(
        || Mute(drains::collect(9), Ear::Restless), vec![1, 2], |_| ()).check();
    a_tube_that_never_needs_input: "law 3" <- laws::tube(|| Fountain, vec![1], vec![]).check();
}

enum Ear {
    Deaf,
    Asleep,
    Restless,
}

/// A collection with a fault.
struct Mute(drains::Collect<u32>, Ear);

impl Drain<u32> for Mute {
    type Output = Vec<u32>;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        match self.1 {
            Ear::Asleep => Poll::Pending,
            _ => Drain::<u32>::poll_ready(Pin::new(&mut self.0), cx),
        }
    }

    fn receive(mut self: Pin<&mut Self>, item: u32) -> Result<(), Reason> {
        Pin::new(&mut self.0).receive(item)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        if let Ear::Restless = self.1 {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }

    fn poll_stopped(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        reason: &Reason,
    ) -> Poll<Result<Vec<u32>, Error>> {
        let reason = match self.1 {
            Ear::Deaf => &Reason::Finished,
            _ => reason,
        };
        Drain::<u32>::poll_stopped(Pin::new(&mut self.0), cx, reason)
    }
}

/// A greeting without end.
struct Fountain;

impl Tube<u32> for Fountain {
    type Out = u32;

    fn received(&mut self, item: u32) -> Result<Option<u32>, Reason> {
        Ok(Some(item))
    }

    fn emit(&mut self) -> Result<Option<u32>, Reason> {
        Ok(Some(0))
    }
}
