//! Items wait for downstream, so many and so heavy; then upstream waits.

use std::collections::VecDeque;
use std::fmt;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::hold::{self, Hold};
use crate::drain::Drain;
use crate::fount::{Fount, Run};
use crate::pump::Pump;
use crate::reason::Reason;
use crate::stages::taking::Take;
use crate::stages::weigh::{Each, Weigh};
use crate::upstream::Upstream;

/// A stage that pulls ahead while downstream is not ready: up to `items` wait in it.
///
/// So a slow upstream and a slow downstream work at the same time, in one task. While downstream
/// is ready, items pass straight through, in runs, and the buffer costs nothing.
///
/// To lose items instead of waiting, see [`buffer_dropping`](super::buffer_dropping); to fail,
/// [`buffer_failing`](super::buffer_failing).
///
/// # Flow control
///
/// Holds up to `items` items, and what [`weighing`](Buffer::weighing) allows. Pulls only while
/// it has room; when full, upstream waits. Its memory grows as it fills.
///
/// # Stopping
///
/// When upstream ends, for whatever reason, what is held is delivered before the end. When
/// downstream stops, or the flow is dropped, what is held is dropped.
///
/// # Examples
///
/// ```
/// use tubes::testing::{Executor, FakeDrain, FakeFount, Schedule};
/// use tubes::{Fount, bound, stages};
///
/// let (fount, drain) = (FakeFount::new(0..9), FakeDrain::new().by_hand());
/// let source = fount.handle();
/// let mut flow = Box::pin(fount.through(stages::buffer(bound(2))).flow_to(drain));
///
/// // Downstream has no room, and two items wait for it.
/// let mut executor = Executor::new(&Schedule::eager());
/// assert!(executor.run_until_stalled(flow.as_mut()).is_pending());
/// assert_eq!(source.pulled(), 2);
/// ```
#[inline]
pub fn buffer<T>(items: NonZeroUsize) -> Buffer<T> {
    Buffer {
        held: VecDeque::new(),
        items: items.get(),
        weight: 0,
        max: usize::MAX,
        weigh: Each,
    }
}

/// The stage of [`buffer`].
#[must_use = "a stage does nothing before it is attached"]
pub struct Buffer<T, W = Each> {
    /// With the weight that each was found to have.
    held: VecDeque<(usize, T)>,
    items: usize,
    /// The sum of what the held weigh.
    weight: usize,
    max: usize,
    weigh: W,
}

impl<T> Buffer<T> {
    /// Bounds what is held by weight, too: no item is pulled ahead when what waits weighs `max`
    /// or more. An item is weighed when it is here, so the last one may go beyond `max`, and with a
    /// `max` of 0 there is one at a time. The bound of items holds as before, also for items that
    /// weigh nothing.
    ///
    /// # Examples
    ///
    /// At most 100 segments, and no more than a segment over 64 KiB:
    ///
    /// ```
    /// use tubes::{Fount, bound, drains, founts, stages};
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let all = founts::iter(["some", "more"])
    ///     .through(stages::buffer(bound(100)).weighing(64 * 1024, |text: &&str| text.len()))
    ///     .flow_to(drains::collect(9))
    ///     .await?;
    /// assert_eq!(all, ["some", "more"]);
    /// # Ok::<_, tubes::Error>(()) }).unwrap();
    /// ```
    #[inline]
    pub fn weighing<F>(self, max: usize, weigh: F) -> Buffer<T, F>
    where
        F: FnMut(&T) -> usize,
    {
        Buffer {
            held: self.held,
            items: self.items,
            weight: 0,
            max,
            weigh,
        }
    }
}

impl<T, W: Weigh<T>> Take<T> for Buffer<T, W> {
    #[inline]
    fn has_room(&self) -> bool {
        self.held.len() < self.items && (self.weight < self.max || self.held.is_empty())
    }

    #[inline]
    fn take(&mut self, item: T) -> Result<(), Reason> {
        let weight = self.weigh.weigh(&item);
        self.weight = self.weight.saturating_add(weight);
        hold::push_back(&mut self.held, self.items, (weight, item));
        Ok(())
    }
}

impl<T, W: Weigh<T>> Hold<T> for Buffer<T, W> {
    type Out = T;

    #[inline]
    fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    #[inline]
    fn give(&mut self) -> Option<T> {
        let (weight, item) = self.held.pop_front()?;
        self.weight = if self.held.is_empty() {
            0
        } else {
            self.weight.saturating_sub(weight)
        };
        Some(item)
    }

    #[inline]
    fn pass(&mut self, item: T) -> T {
        item
    }
}

// Nothing in it is pinned.
impl<T, W> Unpin for Buffer<T, W> {}

impl<T, U: Fount<Item = T>, W: Weigh<T>> Pump<U> for Buffer<T, W> {
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
        "buffer"
    }
}

impl<T, W> fmt::Debug for Buffer<T, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "buffer({} of {})", self.held.len(), self.items)
    }
}
