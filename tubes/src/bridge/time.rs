//! The clock of tokio.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Instant, SystemTime};

use crate::clock::{Ambient, Clock, SharedClock, Timer};

/// The clock of the tokio runtime (which has to have its time driver enabled).
#[must_use]
pub fn clock() -> SharedClock {
    Arc::new(Ambient)
}

#[derive(Debug)]
struct Sleep(Pin<Box<tokio::time::Sleep>>);

impl Clock for Ambient {
    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }

    fn wall(&self) -> SystemTime {
        #[expect(clippy::disallowed_methods, reason = "this is the clock")]
        SystemTime::now()
    }

    fn timer(&self, at: Instant) -> Box<dyn Timer> {
        Box::new(Sleep(Box::pin(tokio::time::sleep_until(at.into()))))
    }
}

impl Timer for Sleep {
    fn reset(&mut self, at: Instant) {
        self.0.as_mut().reset(at.into());
    }

    fn poll_elapsed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // Whatever is left of the task's budget: what upstream has used up must not keep a time limit
        // from being noticed, and who loops over a timer spends our own.
        std::pin::pin!(tokio::task::coop::unconstrained(self.0.as_mut())).poll(cx)
    }
}
