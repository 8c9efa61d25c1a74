//! What an iterator yields.

use std::fmt;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::budget;
use crate::drain::Drain;
use crate::fount::{Fount, Run};
use crate::reason::Reason;

/// A fount of what an iterator yields; finished when the iterator is.
///
/// # Flow control
///
/// Lazy: the iterator is asked for an item only when downstream has room for it.
///
/// # Examples
///
/// ```
/// use tubes::{Fount, Reason, founts};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let mut fount = founts::iter(["a", "b"]);
/// assert_eq!(fount.next().await.unwrap(), "a");
/// assert_eq!(fount.next().await.unwrap(), "b");
/// assert!(matches!(fount.next().await, Err(Reason::Finished)));
/// # });
/// ```
#[inline]
pub fn iter<I: IntoIterator>(items: I) -> Iter<I::IntoIter> {
    Iter {
        state: State::Open(items.into_iter()),
    }
}

/// The fount of [`iter`].
#[must_use = "nothing flows before it is driven: use `flow_to` or `next`"]
pub struct Iter<I> {
    state: State<I>,
}

enum State<I> {
    Open(I),
    Over(Reason),
    /// Only while a run is under way; what a panic leaves behind.
    Away,
}

// The iterator is never pinned.
impl<I> Unpin for Iter<I> {}

impl<I: Iterator> Fount for Iter<I> {
    type Item = I::Item;

    #[inline]
    fn poll_next(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Result<Self::Item, Reason>> {
        Poll::Ready(match &mut self.state {
            State::Open(items) => match items.next() {
                Some(item) => Ok(item),
                None => {
                    self.state = State::Over(Reason::Finished);
                    Err(Reason::Finished)
                }
            },
            State::Over(reason) => Err(reason.clone()),
            State::Away => Err(Reason::abandoned()),
        })
    }

    #[inline]
    fn poll_flow<D>(mut self: Pin<&mut Self>, cx: &mut Context<'_>, mut drain: Pin<&mut D>) -> Run
    where
        D: Drain<Self::Item>,
    {
        match drain.as_mut().poll_ready(cx) {
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(reason)) => return Run::Refused(reason),
            Poll::Pending => return Run::Blocked,
        }
        // Out of `self` while the loop runs, so that it can live in registers. If the drain
        // panics, it is gone, and the flow with it.
        let mut items = match std::mem::replace(&mut self.state, State::Away) {
            State::Open(items) => items,
            State::Over(reason) => {
                self.state = State::Over(reason.clone());
                return Run::Ended(reason);
            }
            State::Away => return Run::Ended(Reason::abandoned()),
        };
        let run = loop {
            if !budget::spend() {
                break Run::Spent;
            }
            // No more than are known to be there, so that the compiler need not look for the end
            // at each item.
            let mut left = items.size_hint().0.clamp(1, budget::RUN);
            let ended = items.try_for_each(|item| {
                if let Err(reason) = drain.as_mut().receive(item) {
                    return ControlFlow::Break(Some(Run::Refused(reason)));
                }
                match drain.as_mut().poll_ready(cx) {
                    Poll::Ready(Ok(())) => {}
                    Poll::Ready(Err(reason)) => {
                        return ControlFlow::Break(Some(Run::Refused(reason)));
                    }
                    Poll::Pending => return ControlFlow::Break(Some(Run::Blocked)),
                }
                left -= 1;
                if left == 0 {
                    return ControlFlow::Break(None);
                }
                ControlFlow::Continue(())
            });
            match ended {
                ControlFlow::Break(None) => {}
                ControlFlow::Break(Some(run)) => break run,
                ControlFlow::Continue(()) => {
                    self.state = State::Over(Reason::Finished);
                    return Run::Ended(Reason::Finished);
                }
            }
        };
        self.state = State::Open(items);
        run
    }

    fn stop(mut self: Pin<&mut Self>, reason: &Reason) {
        if let State::Open(_) = self.state {
            self.state = State::Over(reason.clone());
        }
    }
}

impl<I> fmt::Debug for Iter<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.state {
            State::Open(_) => "iter",
            State::Over(_) | State::Away => "iter(over)",
        })
    }
}
