//! The one item between the stage and an end of its coroutine, and who waits for it.

use std::task::{Context, Waker};

use crate::reason::Reason;

/// Room for one item on its way into a coroutine, or out of it.
pub(super) struct Port<T> {
    pub(super) item: Option<T>,
    /// The coroutine waits for an item, or for room for one.
    pub(super) is_awaited: bool,
    pub(super) end: End,
    /// Who waits, in the coroutine: usually one, with the waker of the stage.
    waiting: Vec<Waker>,
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

impl<T> Port<T> {
    pub(super) fn new() -> Self {
        Self {
            item: None,
            is_awaited: false,
            end: End::Open,
            waiting: Vec::new(),
        }
    }

    /// Whether an item is asked for.
    #[inline]
    pub(super) fn is_asked(&self) -> bool {
        self.is_awaited && self.item.is_none()
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

    /// The coroutine waits here: keeps the waker, unless it is known.
    #[inline]
    pub(super) fn keep(&mut self, waker: &Waker) -> bool {
        self.is_awaited = true;
        self.waiting
            .iter()
            .any(|known| known.will_wake(waker))
    }

    pub(super) fn add(&mut self, waker: Waker) {
        self.waiting.push(waker);
    }

    /// Something has come, or has gone: wakes whoever waits with a waker of its own. The coroutine
    /// itself is polled now.
    #[inline]
    pub(super) fn moved(&mut self, cx: &Context<'_>) {
        match &self.waiting[..] {
            [] => {}
            [one] if one.will_wake(cx.waker()) => {}
            _ => self.wake_others(cx),
        }
    }

    #[cold]
    fn wake_others(&mut self, cx: &Context<'_>) {
        self.waiting.retain(|waker| {
            let is_polled = waker.will_wake(cx.waker());
            if !is_polled {
                waker.wake_by_ref();
            }
            is_polled
        });
    }
}
