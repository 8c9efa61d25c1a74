//! A call for each item that is tried again when it fails; the last failure is an item.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project::pin_project;

use super::attempts::Attempts;
use crate::backoff::Backoff;
use crate::clock::{Ambient, Clock};
use crate::fount::Fount;
use crate::pump::Pump;
use crate::reason::Reason;
use crate::upstream::Upstream;

/// As [`retry`](super::retry), but a failure stays one of its item: gives a `Result` for each, and
/// goes on. Several at once: [`then`](super::then()) with [`Backoff::retry`].
///
/// # Flow control
///
/// Holds one item while it is tried, and then what came of it; the next one is pulled when that is
/// gone. Calls go on while downstream is not ready.
///
/// # Stopping
///
/// A stop takes effect at once, also while it waits for the next try: the item and its call are
/// dropped. Dropping the flow does the same.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tubes::{Backoff, Error, Fount, drains, founts, stages, testing::ManualClock};
///
/// async fn halve(n: u32) -> Result<u32, String> {
///     if n % 2 == 0 { Ok(n / 2) } else { Err(format!("{n} is odd")) }
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let twice_at_once = Backoff::new(Duration::ZERO, Duration::ZERO).at_most(1);
/// let all = founts::iter([4, 5])
///     .through(stages::retry_item(twice_at_once, halve).on(ManualClock::new()))
///     .flow_to(drains::collect(9))
///     .await?;
/// assert_eq!(all, [Ok(2), Err("5 is odd".to_owned())]);
/// # Ok::<_, Error>(()) }).unwrap();
/// ```
#[inline]
pub fn retry_item<F, In, Fut, Out, E>(backoff: Backoff, call: F) -> RetryItem<F, In, Fut>
where
    F: FnMut(In) -> Fut,
    In: Clone,
    Fut: Future<Output = Result<Out, E>>,
{
    RetryItem {
        attempts: Attempts::new(backoff, call, Ambient),
    }
}

/// The stage of [`retry_item`].
#[pin_project]
#[must_use = "a stage does nothing before it is attached"]
pub struct RetryItem<F, In, Fut: Future, C = Ambient> {
    #[pin]
    attempts: Attempts<F, In, Fut, C>,
}

impl<F, In, Fut: Future, C> RetryItem<F, In, Fut, C> {
    /// Waits by this clock.
    pub fn on<C2: Clock>(self, clock: C2) -> RetryItem<F, In, Fut, C2> {
        RetryItem {
            attempts: self.attempts.on(clock),
        }
    }
}

impl<U, F, In, Fut, Out, E, C> Pump<U> for RetryItem<F, In, Fut, C>
where
    U: Fount<Item = In>,
    F: FnMut(In) -> Fut,
    In: Clone,
    Fut: Future<Output = Result<Out, E>>,
    C: Clock,
{
    type Item = Result<Out, E>;

    fn poll_next(
        self: Pin<&mut Self>,
        upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Self::Item, Reason>> {
        self.project()
            .attempts
            .poll_next(upstream, cx)
    }

    fn poll_progress(
        self: Pin<&mut Self>,
        upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        let upstream = upstream.poll_progress(cx);
        let made = self.project().attempts.poll_made(cx);
        std::task::ready!(upstream);
        made
    }

    fn stop(self: Pin<&mut Self>, upstream: Pin<&mut Upstream<U>>, reason: &Reason) {
        self.project().attempts.forget();
        upstream.stop(reason);
    }

    fn kind(&self) -> &'static str {
        "retry_item"
    }
}

impl<F, In, Fut: Future, C> fmt::Debug for RetryItem<F, In, Fut, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.attempts.fmt_as("retry_item", f)
    }
}
