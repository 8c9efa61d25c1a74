//! Founts in a row, each of them at its place until it is through.

use std::pin::Pin;
use std::task::{Context, Poll};

use super::leaving::Leaving;
use crate::fount::Fount;
use crate::reason::Reason;

/// Founts in a row. One that has ended leaves it, but is kept until it is through with its end.
pub(super) struct Row<F> {
    open: Vec<Option<Pin<Box<F>>>>,
    leaving: Leaving<F>,
    left: usize,
}

impl<F: Fount> Row<F> {
    pub(super) fn new(founts: impl IntoIterator<Item = F>) -> Self {
        let open: Vec<_> = founts
            .into_iter()
            .map(|fount| Some(Box::pin(fount)))
            .collect();
        Self {
            left: open.len(),
            open,
            leaving: Leaving::new(),
        }
    }

    /// The fount at this place, if it is open.
    #[inline]
    pub(super) fn at(&mut self, place: usize) -> Option<Pin<&mut F>> {
        let fount = self.open.get_mut(place)?.as_mut()?;
        Some(fount.as_mut())
    }

    /// How many places there are.
    #[inline]
    pub(super) fn places(&self) -> usize {
        self.open.len()
    }

    /// How many founts are open.
    #[inline]
    pub(super) fn left(&self) -> usize {
        self.left
    }

    /// The fount at this place has ended.
    pub(super) fn leave(&mut self, place: usize) {
        if let Some(fount) = self.open[place].take() {
            self.leaving.add(fount);
            self.left -= 1;
        }
    }

    /// Stops all that are open.
    #[cold]
    pub(super) fn stop(&mut self, reason: &Reason) {
        for place in 0..self.open.len() {
            if let Some(fount) = &mut self.open[place] {
                fount.as_mut().stop(reason);
                self.leave(place);
            }
        }
    }

    /// Moves those that leave, whether they are done or not: who has something under way wakes.
    /// For the beginning of each poll, so that they do not wait for a pause of the others.
    #[inline]
    pub(super) fn move_leaving(&mut self, cx: &mut Context<'_>) {
        let _ = self.leaving.poll_progress(cx);
    }

    /// Moves those in `places`, and those that leave.
    pub(super) fn poll_progress(
        &mut self,
        cx: &mut Context<'_>,
        places: impl Iterator<Item = usize>,
    ) -> Poll<()> {
        let mut is_moving = self
            .leaving
            .poll_progress(cx)
            .is_pending();
        for place in places {
            if let Some(fount) = self.at(place) {
                is_moving |= fount.poll_progress(cx).is_pending();
            }
        }
        if is_moving {
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    }
}
