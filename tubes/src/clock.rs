//! Tells the time and wakes at a time.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Instant, SystemTime};

/// Tells the time and wakes at a time.
///
/// Everything in a pipeline that waits for time asks a clock, so that a test can move it by hand.
/// The clock of tokio is `tubes::time::clock()` (feature `tokio`).
#[diagnostic::on_unimplemented(
    message = "`{Self}` tells no time",
    label = "no clock here",
    note = "without a runtime there is no ambient clock: enable the feature `tokio` of `tubes`, or \
            name a clock with `.on(clock)`"
)]
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

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> Instant {
        (**self).now()
    }
    fn wall(&self) -> SystemTime {
        (**self).wall()
    }
    fn timer(&self, at: Instant) -> Box<dyn Timer> {
        (**self).timer(at)
    }
}

/// The clock of the runtime that a flow runs on: what stages that wait for time ask, unless they
/// were told another one with `.on(clock)`. A [`Clock`] only with the feature `tokio`.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Ambient;
