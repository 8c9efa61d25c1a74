//! What a stage and its coroutine share, without a lock: whoever has the key has access.
//!
//! The stage keeps the key. While it polls its coroutine, the key lies in a place of this thread
//! where the coroutine's ends find it; so there is never more than one who can reach what is
//! shared, which the compiler checks, and nobody has to wait or to count.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Waker};

use qcell::{QCell, QCellOwner, QCellOwnerID};

use super::gone::Gone;
use crate::sync::Mutex;

thread_local! {
    /// The keys of the coroutines that are being polled, one inside the other.
    static LENT: RefCell<Vec<Key>> = const { RefCell::new(Vec::new()) };
}

/// Opens what it was made for. In a box: it goes to and fro at each poll of a coroutine, and one
/// word does so in a register.
pub(super) struct Key(Box<Opener>);

struct Opener {
    owner: QCellOwner,
    /// With which the coroutine was polled last.
    waker: Waker,
}

/// What is shared. The mutex is never locked: it is what may be reached from two threads in turn
/// without being shared between them.
pub(super) struct Shared<T> {
    place: Arc<Place<T>>,
    key: QCellOwnerID,
}

struct Place<T> {
    cell: QCell<Mutex<T>>,
    gone: Gone,
}

impl Key {
    pub(super) fn new() -> Self {
        Self(Box::new(Opener {
            owner: QCellOwner::new(),
            waker: Waker::noop().clone(),
        }))
    }

    /// Polls a coroutine, to the ends of which this key is lent. If it panics, the key is gone.
    #[inline]
    pub(super) fn lend<Fut>(
        mut self,
        coroutine: Pin<&mut Fut>,
        cx: &mut Context<'_>,
    ) -> (Poll<Fut::Output>, Option<Self>)
    where
        Fut: Future,
    {
        /// Takes the key back, after a panic, too.
        struct Loan;

        impl Loan {
            #[inline]
            fn end(&self) -> Option<Key> {
                LENT.try_with(|lent| lent.borrow_mut().pop())
                    .ok()
                    .flatten()
            }
        }

        impl Drop for Loan {
            fn drop(&mut self) {
                self.end();
            }
        }

        self.0.waker.clone_from(cx.waker());
        // Without a place of its own, a thread is at its end: nothing is found, nothing is lent.
        let is_lent = LENT
            .try_with(|lent| lent.borrow_mut().push(self))
            .is_ok();
        if !is_lent {
            return (Poll::Pending, None);
        }
        let loan = Loan;
        let polled = coroutine.poll(cx);
        let key = loan.end();
        std::mem::forget(loan);
        (polled, key)
    }
}

impl<T> Shared<T> {
    pub(super) fn new(key: &Key, value: T) -> Self {
        Self {
            place: Arc::new(Place {
                cell: key.0.owner.cell(Mutex::new(value)),
                gone: Gone::new(),
            }),
            key: key.0.owner.id(),
        }
    }

    /// What is shared, for whoever has the key.
    #[inline]
    pub(super) fn open<'a>(&'a self, key: &'a mut Key) -> &'a mut T {
        self.place
            .cell
            .rw(&mut key.0.owner)
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something to what is shared, with the key that was lent; `None` if none was. Gives the
    /// waker of the stage, too.
    ///
    /// No code of the user may run in it.
    #[inline]
    pub(super) fn with<R>(&self, change: impl FnOnce(&mut T, &Waker) -> R) -> Option<R> {
        let changed = LENT.try_with(|lent| {
            let mut lent = lent.try_borrow_mut().ok()?;
            let key = lent
                .iter_mut()
                .rev()
                .find(|key| key.0.owner.id() == self.key)?;
            let value = self
                .place
                .cell
                .rw(&mut key.0.owner)
                .get_mut();
            let value = value.unwrap_or_else(PoisonError::into_inner);
            Some(change(value, &key.0.waker))
        });
        changed.ok().flatten()
    }

    /// Who has waited here, and was dropped where there is no key.
    #[inline]
    pub(super) fn gone(&self) -> &Gone {
        &self.place.gone
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self {
            place: Arc::clone(&self.place),
            key: self.key,
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("key")
    }
}
