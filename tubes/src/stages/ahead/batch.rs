//! What downstream has no time for becomes one batch, up to a bound.

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

/// A stage whose batches are as large as downstream is slow: while downstream is not ready, up to
/// `items` items become one batch, begun by `seed(item)` and continued by `add(batch, item)`.
///
/// A downstream that keeps up gets batches of one item, and waits for nothing: unlike
/// [`chunks_within`](crate::stages::chunks_within), no time is involved.
///
/// # Flow control
///
/// Holds one batch of up to `items` items, and what [`weighing`](Batch::weighing) allows. Pulls
/// only while the batch may grow; then upstream waits.
///
/// # Stopping
///
/// When upstream ends, for whatever reason, the batch is delivered before the end. When
/// downstream stops, or the flow is dropped, it is dropped.
///
/// # Examples
///
/// ```
/// use tubes::testing::{Executor, FakeDrain, FakeFount, Schedule};
/// use tubes::{Fount, bound, stages};
///
/// let drain = FakeDrain::new().by_hand();
/// let sink = drain.handle();
/// let batch = stages::batch(bound(3), |n: u32| n.to_string(), |text, n| format!("{text}+{n}"));
/// let mut flow = Box::pin(FakeFount::new(1..=4).through(batch).flow_to(drain));
///
/// let mut executor = Executor::new(&Schedule::eager());
/// assert!(executor.run_until_stalled(flow.as_mut()).is_pending());
/// sink.allow(9);
/// executor.run(flow)?;
/// assert_eq!(sink.items(), ["1+2+3", "4"]);
/// # Ok::<_, tubes::Error>(())
/// ```
#[inline]
pub fn batch<T, S, Seed, Add>(items: NonZeroUsize, seed: Seed, add: Add) -> Batch<S, Seed, Add>
where
    Seed: FnMut(T) -> S,
    Add: FnMut(S, T) -> S,
{
    Batch {
        held: None,
        load: Load {
            items: 0,
            weight: 0,
        },
        full: Load {
            items: items.get(),
            weight: usize::MAX,
        },
        seed,
        add,
        weigh: Each,
    }
}

/// The stage of [`batch`].
///
/// It has a type for the batch, one for each function of the user, and one for how items are
/// weighed.
#[must_use = "a stage does nothing before it is attached"]
pub struct Batch<S, Seed, Add, W = Each> {
    held: Option<S>,
    /// What is in the held batch.
    load: Load,
    full: Load,
    seed: Seed,
    add: Add,
    weigh: W,
}

struct Load {
    items: usize,
    weight: usize,
}

impl<S, Seed, Add> Batch<S, Seed, Add> {
    /// Bounds a batch by weight, too: no item is added to one that weighs `max` or more. An item
    /// is weighed when it is here, so the last one may go beyond `max`, and with a `max` of 0 each
    /// is alone. The bound of items holds as before, also for items that weigh nothing.
    #[inline]
    pub fn weighing<T, F>(self, max: usize, weigh: F) -> Batch<S, Seed, Add, F>
    where
        F: FnMut(&T) -> usize,
    {
        Batch {
            held: self.held,
            load: self.load,
            full: Load {
                weight: max,
                ..self.full
            },
            seed: self.seed,
            add: self.add,
            weigh,
        }
    }
}

impl<T, S, Seed, Add, W> Take<T> for Batch<S, Seed, Add, W>
where
    Seed: FnMut(T) -> S,
    Add: FnMut(S, T) -> S,
    W: Weigh<T>,
{
    #[inline]
    fn has_room(&self) -> bool {
        let (load, full) = (&self.load, &self.full);
        self.held.is_none() || (load.items < full.items && load.weight < full.weight)
    }

    #[inline]
    fn take(&mut self, item: T) -> Result<(), Reason> {
        let weight = self.weigh.weigh(&item);
        if let Some(batch) = self.held.take() {
            self.held = Some((self.add)(batch, item));
            self.load.items += 1;
            self.load.weight = self.load.weight.saturating_add(weight);
        } else {
            self.held = Some((self.seed)(item));
            self.load = Load { items: 1, weight };
        }
        Ok(())
    }
}

impl<T, S, Seed, Add, W> Hold<T> for Batch<S, Seed, Add, W>
where
    Seed: FnMut(T) -> S,
    Add: FnMut(S, T) -> S,
    W: Weigh<T>,
{
    type Out = S;

    #[inline]
    fn is_empty(&self) -> bool {
        self.held.is_none()
    }

    #[inline]
    fn give(&mut self) -> Option<S> {
        self.held.take()
    }

    #[inline]
    fn pass(&mut self, item: T) -> S {
        (self.seed)(item)
    }
}

// Nothing in it is pinned.
impl<S, Seed, Add, W> Unpin for Batch<S, Seed, Add, W> {}

impl<U, S, Seed, Add, W> Pump<U> for Batch<S, Seed, Add, W>
where
    U: Fount,
    Seed: FnMut(U::Item) -> S,
    Add: FnMut(S, U::Item) -> S,
    W: Weigh<U::Item>,
{
    type Item = S;

    #[inline]
    fn poll_next(
        mut self: Pin<&mut Self>,
        upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<S, Reason>> {
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
    fn poll_flow<D: Drain<S>>(
        mut self: Pin<&mut Self>,
        upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
        drain: Pin<&mut D>,
    ) -> Run {
        hold::poll_flow(&mut *self, upstream, cx, drain)
    }

    fn stop(mut self: Pin<&mut Self>, upstream: Pin<&mut Upstream<U>>, reason: &Reason) {
        upstream.stop(reason);
        self.held = None;
    }

    fn kind(&self) -> &'static str {
        "batch"
    }
}

impl<S, Seed, Add, W> fmt::Debug for Batch<S, Seed, Add, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let items = if self.held.is_some() {
            self.load.items
        } else {
            0
        };
        write!(f, "batch({items} of {})", self.full.items)
    }
}
