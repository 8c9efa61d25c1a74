//! Sorted founts as one sorted fount.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::row::Row;
use crate::budget;
use crate::drain::Drain;
use crate::fount::{Fount, Run};
use crate::reason::Reason;

/// A fount of the items of sorted founts, sorted, the smallest first.
///
/// Items that are equal come in the order of their founts. If a fount is not sorted, neither is
/// what comes out.
///
/// # Flow control
///
/// Holds at most one item of each fount: the smallest is known only when every fount has one, or
/// has ended.
///
/// # Stopping
///
/// A fount that ends cleanly leaves. A failure ends all: the others hear it, and what is held is
/// lost. A stop goes to all. The end is [`Reason::Enough`], if one fount ended with that; else
/// [`Reason::Finished`].
///
/// # Examples
///
/// ```
/// use tubes::{Fount, drains, fan, founts};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let all = fan::merge_sorted([founts::iter([1, 4, 9]), founts::iter([2, 3, 5])]);
/// assert_eq!(all.flow_to(drains::collect(9)).await?, [1, 2, 3, 4, 5, 9]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
pub fn merge_sorted<I, T>(founts: I) -> MergeSorted<I::Item, fn(&T) -> T, T>
where
    I: IntoIterator<Item: Fount<Item = T>>,
    T: Ord + Clone,
{
    merge_sorted_by_key(founts, T::clone as fn(&T) -> T)
}

/// [`merge_sorted`] by what `key` makes of an item.
///
/// # Flow control
///
/// As [`merge_sorted`].
///
/// # Examples
///
/// ```
/// use tubes::{Fount, drains, fan, founts};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let words = [founts::iter(["a", "ccc"]), founts::iter(["bb", "dddd"])];
/// let all = fan::merge_sorted_by_key(words, |word| word.len());
/// assert_eq!(all.flow_to(drains::collect(9)).await?, ["a", "bb", "ccc", "dddd"]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
pub fn merge_sorted_by_key<I, F, K>(founts: I, key: F) -> MergeSorted<I::Item, F, K>
where
    I: IntoIterator<Item: Fount>,
    F: FnMut(&<I::Item as Fount>::Item) -> K,
    K: Ord,
{
    let row = Row::new(founts);
    MergeSorted {
        heads: (0..row.places())
            .map(|_| None)
            .collect(),
        keys: BinaryHeap::with_capacity(row.places()),
        missing: (0..row.places()).collect(),
        row,
        key,
        so_far: Reason::Finished,
        end: None,
    }
}

/// The fount of [`merge_sorted`] and [`merge_sorted_by_key`].
#[must_use = "nothing flows before it is driven: use `flow_to` or `next`"]
pub struct MergeSorted<F: Fount, By, Key> {
    row: Row<F>,
    /// The next item of each fount, if it is here.
    heads: Vec<Option<F::Item>>,
    /// The keys of those that are here, and whose they are.
    keys: BinaryHeap<Reverse<(Key, usize)>>,
    /// Whose are not.
    missing: Vec<usize>,
    key: By,
    so_far: Reason,
    end: Option<Reason>,
}

impl<F, By, Key> MergeSorted<F, By, Key>
where
    F: Fount,
    By: FnMut(&F::Item) -> Key,
    Key: Ord,
{
    /// Asks those whose items are missing; ready when none is, and till then the others keep moving.
    #[inline]
    fn poll_heads(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        let mut first = 0;
        while let Some(&place) = self.missing.get(first) {
            let next = match self.row.at(place) {
                Some(fount) => fount.poll_next(cx),
                None => Poll::Pending,
            };
            match next {
                Poll::Ready(Ok(item)) => {
                    self.keys
                        .push(Reverse(((self.key)(&item), place)));
                    self.heads[place] = Some(item);
                    self.missing.swap_remove(first);
                }
                Poll::Ready(Err(reason)) => {
                    self.missing.swap_remove(first);
                    self.one_ended(place, reason)?;
                    // One that is over at once costs, too: a row of them has no bound of its own.
                    if !budget::spend_part() {
                        cx.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                }
                Poll::Pending => first += 1,
            }
        }
        if self.missing.is_empty() {
            return Poll::Ready(Ok(()));
        }
        let heads = &self.heads;
        // Whether they are done or not: who has something under way wakes.
        let _ = self
            .row
            .poll_progress(cx, (0..heads.len()).filter(|place| heads[*place].is_some()));
        Poll::Pending
    }

    /// One has ended: that is the end of all, if it failed.
    #[cold]
    fn one_ended(&mut self, place: usize, reason: Reason) -> Result<(), Reason> {
        self.row.leave(place);
        if !reason.is_clean() {
            self.over(&reason);
            return Err(reason);
        }
        let before = std::mem::replace(&mut self.so_far, Reason::Finished);
        self.so_far = before.joined(reason);
        Ok(())
    }

    /// The smallest of all, or the end.
    #[inline]
    fn poll_smallest(&mut self, cx: &mut Context<'_>) -> Poll<Result<F::Item, Reason>> {
        if let Some(reason) = &self.end {
            return Poll::Ready(Err(reason.clone()));
        }
        std::task::ready!(self.poll_heads(cx))?;
        let smallest = self
            .keys
            .pop()
            .and_then(|Reverse((_, place))| {
                self.missing.push(place);
                self.heads[place].take()
            });
        Poll::Ready(smallest.ok_or_else(|| {
            let end = self.so_far.clone();
            self.end = Some(end.clone());
            end
        }))
    }

    fn over(&mut self, reason: &Reason) {
        self.row.stop(reason);
        self.heads.clear();
        self.keys.clear();
        self.missing.clear();
        self.end = Some(reason.clone());
    }
}

// What is pinned is in boxes of its own.
impl<F: Fount, By, Key> Unpin for MergeSorted<F, By, Key> {}

impl<F, By, Key> Fount for MergeSorted<F, By, Key>
where
    F: Fount,
    By: FnMut(&F::Item) -> Key,
    Key: Ord,
{
    type Item = F::Item;

    #[inline]
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<F::Item, Reason>> {
        self.row.move_leaving(cx);
        self.poll_smallest(cx)
    }

    fn poll_progress(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let places = self.row.places();
        self.row.poll_progress(cx, 0..places)
    }

    #[inline]
    fn poll_flow<D>(mut self: Pin<&mut Self>, cx: &mut Context<'_>, mut drain: Pin<&mut D>) -> Run
    where
        D: Drain<F::Item>,
    {
        self.row.move_leaving(cx);
        let this = &mut *self;
        while budget::spend_part() {
            match drain.as_mut().poll_ready(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(reason)) => return Run::Refused(reason),
                Poll::Pending => return Run::Blocked,
            }
            let item = match this.poll_smallest(cx) {
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

    fn stop(mut self: Pin<&mut Self>, reason: &Reason) {
        if self.end.is_none() {
            self.over(reason);
        }
    }
}

impl<F: Fount, By, Key> fmt::Debug for MergeSorted<F, By, Key> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = self.keys.len();
        write!(f, "merge_sorted({held} of {})", self.row.places())
    }
}
