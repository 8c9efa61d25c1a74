//! What is asked of a runtime: to run a task. Nothing else in the crate spawns.

use std::fmt;
use std::future::Future;
use std::num::NonZeroUsize;
use std::pin::Pin;

/// A future without output, on the heap: what a task runs.
pub type BoxTask = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs tasks.
pub trait Spawner: fmt::Debug + Send + Sync {
    /// Begins to run `task` beside the caller. Dropping the [`Task`] ends it.
    fn spawn(&self, task: BoxTask) -> Task;

    /// As many tasks of one drain run as may when nobody has said how many: what is in front waits.
    /// Told again and again while it is so; for a line in a log, now and then. Does nothing by itself.
    fn is_full(&self, tasks: NonZeroUsize) {
        let _ = tasks;
    }
}

/// A running task; ends it when dropped.
#[must_use = "dropping it ends the task"]
pub struct Task {
    end: Option<Box<dyn FnOnce() + Send>>,
}

impl Task {
    /// A task that `end` ends. `end` is called once, possibly after the task has ended by itself.
    pub fn new(end: impl FnOnce() + Send + 'static) -> Self {
        Self {
            end: Some(Box::new(end)),
        }
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        if let Some(end) = self.end.take() {
            end();
        }
    }
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Task")
    }
}
