//! So many items in a vector, or fewer after some time.

use std::fmt;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use crate::alarm::{Alarm, after};
use crate::clock::{Ambient, Clock};
use crate::fount::{Fount, Run};
use crate::pump::Pump;
use crate::reason::Reason;
use crate::stages::taking::{Take, Taking};
use crate::stages::weigh::{Each, Weigh};
use crate::upstream::Upstream;

/// A stage that gives vectors of `items` items, or of fewer when the first of them has waited for
/// `time`.
///
/// There are no empty ones: while nothing comes, nothing is given. As [`chunks`](crate::stages::chunks())
/// without the time; to let how slow downstream is set the size, see [`batch`](crate::stages::batch()).
///
/// # Flow control
///
/// Holds the items of one vector; with [`weighing`](ChunksWithin::weighing), one more, too heavy
/// for it. Pulls only while downstream is ready, and looks at the clock while upstream has nothing.
///
/// # Stopping
///
/// When upstream ends, for whatever reason, the rest is delivered as a shorter vector, before the
/// end. When downstream stops, or the flow is dropped, what is held is dropped.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tubes::{Fount, bound, drains, founts, stages};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let rows = founts::iter(1..=5)
///     .through(stages::chunks_within(bound(2), Duration::from_millis(100)))
///     .flow_to(drains::collect(9))
///     .await?;
/// assert_eq!(rows, [vec![1, 2], vec![3, 4], vec![5]]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[inline]
pub fn chunks_within<T>(items: NonZeroUsize, time: Duration) -> ChunksWithin<T> {
    ChunksWithin {
        chunk: Chunk {
            items: Vec::new(),
            weight: 0,
            next: None,
            bound: items.get(),
            max: usize::MAX,
            last: 0,
            weigh: Each,
        },
        time,
        clock: Ambient,
        alarm: Alarm::default(),
        due: None,
    }
}

/// The stage of [`chunks_within`].
#[must_use = "a stage does nothing before it is attached"]
pub struct ChunksWithin<T, W = Each, C = Ambient> {
    chunk: Chunk<T, W>,
    time: Duration,
    clock: C,
    alarm: Alarm,
    /// When the chunk goes as it is; nothing until upstream has paused within it.
    due: Option<Instant>,
}

struct Chunk<T, W> {
    /// At most `bound`.
    items: Vec<T>,
    /// The sum of what `items` weigh; beyond `max` only if there is one alone.
    weight: usize,
    /// What was too heavy for this chunk, and begins the next one.
    next: Option<(usize, T)>,
    bound: usize,
    max: usize,
    /// How long the last chunk was: the next one is likely to be so, too.
    last: usize,
    weigh: W,
}

impl<T, W> Chunk<T, W> {
    #[inline]
    fn is_full(&self) -> bool {
        self.next.is_some() || self.items.len() >= self.bound || self.weight >= self.max
    }

    #[inline]
    fn push(&mut self, weight: usize, item: T) {
        if self.items.capacity() == 0 {
            self.items.reserve_exact(self.last);
        }
        self.items.push(item);
        self.weight = self.weight.saturating_add(weight);
    }

    fn give(&mut self) -> Vec<T> {
        let chunk = std::mem::take(&mut self.items);
        self.last = chunk.len();
        self.weight = 0;
        if let Some((weight, item)) = self.next.take() {
            self.push(weight, item);
        }
        chunk
    }
}

impl<T, W: Weigh<T>> Take<T> for Chunk<T, W> {
    #[inline]
    fn has_room(&self) -> bool {
        self.items.is_empty() || !self.is_full()
    }

    #[inline]
    fn take(&mut self, item: T) -> Result<(), Reason> {
        let weight = self.weigh.weigh(&item);
        if !self.items.is_empty() && weight > self.max.saturating_sub(self.weight) {
            self.next = Some((weight, item));
        } else {
            self.push(weight, item);
        }
        Ok(())
    }
}

impl<T, C> ChunksWithin<T, Each, C> {
    /// Bounds a vector by weight, too: none weighs more than `max`, unless it is of one item that
    /// does so alone. The bound of items holds as before, also for items that weigh nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tubes::{Fount, bound, drains, founts, stages};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// let time = Duration::from_millis(100);
    /// let rows = founts::iter(["one", "two", "three", "four"])
    ///     .through(stages::chunks_within(bound(9), time).weighing(8, |word: &&str| word.len()))
    ///     .flow_to(drains::collect(9))
    ///     .await?;
    /// assert_eq!(rows, [vec!["one", "two"], vec!["three"], vec!["four"]]);
    /// # Ok::<_, tubes::Error>(()) }).unwrap();
    /// ```
    #[inline]
    pub fn weighing<F>(self, max: usize, weigh: F) -> ChunksWithin<T, F, C>
    where
        F: FnMut(&T) -> usize,
    {
        ChunksWithin {
            chunk: Chunk {
                items: self.chunk.items,
                weight: 0,
                next: None,
                bound: self.chunk.bound,
                max,
                last: 0,
                weigh,
            },
            time: self.time,
            clock: self.clock,
            alarm: self.alarm,
            due: self.due,
        }
    }
}

impl<T, W, C> ChunksWithin<T, W, C> {
    /// The same stage with a clock of its own.
    #[inline]
    pub fn on<D: Clock>(self, clock: D) -> ChunksWithin<T, W, D> {
        ChunksWithin {
            chunk: self.chunk,
            time: self.time,
            clock,
            alarm: self.alarm,
            due: self.due,
        }
    }

    fn give(&mut self) -> Poll<Result<Vec<T>, Reason>> {
        self.due = None;
        Poll::Ready(Ok(self.chunk.give()))
    }
}

impl<T, W, C: Clock> ChunksWithin<T, W, C> {
    /// Ready when the chunk has waited long enough.
    fn poll_due(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let (clock, time) = (&self.clock, self.time);
        let at = *self
            .due
            .get_or_insert_with(|| after(clock.now(), time));
        self.alarm.poll_at(clock, at, cx)
    }
}

// Nothing in it is pinned.
impl<T, W, C> Unpin for ChunksWithin<T, W, C> {}

impl<T, U: Fount<Item = T>, W: Weigh<T>, C: Clock> Pump<U> for ChunksWithin<T, W, C> {
    type Item = Vec<T>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        mut upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Vec<T>, Reason>> {
        let this = &mut *self;
        let is_due = this.due.is_some() && this.poll_due(cx).is_ready();
        if !this.chunk.items.is_empty() && (is_due || this.chunk.is_full()) {
            return this.give();
        }
        let taking = std::pin::pin!(Taking(&mut this.chunk));
        let run = upstream.as_mut().poll_flow(cx, taking);
        if this.chunk.items.is_empty() {
            return match run {
                Run::Starved | Run::Blocked => Poll::Pending,
                Run::Spent => {
                    cx.waker().wake_by_ref();
                    Poll::Pending
                }
                Run::Ended(_) | Run::Refused(_) => upstream
                    .poll_next(cx)
                    .map_ok(|item| vec![item]),
            };
        }
        match run {
            Run::Blocked | Run::Ended(_) | Run::Refused(_) => this.give(),
            Run::Starved | Run::Spent if this.poll_due(cx).is_ready() => this.give(),
            Run::Starved => Poll::Pending,
            Run::Spent => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }

    fn stop(mut self: Pin<&mut Self>, upstream: Pin<&mut Upstream<U>>, reason: &Reason) {
        upstream.stop(reason);
        self.alarm.clear();
        self.chunk.next = None;
        self.chunk.items = Vec::new();
    }

    fn kind(&self) -> &'static str {
        "chunks_within"
    }
}

impl<T, W, C> fmt::Debug for ChunksWithin<T, W, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = self.chunk.items.len();
        write!(f, "chunks_within({held} of {})", self.chunk.bound)
    }
}
