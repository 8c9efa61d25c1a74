//! How flows are ended from outside, one or many at once.

use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use crate::drain::Drain;
use crate::error::Error;
use crate::flag::{Flag, Waiter};
use crate::fount::{Fount, Run};
use crate::pump::Pump;
use crate::reason::Reason;
use crate::siphon::gated::Gated;
use crate::upstream::Upstream;

/// A switch that ends from outside the flows that go through its [`stage`](KillSwitch::stage).
///
/// # Flow control
///
/// Holds no item. Looked at before each item, and whoever waits is woken.
///
/// # Stopping
///
/// The first call counts. [`stop`](KillSwitch::stop) ends with [`Reason::Enough`],
/// [`abort`](KillSwitch::abort) with a failure: upstream is stopped with that reason, and
/// downstream hears the same behind what it has received. A drain that is not ready does not hold
/// that up, unless a seam ([`boxed`](Fount::boxed)) or a stage that pulls item by item stands
/// between: then downstream hears it when it is ready, and upstream is stopped at once. A stage
/// that is attached later ends at once. Handles that are dropped end nothing.
///
/// # Examples
///
/// ```
/// use tubes::{Fount, Kind, drains, founts, stages};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let switch = stages::kill_switch();
/// let some = founts::iter(1..)
///     .through(switch.stage())
///     .inspect(|n| if *n == 3 { switch.stop() })
///     .flow_to(drains::collect(10))
///     .await?;
/// assert_eq!(some, [1, 2, 3]);
///
/// let switch = stages::kill_switch();
/// switch.abort(Kind::Timeout);
/// let never = founts::pending::<u8>().through(switch.stage()).flow_to(drains::null());
/// assert_eq!(never.await.unwrap_err().kind(), Kind::Timeout);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[must_use]
pub fn kill_switch() -> KillSwitch {
    KillSwitch {
        thrown: Flag::down(None),
    }
}

/// The handle of [`kill_switch`]. Its clones are the same switch.
#[derive(Clone)]
pub struct KillSwitch {
    thrown: Arc<Flag<Option<Reason>>>,
}

impl KillSwitch {
    /// A stage that this switch ends. One flow or many: all end together.
    pub fn stage(&self) -> KillSwitchStage {
        KillSwitchStage {
            waiter: Waiter::new(&self.thrown),
            known: None,
        }
    }

    /// Ends them in order: no more is wanted.
    pub fn stop(&self) {
        self.end(Reason::Enough);
    }

    /// Ends them with this failure, in which the place of this call stands.
    #[track_caller]
    pub fn abort(&self, error: impl Into<Error>) {
        let error = error
            .into()
            .arisen("kill_switch", Some(Location::caller()));
        self.end(Reason::Failed(error));
    }

    /// What it has ended them with, if it has.
    #[must_use]
    pub fn thrown(&self) -> Option<Reason> {
        self.thrown.read(Clone::clone)
    }

    fn end(&self, reason: Reason) {
        let late = self.thrown.change(|thrown| {
            if thrown.is_some() {
                return (true, Some(reason));
            }
            *thrown = Some(reason);
            (true, None)
        });
        drop(late);
    }
}

/// The stage of a [`KillSwitch`].
#[must_use = "a stage does nothing before it is attached"]
pub struct KillSwitchStage {
    waiter: Waiter<Option<Reason>>,
    /// The waker that the switch has: it keeps it until it is thrown.
    known: Option<Waker>,
}

impl KillSwitchStage {
    /// The reason, once the switch is thrown.
    #[inline]
    fn thrown(&self) -> Option<Reason> {
        if self.waiter.flag().is_up() {
            self.waiter.flag().read(Clone::clone)
        } else {
            None
        }
    }

    /// The reason, once the switch is thrown; until then it wakes.
    fn poll_thrown(&mut self, cx: &Context<'_>) -> Option<Reason> {
        let is_known = |known: &Waker| known.will_wake(cx.waker());
        if !self
            .known
            .as_ref()
            .is_some_and(is_known)
            && self.waiter.poll_up(cx).is_pending()
        {
            self.known = Some(cx.waker().clone());
        }
        self.thrown()
    }
}

impl<U: Fount> Pump<U> for KillSwitchStage {
    type Item = U::Item;

    #[inline]
    fn poll_next(
        mut self: Pin<&mut Self>,
        upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<U::Item, Reason>> {
        if let Some(reason) = self.thrown() {
            return Poll::Ready(Err(reason));
        }
        let next = upstream.poll_next(cx);
        if next.is_pending()
            && let Some(reason) = self.poll_thrown(cx)
        {
            return Poll::Ready(Err(reason));
        }
        next
    }

    fn poll_progress(
        mut self: Pin<&mut Self>,
        mut upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        // The source hears of it at once. Downstream hears when it is ready, or when it lends
        // itself to a run; so one more poll, once, is worth it.
        if upstream.ended().is_none()
            && let Some(reason) = self.poll_thrown(cx)
        {
            upstream.as_mut().stop(&reason);
            cx.waker().wake_by_ref();
        }
        upstream.poll_progress(cx)
    }

    #[inline]
    fn poll_flow<D>(
        mut self: Pin<&mut Self>,
        upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
        drain: Pin<&mut D>,
    ) -> Run
    where
        D: Drain<U::Item>,
    {
        if let Some(reason) = self.thrown() {
            return Run::Ended(reason);
        }
        let gated = std::pin::pin!(Gated::new(drain, self.waiter.flag()));
        let run = upstream.poll_flow(cx, gated);
        let thrown = match run {
            Run::Ended(_) | Run::Refused(_) => None,
            Run::Spent => self.thrown(),
            Run::Starved | Run::Blocked => self.poll_thrown(cx),
        };
        thrown.map_or(run, Run::Ended)
    }

    fn kind(&self) -> &'static str {
        "kill_switch"
    }
}

/// Writes `kill_switch`, and what it was thrown with.
fn fmt_switch(thrown: &Flag<Option<Reason>>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match thrown.read(Clone::clone) {
        None => f.write_str("kill_switch"),
        Some(Reason::Failed(error)) => write!(f, "kill_switch(aborted: {error})"),
        Some(Reason::Enough | Reason::Finished) => f.write_str("kill_switch(stopped)"),
    }
}

impl fmt::Debug for KillSwitch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt_switch(&self.thrown, f)
    }
}

impl fmt::Debug for KillSwitchStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt_switch(self.waiter.flag(), f)
    }
}

#[cfg(all(test, loom))]
mod loom {
    use std::future::poll_fn;

    use super::kill_switch;
    use crate::fount::Fount;
    use crate::founts::pending;
    use crate::loom_support::{block_on, check};
    use crate::reason::Reason;

    #[test]
    fn a_flow_that_waits_hears_the_first_of_two_calls() {
        check(3, || {
            let switch = kill_switch();
            let other = switch.clone();
            let hand = loom::thread::spawn(move || other.stop());
            let mut fount = Box::pin(pending::<u8>().through(switch.stage()));
            let late = loom::thread::spawn(move || switch.stop());
            let end = block_on(poll_fn(|cx| fount.as_mut().poll_next(cx)));
            assert!(matches!(end, Err(Reason::Enough)));
            hand.join().unwrap();
            late.join().unwrap();
        });
    }
}
