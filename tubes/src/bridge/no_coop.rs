//! The runtime's own budget for a task: there is none without a bridge to a runtime.

use std::task::{Context, Poll};

/// Nothing to ask.
pub(crate) fn poll_proceed(_cx: &mut Context<'_>) -> Poll<()> {
    Poll::Ready(())
}

/// Nothing to run out of.
#[inline]
pub(crate) fn has_budget() -> bool {
    true
}
