//! Tells the time and wakes at a time.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Instant, SystemTime};

/// Tells the time and wakes at a time.
///
/// Everything in a pipeline that waits for time asks a clock, so that a test can move it by hand.
/// The clock of tokio is `tubes::time::clock()` (feature `tokio`).
pub trait Clock: fmt::Debug + Send + Sync {
    /// Now, to measure how long something took.
    fn now(&self) -> Instant;

    /// Now, as people tell it: for dates on the wire.
    fn wall(&self) -> SystemTime;

    /// A timer that wakes at `at`.
    fn timer(&self, at: Instant) -> Box<dyn Timer>;
}

/// Wakes at a time, again and again.
pub trait Timer: fmt::Debug + Send + Sync {
    /// Moves the time to wake at.
    fn reset(&mut self, at: Instant);

    /// Ready when the time has come; until then the waker is kept.
    fn poll_elapsed(&mut self, cx: &mut Context<'_>) -> Poll<()>;
}

/// A clock that many ask.
pub type SharedClock = Arc<dyn Clock>;
