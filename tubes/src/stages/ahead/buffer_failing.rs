//! Items wait for downstream, so many; one more is a failure.

use std::collections::VecDeque;
use std::fmt;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::hold::{self, Hold};
use crate::drain::Drain;
use crate::error::{Error, Kind};
use crate::fount::{Fount, Run};
use crate::pump::Pump;
use crate::reason::Reason;
use crate::stages::taking::Take;
use crate::upstream::Upstream;

/// A stage for items that must not wait long: while downstream is not ready, up to `items` wait
/// in it; one more is a failure.
///
/// While downstream is ready, items pass straight through, in runs.
///
/// # Flow control
///
/// Holds up to `items` items. Pulls what upstream has even while downstream is not ready.
///
/// # Stopping
///
/// When upstream ends, or one item too many has come, what is held is delivered before the end.
/// When downstream stops, or the flow is dropped, what is held is dropped.
///
/// # Errors
///
/// [`Kind::Full`], behind what was held; the item that was too much is gone. Upstream is not
/// asked for another one, and is stopped when downstream hears of it.
///
/// # Examples
///
/// ```
/// use tubes::testing::{Executor, FakeDrain, FakeFount, Schedule};
/// use tubes::{Fount, Kind, bound, stages};
///
/// let drain = FakeDrain::new().by_hand();
/// let sink = drain.handle();
/// let mut flow = Box::pin(FakeFount::new(0..9).through(stages::buffer_failing(bound(2))).flow_to(drain));
///
/// let mut executor = Executor::new(&Schedule::eager());
/// assert!(executor.run_until_stalled(flow.as_mut()).is_pending());
/// sink.allow(9);
/// let error = executor.run(flow).unwrap_err();
/// assert_eq!(sink.items(), [0, 1]);
/// assert_eq!(error.kind(), Kind::Full { what: "queue", limit: 2 });
/// ```
#[inline]
pub fn buffer_failing<T>(items: NonZeroUsize) -> BufferFailing<T> {
    BufferFailing {
        held: VecDeque::new(),
        items: items.get(),
        state: State::Open,
    }
}

/// The stage of [`buffer_failing`].
#[must_use = "a stage does nothing before it is attached"]
pub struct BufferFailing<T> {
    held: VecDeque<T>,
    items: usize,
    state: State,
}

#[derive(Clone, Copy)]
enum State {
    Open,
    /// One item too many has come.
    Overrun,
}

impl<T> Take<T> for BufferFailing<T> {
    #[inline]
    fn has_room(&self) -> bool {
        true
    }

    #[inline]
    fn take(&mut self, item: T) -> Result<(), Reason> {
        if self.held.len() == self.items {
            self.state = State::Overrun;
            return Err(too_much(self.items));
        }
        hold::push_back(&mut self.held, self.items, item);
        Ok(())
    }
}

#[cold]
fn too_much(limit: usize) -> Reason {
    let what = "queue";
    Error::new(Kind::Full { what, limit }).into()
}

impl<T> Hold<T> for BufferFailing<T> {
    type Out = T;

    #[inline]
    fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    #[inline]
    fn give(&mut self) -> Option<T> {
        self.held.pop_front()
    }

    #[inline]
    fn pass(&mut self, item: T) -> T {
        item
    }

    #[inline]
    fn end(&self) -> Option<Reason> {
        match self.state {
            State::Open => None,
            State::Overrun => Some(too_much(self.items)),
        }
    }
}

// Nothing in it is pinned.
impl<T> Unpin for BufferFailing<T> {}

impl<T, U: Fount<Item = T>> Pump<U> for BufferFailing<T> {
    type Item = T;

    #[inline]
    fn poll_next(
        mut self: Pin<&mut Self>,
        upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<T, Reason>> {
        hold::poll_next(&mut *self, upstream, cx)
    }

    #[inline]
    fn poll_progress(
        mut self: Pin<&mut Self>,
        upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        hold::poll_progress(&mut *self, upstream, cx)
    }

    #[inline]
    fn poll_flow<D: Drain<T>>(
        mut self: Pin<&mut Self>,
        upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
        drain: Pin<&mut D>,
    ) -> Run {
        hold::poll_flow(&mut *self, upstream, cx, drain)
    }

    fn stop(mut self: Pin<&mut Self>, upstream: Pin<&mut Upstream<U>>, reason: &Reason) {
        upstream.stop(reason);
        self.held = VecDeque::new();
    }

    fn kind(&self) -> &'static str {
        "buffer_failing"
    }
}

impl<T> fmt::Debug for BufferFailing<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "buffer_failing({} of {})", self.held.len(), self.items)
    }
}
