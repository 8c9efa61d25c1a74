//! Founts that have ended, and are not through with it.

use std::pin::Pin;
use std::task::{Context, Poll};

use crate::budget::{self, RUN};
use crate::fount::Fount;
use crate::wakes::Wakes;

/// Founts that have ended or were stopped, each kept until it is through with that.
///
/// There is no bound to how many they are: only those that were woken are moved, and in one call no
/// more than a run of them.
pub(super) struct Leaving<F> {
    /// At the numbers of their bells.
    founts: Vec<Option<Pin<Box<F>>>>,
    wakes: Wakes,
    held: usize,
    /// Whose turn it is next.
    next: usize,
}

impl<F: Fount> Leaving<F> {
    pub(super) fn new() -> Self {
        Self {
            founts: Vec::new(),
            wakes: Wakes::new(),
            held: 0,
            next: 0,
        }
    }

    /// Keeps one that leaves. It counts as woken.
    pub(super) fn add(&mut self, fount: Pin<Box<F>>) {
        let number = self.wakes.insert();
        match self.founts.get_mut(number) {
            Some(place) => *place = Some(fount),
            None => self.founts.push(Some(fount)),
        }
        self.held += 1;
    }

    /// Moves those that were woken; ready when none is left.
    #[inline]
    pub(super) fn poll_progress(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.held == 0 {
            return Poll::Ready(());
        }
        self.poll_some(cx)
    }

    #[cold]
    fn poll_some(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.wakes.collect(cx);
        if self.wakes.is_any() && budget::spend() {
            self.move_run();
        }
        if self.wakes.is_any() {
            // The others have their turn in the next poll.
            cx.waker().wake_by_ref();
        }
        if self.held == 0 {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    fn move_run(&mut self) {
        for _ in 0..RUN {
            let Some(number) = self.wakes.take_next(self.next) else {
                return;
            };
            self.next = number + 1;
            let Some(fount) = &mut self.founts[number] else {
                continue;
            };
            let mut own = Context::from_waker(self.wakes.waker(number));
            if fount
                .as_mut()
                .poll_progress(&mut own)
                .is_ready()
            {
                self.founts[number] = None;
                self.wakes.remove(number);
                self.held -= 1;
            }
        }
    }
}
