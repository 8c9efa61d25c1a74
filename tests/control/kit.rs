//! What the tests of ends and of new tries share.

use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use tubes::testing::{Executor, Schedule};
use tubes::{Backoff, Error, Reason};

/// What was heard, in order.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub(super) fn add(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    pub(super) fn heard(&self, reason: &Reason) {
        self.add(match reason {
            Reason::Finished => "Finished".to_owned(),
            Reason::Enough => "Enough".to_owned(),
            Reason::Failed(error) => format!("{:?}", error.kind()),
        });
    }

    pub(super) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

pub(super) fn run<T>(flow: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    Executor::new(&Schedule::eager()).run(flow)
}

/// Pending twice, woken at once.
pub(super) async fn twice() {
    for _ in 0..2 {
        let mut has_waited = false;
        poll_fn(|cx| {
            if std::mem::replace(&mut has_waited, true) {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }
}

pub(super) const SECOND: Duration = Duration::from_secs(1);

/// 1, 2, 4 .. seconds, without chance.
pub(super) fn plain(at_most: u32) -> Backoff {
    Backoff::new(SECOND, 60 * SECOND)
        .jitter(0.0)
        .at_most(at_most)
}
