//! A fount of founts as one fount, so many at once.

use std::fmt;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::ends::{Ends, Policy};
use super::sources::Sources;
use crate::budget;
use crate::drain::Drain;
use crate::fount::{Fount, Run};
use crate::pump::Pump;
use crate::reason::Reason;
use crate::upstream::Upstream;

/// A stage that takes founts, and gives their items as they come, of at most `at_most` founts at
/// once.
///
/// With `at_most` 1 they come one fount after the other.
///
/// # Flow control
///
/// Holds no item, and at most `at_most` founts; takes another when one of them is through and
/// downstream has room.
/// Founts take turns, as in [`merge`](crate::fan::merge()).
///
/// # Stopping
///
/// After the end of upstream, a failure among them, the founts that are here go on to their ends:
/// it comes behind their items. The failure of a fount ends all, and upstream and the others hear
/// it; with [`failing_last`](FlattenMerge::failing_last) only after they have ended. A stop goes
/// to upstream and to every fount.
///
/// # Examples
///
/// ```
/// use tubes::{Fount, bound, drains, fan, founts};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let sum = founts::iter(0..10)
///     .map(|n| founts::iter(0..n))
///     .through(fan::flatten_merge(bound(4)))
///     .flow_to(drains::fold(0, |sum, n| sum + n))
///     .await?;
/// assert_eq!(sum, 120);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
pub fn flatten_merge<F: Fount>(at_most: NonZeroUsize) -> FlattenMerge<F> {
    FlattenMerge {
        sources: Sources::new(),
        at_most,
        ends: Ends::new(),
    }
}

/// The stage of [`flatten_merge`].
#[must_use = "a stage does nothing before it is attached"]
pub struct FlattenMerge<F> {
    sources: Sources<F>,
    at_most: NonZeroUsize,
    ends: Ends,
}

/// What came of taking founts in.
enum Filled {
    /// There is no room, or upstream has nothing right now or no more.
    All,
    Spent,
    Over(Reason),
}

impl<F: Fount> FlattenMerge<F> {
    /// Goes on with the others after a failure, too, and ends with the first of them at last.
    pub fn failing_last(mut self) -> Self {
        self.ends.policy = Policy::FailingLast;
        self
    }

    fn has_room<U: Fount>(&self, upstream: &Upstream<U>) -> bool {
        self.sources.held() < self.at_most.get() && upstream.ended().is_none()
    }

    /// Takes founts in, as long as there is room.
    fn fill<U>(&mut self, mut upstream: Pin<&mut Upstream<U>>, cx: &mut Context<'_>) -> Filled
    where
        U: Fount<Item = F>,
    {
        while self.has_room(&upstream) {
            if !budget::spend_part() {
                return Filled::Spent;
            }
            match upstream.as_mut().poll_next(cx) {
                Poll::Ready(Ok(fount)) => self.sources.add(fount),
                Poll::Pending => break,
                Poll::Ready(Err(reason)) => {
                    // Behind the items of those that are here, whatever it is.
                    if let Some(end) = self
                        .ends
                        .last(reason, self.sources.open())
                    {
                        return Filled::Over(end);
                    }
                }
            }
        }
        Filled::All
    }

    /// Upstream keeps moving while there is no room for what it has; else it was asked for that.
    fn move_upstream<U: Fount>(&self, upstream: Pin<&mut Upstream<U>>, cx: &mut Context<'_>) {
        if !self.has_room(&upstream) {
            // Whether it is done or not: what has something under way wakes.
            let _ = upstream.poll_progress(cx);
        }
    }

    /// A fount has ended: the end of all, if it is.
    #[cold]
    fn one_ended<U: Fount>(&mut self, reason: Reason, upstream: &Upstream<U>) -> Option<Reason> {
        let left = self.sources.open() + usize::from(upstream.ended().is_none());
        let end = self.ends.on(reason, left)?;
        self.sources
            .stop(&Ends::for_the_others(&end));
        Some(end)
    }
}

impl<U, F> Pump<U> for FlattenMerge<F>
where
    U: Fount<Item = F>,
    F: Fount,
{
    type Item = F::Item;

    fn poll_next(
        mut self: Pin<&mut Self>,
        mut upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<F::Item, Reason>> {
        loop {
            let is_spent = match self.fill(upstream.as_mut(), cx) {
                Filled::All => false,
                Filled::Spent => true,
                Filled::Over(reason) => return Poll::Ready(Err(reason)),
            };
            let held = self.sources.held();
            match self.sources.poll_next(cx) {
                Poll::Ready(Err(reason)) => {
                    if let Some(end) = self.one_ended(reason, &upstream) {
                        return Poll::Ready(Err(end));
                    }
                }
                Poll::Pending if is_spent || self.sources.held() < held => {}
                Poll::Pending => {
                    self.move_upstream(upstream, cx);
                    return Poll::Pending;
                }
                next @ Poll::Ready(Ok(_)) => return next,
            }
            // One that is over at once costs, too: there may be many of them.
            if is_spent || !budget::spend_part() {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
    }

    fn poll_progress(
        mut self: Pin<&mut Self>,
        upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        let held = self.sources.held();
        let own = self.sources.poll_progress(cx);
        if self.sources.held() < held && upstream.ended().is_none() {
            // There is room now, and who pulls may wait for no more than that.
            cx.waker().wake_by_ref();
        }
        let above = upstream.poll_progress(cx);
        if above.is_ready() { own } else { above }
    }

    fn poll_flow<D>(
        mut self: Pin<&mut Self>,
        mut upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
        mut drain: Pin<&mut D>,
    ) -> Run
    where
        D: Drain<F::Item>,
    {
        loop {
            if self.has_room(&upstream) {
                match drain.as_mut().poll_ready(cx) {
                    Poll::Ready(Ok(())) => {}
                    Poll::Ready(Err(reason)) => return Run::Refused(reason),
                    Poll::Pending => return Run::Blocked,
                }
            }
            let is_spent = match self.fill(upstream.as_mut(), cx) {
                Filled::All => false,
                Filled::Spent => true,
                Filled::Over(reason) => return Run::Ended(reason),
            };
            let held = self.sources.held();
            match self
                .sources
                .poll_flow(cx, drain.as_mut())
            {
                Run::Ended(reason) => {
                    if let Some(end) = self.one_ended(reason, &upstream) {
                        return Run::Ended(end);
                    }
                }
                Run::Starved if is_spent || self.sources.held() < held => {}
                Run::Starved => {
                    self.move_upstream(upstream, cx);
                    return Run::Starved;
                }
                run => return run,
            }
            if is_spent {
                return Run::Spent;
            }
        }
    }

    fn stop(mut self: Pin<&mut Self>, upstream: Pin<&mut Upstream<U>>, reason: &Reason) {
        upstream.stop(reason);
        self.sources.stop(reason);
    }

    fn kind(&self) -> &'static str {
        "flatten_merge"
    }
}

impl<F: Fount> fmt::Debug for FlattenMerge<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "flatten_merge({} of {})",
            self.sources.held(),
            self.at_most
        )
    }
}
