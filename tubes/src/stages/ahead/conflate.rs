//! What downstream has no time for becomes one item.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::hold::{self, Hold};
use crate::drain::Drain;
use crate::fount::{Fount, Run};
use crate::pump::Pump;
use crate::reason::Reason;
use crate::stages::taking::Take;
use crate::upstream::Upstream;

/// A stage that never holds upstream back: while downstream is not ready, what comes is combined
/// with what waits by `combine(waiting, item)`.
///
/// `|_, newest| newest` keeps the newest, `|sum, n| sum + n` loses nothing of a sum. While
/// downstream is ready, items pass straight through, in runs. For a bound on how much becomes one
/// item, or one of another type, see [`batch`](super::batch()).
///
/// # Flow control
///
/// Holds one item: one that grows with each combination (a `Vec`) grows without bound, so use
/// [`batch`](super::batch()) for those. Pulls all that upstream has even while downstream is not ready.
///
/// # Stopping
///
/// When upstream ends, for whatever reason, what is held is delivered before the end. When
/// downstream stops, or the flow is dropped, it is dropped.
///
/// # Examples
///
/// ```
/// use tubes::testing::{Executor, FakeDrain, FakeFount, Schedule};
/// use tubes::{Fount, stages};
///
/// let drain = FakeDrain::new().by_hand();
/// let sink = drain.handle();
/// let sum = stages::conflate(|sum: u32, n| sum + n);
/// let mut flow = Box::pin(FakeFount::new(1..=10).through(sum).flow_to(drain));
///
/// let mut executor = Executor::new(&Schedule::eager());
/// assert!(executor.run_until_stalled(flow.as_mut()).is_pending());
/// sink.allow(9);
/// executor.run(flow)?;
/// assert_eq!(sink.items(), [55]);
/// # Ok::<_, tubes::Error>(())
/// ```
#[inline]
pub fn conflate<T, F>(combine: F) -> Conflate<T, F>
where
    F: FnMut(T, T) -> T,
{
    Conflate {
        held: None,
        combine,
    }
}

/// The stage of [`conflate`].
#[must_use = "a stage does nothing before it is attached"]
pub struct Conflate<T, F> {
    held: Option<T>,
    combine: F,
}

impl<T, F: FnMut(T, T) -> T> Take<T> for Conflate<T, F> {
    #[inline]
    fn has_room(&self) -> bool {
        true
    }

    #[inline]
    fn take(&mut self, item: T) -> Result<(), Reason> {
        self.held = Some(match self.held.take() {
            Some(waiting) => (self.combine)(waiting, item),
            None => item,
        });
        Ok(())
    }
}

impl<T, F: FnMut(T, T) -> T> Hold<T> for Conflate<T, F> {
    type Out = T;

    #[inline]
    fn is_empty(&self) -> bool {
        self.held.is_none()
    }

    #[inline]
    fn give(&mut self) -> Option<T> {
        self.held.take()
    }

    #[inline]
    fn pass(&mut self, item: T) -> T {
        item
    }
}

// Nothing in it is pinned.
impl<T, F> Unpin for Conflate<T, F> {}

impl<T, U: Fount<Item = T>, F: FnMut(T, T) -> T> Pump<U> for Conflate<T, F> {
    type Item = T;

    #[inline]
    fn poll_next(
        mut self: Pin<&mut Self>,
        upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<T, Reason>> {
        hold::poll_next(&mut *self, upstream, cx)
    }

    #[inline]
    fn poll_progress(
        mut self: Pin<&mut Self>,
        upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        hold::poll_progress(&mut *self, upstream, cx)
    }

    #[inline]
    fn poll_flow<D: Drain<T>>(
        mut self: Pin<&mut Self>,
        upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
        drain: Pin<&mut D>,
    ) -> Run {
        hold::poll_flow(&mut *self, upstream, cx, drain)
    }

    fn stop(mut self: Pin<&mut Self>, upstream: Pin<&mut Upstream<U>>, reason: &Reason) {
        upstream.stop(reason);
        self.held = None;
    }

    fn kind(&self) -> &'static str {
        "conflate"
    }
}

impl<T, F> fmt::Debug for Conflate<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "conflate({} of 1)", u8::from(self.held.is_some()))
    }
}
