//! Each item to every branch.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::branches::{Branches, IntoBranches};
use super::crew::Crew;
use super::policy::{Isolated, Policy, Together};
use crate::drain::{Drain, Intake};
use crate::error::Error;
use crate::reason::Reason;

/// A drain that gives each item to every one of `drains`: cloned, and to the last one as it is.
///
/// ```text
///                ┌─► drain
///  fount ──► to_all ─► drain         the slowest sets the pace
///                └─► drain
/// ```
///
/// `drains` is a `Vec` or an array of one type, or a pair of two types. The output has the outputs
/// of all in the same form and order.
///
/// # Flow control
///
/// Ready when every branch is. Holds no item. While one is not ready, the others are flushed: so
/// none of them keeps a place in a channel that it shares with others.
///
/// # Stopping
///
/// A branch that wants no more (with [`Reason::Enough`]) leaves alone: it finishes while the others
/// go on. When the last one has left, upstream is stopped with `Enough`; so it is at once if there
/// is no branch at all. The end of the flow reaches every branch that is left behind the data, and
/// all of them finish at the same time.
///
/// # Errors
///
/// The failure of a branch ends the whole flow, and the others hear it; unless
/// [`isolating`](ToAll::isolating). The failure that ended the flow.
///
/// # Examples
///
/// ```
/// use tubes::{Fount, drains, fan, founts};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let sum = drains::fold(0, |sum, n| sum + n);
/// let (sum, all) = founts::iter(1..4)
///     .flow_to(fan::to_all((sum, drains::collect(9))))
///     .await?;
/// assert_eq!((sum, all), (6, vec![1, 2, 3]));
///
/// let [some, all] = founts::iter(1..4)
///     .flow_to(fan::to_all([drains::collect(9), drains::collect(9)]))
///     .await?;
/// assert_eq!(some, all);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
pub fn to_all<Item, B>(drains: B) -> ToAll<Item, B::Set>
where
    Item: Clone,
    B: IntoBranches<Item>,
{
    ToAll::over(Crew::new(drains.into_branches()))
}

/// The drain of [`to_all`].
#[must_use = "nothing flows before a fount flows to it"]
pub struct ToAll<Item, S, P = Together> {
    crew: Crew<S, P>,
    /// The last branch that is open: it gets the item itself.
    last: usize,
    item: PhantomData<fn(Item)>,
}

impl<Item, S: Branches<Item>, P> ToAll<Item, S, P> {
    fn over(crew: Crew<S, P>) -> Self {
        Self {
            last: crew.last_open(),
            crew,
            item: PhantomData,
        }
    }
}

impl<Item, S: Branches<Item>> ToAll<Item, S> {
    /// Lets the others go on when a branch fails: the output of each is a `Result`.
    ///
    /// ```
    /// use tubes::{Fount, drains, fan, founts};
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let [few, all] = founts::iter(0..3)
    ///     .flow_to(fan::to_all([drains::collect(1), drains::collect(9)]).isolating())
    ///     .await?;
    /// assert!(few.is_err());
    /// assert_eq!(all?, [0, 1, 2]);
    /// # Ok::<_, tubes::Error>(()) }).unwrap();
    /// ```
    pub fn isolating(self) -> ToAll<Item, S, Isolated> {
        ToAll::over(self.crew.under())
    }
}

impl<Item: Clone, S: Branches<Item>, P: Policy<S>> ToAll<Item, S, P> {
    /// Gives the item to all and asks each for more room, in one pass; `false` if any of them is
    /// not as ready as before.
    #[inline]
    fn deal(&mut self, item: Item, cx: &mut Context<'_>) -> bool {
        let mut all_ready = true;
        for at in 0..self.last {
            if self.crew.set.is_open(at) {
                all_ready &= self.give(at, item.clone(), cx);
            }
        }
        all_ready & self.give(self.last, item, cx)
    }

    #[inline]
    fn give(&mut self, at: usize, item: Item, cx: &mut Context<'_>) -> bool {
        self.hand(at, item) && self.crew.poll_one(at, cx).is_ready()
    }

    #[inline]
    fn hand(&mut self, at: usize, item: Item) -> bool {
        match self.crew.set.receive(at, item) {
            Ok(()) => true,
            Err(reason) => {
                self.crew.refused(at, &reason);
                false
            }
        }
    }

    /// Ready when all are; keeps `last` up to date.
    #[inline]
    fn poll_all(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        let ready = self.crew.poll_all(cx);
        if !self.crew.is_open(self.last) {
            self.last = self.crew.last_open();
        }
        ready
    }
}

// The branches are pinned where they are.
impl<Item, S, P> Unpin for ToAll<Item, S, P> {}

impl<Item: Clone, S: Branches<Item>, P: Policy<S>> Drain<Item> for ToAll<Item, S, P> {
    type Output = P::Output;

    #[inline]
    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.poll_all(cx)
    }

    #[inline]
    fn receive(mut self: Pin<&mut Self>, item: Item) -> Result<(), Reason> {
        for at in 0..self.last {
            if self.crew.set.is_open(at) {
                self.hand(at, item.clone());
            }
        }
        let last = self.last;
        self.hand(last, item);
        self.crew.verdict().map_or(Ok(()), Err)
    }

    #[inline]
    fn poll_receive<I>(self: Pin<&mut Self>, cx: &mut Context<'_>, mut items: I) -> Intake
    where
        I: Iterator<Item = Item>,
    {
        let this = self.get_mut();
        loop {
            match this.poll_all(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(reason)) => return Intake::Refused(reason),
                Poll::Pending => return Intake::Blocked,
            }
            loop {
                let Some(item) = items.next() else {
                    return Intake::Dry;
                };
                if !this.deal(item, cx) {
                    break;
                }
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        let flushed = self.crew.poll_flush(cx, None);
        self.last = self.crew.last_open();
        flushed
    }

    fn moved(&self) -> u64 {
        self.crew.set.moved()
    }

    fn held(&self) -> usize {
        self.crew.set.held()
    }

    fn poll_stopped(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        reason: &Reason,
    ) -> Poll<Result<P::Output, Error>> {
        self.crew.poll_stopped(cx, reason, None)
    }
}

impl<Item, S: fmt::Debug, P> fmt::Debug for ToAll<Item, S, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "to_all {:?}", self.crew)
    }
}
