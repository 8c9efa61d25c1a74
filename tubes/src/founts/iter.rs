//! What an iterator yields.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::budget::{self, Chunks};
use crate::drain::{Drain, Intake};
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
/// assert_eq!(fount.next().await.unwrap(), Some("a"));
/// assert_eq!(fount.next().await.unwrap(), Some("b"));
/// assert!(matches!(fount.next_or_reason().await, Err(Reason::Finished)));
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
            State::Open(items) => {
                if let Some(item) = items.next() {
                    Ok(item)
                } else {
                    self.state = State::Over(Reason::Finished);
                    Err(Reason::Finished)
                }
            }
            State::Over(reason) => Err(reason.clone()),
            State::Away => Err(Reason::abandoned()),
        })
    }

    #[inline]
    fn poll_flow<D>(mut self: Pin<&mut Self>, cx: &mut Context<'_>, mut drain: Pin<&mut D>) -> Run
    where
        D: Drain<Self::Item>,
    {
        // Out of `self` while the run lasts, so that it can live in registers. If the drain
        // panics, it is gone, and the flow with it.
        let mut chunks = match std::mem::replace(&mut self.state, State::Away) {
            State::Open(items) => Chunks::of(items),
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
            chunks.refill();
            match drain
                .as_mut()
                .poll_receive(cx, &mut chunks)
            {
                Intake::Dry if chunks.is_over() => {
                    self.state = State::Over(Reason::Finished);
                    return Run::Ended(Reason::Finished);
                }
                Intake::Dry => {}
                Intake::Blocked => break Run::Blocked,
                Intake::Spent => break Run::Spent,
                Intake::Refused(reason) => break Run::Refused(reason),
            }
        };
        self.state = State::Open(chunks.into_inner());
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
