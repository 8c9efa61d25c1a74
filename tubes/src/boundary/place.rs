//! Where the two ends of a boundary are: in two tasks, or on one thread.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Mutex, lock};

/// Where the two ends of a boundary are: [`Shared`] between tasks, or [`Local`] to a thread.
///
/// There are no others.
pub trait Place: sealed::Sealed {
    /// What both ends hold: the state, and whether the exit has been stopped.
    #[doc(hidden)]
    type Cell<S>: Clone;
    #[doc(hidden)]
    fn cell<S>(state: S) -> Self::Cell<S>;
    /// `f` runs no code of the user, and is not entered again from within.
    #[doc(hidden)]
    fn with<S, R>(cell: &Self::Cell<S>, f: impl FnOnce(&mut S) -> R) -> R;
    #[doc(hidden)]
    fn is_stopped<S>(cell: &Self::Cell<S>) -> bool;
    #[doc(hidden)]
    fn mark_stopped<S>(cell: &Self::Cell<S>);
}

/// The ends may be in two tasks, on whatever threads.
#[derive(Debug)]
pub struct Shared(());

/// The ends stay on one thread, in one task or in several: no lock, and items need not be `Send`.
#[derive(Debug)]
pub struct Local(());

impl Place for Shared {
    type Cell<S> = Arc<(Mutex<S>, AtomicBool)>;

    fn cell<S>(state: S) -> Self::Cell<S> {
        Arc::new((Mutex::new(state), AtomicBool::new(false)))
    }
    #[inline]
    fn with<S, R>(cell: &Self::Cell<S>, f: impl FnOnce(&mut S) -> R) -> R {
        f(&mut lock(&cell.0))
    }
    /// A hint that spares the lock: who has heard of the stop otherwise sees it, too, and
    /// everybody else finds it under the lock.
    #[inline]
    fn is_stopped<S>(cell: &Self::Cell<S>) -> bool {
        cell.1.load(Ordering::Acquire)
    }
    fn mark_stopped<S>(cell: &Self::Cell<S>) {
        cell.1.store(true, Ordering::Release);
    }
}

impl Place for Local {
    type Cell<S> = Rc<(RefCell<S>, Cell<bool>)>;

    fn cell<S>(state: S) -> Self::Cell<S> {
        Rc::new((RefCell::new(state), Cell::new(false)))
    }
    #[inline]
    fn with<S, R>(cell: &Self::Cell<S>, f: impl FnOnce(&mut S) -> R) -> R {
        f(&mut cell.0.borrow_mut())
    }
    #[inline]
    fn is_stopped<S>(cell: &Self::Cell<S>) -> bool {
        cell.1.get()
    }
    fn mark_stopped<S>(cell: &Self::Cell<S>) {
        cell.1.set(true);
    }
}

mod sealed {
    /// Only the places of this file.
    #[expect(unnameable_types, reason = "so that there are no others")]
    pub trait Sealed {}
    impl Sealed for super::Shared {}
    impl Sealed for super::Local {}
}
