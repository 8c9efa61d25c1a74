//! A task for each item, at most so many at once.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use pin_project::pin_project;

use crate::drain::Drain;
use crate::error::{BoxError, Error, Kind};
use crate::reason::Reason;
use crate::runtime::{Spawner, Task};

/// How many tasks run at once unless [`Spawn::at_most`] says otherwise.
///
/// Well below the usual limit of open files (1,024 for a shell, more for a service).
const AT_MOST: NonZeroUsize = NonZeroUsize::new(1000).expect("1000 is not 0");

/// A drain that runs `f(item)` as a task of its own for each item, on tasks of `spawner`.
///
/// `drains::spawn` (feature `tokio`) is this with the spawner of the runtime that it runs on. What a
/// task gives with `Ok` is dropped: send it on from within, or let it come out of a stage
/// ([`stages::try_then`](crate::stages::try_then)).
///
/// # Flow control
///
/// At most 1,000 tasks run at once, or what [`at_most`](Spawn::at_most) says; when there are so
/// many, the drain is not ready, which pauses what is in front: a listening socket stops
/// accepting. Where nobody has said how many, `drains::spawn` says in the log (of the `tracing` crate)
/// that it is full, once a minute at most. Where items need one another (the groups of
/// [`group_by`](crate::stages::group_by)), as many tasks as there may be groups have to be allowed.
///
/// # Stopping
///
/// When the flow ends, the drain waits for the tasks that are running, and then hands over a
/// [`Report`]. The failure of one task ends neither the flow nor another task: it stands in the
/// report, which is dropped in silence where the flow is written as `flow.await?;`. So either look
/// at each failure with [`on_failure`](Spawn::on_failure), or make one of the report with
/// `.await?.into_result()?` ([`into_result`](Report::into_result)). Dropping the drain ends all
/// tasks.
///
/// # Errors
///
/// The failure that ended the flow in front, after the same wait. The report is lost then: what
/// was to be learned of the tasks, [`on_failure`](Spawn::on_failure) has been shown.
///
/// # Panics
///
/// When `f` itself panics, or the spawner does: whoever drives the flow sees that panic, and the
/// item is lost. It made no task, so the report does not count it, and the tasks that run go on.
/// A panic in the *future* of `f` is the end of one task, and counts as
/// [`panicked`](Report::panicked).
///
/// # Examples
///
/// A thread for each item:
///
/// ```
/// use std::sync::Arc;
/// use tubes::runtime::{BoxTask, Spawner, Task};
/// use tubes::{Fount, bound, drains, founts};
///
/// #[derive(Debug)]
/// struct Threads;
///
/// impl Spawner for Threads {
///     fn spawn(&self, task: BoxTask) -> Task {
///         let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
///         std::thread::spawn(move || runtime.block_on(task));
///         Task::new(|| ()) // a thread cannot be ended from outside
///     }
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let jobs = drains::spawn_on(Arc::new(Threads), async |n: u32| {
///     if n == 2 { Err("two is one too many") } else { Ok(()) }
/// });
/// let report = founts::iter(0..4).flow_to(jobs.at_most(bound(2))).await?;
/// assert_eq!((report.finished, report.failed), (3, 1));
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
pub fn spawn_on<F, Item, Fut, T, E>(spawner: Arc<dyn Spawner>, f: F) -> Spawn<F>
where
    F: FnMut(Item) -> Fut,
    Fut: Future<Output = Result<T, E>> + Send + 'static,
    E: Into<BoxError>,
{
    Spawn {
        f,
        spawner,
        at_most: None,
        tasks: HashMap::new(),
        begun: 0,
        ended: Arc::default(),
        report: Report::default(),
        on_failure: None,
    }
}

/// The drain of `spawn` and [`spawn_on`].
#[must_use = "nothing flows before a fount flows to it"]
pub struct Spawn<F> {
    f: F,
    spawner: Arc<dyn Spawner>,
    /// If that was said.
    at_most: Option<NonZeroUsize>,
    /// Those that run: `tasks.len() <= most()`
    tasks: HashMap<u64, Task>,
    begun: u64,
    ended: Arc<Mutex<Ended>>,
    report: Report,
    on_failure: Option<Look>,
}

/// Is shown each failure.
type Look = Box<dyn FnMut(&Error) + Send>;

/// What became of the tasks of a [`Spawn`].
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// Tasks that ended well.
    pub finished: u64,
    /// Tasks that failed.
    pub failed: u64,
    /// Tasks that panicked.
    pub panicked: u64,
    /// The first failure or panic of all.
    pub first_failure: Option<Error>,
}

/// Tasks that have ended and were not looked at yet: never more than run at once.
#[derive(Default)]
struct Ended {
    outcomes: Vec<(u64, Result<(), Error>)>,
    waker: Option<Waker>,
}

/// What one task runs. Not an async block: that would hold the future twice.
#[pin_project]
struct Running<Fut> {
    #[pin]
    future: Fut,
    teller: Teller,
}

/// Says how a task ended, also when it panics.
struct Teller {
    number: u64,
    /// Nothing if it panicked.
    outcome: Option<Result<(), Error>>,
    ended: Arc<Mutex<Ended>>,
}

impl Report {
    /// This report if all went well, else the first failure: what a program does that is to fail
    /// when one of its tasks does.
    ///
    /// # Errors
    ///
    /// The first failure or panic of all.
    ///
    /// # Examples
    ///
    /// ```
    /// use tubes::{Error, Fount, drains, founts};
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let jobs = drains::spawn(async |n: u32| if n == 2 { Err("two is one too many") } else { Ok(n) });
    /// let report = founts::iter(0..4).flow_to(jobs).await?;
    /// assert_eq!(report.into_result().unwrap_err().to_string(), "spawn: two is one too many");
    /// # Ok::<_, Error>(()) }).unwrap();
    /// ```
    pub fn into_result(mut self) -> Result<Self, Error> {
        match self.first_failure.take() {
            Some(failure) => Err(failure),
            None => Ok(self),
        }
    }
}

impl<F> Spawn<F> {
    /// At most so many tasks at once.
    ///
    /// For groups of [`group_by`](crate::stages::group_by), not fewer than there may be groups: the
    /// stage waits for a reader of each.
    pub fn at_most(mut self, count: NonZeroUsize) -> Self {
        self.at_most = Some(count);
        self
    }

    fn most(&self) -> NonZeroUsize {
        self.at_most.unwrap_or(AT_MOST)
    }

    /// Calls `look` with each failure and each panic, as they come: for a log.
    pub fn on_failure(mut self, look: impl FnMut(&Error) + Send + 'static) -> Self {
        self.on_failure = Some(Box::new(look));
        self
    }

    /// Takes in the tasks that have ended; pending while more than `allowed` run.
    fn poll_reaped(&mut self, cx: &mut Context<'_>, allowed: usize) -> Poll<()> {
        let mut waker = None;
        loop {
            let outcomes = {
                let mut ended = lock(&self.ended);
                let outcomes = std::mem::take(&mut ended.outcomes);
                if outcomes.is_empty() && waker.is_some() {
                    std::mem::swap(&mut ended.waker, &mut waker);
                    return Poll::Pending;
                }
                outcomes
            };
            for (number, outcome) in outcomes {
                // A panic before the task was there has been heard by whoever drives the flow.
                if self.tasks.remove(&number).is_some() {
                    self.count(outcome);
                }
            }
            if self.tasks.len() <= allowed {
                return Poll::Ready(());
            }
            waker.get_or_insert_with(|| cx.waker().clone());
        }
    }

    fn count(&mut self, outcome: Result<(), Error>) {
        let Err(error) = outcome else {
            self.report.finished += 1;
            return;
        };
        if error.kind() == Kind::Panicked {
            self.report.panicked += 1;
        } else {
            self.report.failed += 1;
        }
        if let Some(look) = &mut self.on_failure {
            look(&error);
        }
        self.report
            .first_failure
            .get_or_insert(error);
    }
}

// Nothing in it is pinned.
impl<F> Unpin for Spawn<F> {}

impl<F, Item, Fut, T, E> Drain<Item> for Spawn<F>
where
    F: FnMut(Item) -> Fut,
    Fut: Future<Output = Result<T, E>> + Send + 'static,
    E: Into<BoxError>,
{
    type Output = Report;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        let most = self.most();
        let room = self.poll_reaped(cx, most.get() - 1);
        if room.is_pending() && self.at_most.is_none() {
            // Who has never heard of the bound is not to wait in silence.
            self.spawner.is_full(most);
        }
        room.map(Ok)
    }

    fn receive(mut self: Pin<&mut Self>, item: Item) -> Result<(), Reason> {
        let future = (self.f)(item);
        let number = self.begun;
        self.begun += 1;
        let task = self.spawner.spawn(Box::pin(Running {
            future,
            teller: Teller {
                number,
                outcome: None,
                ended: Arc::clone(&self.ended),
            },
        }));
        self.tasks.insert(number, task);
        Ok(())
    }

    /// Tasks that end while no item comes are taken note of at once.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.poll_reaped(cx, 0).map(Ok)
    }

    fn poll_stopped(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        reason: &Reason,
    ) -> Poll<Result<Report, Error>> {
        std::task::ready!(self.poll_reaped(cx, 0));
        let report = self.report.clone();
        Poll::Ready(
            reason
                .clone()
                .into_result()
                .map(|()| report),
        )
    }
}

impl<Fut, T, E> Future for Running<Fut>
where
    Fut: Future<Output = Result<T, E>>,
    E: Into<BoxError>,
{
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        let outcome = std::task::ready!(this.future.poll(cx));
        this.teller.outcome = Some(match outcome {
            Ok(_) => Ok(()),
            Err(error) => Err(Error::user(error).at("spawn")),
        });
        Poll::Ready(())
    }
}

impl Drop for Teller {
    fn drop(&mut self) {
        let outcome = self
            .outcome
            .take()
            .unwrap_or_else(|| Err(Error::new(Kind::Panicked).at("spawn")));
        let mut ended = lock(&self.ended);
        ended
            .outcomes
            .push((self.number, outcome));
        let waker = ended.waker.take();
        drop(ended);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// No code of the user runs under the lock, so that poison means nothing.
fn lock(ended: &Mutex<Ended>) -> MutexGuard<'_, Ended> {
    ended
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}

impl<F> fmt::Debug for Spawn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "spawn({} of {})", self.tasks.len(), self.most())
    }
}
