//! What the tests with real sockets share.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::time::Duration;

use tokio::time::timeout;

/// Longer than anything here takes on a slow machine.
const LONG: Duration = Duration::from_secs(120);

/// Runs a test, and fails if it takes too long.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime
        .block_on(async { timeout(LONG, future).await })
        .expect("in time")
}
