//! Which wait was longer than its limit.

use std::fmt;
use std::time::Duration;

use crate::error::{Error, Kind};
use crate::reason::Reason;

/// Which wait was longer than its limit: the `source()` of an error of [`Kind::Timeout`], to be
/// had with [`Error::find`].
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tubes::stages::{self, TimedOut, Wait};
/// use tubes::testing::{Executor, ManualClock, Schedule};
/// use tubes::{Fount, Kind, drains, founts};
///
/// let (clock, limit) = (ManualClock::new(), Duration::from_secs(5));
/// let flow = founts::pending::<String>()
///     .through(stages::timeout_idle(limit).on(clock.clone()))
///     .flow_to(drains::null());
/// let mut executor = Executor::new(&Schedule::eager()).while_idle(|| clock.advance(limit));
/// let error = executor.run(flow).unwrap_err();
///
/// assert_eq!(error.kind(), Kind::Timeout);
/// let timed_out: &TimedOut = error.find().unwrap();
/// assert_eq!((timed_out.wait(), timed_out.limit()), (Wait::Idle, limit));
/// assert_eq!(timed_out.to_string(), "no item came for 5s");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimedOut {
    wait: Wait,
    limit: Duration,
}

/// For what a flow waited too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wait {
    /// For the first item.
    First,
    /// For the next item.
    Idle,
    /// For its end.
    Whole,
    /// For downstream to be ready.
    Downstream,
}

impl TimedOut {
    pub(super) fn reason(wait: Wait, limit: Duration) -> Reason {
        let timed_out = Self { wait, limit };
        Error::new(Kind::Timeout)
            .caused_by(timed_out)
            .into()
    }

    /// For what the flow waited.
    #[must_use]
    pub fn wait(&self) -> Wait {
        self.wait
    }

    /// How long it might.
    #[must_use]
    pub fn limit(&self) -> Duration {
        self.limit
    }
}

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let limit = self.limit;
        match self.wait {
            Wait::First => write!(f, "no first item came within {limit:?}"),
            Wait::Idle => write!(f, "no item came for {limit:?}"),
            Wait::Whole => write!(f, "the flow did not end within {limit:?}"),
            Wait::Downstream => write!(f, "downstream was not ready for {limit:?}"),
        }
    }
}

impl std::error::Error for TimedOut {}
