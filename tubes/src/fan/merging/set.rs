//! Founts that come and go, as one fount.

use std::fmt;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::ends::{Ends, Policy};
use super::set_handle::{SetHandle, Shared};
use super::sources::Sources;
use crate::budget;
use crate::drain::Drain;
use crate::fount::{Fount, Run};
use crate::reason::Reason;

/// A fount of the items of many founts that come and go, and a handle that adds them.
///
/// All founts have one type; [`boxed`](Fount::boxed) makes one of many.
///
/// # Flow control
///
/// Holds no item, and at most `at_most` founts: those that were added and not begun, and those
/// that have ended and are not through with it, among them. Founts take turns, as in
/// [`merge`](crate::fan::merge()); one that is added while downstream is not ready is not pulled
/// before it is.
///
/// # Stopping
///
/// A fount that has ended leaves. The set ends when all handles have finished and all founts have
/// ended. A failure of one fount ends all, unless [`failing_last`](MergeSet::failing_last) is
/// asked for. A stop goes to every fount, and the handles hear of it when they add one.
///
/// # Examples
///
/// ```
/// use tubes::{Fount, bound, drains, fan, founts};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let (handle, set) = fan::merge_set(bound(2));
/// handle.add(founts::iter(0..10))?;
/// handle.add(founts::iter(10..20))?;
/// assert!(handle.add(founts::iter(20..30)).is_err(), "two, and no more");
/// handle.finish();
/// assert_eq!(set.flow_to(drains::fold(0, |sum, n| sum + n)).await?, 190);
/// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
pub fn merge_set<F: Fount>(at_most: NonZeroUsize) -> (SetHandle<F>, MergeSet<F>) {
    let shared = Shared::new(at_most.get());
    let handle = shared.handle();
    let set = MergeSet {
        shared,
        sources: Sources::new(),
        ends: Ends::new(),
        life: Life::Open,
    };
    (handle, set)
}

/// The fount of [`merge_set`].
#[must_use = "nothing flows before it is driven: use `flow_to` or `next`"]
pub struct MergeSet<F: Fount> {
    shared: Arc<Shared<F>>,
    sources: Sources<F>,
    ends: Ends,
    life: Life,
}

enum Life {
    /// More founts may come.
    Open,
    /// All handles have finished.
    Closed,
    /// What everybody hears.
    Over(Reason),
}

impl<F: Fount> MergeSet<F> {
    /// Goes on after a failure of one fount, too, and ends with the first of them at last.
    pub fn failing_last(mut self) -> Self {
        self.ends.policy = Policy::FailingLast;
        self
    }

    /// Takes in what was added, if something was; then gives the end, if it is over.
    #[inline]
    fn over(&mut self) -> Option<Reason> {
        if self.shared.has_news() {
            self.take_in();
        }
        match &self.life {
            Life::Over(reason) => Some(reason.clone()),
            Life::Open | Life::Closed => None,
        }
    }

    #[cold]
    fn take_in(&mut self) {
        if matches!(self.life, Life::Over(_)) {
            return;
        }
        let news = self.shared.take_in();
        for fount in news.added {
            self.sources.add(fount);
        }
        if let (Some(said), Life::Open) = (news.said, &self.life) {
            self.life = Life::Closed;
            // Comes behind the items of all founts, whatever it is.
            if let Some(end) = self
                .ends
                .last(said, self.sources.open())
            {
                self.end(&Reason::Enough, end);
            }
        }
    }

    /// A fount has ended: the end of all, if it is.
    #[cold]
    fn one_ended(&mut self, reason: Reason) -> Option<Reason> {
        let left = self.sources.open() + usize::from(matches!(self.life, Life::Open));
        let end = self.ends.on(reason, left)?;
        self.end(&Ends::for_the_others(&end), end.clone());
        Some(end)
    }

    fn end(&mut self, for_the_others: &Reason, reason: Reason) {
        for fount in self.shared.stop(&reason) {
            self.sources.add(fount);
        }
        self.sources.stop(for_the_others);
        self.life = Life::Over(reason);
    }
}

impl<F: Fount> Fount for MergeSet<F> {
    type Item = F::Item;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<F::Item, Reason>> {
        loop {
            if let Some(reason) = self.over() {
                return Poll::Ready(Err(reason));
            }
            let next = self.sources.poll_next(cx);
            self.shared.holds(self.sources.held());
            match next {
                Poll::Ready(Ok(item)) => return Poll::Ready(Ok(item)),
                Poll::Ready(Err(reason)) => {
                    if let Some(end) = self.one_ended(reason) {
                        return Poll::Ready(Err(end));
                    }
                }
                Poll::Pending if self.shared.poll_news(cx).is_pending() => return Poll::Pending,
                Poll::Pending => {}
            }
            // One that is over at once costs, too: others may be added all the time.
            if !budget::spend_part() {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
    }

    fn poll_progress(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let left = self.sources.poll_progress(cx);
        self.shared.holds(self.sources.held());
        left
    }

    fn poll_flow<D>(mut self: Pin<&mut Self>, cx: &mut Context<'_>, mut drain: Pin<&mut D>) -> Run
    where
        D: Drain<F::Item>,
    {
        loop {
            if let Some(reason) = self.over() {
                return Run::Ended(reason);
            }
            let run = self
                .sources
                .poll_flow(cx, drain.as_mut());
            self.shared.holds(self.sources.held());
            match run {
                Run::Ended(reason) => {
                    if let Some(end) = self.one_ended(reason) {
                        return Run::Ended(end);
                    }
                }
                Run::Starved if self.shared.poll_news(cx).is_ready() => {}
                run => return run,
            }
        }
    }

    fn stop(mut self: Pin<&mut Self>, reason: &Reason) {
        if self.over().is_none() {
            self.end(reason, reason.clone());
        }
    }
}

impl<F: Fount> Drop for MergeSet<F> {
    fn drop(&mut self) {
        drop(self.shared.stop(&Reason::abandoned()));
    }
}

impl<F: Fount> fmt::Debug for MergeSet<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "merge_set({} of {})",
            self.sources.held(),
            self.shared.bound()
        )
    }
}
