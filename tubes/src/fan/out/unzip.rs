//! The halves of each item to two branches.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::branches::Seats;
use super::crew::Crew;
use super::pair::Pair;
use super::policy::{Isolated, Policy, Together};
use crate::drain::Drain;
use crate::error::Error;
use crate::reason::Reason;

/// A drain of pairs: the first half of each goes to `first`, the second to `second`.
///
/// # Flow control
///
/// Ready when both are. Holds no item. While one is not ready, the other is flushed: so it keeps
/// no place in a channel that it shares with others.
///
/// # Stopping
///
/// A branch that wants no more (with [`Reason::Enough`]) leaves alone; from then on its halves are
/// dropped. When both have left, upstream is stopped with `Enough`. The end of the flow reaches
/// the branches that are left, and they finish at the same time.
///
/// # Errors
///
/// The failure of a branch ends the whole flow, and the other hears it; unless
/// [`isolating`](Unzip::isolating). The failure that ended the flow.
///
/// # Examples
///
/// ```
/// use tubes::{Fount, drains, fan, founts};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let sum = drains::fold(0, |sum, n| sum + n);
/// let (sum, letters) = founts::iter([(1, 'a'), (2, 'b')])
///     .flow_to(fan::unzip(sum, drains::collect(9)))
///     .await?;
/// assert_eq!((sum, letters), (3, vec!['a', 'b']));
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
pub fn unzip<X, Y, A, B>(first: A, second: B) -> Unzip<X, Y, A, B>
where
    A: Drain<X>,
    B: Drain<Y>,
{
    Unzip {
        crew: Crew::new(Pair::new(first, second)),
    }
}

/// The drain of [`unzip`].
#[must_use = "nothing flows before a fount flows to it"]
pub struct Unzip<X, Y, A: Drain<X>, B: Drain<Y>, P = Together> {
    crew: Crew<Pair<X, Y, A, B>, P>,
}

impl<X, Y, A: Drain<X>, B: Drain<Y>> Unzip<X, Y, A, B> {
    /// Lets the other go on when a branch fails: the output of each is a `Result`.
    pub fn isolating(self) -> Unzip<X, Y, A, B, Isolated> {
        Unzip {
            crew: self.crew.under(),
        }
    }
}

// The branches are pinned where they are.
impl<X, Y, A: Drain<X>, B: Drain<Y>, P> Unpin for Unzip<X, Y, A, B, P> {}

impl<X, Y, A, B, P> Drain<(X, Y)> for Unzip<X, Y, A, B, P>
where
    A: Drain<X>,
    B: Drain<Y>,
    P: Policy<Pair<X, Y, A, B>>,
{
    type Output = P::Output;

    #[inline]
    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.crew.poll_all(cx)
    }

    #[inline]
    fn receive(mut self: Pin<&mut Self>, (x, y): (X, Y)) -> Result<(), Reason> {
        let crew = &mut self.crew;
        let mut is_smooth = true;
        if crew.set.is_open(0)
            && let Err(reason) = crew.set.first.receive(x)
        {
            crew.refused(0, &reason);
            is_smooth = false;
        }
        if crew.set.is_open(1)
            && let Err(reason) = crew.set.second.receive(y)
        {
            crew.refused(1, &reason);
            is_smooth = false;
        }
        if is_smooth {
            return Ok(());
        }
        crew.verdict().map_or(Ok(()), Err)
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

impl<X, Y, A, B, P> fmt::Debug for Unzip<X, Y, A, B, P>
where
    A: Drain<X> + fmt::Debug,
    B: Drain<Y> + fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unzip {:?}", self.crew)
    }
}
