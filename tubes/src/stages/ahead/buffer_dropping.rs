//! Items wait for downstream, so many; then some are dropped, and the gap is told.

use std::collections::VecDeque;
use std::fmt;
use std::num::{NonZeroU64, NonZeroUsize};
use std::pin::Pin;
use std::task::{Context, Poll};

use super::hold::{self, Hold};
use crate::drain::Drain;
use crate::fount::{Fount, Run};
use crate::lossy::Lossy;
use crate::pump::Pump;
use crate::reason::Reason;
use crate::stages::taking::Take;
use crate::upstream::Upstream;

/// A stage that never holds upstream back: while downstream is not ready, up to `items` wait in
/// it, and what is too much is dropped.
///
/// What was dropped is told in its place, as [`Lossy::Gap`]. While downstream is ready, items
/// pass straight through, in runs.
///
/// # Flow control
///
/// Holds up to `items` items, and a count for each place where some are missing. Pulls all that
/// upstream has even while downstream is not ready.
///
/// # Stopping
///
/// When upstream ends, for whatever reason, what is held is delivered before the end, and the
/// last gap, too. When downstream stops, or the flow is dropped, what is held is dropped.
///
/// # Examples
///
/// ```
/// use std::num::NonZeroU64;
/// use tubes::stages::{self, Dropping};
/// use tubes::testing::{Executor, FakeDrain, FakeFount, Schedule};
/// use tubes::{Fount, Lossy, bound};
///
/// let drain = FakeDrain::new().by_hand();
/// let sink = drain.handle();
/// let newest = stages::buffer_dropping(bound(2), Dropping::Oldest);
/// let mut flow = Box::pin(FakeFount::new(0..9).through(newest).flow_to(drain));
///
/// let mut executor = Executor::new(&Schedule::eager());
/// assert!(executor.run_until_stalled(flow.as_mut()).is_pending());
/// sink.allow(9);
/// executor.run(flow)?;
/// let seven = NonZeroU64::new(7).unwrap();
/// assert_eq!(sink.items(), [Lossy::Gap(seven), Lossy::Item(7), Lossy::Item(8)]);
/// # Ok::<_, tubes::Error>(())
/// ```
#[inline]
pub fn buffer_dropping<T>(items: NonZeroUsize, dropping: Dropping) -> BufferDropping<T> {
    BufferDropping {
        held: VecDeque::new(),
        items: items.get(),
        missing: 0,
        is_announced: false,
        dropping,
    }
}

/// Which items a full [`buffer_dropping`] drops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dropping {
    /// Those that wait longest: what is delivered is as new as can be. The item behind a gap that was
    /// told already stays, so that each gap is followed by an item.
    Oldest,
    /// Those that come: what was taken in is delivered.
    Newest,
}

/// The stage of [`buffer_dropping`].
#[must_use = "a stage does nothing before it is attached"]
pub struct BufferDropping<T> {
    /// With how many are missing before each.
    held: VecDeque<(u64, T)>,
    items: usize,
    /// How many are missing behind all that are held.
    missing: u64,
    /// The gap before the first was handed out, so that this one goes next: were it dropped, too, a
    /// slow reader would hear of gaps for ever and never of an item.
    is_announced: bool,
    dropping: Dropping,
}

impl<T> BufferDropping<T> {
    /// Drops the oldest item that may be; `false` if that is the one that comes.
    fn make_room(&mut self) -> bool {
        if self.held.len() < self.items {
            return true;
        }
        let oldest = usize::from(self.is_announced);
        let Some((before, _)) = self.held.remove(oldest) else {
            return false;
        };
        let missing = match self.held.get_mut(oldest) {
            Some((missing, _)) => missing,
            None => &mut self.missing,
        };
        *missing = missing
            .saturating_add(before)
            .saturating_add(1);
        true
    }
}

impl<T> Take<T> for BufferDropping<T> {
    #[inline]
    fn has_room(&self) -> bool {
        true
    }

    #[inline]
    fn take(&mut self, item: T) -> Result<(), Reason> {
        let has_room = match self.dropping {
            Dropping::Oldest => self.make_room(),
            Dropping::Newest => self.held.len() < self.items,
        };
        if !has_room {
            self.missing = self.missing.saturating_add(1);
            return Ok(());
        }
        let missing = std::mem::take(&mut self.missing);
        hold::push_back(&mut self.held, self.items, (missing, item));
        Ok(())
    }
}

impl<T> Hold<T> for BufferDropping<T> {
    type Out = Lossy<T>;

    #[inline]
    fn is_empty(&self) -> bool {
        self.held.is_empty() && self.missing == 0
    }

    #[inline]
    fn give(&mut self) -> Option<Lossy<T>> {
        let missing = match self.held.front_mut() {
            Some((missing, _)) => missing,
            None => &mut self.missing,
        };
        if let Some(gap) = NonZeroU64::new(std::mem::take(missing)) {
            self.is_announced = !self.held.is_empty();
            return Some(Lossy::Gap(gap));
        }
        self.is_announced = false;
        let (_, item) = self.held.pop_front()?;
        Some(Lossy::Item(item))
    }

    #[inline]
    fn pass(&mut self, item: T) -> Lossy<T> {
        Lossy::Item(item)
    }
}

// Nothing in it is pinned.
impl<T> Unpin for BufferDropping<T> {}

impl<T, U: Fount<Item = T>> Pump<U> for BufferDropping<T> {
    type Item = Lossy<T>;

    #[inline]
    fn poll_next(
        mut self: Pin<&mut Self>,
        upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Lossy<T>, Reason>> {
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
    fn poll_flow<D: Drain<Lossy<T>>>(
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
        "buffer_dropping"
    }
}

impl<T> fmt::Debug for BufferDropping<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "buffer_dropping({} of {})", self.held.len(), self.items)
    }
}
