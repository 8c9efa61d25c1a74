//! Runs futures in a fixed order and only when they were woken, and counts the polls.

use std::cell::{Cell, Ref, RefCell};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake, Waker};

type Running = Pin<Box<dyn Future<Output = ()>>>;

/// A small executor on one thread: a task is polled only when it was woken.
#[derive(Clone, Default)]
pub struct Tasks(Rc<Inner>);

#[derive(Default)]
struct Inner {
    tasks: RefCell<Vec<Task>>,
    polls: Cell<usize>,
}

struct Task {
    /// `None` while it is polled, and when it is over.
    future: Option<Running>,
    flag: Arc<Flag>,
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What a spawned future makes, once it is over.
#[derive(Debug)]
pub struct Output<T>(Rc<RefCell<Option<T>>>);

impl<T> Output<T> {
    /// Takes it.
    #[must_use]
    pub fn take(&self) -> Option<T> {
        self.0.borrow_mut().take()
    }

    /// Looks at it.
    #[must_use]
    pub fn peek(&self) -> Ref<'_, Option<T>> {
        self.0.borrow()
    }
}

impl Tasks {
    /// No tasks.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a task, which counts as woken.
    pub fn spawn<T: 'static>(&self, future: impl Future<Output = T> + 'static) -> Output<T> {
        let output = Rc::new(RefCell::new(None));
        let place = Rc::clone(&output);
        let future = async move {
            let made = future.await;
            place.replace(Some(made));
        };
        self.0.tasks.borrow_mut().push(Task {
            future: Some(Box::pin(future)),
            flag: Arc::new(Flag(AtomicBool::new(true))),
        });
        Output(output)
    }

    /// Polls until nobody is woken.
    ///
    /// # Panics
    ///
    /// After 100,000 polls: somebody wakes himself without end.
    pub fn run(&self) {
        assert!(self.run_at_most(100_000), "somebody spins");
    }

    /// Polls so many times at most; whether nobody is woken now.
    #[must_use]
    pub fn run_at_most(&self, polls: usize) -> bool {
        for _ in 0..polls {
            if !self.poll_one() {
                return true;
            }
        }
        !self.is_woken()
    }

    /// Wakes everybody for no reason.
    pub fn disturb(&self) {
        for task in self.0.tasks.borrow().iter() {
            task.flag
                .0
                .store(true, Ordering::Relaxed);
        }
    }

    /// How many tasks are not over.
    #[must_use]
    pub fn running(&self) -> usize {
        let tasks = self.0.tasks.borrow();
        tasks
            .iter()
            .filter(|task| task.future.is_some())
            .count()
    }

    /// How many polls there were.
    #[must_use]
    pub fn polls(&self) -> usize {
        self.0.polls.get()
    }

    /// Drops all tasks.
    pub fn clear(&self) {
        let tasks = std::mem::take(&mut *self.0.tasks.borrow_mut());
        drop(tasks);
    }

    /// Drops the task that was spawned as this one, counted from 0.
    pub fn drop_task(&self, number: usize) {
        let future = self
            .0
            .tasks
            .borrow_mut()
            .get_mut(number)
            .and_then(|task| task.future.take());
        drop(future);
    }

    fn is_woken(&self) -> bool {
        let tasks = self.0.tasks.borrow();
        tasks.iter().any(Task::is_woken)
    }

    /// Polls the first that was woken; whether there was one.
    fn poll_one(&self) -> bool {
        let mut tasks = self.0.tasks.borrow_mut();
        let Some(number) = tasks.iter().position(Task::is_woken) else {
            return false;
        };
        let task = &mut tasks[number];
        task.flag
            .0
            .store(false, Ordering::Relaxed);
        let Some(mut future) = task.future.take() else {
            return true;
        };
        let waker = Waker::from(Arc::clone(&task.flag));
        drop(tasks);
        self.0.polls.set(self.0.polls.get() + 1);
        let mut cx = Context::from_waker(&waker);
        if future
            .as_mut()
            .poll(&mut cx)
            .is_pending()
            && let Some(task) = self
                .0
                .tasks
                .borrow_mut()
                .get_mut(number)
        {
            task.future = Some(future);
        }
        true
    }
}

impl Task {
    fn is_woken(&self) -> bool {
        self.future.is_some() && self.flag.0.load(Ordering::Relaxed)
    }
}

impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} tasks after {} polls", self.running(), self.polls())
    }
}
