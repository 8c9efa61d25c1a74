//! Each item to the branch with its number.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::branches::{Branches, IntoBranches};
use super::crew::Crew;
use super::policy::{Isolated, Policy, Together};
use crate::drain::{Drain, Intake};
use crate::error::{Error, Kind};
use crate::reason::Reason;

/// A drain that gives each item to the one of `drains` whose number `which` tells.
///
/// ```text
///                  ┌─► drain 0
///  fount ──► partition ─► drain 1      which(&item)
///                  └─► drain 2
/// ```
///
/// `drains` is a `Vec` or an array of one type, or a pair of two types. The output has the outputs
/// of all in the same form and order.
///
/// `which` looks at whole items: a stage that packs them ([`unlines`], `chunks`) belongs behind, in
/// front of each branch: `drains.map(|drain| drain.behind(framing::unlines()))`. In front of the
/// partition it would pack items of several branches into one.
///
/// # Flow control
///
/// Holds at most one item: one whose branch was not ready, for an item has to be seen before it is
/// known where it goes. Not ready while it holds one, nor while no branch at all is ready. While it
/// holds one, or the source has nothing, the others are flushed: so none of them keeps a place in a
/// channel that it shares with others. While items flow on past a branch, it may keep one place.
///
/// # Stopping
///
/// A branch that wants no more (with [`Reason::Enough`]) leaves alone; from then on its items are
/// dropped. When the last one has left, upstream is stopped with `Enough`. The end of the flow
/// reaches every branch that is left, behind an item that waits for it, and all of them finish at
/// the same time. A failure does not wait: the item is dropped.
///
/// # Errors
///
/// [`Kind::NoBranch`] for a number that no branch has. The failure of a branch ends the whole flow,
/// and the others hear it; unless [`isolating`](Partition::isolating). The failure that ended the
/// flow.
///
/// # Examples
///
/// ```
/// use tubes::{Fount, drains, fan, founts};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let by_parity = fan::partition([drains::collect(9), drains::collect(9)], |n: &usize| n % 2);
/// let [even, odd] = founts::iter(1..=5).flow_to(by_parity).await?;
/// assert_eq!((even, odd), (vec![2, 4], vec![1, 3, 5]));
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
///
/// [`unlines`]: crate::framing::unlines
pub fn partition<Item, B, F>(drains: B, which: F) -> Partition<Item, B::Set, F>
where
    B: IntoBranches<Item>,
    F: FnMut(&Item) -> usize,
{
    Partition::over(Crew::new(drains.into_branches()), which)
}

/// The drain of [`partition`].
#[must_use = "nothing flows before a fount flows to it"]
pub struct Partition<Item, S, F, P = Together> {
    crew: Crew<S, P>,
    which: F,
    /// An item that waits for its branch, which was open when it came.
    held: Option<(usize, Item)>,
    /// A branch that is ready, after `poll_ready` has said yes; else where to ask first.
    ready: usize,
}

impl<Item, S, F, P> Partition<Item, S, F, P> {
    fn over(crew: Crew<S, P>, which: F) -> Self {
        Self {
            crew,
            which,
            held: None,
            ready: 0,
        }
    }
}

impl<Item, S: Branches<Item>, F> Partition<Item, S, F> {
    /// Lets the others go on when a branch fails: the output of each is a `Result`.
    ///
    /// Items for it are dropped from then on.
    pub fn isolating(self) -> Partition<Item, S, F, Isolated> {
        Partition::over(self.crew.under(), self.which)
    }
}

impl<Item, S, F, P> Partition<Item, S, F, P>
where
    S: Branches<Item>,
    F: FnMut(&Item) -> usize,
    P: Policy<S>,
{
    /// Where the item goes; `None` if nobody is there to take it.
    #[inline]
    fn branch_of(&mut self, item: &Item) -> Result<Option<usize>, Reason> {
        let at = (self.which)(item);
        let branches = self.crew.set.count();
        if at >= branches {
            return Err(no_branch(at, branches));
        }
        Ok(self.crew.set.is_open(at).then_some(at))
    }

    #[inline]
    fn give(&mut self, at: usize, item: Item) -> Result<(), Reason> {
        match self.crew.set.receive(at, item) {
            Ok(()) => Ok(()),
            Err(reason) => {
                self.crew.refused(at, &reason);
                self.crew.verdict().map_or(Ok(()), Err)
            }
        }
    }

    fn waited_for(&self) -> Option<usize> {
        self.held.as_ref().map(|(at, _)| *at)
    }

    /// Ready when no item waits.
    #[inline]
    fn poll_held(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &self.held {
            None => Poll::Ready(()),
            Some((at, _)) => {
                let at = *at;
                self.poll_waiting(at, cx)
            }
        }
    }

    #[cold]
    fn poll_waiting(&mut self, at: usize, cx: &mut Context<'_>) -> Poll<()> {
        if self.crew.is_open(at) && self.crew.poll_one(at, cx).is_pending() && self.crew.is_open(at)
        {
            return Poll::Pending;
        }
        if let Some((at, item)) = self.held.take()
            && self.crew.is_open(at)
        {
            // A refusal is noted, and comes out with the verdict.
            drop(self.give(at, item));
        }
        Poll::Ready(())
    }

    /// Ready when some branch is: without any, an item would have no room but here.
    #[inline]
    fn poll_some(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        let count = self.crew.set.count();
        let mut is_ready = false;
        for step in 0..count {
            let next = self.ready + step;
            let at = if next < count { next } else { next - count };
            if self.crew.set.is_open(at) && self.crew.poll_one(at, cx).is_ready() {
                self.ready = at;
                is_ready = true;
                break;
            }
        }
        if !is_ready {
            // One of them may just have left.
            self.crew.poll_leaving(cx);
        }
        match self.crew.verdict() {
            Some(reason) => Poll::Ready(Err(reason)),
            None if is_ready => Poll::Ready(Ok(())),
            None => Poll::Pending,
        }
    }
}

// The branches are pinned where they are; the item never is.
impl<Item, S, F, P> Unpin for Partition<Item, S, F, P> {}

impl<Item, S, F, P> Drain<Item> for Partition<Item, S, F, P>
where
    S: Branches<Item>,
    F: FnMut(&Item) -> usize,
    P: Policy<S>,
{
    type Output = P::Output;

    #[inline]
    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.crew.poll_leaving(cx);
        if self.poll_held(cx).is_pending() {
            if let Some(at) = self.waited_for() {
                let count = self.crew.set.count();
                self.crew.rest(0..at, cx);
                self.crew.rest(at + 1..count, cx);
                self.crew.poll_leaving(cx);
            }
            return self
                .crew
                .verdict()
                .map_or(Poll::Pending, |reason| Poll::Ready(Err(reason)));
        }
        self.poll_some(cx)
    }

    #[inline]
    fn receive(mut self: Pin<&mut Self>, item: Item) -> Result<(), Reason> {
        match self.branch_of(&item)? {
            Some(at) if at == self.ready => self.give(at, item),
            Some(at) => {
                self.held = Some((at, item));
                Ok(())
            }
            None => Ok(()),
        }
    }

    #[inline]
    fn poll_receive<I>(self: Pin<&mut Self>, cx: &mut Context<'_>, mut items: I) -> Intake
    where
        I: Iterator<Item = Item>,
    {
        let this = self.get_mut();
        loop {
            match Pin::new(&mut *this).poll_ready(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(reason)) => return Intake::Refused(reason),
                Poll::Pending => return Intake::Blocked,
            }
            let Some(item) = items.next() else {
                return Intake::Dry;
            };
            let at = match this.branch_of(&item) {
                Ok(Some(at)) => at,
                Ok(None) => continue,
                Err(reason) => return Intake::Refused(reason),
            };
            if at != this.ready && this.crew.poll_one(at, cx).is_pending() {
                if this.crew.is_open(at) {
                    this.held = Some((at, item));
                }
                continue;
            }
            this.ready = at;
            if let Err(reason) = this.give(at, item) {
                return Intake::Refused(reason);
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        let _ = self.poll_held(cx);
        let waited_for = self.waited_for();
        self.crew.poll_flush(cx, waited_for)
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
        let _ = self.poll_held(cx);
        let waited_for = self.waited_for();
        let made = self
            .crew
            .poll_stopped(cx, reason, waited_for);
        if waited_for.is_some_and(|at| !self.crew.is_open(at)) {
            self.held = None;
        }
        made
    }
}

#[cold]
fn no_branch(branch: usize, branches: usize) -> Reason {
    let kind = Kind::NoBranch { branch, branches };
    Error::new(kind).at("partition").into()
}

impl<Item, S: fmt::Debug, F, P> fmt::Debug for Partition<Item, S, F, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = u8::from(self.held.is_some());
        write!(f, "partition({held} of 1) {:?}", self.crew)
    }
}
