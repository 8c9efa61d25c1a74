//! Items by key: a fount of groups, each of which is a fount.

use std::collections::VecDeque;
use std::fmt;
use std::hash::Hash;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use super::group::Group;
use crate::drain::Drain;
use crate::error::{Error, Kind};
use crate::fount::{Fount, Run};
use crate::keyed::queues::{MayEvict, Queues};
use crate::keyed::reader::Reader;
use crate::keyed::slot::Full;
use crate::keyed::state::Offered;
use crate::pump::Pump;
use crate::reason::Reason;
use crate::upstream::Upstream;

/// A stage that parts items by `key(&item)`: gives a [`Group`] for each new key, at most `groups`
/// at once, and `bound` items wait in each.
///
/// The readers of the groups may be in the same task or in others; [`drains::spawn`] gives each a
/// task. Where a task for each key is too much, [`per_key`](super::per_key) does without.
///
/// # Flow control
///
/// The stage works ahead: it takes in items while there is room in all groups, whoever is ready.
///
/// ```text
/// a group is full             ─► it waits for that reader, with one item beyond the bound
/// a new key, and no place     ─► it waits for a place, with that item
/// downstream is not ready     ─► it holds new groups, and still feeds those that there are
/// ```
///
/// So it holds one item beyond what the groups hold.
///
/// **Downstream has to read as many groups at once as there may be; with fewer readers, all wait for
/// ever as soon as a group that nobody reads is full.** With `group_by(bound(26), bound(8), ..)` and
/// `drains::spawn(..).at_most(bound(4))`, the 9th item of a fifth letter is the last one: it waits
/// for room in its group, and the four readers wait for more items. With `drains::for_each_async(..)`,
/// which is one reader, it is the 9th item of a second letter. So either allow 26 tasks, or make it
/// 4 groups with a policy for a full table.
///
/// Who moves items is the flow of groups: they reach a group when that flow is polled. A reader that
/// makes room wakes it, so all goes well where the flow is driven for as long as groups are read: by
/// `flow_to(drains::spawn(..))`, or by `flow_to` of any drain in a task of its own. Whoever pulls one
/// group by [`next`](Fount::next) and reads it to its end before the next waits for ever: nobody
/// pulls the stage meanwhile.
///
/// # When the table is full
///
/// | policy | a new key |
/// |---|---|
/// | as a rule | waits until the reader of some group leaves |
/// | [`evicting`](GroupBy::evicting) | ends the longest unused of the groups that hold nothing; if there is none, waits for one |
/// | [`overflowing_to`](GroupBy::overflowing_to) | goes to one group for all others |
///
/// A key is kept while its group is, and no longer: where the reader has left, or the group was
/// evicted, the key comes again as a new group. To refuse a key for good would mean to remember
/// it for good; a reader that wants no more of its key reads on and drops the items.
///
/// # Stopping
///
/// The end of upstream reaches every group behind its items, with the same reason. An item that
/// waits for a place then gets one when a reader has left, in a last group, and the end of the
/// flow comes behind that. When downstream wants no more groups, upstream is stopped, and the
/// groups end with that reason behind what they hold. A stage that is dropped abandons its groups.
///
/// # Examples
///
/// ```
/// use tubes::stages::Group;
/// use tubes::{Fount, bound, drains, founts};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let report = founts::iter(["apple", "bee", "ant", "bear", "ape"])
///     .group_by(bound(26), bound(8), |word| word.chars().next())
///     .flow_to(drains::spawn(|group: Group<_, _>| {
///         let due = if group.key == Some('a') { 3 } else { 2 };
///         group.fount.flow_to(drains::collect(due))
///     }))
///     .await?;
/// assert_eq!((report.finished, report.failed), (2, 0));
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
///
/// As a stage by itself, for one of the policies:
///
/// ```
/// # use tubes::{Fount, bound, drains, founts, stages};
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let stage = stages::group_by(bound(1), bound(8), |n: &u32| n % 2).overflowing_to(9);
/// let groups = founts::iter(0..4).through(stage).flow_to(drains::collect(9)).await?;
/// assert_eq!((groups[0].key, groups[1].key), (0, 9));
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
///
/// [`drains::spawn`]: crate::drains::spawn_on
#[inline]
pub fn group_by<T, K, F>(groups: NonZeroUsize, bound: NonZeroUsize, key: F) -> GroupBy<K, T, F>
where
    F: FnMut(&T) -> K,
{
    GroupBy {
        queues: Queues::new(groups),
        bound,
        key,
        policy: Policy::Waits,
        waits: Waits::Nothing,
        fresh: VecDeque::new(),
    }
}

/// The stage of [`group_by`].
#[must_use = "a stage does nothing before it is attached"]
pub struct GroupBy<K, T, F> {
    queues: Arc<Queues<K, T>>,
    bound: NonZeroUsize,
    key: F,
    policy: Policy<K>,
    waits: Waits<K, T>,
    /// Groups that downstream has not got yet, all of them in the table.
    fresh: VecDeque<Reader<K, T>>,
}

enum Policy<K> {
    Waits,
    Evicts,
    OverflowsTo(K),
}

/// Why no more is taken in.
enum Waits<K, T> {
    Nothing,
    /// A group has to get back within its bound.
    Room,
    /// This item has to find a place in the table. Behind it may come the end, which the groups
    /// that there are have heard.
    Place(K, T, Option<Reason>),
}

/// How long items are taken in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    /// Downstream is ready for a group.
    AGroup,
    /// Downstream is not ready: the groups that there are get what they can hold.
    NoRoom,
}

impl<K, T, F> GroupBy<K, T, F> {
    /// A new key that finds the table full ends the longest unused of the groups that hold nothing.
    pub fn evicting(mut self) -> Self {
        self.queues.track_use();
        self.policy = Policy::Evicts;
        self
    }

    /// A new key that finds the table full goes to one more group, which has the key `others`, and
    /// so do all items that have that key themselves.
    pub fn overflowing_to(mut self, others: K) -> Self {
        self.policy = Policy::OverflowsTo(others);
        self
    }

    /// Whether there is what items were taken in for.
    #[inline]
    fn has_group(&self, until: Until) -> bool {
        until == Until::AGroup && !self.fresh.is_empty()
    }

    fn may_evict(&self) -> MayEvict {
        match self.policy {
            Policy::Evicts => MayEvict::Idle,
            Policy::Waits | Policy::OverflowsTo(_) => MayEvict::Nothing,
        }
    }
}

impl<K: Hash + Eq + Clone, T, F: FnMut(&T) -> K> GroupBy<K, T, F> {
    /// Takes in items: ready with a group to give, or with the end behind them.
    fn poll_take_in<U>(
        &mut self,
        mut upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
        until: Until,
    ) -> Poll<Result<(), Reason>>
    where
        U: Fount<Item = T>,
    {
        loop {
            if !self.has_group(until) {
                ready!(self.poll_room(cx));
            }
            if self.has_group(until) {
                return Poll::Ready(Ok(()));
            }
            if let Some(reason) = upstream.ended() {
                self.queues.end(reason);
                return Poll::Ready(Err(reason.clone()));
            }
            let mut feed = Feed { stage: self, until };
            match upstream
                .as_mut()
                .poll_flow(cx, Pin::new(&mut feed))
            {
                // It waits for something, or has a group.
                Run::Blocked => {}
                Run::Starved => return Poll::Pending,
                Run::Spent => {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Run::Ended(reason) => self.upstream_ended(&reason),
                Run::Refused(reason) => return Poll::Ready(Err(reason)),
            }
        }
    }

    /// No group gets another item, but one that waits for a place, which may be theirs.
    #[cold]
    fn upstream_ended(&mut self, reason: &Reason) {
        if let Waits::Place(_, _, end) = &mut self.waits {
            *end = Some(reason.clone());
            self.queues.end_opened(reason);
        } else {
            self.queues.end(reason);
        }
    }

    /// Ready when it waits for nothing.
    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            match std::mem::replace(&mut self.waits, Waits::Nothing) {
                Waits::Nothing => return Poll::Ready(()),
                Waits::Room => {
                    if self.queues.poll_room(cx).is_pending() {
                        self.waits = Waits::Room;
                        return Poll::Pending;
                    }
                }
                Waits::Place(key, item, end) => {
                    let place = self
                        .queues
                        .poll_place(cx, self.may_evict());
                    if place.is_pending() {
                        self.waits = Waits::Place(key, item, end);
                        return Poll::Pending;
                    }
                    self.open(&key, item);
                    if let Some(reason) = end {
                        self.queues.end(&reason);
                    }
                }
            }
        }
    }

    #[inline]
    fn received(&mut self, item: T) {
        let key = (self.key)(&item);
        if let Policy::OverflowsTo(others) = &self.policy
            && key == *others
        {
            return self.overflow(item);
        }
        match self.queues.offer(&key, item) {
            Offered::Taken => {}
            Offered::Over => self.waits = Waits::Room,
            Offered::Unknown(item) => self.begin(key, item),
        }
    }

    /// A new key: a new group, if there is a place for it.
    #[cold]
    fn begin(&mut self, key: K, item: T) {
        if self.queues.has_place(self.may_evict()) {
            return self.open(&key, item);
        }
        match &self.policy {
            Policy::OverflowsTo(_) => self.overflow(item),
            Policy::Waits | Policy::Evicts => self.waits = Waits::Place(key, item, None),
        }
    }

    /// A new group, for which there is a place.
    fn open(&mut self, key: &K, item: T) {
        let opened = self
            .queues
            .open(key.clone(), self.bound, Full::Wait);
        self.fresh.extend(opened);
        // Nobody has it only if the key is not equal to itself: it goes, rather than in circles.
        if let Offered::Over = self.queues.offer(key, item) {
            self.waits = Waits::Room;
        }
    }

    /// An item for the group of all others.
    fn overflow(&mut self, item: T) {
        let offered = match self.queues.offer_fallback(item) {
            Offered::Unknown(item) => {
                if let Policy::OverflowsTo(others) = &self.policy {
                    let opened = self
                        .queues
                        .open_fallback(others.clone(), self.bound);
                    self.fresh.extend(opened);
                }
                self.queues.offer_fallback(item)
            }
            offered => offered,
        };
        if let Offered::Over = offered {
            self.waits = Waits::Room;
        }
    }
}

/// The stage as upstream sees it: a drain that is ready while it waits for nothing.
struct Feed<'a, K, T, F> {
    stage: &'a mut GroupBy<K, T, F>,
    until: Until,
}

impl<K, T, F> Drain<T> for Feed<'_, K, T, F>
where
    K: Hash + Eq + Clone,
    F: FnMut(&T) -> K,
{
    type Output = ();

    #[inline]
    fn poll_ready(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        match self.stage.waits {
            Waits::Nothing if !self.stage.has_group(self.until) => Poll::Ready(Ok(())),
            Waits::Nothing | Waits::Room | Waits::Place(..) => Poll::Pending,
        }
    }

    #[inline]
    fn receive(mut self: Pin<&mut Self>, item: T) -> Result<(), Reason> {
        self.stage.received(item);
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

// Neither items nor the function for the key are pinned.
impl<K, T, F> Unpin for GroupBy<K, T, F> {}

impl<U, K, F> Pump<U> for GroupBy<K, U::Item, F>
where
    U: Fount,
    K: Hash + Eq + Clone,
    F: FnMut(&U::Item) -> K,
{
    type Item = Group<K, U::Item>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        mut upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Self::Item, Reason>> {
        let taken = self.poll_take_in(upstream.as_mut(), cx, Until::AGroup);
        if taken.is_pending() && !matches!(self.waits, Waits::Nothing) {
            // It waits for a reader: upstream, which was not asked, keeps moving meanwhile. One that
            // was asked and has nothing must not take this for a downstream that is not ready.
            let _ = upstream.poll_progress(cx);
        }
        ready!(taken)?;
        let fresh = self.fresh.pop_front();
        Poll::Ready(
            fresh
                .map(Group::new)
                .ok_or_else(Reason::abandoned),
        )
    }

    fn poll_progress(
        mut self: Pin<&mut Self>,
        mut upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        // The end, if that is it, comes again when downstream is ready.
        drop(self.poll_take_in(upstream.as_mut(), cx, Until::NoRoom));
        upstream.poll_progress(cx)
    }

    fn stop(mut self: Pin<&mut Self>, upstream: Pin<&mut Upstream<U>>, reason: &Reason) {
        self.queues.end(reason);
        self.waits = Waits::Nothing;
        self.fresh.clear();
        upstream.stop(reason);
    }

    fn kind(&self) -> &'static str {
        "group_by"
    }
}

impl<K, T, F> Drop for GroupBy<K, T, F> {
    fn drop(&mut self) {
        self.queues.end(&Reason::abandoned());
    }
}

impl<K, T, F> fmt::Debug for GroupBy<K, T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (open, bound, _) = self.queues.figures();
        write!(f, "group_by({open} of {bound})")
    }
}
