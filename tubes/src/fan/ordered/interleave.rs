//! So many items from each in turn.

use std::fmt;
use std::num::NonZeroUsize;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use super::measured::Measured;
use super::row::Row;
use crate::budget;
use crate::drain::Drain;
use crate::fount::{Fount, Run};
use crate::reason::Reason;

/// A fount of `count` items of the first fount, `count` of the second, and so on, and again from
/// the first.
///
/// The order does not depend on who is ready: when the fount whose turn it is has nothing right
/// now, the others wait. For items as they come: [`merge`](crate::fan::merge()).
///
/// # Flow control
///
/// Holds no item. Only the fount whose turn it is is asked for items.
///
/// # Stopping
///
/// A fount that ends cleanly, in mid-turn too, leaves the row; the end is that of the last. A
/// failure ends all: the others hear it. So does a stop.
///
/// # Examples
///
/// ```
/// use tubes::{Fount, bound, drains, fan, founts};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let all = fan::interleave([founts::iter(0..3), founts::iter(10..15)], bound(2));
/// assert_eq!(all.flow_to(drains::collect(9)).await?, [0, 1, 10, 11, 2, 12, 13, 14]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
pub fn interleave<I>(founts: I, count: NonZeroUsize) -> Interleave<I::Item>
where
    I: IntoIterator<Item: Fount>,
{
    let row = Row::new(founts);
    let places = row.places();
    Interleave {
        row,
        count,
        after: (1..places).chain([0]).collect(),
        before: places.saturating_sub(1),
        place: 0,
        left: count.get(),
        so_far: Reason::Finished,
        end: None,
    }
}

/// The fount of [`interleave`].
#[must_use = "nothing flows before it is driven: use `flow_to` or `next`"]
pub struct Interleave<F> {
    row: Row<F>,
    count: NonZeroUsize,
    /// Who comes after whom: a ring of those that are open.
    after: Vec<usize>,
    /// Who is before the one whose turn it is.
    before: usize,
    /// Whose turn it is, and for how many items yet.
    place: usize,
    left: usize,
    so_far: Reason,
    end: Option<Reason>,
}

impl<F: Fount> Interleave<F> {
    /// The fount whose turn it is, or the end of all.
    fn current(&mut self) -> Result<usize, Reason> {
        if let Some(reason) = &self.end {
            return Err(reason.clone());
        }
        if self.row.left() == 0 {
            self.end = Some(self.so_far.clone());
            return Err(self.so_far.clone());
        }
        if self.left == 0 {
            self.next_turn();
        }
        Ok(self.place)
    }

    /// Who waits for its turn keeps moving while the one whose turn it is has nothing.
    fn move_others(&mut self, cx: &mut Context<'_>) {
        let (places, own) = (self.row.places(), self.place);
        // Whether they are done or not: who has something under way wakes.
        let _ = self
            .row
            .poll_progress(cx, (0..places).filter(|place| *place != own));
    }

    fn next_turn(&mut self) {
        self.before = self.place;
        self.place = self.after[self.place];
        self.left = self.count.get();
    }

    /// The current one has ended: the end of all, if it failed.
    #[cold]
    fn one_ended(&mut self, reason: Reason) -> Option<Reason> {
        self.row.leave(self.place);
        self.place = self.after[self.place];
        self.after[self.before] = self.place;
        self.left = self.count.get();
        if !reason.is_clean() {
            self.row.stop(&reason);
            self.end = Some(reason.clone());
            return Some(reason);
        }
        let before = std::mem::replace(&mut self.so_far, Reason::Finished);
        self.so_far = before.joined(reason);
        None
    }
}

impl<F: Fount> Fount for Interleave<F> {
    type Item = F::Item;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<F::Item, Reason>> {
        self.row.move_leaving(cx);
        loop {
            let place = match self.current() {
                Ok(place) => place,
                Err(reason) => return Poll::Ready(Err(reason)),
            };
            let Some(fount) = self.row.at(place) else {
                continue;
            };
            match fount.poll_next(cx) {
                Poll::Ready(Ok(item)) => {
                    self.left -= 1;
                    return Poll::Ready(Ok(item));
                }
                Poll::Ready(Err(reason)) => {
                    if let Some(end) = self.one_ended(reason) {
                        return Poll::Ready(Err(end));
                    }
                }
                Poll::Pending => {
                    self.move_others(cx);
                    return Poll::Pending;
                }
            }
            // One that is over at once costs, too: a row of them has no bound of its own.
            if !budget::spend_part() {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
    }

    fn poll_progress(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let places = self.row.places();
        self.row.poll_progress(cx, 0..places)
    }

    fn poll_flow<D>(mut self: Pin<&mut Self>, cx: &mut Context<'_>, mut drain: Pin<&mut D>) -> Run
    where
        D: Drain<F::Item>,
    {
        self.row.move_leaving(cx);
        while budget::spend_part() {
            let place = match self.current() {
                Ok(place) => place,
                Err(reason) => return Run::Ended(reason),
            };
            let left = self.left;
            let Some(fount) = self.row.at(place) else {
                continue;
            };
            let mut measured = pin!(Measured {
                drain: drain.as_mut(),
                left,
            });
            let run = fount.poll_flow(cx, measured.as_mut());
            let left = measured.left;
            self.left = left;
            match run {
                Run::Blocked if left == 0 => {}
                Run::Ended(reason) => {
                    if let Some(end) = self.one_ended(reason) {
                        return Run::Ended(end);
                    }
                }
                run @ Run::Starved => {
                    self.move_others(cx);
                    return run;
                }
                run => return run,
            }
        }
        Run::Spent
    }

    fn stop(mut self: Pin<&mut Self>, reason: &Reason) {
        if self.end.is_none() {
            self.end = Some(reason.clone());
            self.row.stop(reason);
        }
    }
}

impl<F: Fount> fmt::Debug for Interleave<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "interleave({} open)", self.row.left())
    }
}
