//! Each item to one branch that is ready.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::branches::{Branches, IntoBranches};
use super::crew::Crew;
use super::policy::{Isolated, Policy, Together};
use crate::drain::Drain;
use crate::error::Error;
use crate::reason::Reason;

/// A drain that gives each item to one of `drains`: to the next in turn that is ready.
///
/// ```text
///                ┌─► drain     1, 4, ..
///  fount ──► balance ─► drain  2, 5, ..   a slow one gets fewer
///                └─► drain     3, 6, ..
/// ```
///
/// `drains` is a `Vec` or an array of one type, or a pair of two types. The output has the outputs
/// of all in the same form and order.
///
/// # Flow control
///
/// Ready when a branch is. Holds no item. While all are ready, each gets every n-th item; one that
/// is not ready is passed over. Asks the branches one after another, so an item costs as much as
/// there are branches that are not ready.
///
/// # Stopping
///
/// A branch that wants no more (with [`Reason::Enough`]) leaves alone, and the others take over.
/// When the last one has left, upstream is stopped with `Enough`. The end of the flow reaches
/// every branch that is left, and all of them finish at the same time.
///
/// # Errors
///
/// The failure of a branch ends the whole flow, and the others hear it; unless
/// [`isolating`](Balance::isolating). The failure that ended the flow.
///
/// # Examples
///
/// ```
/// use tubes::{Fount, drains, fan, founts};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let workers = [drains::collect(9), drains::collect(9)];
/// let shares = founts::iter(1..=5).flow_to(fan::balance(workers)).await?;
/// assert_eq!(shares, [vec![1, 3, 5], vec![2, 4]]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
pub fn balance<Item, B: IntoBranches<Item>>(drains: B) -> Balance<Item, B::Set> {
    Balance::over(Crew::new(drains.into_branches()))
}

/// The drain of [`balance`].
#[must_use = "nothing flows before a fount flows to it"]
pub struct Balance<Item, S, P = Together> {
    crew: Crew<S, P>,
    /// Whose turn it is; the one that is ready, after `poll_ready` has said yes.
    turn: usize,
    item: PhantomData<fn(Item)>,
}

impl<Item, S, P> Balance<Item, S, P> {
    fn over(crew: Crew<S, P>) -> Self {
        Self {
            crew,
            turn: 0,
            item: PhantomData,
        }
    }
}

impl<Item, S: Branches<Item>> Balance<Item, S> {
    /// Lets the others go on when a branch fails: the output of each is a `Result`.
    ///
    /// The item with which it failed went down with it.
    pub fn isolating(self) -> Balance<Item, S, Isolated> {
        Balance::over(self.crew.under())
    }
}

// The branches are pinned where they are.
impl<Item, S, P> Unpin for Balance<Item, S, P> {}

impl<Item, S: Branches<Item>, P: Policy<S>> Drain<Item> for Balance<Item, S, P> {
    type Output = P::Output;

    #[inline]
    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        let this = &mut *self;
        this.crew.poll_leaving(cx);
        let count = this.crew.set.count();
        for step in 0..count {
            let next = this.turn + step;
            let at = if next < count { next } else { next - count };
            if this.crew.set.is_open(at) && this.crew.poll_one(at, cx).is_ready() {
                this.turn = at;
                break;
            }
            if step + 1 == count {
                // One of them may just have left.
                this.crew.poll_leaving(cx);
                return this
                    .crew
                    .verdict()
                    .map_or(Poll::Pending, |reason| Poll::Ready(Err(reason)));
            }
        }
        this.crew
            .verdict()
            .map_or(Poll::Ready(Ok(())), |reason| Poll::Ready(Err(reason)))
    }

    #[inline]
    fn receive(mut self: Pin<&mut Self>, item: Item) -> Result<(), Reason> {
        let at = self.turn;
        self.turn = if at + 1 < self.crew.set.count() {
            at + 1
        } else {
            0
        };
        match self.crew.set.receive(at, item) {
            Ok(()) => Ok(()),
            Err(reason) => {
                self.crew.refused(at, &reason);
                self.crew.verdict().map_or(Ok(()), Err)
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.crew.poll_flush(cx, None)
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

impl<Item, S: fmt::Debug, P> fmt::Debug for Balance<Item, S, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "balance {:?}", self.crew)
    }
}
