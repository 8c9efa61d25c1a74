//! An item of its own when upstream has none for too long.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use super::noting::Noting;
use crate::alarm::{Alarm, after};
use crate::budget;
use crate::clock::{Ambient, Clock};
use crate::drain::Drain;
use crate::fount::{Fount, Run};
use crate::pump::Pump;
use crate::reason::Reason;
use crate::upstream::Upstream;

/// A stage that gives an item made by `item` when upstream has had none for `quiet`, and again
/// each time that it lasts so long.
///
/// For comments in an event stream, pings, heartbeats. Counts while downstream is ready: one that
/// is not needs nothing to be kept alive. An upstream that is busy and passes nothing on counts as
/// silent. However late it is, one item is given.
///
/// In front of a [`timeout_idle`](super::timeout_idle) it feeds that, which then never fires: an
/// upstream that has died is noticed by a timeout in front of it.
///
/// # Flow control
///
/// Holds nothing: an item is made when downstream has room for it. Others pass in runs; the clock
/// is looked at while there are none.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tubes::testing::{Executor, ManualClock, Schedule};
/// use tubes::{Fount, drains, founts, stages};
///
/// let (clock, quiet) = (ManualClock::new(), Duration::from_secs(15));
/// let flow = founts::pending()
///     .through(stages::keep_alive(quiet, || ": still here").on(clock.clone()))
///     .take(2)
///     .flow_to(drains::collect(9));
/// let mut executor = Executor::new(&Schedule::eager()).while_idle(|| clock.advance(quiet));
/// assert_eq!(executor.run(flow)?, [": still here", ": still here"]);
/// # Ok::<_, tubes::Error>(())
/// ```
#[inline]
pub fn keep_alive<T, F>(quiet: Duration, item: F) -> KeepAlive<F>
where
    F: FnMut() -> T,
{
    KeepAlive {
        quiet,
        item,
        clock: Ambient,
        alarm: Alarm::default(),
        due: None,
    }
}

/// The stage of [`keep_alive`].
#[must_use = "a stage does nothing before it is attached"]
pub struct KeepAlive<F, C = Ambient> {
    quiet: Duration,
    item: F,
    clock: C,
    alarm: Alarm,
    /// When an item is due; nothing while upstream has items, or downstream is not ready.
    due: Option<Instant>,
}

impl<F, C> KeepAlive<F, C> {
    /// The same stage with a clock of its own.
    #[inline]
    pub fn on<D: Clock>(self, clock: D) -> KeepAlive<F, D> {
        KeepAlive {
            quiet: self.quiet,
            item: self.item,
            clock,
            alarm: self.alarm,
            due: self.due,
        }
    }
}

impl<F, C: Clock> KeepAlive<F, C> {
    /// Ready when an item is due, now that upstream has none.
    fn poll_due(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let (clock, quiet) = (&self.clock, self.quiet);
        let at = *self
            .due
            .get_or_insert_with(|| after(clock.now(), quiet));
        self.alarm.poll_at(clock, at, cx)
    }
}

// Nothing in it is pinned.
impl<F, C> Unpin for KeepAlive<F, C> {}

impl<T, U, F, C> Pump<U> for KeepAlive<F, C>
where
    U: Fount<Item = T>,
    F: FnMut() -> T,
    C: Clock,
{
    type Item = T;

    #[inline]
    fn poll_next(
        mut self: Pin<&mut Self>,
        upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<T, Reason>> {
        let next = upstream.poll_next(cx);
        if next.is_pending() {
            std::task::ready!(self.poll_due(cx));
            self.due = None;
            return Poll::Ready(Ok((self.item)()));
        }
        self.due = None;
        next
    }

    fn poll_progress(
        mut self: Pin<&mut Self>,
        upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        self.due = None;
        upstream.poll_progress(cx)
    }

    #[inline]
    fn poll_flow<D: Drain<T>>(
        mut self: Pin<&mut Self>,
        mut upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
        mut drain: Pin<&mut D>,
    ) -> Run {
        loop {
            let mut noting = std::pin::pin!(Noting::new(drain.as_mut()));
            let run = upstream
                .as_mut()
                .poll_flow(cx, noting.as_mut());
            let is_silent = match run {
                _ if noting.has_moved() => {
                    self.due = None;
                    matches!(run, Run::Starved)
                }
                // Busy, and nothing comes of it: it may go on so for ever.
                Run::Starved | Run::Spent => true,
                Run::Blocked | Run::Ended(_) | Run::Refused(_) => false,
            };
            if !is_silent || self.poll_due(cx).is_pending() {
                return run;
            }
            match drain.as_mut().poll_ready(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(reason)) => return Run::Refused(reason),
                Poll::Pending => return Run::Blocked,
            }
            self.due = None;
            if let Err(reason) = drain.as_mut().receive((self.item)()) {
                return Run::Refused(reason);
            }
            if !budget::spend() {
                return Run::Spent;
            }
        }
    }

    fn stop(mut self: Pin<&mut Self>, upstream: Pin<&mut Upstream<U>>, reason: &Reason) {
        upstream.stop(reason);
        self.alarm.clear();
    }

    fn kind(&self) -> &'static str {
        "keep_alive"
    }
}

impl<F, C> fmt::Debug for KeepAlive<F, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "keep_alive({:?})", self.quiet)
    }
}
