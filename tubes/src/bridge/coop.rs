//! The runtime's own budget for a task: that of tokio.

use std::task::{Context, Poll};

/// Takes a unit of the task's budget; pending, and woken, when it is spent.
pub(crate) fn poll_proceed(cx: &mut Context<'_>) -> Poll<()> {
    tokio::task::coop::poll_proceed(cx).map(|unit| unit.made_progress())
}

/// Whether the task has budget left.
#[inline]
pub(crate) fn has_budget() -> bool {
    tokio::task::coop::has_budget_remaining()
}
