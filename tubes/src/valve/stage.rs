//! The place in a flow that a valve shuts.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::state::{Pauses, Shut, fmt_valve};
use crate::budget;
use crate::drain::Drain;
use crate::flag::Waiter;
use crate::fount::{Fount, Run};
use crate::pump::Pump;
use crate::reason::Reason;
use crate::siphon::gated::Gated;
use crate::upstream::Upstream;

/// The stage of a [`Valve`](super::Valve).
///
/// # Flow control
///
/// Holds no item. While the valve is shut, it pulls nothing and keeps what upstream owns moving;
/// the last guard that is dropped wakes it. Open, it is ready when downstream is.
///
/// # Stopping
///
/// A stop goes through at once; the end of upstream is heard when the valve is open.
#[must_use = "a stage does nothing before it is attached"]
pub struct ValveStage {
    waiter: Waiter<Pauses>,
}

impl ValveStage {
    pub(super) fn new(shut: &Arc<Shut>) -> Self {
        Self {
            waiter: Waiter::new(shut),
        }
    }

    /// Ready while the valve is open; else what upstream owns is moved.
    #[cold]
    fn poll_open<U: Fount>(
        &self,
        upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        let open = self.waiter.poll_down(cx);
        if open.is_pending() {
            // Whether it is done or not: the last guard wakes.
            let _ = upstream.poll_progress(cx);
        }
        open
    }
}

impl<U: Fount> Pump<U> for ValveStage {
    type Item = U::Item;

    #[inline]
    fn poll_next(
        self: Pin<&mut Self>,
        mut upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<U::Item, Reason>> {
        if self.waiter.flag().is_up()
            && self
                .poll_open(upstream.as_mut(), cx)
                .is_pending()
        {
            return Poll::Pending;
        }
        upstream.poll_next(cx)
    }

    #[inline]
    fn poll_flow<D>(
        self: Pin<&mut Self>,
        mut upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
        mut drain: Pin<&mut D>,
    ) -> Run
    where
        D: Drain<U::Item>,
    {
        loop {
            if self.waiter.flag().is_up() {
                match drain.as_mut().poll_ready(cx) {
                    Poll::Ready(Ok(())) => {}
                    Poll::Ready(Err(reason)) => return Run::Refused(reason),
                    Poll::Pending => return Run::Blocked,
                }
                if self
                    .poll_open(upstream.as_mut(), cx)
                    .is_pending()
                {
                    return Run::Starved;
                }
            }
            let mut gated = std::pin::pin!(Gated::new(drain.as_mut(), self.waiter.flag()));
            match upstream
                .as_mut()
                .poll_flow(cx, gated.as_mut())
            {
                Run::Blocked if gated.met_the_flag() => {}
                run => return run,
            }
            if !budget::spend() {
                return Run::Spent;
            }
        }
    }

    fn kind(&self) -> &'static str {
        "valve"
    }
}

impl fmt::Debug for ValveStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt_valve(self.waiter.flag(), f)
    }
}

#[cfg(all(test, loom))]
mod loom {
    use std::future::poll_fn;

    use crate::fount::Fount;
    use crate::founts::iter;
    use crate::loom_support::{block_on, check};
    use crate::valve::valve;

    #[test]
    fn the_last_of_two_guards_wakes_a_flow_whoever_drops_it() {
        check(2, || {
            let valve = valve();
            let first = valve.pause("first");
            let mut fount = Box::pin(iter([1]).through(valve.stage()));
            let first = loom::thread::spawn(move || drop(first));
            let second = loom::thread::spawn(move || drop(valve.pause("second")));
            let next = block_on(poll_fn(|cx| fount.as_mut().poll_next(cx)));
            assert!(matches!(next, Ok(1)));
            first.join().unwrap();
            second.join().unwrap();
        });
    }
}
