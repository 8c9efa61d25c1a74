//! A call for each item that is tried again when it fails.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project::pin_project;

use super::attempts::Attempts;
use crate::backoff::Backoff;
use crate::clock::{Ambient, Clock};
use crate::error::{BoxError, Error};
use crate::fount::Fount;
use crate::pump::Pump;
use crate::reason::Reason;
use crate::upstream::Upstream;

/// A stage that gives what the async `call` makes of each item; one that fails is called again
/// after a delay. The failure that comes when `backoff` gives no more delays ends the flow: with
/// [`Backoff::at_most`] 3, that of the fourth call.
///
/// One item at a time. To try several at once, in order and with a bound:
/// [`try_then`](super::try_then) with [`Backoff::retry`].
///
/// To go on with the next item instead, use [`retry_item`](super::retry_item). What is not worth
/// another try (a refusal, say) is no failure for this: return it in an `Ok`.
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
/// # Errors
///
/// The last error of `call`, with kind [`Kind::User`](crate::Kind::User).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tubes::{Backoff, Error, Fount, drains, founts, stages, testing::ManualClock};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let mut tries = 0;
/// let flaky = |n: u32| {
///     tries += 1;
///     let works = tries % 3 == 0;
///     async move { if works { Ok(n) } else { Err("try again") } }
/// };
/// let at_once = Backoff::new(Duration::ZERO, Duration::ZERO);
/// let all = founts::iter(1..4)
///     .through(stages::retry(at_once, flaky).on(ManualClock::new()))
///     .flow_to(drains::collect(9))
///     .await?;
/// assert_eq!((all, tries), (vec![1, 2, 3], 9));
/// # Ok::<_, Error>(()) }).unwrap();
/// ```
#[inline]
pub fn retry<F, In, Fut, Out, E>(backoff: Backoff, call: F) -> Retry<F, In, Fut>
where
    F: FnMut(In) -> Fut,
    In: Clone,
    Fut: Future<Output = Result<Out, E>>,
    E: Into<BoxError>,
{
    Retry {
        attempts: Attempts::new(backoff, call, Ambient),
    }
}

/// The stage of [`retry`].
#[pin_project]
#[must_use = "a stage does nothing before it is attached"]
pub struct Retry<F, In, Fut: Future, C = Ambient> {
    #[pin]
    attempts: Attempts<F, In, Fut, C>,
}

impl<F, In, Fut: Future, C> Retry<F, In, Fut, C> {
    /// Waits by this clock.
    pub fn on<C2: Clock>(self, clock: C2) -> Retry<F, In, Fut, C2> {
        Retry {
            attempts: self.attempts.on(clock),
        }
    }
}

impl<U, F, In, Fut, Out, E, C> Pump<U> for Retry<F, In, Fut, C>
where
    U: Fount<Item = In>,
    F: FnMut(In) -> Fut,
    In: Clone,
    Fut: Future<Output = Result<Out, E>>,
    E: Into<BoxError>,
    C: Clock,
{
    type Item = Out;

    fn poll_next(
        self: Pin<&mut Self>,
        upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Out, Reason>> {
        self.project()
            .attempts
            .poll_next(upstream, cx)
            .map(|made| made?.map_err(|error| Error::user(error).into()))
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
        "retry"
    }
}

impl<F, In, Fut: Future, C> fmt::Debug for Retry<F, In, Fut, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.attempts.fmt_as("retry", f)
    }
}
