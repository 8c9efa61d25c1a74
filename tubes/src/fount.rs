//! Where items come from.

use std::hash::Hash;
use std::num::NonZeroUsize;
use std::ops::DerefMut;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::budget;
use crate::drain::Drain;
use crate::founts::boxed::{BoxFount, LocalBoxFount};
use crate::reason::Reason;
use crate::siphon::drive::FlowTo;
use crate::siphon::next::{Next, NextOrReason};
use crate::siphon::pull::Pull;
use crate::siphon::pumped::Pumped;
use crate::stage::Fits;
use crate::stages::{
    Enumerate, Filter, FilterMap, FlatMap, Flatten, GroupBy, Inspect, Map, Scan, Skip, SkipWhile,
    StopWhen, Take, TakeWhile, group_by,
};

/// Where items come from: yields items until it yields the reason why there are no more.
///
/// A pipeline is written from left to right and is a value; nothing runs before it is driven by
/// [`flow_to`](Self::flow_to) (or [`next`](Self::next)):
///
/// ```
/// use tubes::{Fount, drains, founts};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let sum = founts::iter(1..=10)
///     .filter(|n| n % 2 == 1)
///     .map(|n| n * n)
///     .flow_to(drains::fold(0, |sum, n| sum + n))
///     .await?;
/// assert_eq!(sum, 165);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
///
/// # Writing a fount
///
/// [`poll_next`](Self::poll_next) is enough. Override [`poll_flow`](Self::poll_flow) where items
/// come from a loop, [`poll_progress`](Self::poll_progress) where something must be kept moving
/// while nobody pulls, and [`stop`](Self::stop) where the source can be told.
///
/// # Cancel safety
///
/// Dropping a fount loses nothing that was not already handed over: no item is taken out of a
/// source before there is room for it. The source hears the drop as an abandonment.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a fount",
    label = "yields no items",
    note = "make a fount of an iterator with `founts::iter(..)`, of a reader with `io::read(..)`, of \
            a flow with `flow.fount`, of bytes in memory with `founts::once(..)` (as the body of a \
            reply: `Body::from(..)`)"
)]
pub trait Fount {
    /// What comes out.
    type Item;

    /// Pulls one item. `Err(reason)` is the end: it is final, and comes again if asked again.
    ///
    /// # Errors
    ///
    /// The reason why there are no more items.
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Self::Item, Reason>>;

    /// Called instead of pulling while downstream is not ready, so that what this fount owns
    /// (a connection shared by many, futures in flight) keeps making progress. Yields nothing.
    ///
    /// Ready when nothing is under way; pending otherwise, with a wake when there is more to do.
    ///
    /// `Ready` is for now: if something gets under way by itself after it (a frame comes in on a
    /// shared connection), the context of the last call is woken, as after `Pending`. So whoever
    /// calls this calls it again when that context was woken or the fount was pulled, and need not
    /// otherwise. Whoever has just pulled in vain need not either: a fount that is pulled moves.
    ///
    /// After its end a fount may still have something to bring to its end (last bytes to send, a
    /// connection to close): a flow is over only when this is ready. That has to be bounded.
    #[inline]
    fn poll_progress(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let _ = cx;
        Poll::Ready(())
    }

    /// Pushes items into `drain` for as long as it is ready: what `Iterator::try_fold` is to
    /// `Iterator::next`. Adapters override it, so that a whole chain becomes one loop.
    ///
    /// Does a bounded amount of work (see [`budget`](crate::budget)), and says how it ended.
    /// Neither stops this fount nor ends the drain: that is for the caller.
    #[inline]
    fn poll_flow<D>(mut self: Pin<&mut Self>, cx: &mut Context<'_>, mut drain: Pin<&mut D>) -> Run
    where
        Self: Sized,
        D: Drain<Self::Item>,
    {
        while budget::spend() {
            match drain.as_mut().poll_ready(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(reason)) => return Run::Refused(reason),
                Poll::Pending => return Run::Blocked,
            }
            let item = match self.as_mut().poll_next(cx) {
                Poll::Ready(Ok(item)) => item,
                Poll::Ready(Err(reason)) => return Run::Ended(reason),
                Poll::Pending => return Run::Starved,
            };
            if let Err(reason) = drain.as_mut().receive(item) {
                return Run::Refused(reason);
            }
        }
        Run::Spent
    }

    /// How much is still to come if this fount ends cleanly, in its own unit: bytes, for one of
    /// segments. `None` if that is not known.
    ///
    /// What is behind a stage does not know: the stage may change how much comes. Who says a number
    /// is held to it: over HTTP it is declared as the length of a reply, which fails if more comes or less.
    #[inline]
    fn remaining(&self) -> Option<u64> {
        None
    }

    /// Downstream wants no more, and why. Only the first call counts.
    ///
    /// Dropping a fount without this means that it was abandoned.
    #[inline]
    fn stop(self: Pin<&mut Self>, reason: &Reason) {
        let _ = reason;
    }

    /// Puts a stage behind this fount and gives the new end.
    #[inline]
    #[track_caller]
    fn through<S, How, End>(self, stage: S) -> End
    where
        Self: Sized,
        S: Fits<Self, Self::Item, How, End>,
    {
        stage.fit(self)
    }

    /// Connects to a drain, and gives the future of the drain's output.
    ///
    /// # Errors
    ///
    /// The failure that ended the flow, wherever along it that arose.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops both ends, which hear it as an abandonment. No item is lost
    /// that the drain has not received.
    #[inline]
    fn flow_to<D>(self, drain: D) -> FlowTo<Self, D, D::Output>
    where
        Self: Sized,
        D: Drain<Self::Item>,
    {
        FlowTo::new(self, drain)
    }

    /// The next item, `None` behind the last one, or the failure that cut the flow short.
    ///
    /// `None` is a clean end ([`Reason::Finished`] or [`Reason::Enough`]). A failure is an error,
    /// so that a loop cannot take a part for the whole; after either, the same comes again.
    ///
    /// A fount that is not `Unpin` (it holds a future) is pinned first:
    /// `let mut fount = std::pin::pin!(fount);`, or [`boxed`](Self::boxed).
    ///
    /// A loop of it is fair inside a driver's poll, and in a task of tokio (feature `tokio`):
    /// after a bounded number of items (64 in a driver) other tasks get their turn.
    ///
    /// # Errors
    ///
    /// The failure that ended the flow, wherever along it that arose.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost: the future holds no item.
    ///
    /// # Examples
    ///
    /// ```
    /// use tubes::{Error, Fount, Kind, founts, stages};
    ///
    /// async fn sum(mut numbers: impl Fount<Item = u32> + Unpin) -> Result<u32, Error> {
    ///     let mut sum = 0;
    ///     while let Some(n) = numbers.next().await? {
    ///         sum += n;
    ///     }
    ///     Ok(sum)
    /// }
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// assert_eq!(sum(founts::iter([1, 2, 3])).await?, 6);
    /// // Cut short: there is no sum of a part.
    /// let cut = founts::iter([Ok(1), Err("cut")]).through(stages::try_map(|n| n));
    /// assert_eq!(sum(cut).await.unwrap_err().kind(), Kind::User);
    /// # Ok::<_, Error>(()) }).unwrap();
    /// ```
    #[inline]
    fn next(&mut self) -> Next<'_, Self>
    where
        Self: Sized + Unpin,
    {
        Next::new(self)
    }

    /// The next item, or the reason why there are no more: [`next`](Self::next) for whoever needs
    /// to know which end it was, or hands it on.
    ///
    /// Not for `while let Ok(item) = ..`: such a loop takes what a failure has cut short for the
    /// whole. Named after the [`Reason`] that it gives, and not after an end: those are of a pipe.
    ///
    /// # Errors
    ///
    /// The reason why there are no more items: a clean end as well.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost: the future holds no item.
    #[inline]
    fn next_or_reason(&mut self) -> NextOrReason<'_, Self>
    where
        Self: Sized + Unpin,
    {
        NextOrReason::new(self)
    }

    /// This fount with its type erased, so that it can be named, stored, or chosen at run time.
    ///
    /// A seam: each item costs a virtual call, and nothing fuses across it.
    #[inline]
    fn boxed<'a>(self) -> BoxFount<'a, Self::Item>
    where
        Self: Sized + Send + 'a,
    {
        Box::pin(self)
    }

    /// As [`boxed`](Self::boxed), for a fount that stays on its thread.
    #[inline]
    fn boxed_local<'a>(self) -> LocalBoxFount<'a, Self::Item>
    where
        Self: Sized + 'a,
    {
        Box::pin(self)
    }

    /// One in, one out: [`stages::map`](crate::stages::map).
    #[inline]
    #[track_caller]
    fn map<F, Out>(self, f: F) -> Pull<Self, Map<F>>
    where
        Self: Sized,
        F: FnMut(Self::Item) -> Out,
    {
        Pull::new(self, Map::new(f))
    }

    /// One in, one or none out: [`stages::filter`](crate::stages::filter).
    #[inline]
    #[track_caller]
    fn filter<F>(self, keep: F) -> Pull<Self, Filter<F>>
    where
        Self: Sized,
        F: FnMut(&Self::Item) -> bool,
    {
        Pull::new(self, Filter::new(keep))
    }

    /// Map and filter in one: [`stages::filter_map`](crate::stages::filter_map).
    #[inline]
    #[track_caller]
    fn filter_map<F, Out>(self, f: F) -> Pull<Self, FilterMap<F>>
    where
        Self: Sized,
        F: FnMut(Self::Item) -> Option<Out>,
    {
        Pull::new(self, FilterMap::new(f))
    }

    /// One in, many out, made one at a time: [`stages::flat_map`](crate::stages::flat_map).
    #[inline]
    #[track_caller]
    fn flat_map<F, I>(self, f: F) -> Pull<Self, FlatMap<F, I::IntoIter>>
    where
        Self: Sized,
        F: FnMut(Self::Item) -> I,
        I: IntoIterator,
    {
        Pull::new(self, FlatMap::new(f))
    }

    /// What is in each item, one by one: [`stages::flatten`](crate::stages::flatten).
    #[inline]
    #[track_caller]
    fn flatten(self) -> Pull<Self, Flatten<<Self::Item as IntoIterator>::IntoIter>>
    where
        Self: Sized,
        Self::Item: IntoIterator,
    {
        Pull::new(self, Flatten::new())
    }

    /// One in, one out, with a memory: [`stages::scan`](crate::stages::scan).
    #[inline]
    #[track_caller]
    fn scan<S, F, Out>(self, start: S, f: F) -> Pull<Self, Scan<S, F>>
    where
        Self: Sized,
        F: FnMut(&mut S, Self::Item) -> Out,
    {
        Pull::new(self, Scan::new(start, f))
    }

    /// Each item with its number: [`stages::enumerate`](crate::stages::enumerate).
    #[inline]
    #[track_caller]
    fn enumerate(self) -> Pull<Self, Enumerate>
    where
        Self: Sized,
    {
        Pull::new(self, Enumerate::new())
    }

    /// Without the first `count` items: [`stages::skip`](crate::stages::skip).
    #[inline]
    #[track_caller]
    fn skip(self, count: u64) -> Pull<Self, Skip>
    where
        Self: Sized,
    {
        Pull::new(self, Skip::new(count))
    }

    /// Without the first items of a kind: [`stages::skip_while`](crate::stages::skip_while).
    #[inline]
    #[track_caller]
    fn skip_while<F>(self, is_before: F) -> Pull<Self, SkipWhile<F>>
    where
        Self: Sized,
        F: FnMut(&Self::Item) -> bool,
    {
        Pull::new(self, SkipWhile::new(is_before))
    }

    /// Items up to one that is not kept, then enough:
    /// [`stages::take_while`](crate::stages::take_while).
    #[inline]
    #[track_caller]
    fn take_while<F>(self, keep: F) -> Pull<Self, TakeWhile<F>>
    where
        Self: Sized,
        F: FnMut(&Self::Item) -> bool,
    {
        Pull::new(self, TakeWhile::new(keep))
    }

    /// Items up to and including the last one, then enough:
    /// [`stages::stop_when`](crate::stages::stop_when).
    #[inline]
    #[track_caller]
    fn stop_when<F>(self, is_last: F) -> Pull<Self, StopWhen<F>>
    where
        Self: Sized,
        F: FnMut(&Self::Item) -> bool,
    {
        Pull::new(self, StopWhen::new(is_last))
    }

    /// At most `count` items, then enough: [`stages::take`](crate::stages::take).
    #[inline]
    #[track_caller]
    fn take(self, count: u64) -> Pull<Self, Take>
    where
        Self: Sized,
    {
        Pull::new(self, Take::new(count))
    }

    /// A fount of groups, one for each key: [`stages::group_by`](crate::stages::group_by).
    ///
    /// Has to have as many readers at once as there may be `groups`.
    #[inline]
    #[track_caller]
    fn group_by<F, K>(
        self,
        groups: NonZeroUsize,
        bound: NonZeroUsize,
        key: F,
    ) -> Pumped<Self, GroupBy<K, Self::Item, F>>
    where
        Self: Sized,
        F: FnMut(&Self::Item) -> K,
        K: Hash + Eq + Clone,
    {
        Pumped::new(self, group_by(groups, bound, key))
    }

    /// A look at each item: [`stages::inspect`](crate::stages::inspect).
    #[inline]
    #[track_caller]
    fn inspect<F>(self, look: F) -> Pull<Self, Inspect<F>>
    where
        Self: Sized,
        F: FnMut(&Self::Item),
    {
        Pull::new(self, Inspect::new(look))
    }
}

/// How one run of items from a fount into a drain came to its end.
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_enums,
    reason = "closed on purpose: a driver handles every end of a run"
)]
pub enum Run {
    /// Upstream has nothing right now; it wakes when it may have.
    Starved,
    /// Downstream is not ready; it wakes when it may be.
    Blocked,
    /// The [`budget`](crate::budget) of this poll is spent; poll again soon.
    Spent,
    /// Upstream has ended.
    Ended(Reason),
    /// Downstream wants no more; upstream has not been stopped yet.
    Refused(Reason),
}

impl<P> Fount for Pin<P>
where
    P: DerefMut<Target: Fount>,
{
    type Item = <P::Target as Fount>::Item;

    #[inline]
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Self::Item, Reason>> {
        self.as_deref_mut().poll_next(cx)
    }
    #[inline]
    fn poll_progress(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.as_deref_mut().poll_progress(cx)
    }
    #[inline]
    fn remaining(&self) -> Option<u64> {
        (**self).remaining()
    }
    #[inline]
    fn stop(self: Pin<&mut Self>, reason: &Reason) {
        self.as_deref_mut().stop(reason);
    }
}

impl<F> Fount for &mut F
where
    F: Fount + Unpin + ?Sized,
{
    type Item = F::Item;

    #[inline]
    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Self::Item, Reason>> {
        Pin::new(&mut **self).poll_next(cx)
    }
    #[inline]
    fn poll_progress(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut **self).poll_progress(cx)
    }
    #[inline]
    fn remaining(&self) -> Option<u64> {
        (**self).remaining()
    }
    #[inline]
    fn stop(mut self: Pin<&mut Self>, reason: &Reason) {
        Pin::new(&mut **self).stop(reason);
    }
}
