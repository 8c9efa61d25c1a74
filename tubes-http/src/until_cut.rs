//! The deadline of a shutdown, waited for by what would outlive it.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use crate::roster::{Phase, Roster};

/// Ready when the deadline of a shutdown has passed.
pub(crate) struct UntilCut {
    roster: Arc<Roster>,
    place: Option<u64>,
    /// Who waits there: the lock of the roster is taken for another one only.
    waker: Option<Waker>,
}

impl UntilCut {
    pub(crate) fn of(roster: Arc<Roster>) -> Self {
        Self {
            roster,
            place: None,
            waker: None,
        }
    }

    pub(crate) fn is_cut(&self) -> bool {
        self.roster.phase() == Phase::Cut
    }

    pub(crate) fn poll(&mut self, cx: &Context<'_>) -> Poll<()> {
        if self.is_cut() {
            return Poll::Ready(());
        }
        if let Some(waker) = &self.waker
            && waker.will_wake(cx.waker())
        {
            return Poll::Pending;
        }
        self.waker = Some(cx.waker().clone());
        self.roster
            .poll_cut(cx, &mut self.place)
    }
}

impl Drop for UntilCut {
    fn drop(&mut self) {
        self.roster.forget(self.place);
    }
}
