//! The one item between the stage and an end of its coroutine, and who waits for it.

use std::task::Waker;

use super::lent::{Key, Shared};
use crate::reason::Reason;

/// Room for one item on its way into a coroutine, or out of it.
pub(super) struct Port<T> {
    pub(super) item: Option<T>,
    pub(super) end: End,
    /// How many futures of the coroutine wait here, for an item or for room for one.
    waiting: usize,
    /// The wakers of those that have one of their own; nothing where nobody is any more.
    apart: Vec<Option<Waker>>,
}

/// Whether more is to come.
#[derive(Clone)]
pub(super) enum End {
    Open,
    /// Upstream has ended; whoever asks again hears the same.
    Over(Reason),
    /// Downstream wants no more; that is told once.
    Stopped(Reason),
    /// It was told; whoever asks again waits until it is dropped.
    Told,
}

/// How a future of the coroutine waits at a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    No,
    /// With the waker of the stage, which polls the coroutine when something has moved.
    WithStage,
    /// With a waker of its own, in this place.
    Apart(usize),
}

impl<T> Shared<Port<T>> {
    /// The port, for whoever has the key, and without those who are gone.
    #[inline]
    pub(super) fn port<'a>(&'a self, key: &'a mut Key) -> &'a mut Port<T> {
        let port = self.open(key);
        if self.gone().is_any() {
            port.forget(self.gone().take());
        }
        port
    }
}

impl<T> Port<T> {
    pub(super) fn new() -> Self {
        Self {
            item: None,
            end: End::Open,
            waiting: 0,
            apart: Vec::new(),
        }
    }

    /// Whether the coroutine waits here.
    #[inline]
    pub(super) fn is_awaited(&self) -> bool {
        self.waiting > 0
    }

    /// Whether an item is asked for.
    #[inline]
    pub(super) fn is_asked(&self) -> bool {
        self.is_awaited() && self.item.is_none() && self.is_open()
    }

    /// Whether downstream may still want items.
    #[inline]
    pub(super) fn is_open(&self) -> bool {
        matches!(self.end, End::Open)
    }

    /// What the coroutine hears instead of waiting, if it has to hear something.
    #[inline]
    pub(super) fn heard(&mut self) -> Option<Reason> {
        if self.is_open() { None } else { self.end() }
    }

    #[cold]
    fn end(&mut self) -> Option<Reason> {
        match &self.end {
            End::Open | End::Told => None,
            End::Over(reason) => Some(reason.clone()),
            End::Stopped(reason) => {
                let reason = reason.clone();
                self.end = End::Told;
                Some(reason)
            }
        }
    }

    /// A future waits here; `false` if its waker is not known, and has to be kept.
    #[inline]
    pub(super) fn wait(&mut self, wait: &mut Wait, waker: &Waker, stage: &Waker) -> bool {
        match *wait {
            Wait::Apart(place) => {
                let known = self.apart.get(place);
                known.is_some_and(|known| {
                    known
                        .as_ref()
                        .is_some_and(|known| known.will_wake(waker))
                })
            }
            Wait::WithStage => stage.will_wake(waker),
            Wait::No if stage.will_wake(waker) => {
                self.waiting += 1;
                *wait = Wait::WithStage;
                true
            }
            Wait::No => false,
        }
    }

    /// A future waits with this waker, and no more as it did before; gives back what is not needed.
    pub(super) fn keep(
        &mut self,
        wait: &mut Wait,
        waker: Waker,
        stage: &Waker,
    ) -> [Option<Waker>; 2] {
        let before = self.leave(wait);
        self.waiting += 1;
        if stage.will_wake(&waker) {
            *wait = Wait::WithStage;
            return [before, Some(waker)];
        }
        let free = self
            .apart
            .iter()
            .position(Option::is_none);
        let place = free.unwrap_or(self.apart.len());
        match self.apart.get_mut(place) {
            Some(free) => *free = Some(waker),
            None => self.apart.push(Some(waker)),
        }
        *wait = Wait::Apart(place);
        [before, None]
    }

    /// A future waits no more; gives back its waker.
    #[inline]
    pub(super) fn leave(&mut self, wait: &mut Wait) -> Option<Waker> {
        match std::mem::replace(wait, Wait::No) {
            Wait::No => None,
            Wait::WithStage => {
                self.waiting -= 1;
                None
            }
            Wait::Apart(place) => {
                self.waiting -= 1;
                self.give_back(place)
            }
        }
    }

    #[cold]
    fn forget(&mut self, gone: Vec<Wait>) {
        for mut wait in gone {
            drop(self.leave(&mut wait));
        }
    }

    #[cold]
    fn give_back(&mut self, place: usize) -> Option<Waker> {
        let waker = self.apart.get_mut(place)?.take();
        while let Some(None) = self.apart.last() {
            self.apart.pop();
        }
        waker
    }

    /// Something has come, or has gone: wakes whoever waits with a waker of its own. The coroutine
    /// itself is polled now.
    #[inline]
    pub(super) fn moved(&self) {
        if !self.apart.is_empty() {
            self.wake_others();
        }
    }

    #[cold]
    fn wake_others(&self) {
        for waker in self.apart.iter().flatten() {
            waker.wake_by_ref();
        }
    }
}
