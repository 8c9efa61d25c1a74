//! One last item instead of a failure.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::drain::Drain;
use crate::error::Error;
use crate::fount::{Fount, Run};
use crate::pump::Pump;
use crate::reason::Reason;
use crate::upstream::Upstream;

/// A stage that gives one last item where upstream failed, and finishes: the item that `f` makes of
/// the error. If `f` gives `None`, the failure stands.
///
/// Items pass as they are, and so do clean ends.
///
/// # Flow control
///
/// Holds nothing; runs of items pass through. `f` is called when downstream has room for its item.
///
/// # Stopping
///
/// Downstream hears [`Reason::Finished`] behind the last item. What downstream itself refuses is not
/// recovered from.
///
/// # Panics
///
/// When `f` does; asked again, the flow ends with the failure.
///
/// # Examples
///
/// ```
/// use tubes::{Fount, Kind, drains, founts, stages};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let words = founts::iter(["1", "2", "x", "4"])
///     .through(stages::try_map(str::parse::<i32>))
///     .through(stages::recover(|error| (error.kind() == Kind::User).then_some(-1)));
/// assert_eq!(words.flow_to(drains::collect(9)).await?, [1, 2, -1]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[inline]
pub fn recover<F, Item>(f: F) -> Recover<F>
where
    F: FnOnce(Error) -> Option<Item>,
{
    Recover {
        state: State::Flowing(f),
    }
}

/// The stage of [`recover`].
#[must_use = "a stage does nothing before it is attached"]
pub struct Recover<F> {
    state: State<F>,
}

enum State<F> {
    /// Upstream has not failed yet, or `f` was not asked yet.
    Flowing(F),
    /// The last item was given.
    Recovered,
    /// There is none.
    Failed,
}

// The function is never pinned.
impl<F> Unpin for Recover<F> {}

impl<F> Recover<F> {
    /// Upstream has failed: the last item, or the end.
    #[cold]
    fn told<Item>(&mut self, error: Error) -> Result<Item, Reason>
    where
        F: FnOnce(Error) -> Option<Item>,
    {
        match std::mem::replace(&mut self.state, State::Failed) {
            State::Flowing(f) => {
                if let Some(last) = f(error.clone()) {
                    self.state = State::Recovered;
                    return Ok(last);
                }
                Err(Reason::Failed(error))
            }
            State::Recovered => {
                self.state = State::Recovered;
                Err(Reason::Finished)
            }
            State::Failed => Err(Reason::Failed(error)),
        }
    }

    /// Upstream has failed: asks as soon as there is room for a last item.
    #[cold]
    fn poll_last<Item, D>(
        &mut self,
        error: Error,
        cx: &mut Context<'_>,
        mut drain: Pin<&mut D>,
    ) -> Run
    where
        F: FnOnce(Error) -> Option<Item>,
        D: Drain<Item>,
    {
        if let State::Flowing(_) = self.state {
            match drain.as_mut().poll_ready(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(reason)) => return Run::Refused(reason),
                Poll::Pending => return Run::Blocked,
            }
        }
        match self.told(error) {
            Ok(last) => match drain.receive(last) {
                Ok(()) => Run::Ended(Reason::Finished),
                Err(reason) => Run::Refused(reason),
            },
            Err(reason) => Run::Ended(reason),
        }
    }
}

impl<U, F> Pump<U> for Recover<F>
where
    U: Fount,
    F: FnOnce(Error) -> Option<U::Item>,
{
    type Item = U::Item;

    #[inline]
    fn poll_next(
        self: Pin<&mut Self>,
        upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<U::Item, Reason>> {
        match upstream.poll_next(cx) {
            Poll::Ready(Err(Reason::Failed(error))) => Poll::Ready(self.get_mut().told(error)),
            next => next,
        }
    }

    #[inline]
    fn poll_flow<D>(
        self: Pin<&mut Self>,
        upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
        mut drain: Pin<&mut D>,
    ) -> Run
    where
        D: Drain<U::Item>,
    {
        match upstream.poll_flow(cx, drain.as_mut()) {
            Run::Ended(Reason::Failed(error)) => self
                .get_mut()
                .poll_last(error, cx, drain),
            run => run,
        }
    }

    #[inline]
    fn kind(&self) -> &'static str {
        "recover"
    }
}

impl<F> fmt::Debug for Recover<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.state {
            State::Flowing(_) | State::Failed => "recover",
            State::Recovered => "recover(recovered)",
        })
    }
}
