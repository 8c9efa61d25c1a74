//! Tasks of tokio.

use std::future::Future;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::clock::{Ambient, Clock};
use crate::drains::{Spawn, spawn_on};
use crate::error::BoxError;
use crate::runtime::{BoxTask, Spawner, Task};
use crate::stages::{Spawned, spawned_on};

/// A drain that runs `f(item)` as a task of its own for each item: [`spawn_on`] with tasks of
/// the tokio runtime that the flow runs on.
///
/// # Flow control, stopping, errors
///
/// As [`spawn_on`]: at most 1,000 tasks at once unless [`Spawn::at_most`] says otherwise.
///
/// # Panics
///
/// When an item is received outside a tokio runtime; as [`spawn_on`].
///
/// # Examples
///
/// ```
/// use tubes::{Error, Fount, drains, founts};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let jobs = drains::spawn(async |n: u32| if n == 2 { Err("two") } else { Ok(n) });
/// let report = founts::iter(0..4).flow_to(jobs).await?;
/// assert_eq!((report.finished, report.failed), (3, 1));
/// # Ok::<_, Error>(()) }).unwrap();
/// ```
///
/// A task has to own what it uses, so an `async move` closure, which would lend what it has
/// captured to each call, does not compile. A closure that gives each task a clone does. An async
/// block or closure that uses `?` has to say of which type its error is: by `Ok::<_, Error>(..)` at
/// its end, or as an `async fn` that is called.
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU32, Ordering};
/// use tubes::{Error, Fount, drains, founts};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let sum = Arc::new(AtomicU32::new(0));
/// let shared = Arc::clone(&sum);
/// let jobs = drains::spawn(move |text: String| {
///     let sum = Arc::clone(&shared);
///     async move {
///         let n: u32 = text.parse().map_err(Error::user)?;
///         sum.fetch_add(n, Ordering::Relaxed);
///         Ok::<_, Error>(())
///     }
/// });
/// let jobs = jobs.on_failure(|error| eprintln!("{error}"));
/// founts::iter(["1", "x", "2"]).map(String::from).flow_to(jobs).await?;
/// assert_eq!(sum.load(Ordering::Relaxed), 3);
/// # Ok::<_, Error>(()) }).unwrap();
/// ```
pub fn spawn<F, Item, Fut, T, E>(f: F) -> Spawn<F>
where
    F: FnMut(Item) -> Fut,
    Fut: Future<Output = Result<T, E>> + Send + 'static,
    E: Into<BoxError>,
{
    spawn_on(Arc::new(Tokio::default()), f)
}

/// A stage that runs what is in front of it as a task of its own: [`spawned_on`] with a task of the
/// tokio runtime that the flow runs on.
///
/// # Flow control, stopping, errors
///
/// As [`spawned_on`]: at most `bound` items are between the two tasks.
///
/// # Panics
///
/// When it is first polled outside a tokio runtime.
///
/// # Examples
///
/// ```
/// use tubes::{Error, Fount, bound, drains, founts, stages};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let sum = founts::iter(0..1000)
///     .map(|n| n * n)
///     .through(stages::spawned(bound(64)))
///     .flow_to(drains::fold(0, |sum, n| sum + n))
///     .await?;
/// assert_eq!(sum, 332_833_500);
/// # Ok::<_, Error>(()) }).unwrap();
/// ```
pub fn spawned<T>(bound: NonZeroUsize) -> Spawned<T> {
    spawned_on(Arc::new(Tokio::default()), bound)
}

#[derive(Debug, Default)]
struct Tokio {
    /// When it was said that a drain is full.
    said: Mutex<Option<Instant>>,
}

/// It is not said again for so long.
const QUIET: Duration = Duration::from_secs(60);

impl Spawner for Tokio {
    fn spawn(&self, task: BoxTask) -> Task {
        #[expect(clippy::disallowed_methods, reason = "this is the bridge that spawns")]
        let handle = tokio::spawn(task);
        Task::new(move || handle.abort())
    }

    #[cold]
    fn is_full(&self, tasks: NonZeroUsize) {
        let now = Ambient.now();
        let mut said = self
            .said
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let quiet = said.is_some_and(|said| now.saturating_duration_since(said) < QUIET);
        if !quiet {
            *said = Some(now);
            drop(said);
            tracing::warn!(
                tasks,
                "as many tasks run as may, and what is in front of them waits: drains::spawn(..).at_most(..) says how many"
            );
        }
    }
}
