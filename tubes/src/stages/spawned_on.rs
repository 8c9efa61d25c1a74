//! What is in front, on a task of its own.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;

use super::crossed::Crossed;
use crate::boundary::{self, Boundary};
use crate::fount::Fount;
use crate::runtime::Spawner;
use crate::stage::{Direct, Stage};

/// A stage that runs what is in front of it as a task of `spawner`, with at most `bound` items
/// between that task and what is behind.
///
/// `stages::spawned` (feature `tokio`) is this with the spawner of the runtime that it runs on.
///
/// # Flow control
///
/// The task begins when the stage is first polled, whether for an item or while what is behind is
/// not ready, and works ahead: until `bound` items wait. Those that
/// wait and those that were taken out and not handed on count together; see
/// [`boundary::pair`], and [`weighing`](Spawned::weighing) for a bound on bytes.
///
/// # Stopping
///
/// Every end crosses behind the items, with its reason; a stop crosses the other way. Either way
/// the flow is over when the task is. When the flow is dropped, the task ends, and what is in
/// front is dropped with it; items that had crossed into the boundary are lost, as is what the
/// task held.
///
/// # Errors
///
/// When a stage in front panics, [`Kind::Panicked`](crate::Kind::Panicked) behind the items that
/// came before; when the runtime drops the task, [`Kind::Abandoned`](crate::Kind::Abandoned).
///
/// # Panics
///
/// When the spawner does: whoever drives the flow sees that panic.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use tubes::runtime::{BoxTask, Spawner, Task};
/// use tubes::{Fount, bound, drains, founts, stages};
///
/// #[derive(Debug)]
/// struct Threads;
///
/// impl Spawner for Threads {
///     fn spawn(&self, task: BoxTask) -> Task {
///         let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
///         std::thread::spawn(move || runtime.block_on(task));
///         Task::new(|| ())
///     }
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let sum = founts::iter(0..1000)
///     .map(|n| n * n)
///     .through(stages::spawned_on(Arc::new(Threads), bound(64)))
///     .flow_to(drains::fold(0, |sum, n| sum + n))
///     .await?;
/// assert_eq!(sum, 332_833_500);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
pub fn spawned_on<T>(spawner: Arc<dyn Spawner>, bound: NonZeroUsize) -> Spawned<T> {
    Spawned {
        spawner,
        boundary: boundary::of(bound),
    }
}

/// The stage of `spawned` and [`spawned_on`].
#[must_use = "a stage does nothing before it stands behind a fount: `through`"]
pub struct Spawned<T> {
    spawner: Arc<dyn Spawner>,
    boundary: Boundary<T>,
}

impl<T> Spawned<T> {
    /// Bounds what is between the tasks by its weight, too: as [`Boundary::weighing`].
    pub fn weighing<W>(mut self, max: usize, weigh: W) -> Self
    where
        W: Fn(&T) -> usize + Send + Sync + 'static,
    {
        self.boundary = self.boundary.weighing(max, weigh);
        self
    }
}

#[diagnostic::do_not_recommend]
impl<U> Stage<U, Direct> for Spawned<U::Item>
where
    U: Fount<Item: Send> + Send + 'static,
{
    type Output = Crossed<U>;

    #[track_caller]
    fn attach(self, upstream: U) -> Crossed<U> {
        Crossed::new(upstream, self.boundary, self.spawner)
    }
}

impl<T> fmt::Debug for Spawned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("spawned")
    }
}
