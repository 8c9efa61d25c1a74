//! The lock around a connection.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, MutexGuard};

use crate::http1::after::After;
use crate::http1::link::Link;
use crate::http1::turn::Turn;

/// What the exchanges, their bodies and replies share. One lock, and one holder at a time: all of
/// them are polled by the connection's own task, unless the application moves one elsewhere.
pub(super) struct Shared<F, D> {
    link: Mutex<Link<F, D>>,
}

/// The link, locked.
pub(super) struct Locked<'a, F, D> {
    // Dropped first, so that the lock is free before the rest is done.
    link: MutexGuard<'a, Link<F, D>>,
    after: Option<Box<After<F, D>>>,
}

impl<F, D> Shared<F, D> {
    pub(super) fn new(link: Link<F, D>) -> Self {
        Self {
            link: Mutex::new(link),
        }
    }

    /// A poisoned link is one whose fount or drain has panicked: it is given up, and neither is
    /// polled again.
    pub(super) fn lock(&self) -> Locked<'_, F, D> {
        let (link, poisoned) = match self.link.lock() {
            Ok(link) => (link, false),
            Err(poison) => (poison.into_inner(), true),
        };
        let mut locked = Locked { link, after: None };
        if poisoned {
            self.link.clear_poison();
            locked.abandon();
        }
        locked
    }

    /// The link, if `exchange` is the one that is served.
    pub(super) fn lock_for(&self, exchange: u64) -> Option<Locked<'_, F, D>> {
        let link = self.lock();
        let serving = matches!(link.turn, Turn::Serving { .. }) && link.exchange == exchange;
        serving.then_some(link)
    }
}

impl<F, D> Deref for Locked<'_, F, D> {
    type Target = Link<F, D>;

    fn deref(&self) -> &Link<F, D> {
        &self.link
    }
}

impl<F, D> DerefMut for Locked<'_, F, D> {
    fn deref_mut(&mut self) -> &mut Link<F, D> {
        &mut self.link
    }
}

impl<F, D> Drop for Locked<'_, F, D> {
    fn drop(&mut self) {
        self.after = self.link.after.take();
    }
}
