//! What a fake drain remembers.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use super::fake_drain::Place;
use crate::reason::Reason;

/// What a fake drain remembers.
pub(super) struct Shared<T> {
    pub(super) items: Vec<T>,
    /// So many more may come; without a number, as many as there are.
    pub(super) allowed: Option<u64>,
    pub(super) refusal: Option<(usize, Place, Reason)>,
    pub(super) life: Life,
    pub(super) refused: Option<Reason>,
    pub(super) at_most: usize,
    /// Items that went down with a refusal.
    pub(super) lost: usize,
    pub(super) asked: u64,
    pub(super) flushes: u64,
    pub(super) lingering: u32,
    pub(super) waker: Option<Waker>,
    pub(super) dropped: bool,
}

/// Where a fake drain is in its life.
#[derive(Clone, Debug)]
pub(super) enum Life {
    /// Not asked, or not ready.
    Open,
    /// Has said yes to one item.
    Ready,
    Refused(Reason),
    Ending(Reason),
    Over(Reason),
}

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            allowed: None,
            refusal: None,
            life: Life::Open,
            refused: None,
            at_most: usize::MAX,
            lost: 0,
            asked: 0,
            flushes: 0,
            lingering: 0,
            waker: None,
            dropped: false,
        }
    }
}

impl<T> Shared<T> {
    /// The reason to refuse with, if the time has come and this is the place.
    pub(super) fn refuse(&mut self, here: Place) -> Option<Reason> {
        let (after, place, reason) = self.refusal.clone()?;
        if place != here || self.items.len() < after {
            return None;
        }
        self.refused = Some(reason.clone());
        self.life = Life::Refused(reason.clone());
        Some(reason)
    }
}

pub(super) fn lock<T>(shared: &Mutex<Shared<T>>) -> MutexGuard<'_, Shared<T>> {
    shared
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}
