//! An async call that is made again when it fails: a future, for wherever futures go.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project::pin_project;

use crate::backoff::Backoff;
use crate::clock::{Ambient, Clock};
use crate::tries::Tries;

impl Backoff {
    /// The future of a call that works: makes `call` again after each failure, after a delay; what
    /// fails when there are no more delays is its failure.
    ///
    /// In [`stages::try_then`](crate::stages::try_then) and its neighbours it retries many items at
    /// once, in order or not, with a bound. One item after another:
    /// [`stages::retry`](crate::stages::retry).
    ///
    /// Begins with all delays of this backoff, and leaves it as it is. Waits by the clock of the
    /// runtime, unless another one is named with [`on`](Retrying::on).
    ///
    /// # Flow control
    ///
    /// Makes one call at a time, and each only when it is polled.
    ///
    /// # Errors
    ///
    /// The error of the last call.
    ///
    /// # Cancel safety
    ///
    /// Dropping it drops the call that is under way; nothing else is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tubes::{Backoff, Error, Fount, bound, drains, founts, stages};
    ///
    /// async fn fetch(page: u32) -> Result<String, std::io::Error> {
    ///     Ok(format!("page {page}"))
    /// }
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5)).at_most(3);
    /// let pages = founts::iter(0..3)
    ///     .through(stages::try_then(|n| backoff.retry(move || fetch(n))).at_most(bound(4)))
    ///     .flow_to(drains::collect(9))
    ///     .await?;
    /// assert_eq!(pages, ["page 0", "page 1", "page 2"]);
    /// # Ok::<_, Error>(()) }).unwrap();
    /// ```
    #[inline]
    pub fn retry<F, Fut, Out, E>(&self, call: F) -> Retrying<F, Fut>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<Out, E>>,
    {
        let mut backoff = self.clone();
        backoff.reset();
        Retrying {
            call,
            tries: Tries::new(backoff),
            clock: Ambient,
        }
    }
}

/// The future of [`Backoff::retry`].
#[pin_project]
#[must_use = "nothing is called before it is awaited"]
pub struct Retrying<F, Fut, C = Ambient> {
    call: F,
    #[pin]
    tries: Tries<Fut>,
    clock: C,
}

impl<F, Fut, C> Retrying<F, Fut, C> {
    /// Waits by this clock.
    pub fn on<C2: Clock>(self, clock: C2) -> Retrying<F, Fut, C2> {
        Retrying {
            call: self.call,
            tries: Tries::new(self.tries.into_backoff()),
            clock,
        }
    }
}

impl<F, Fut, Out, E, C> Future for Retrying<F, Fut, C>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<Out, E>>,
    C: Clock,
{
    type Output = Result<Out, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        this.tries
            .poll(&*this.clock, this.call, cx)
    }
}

impl<F, Fut, C> fmt::Debug for Retrying<F, Fut, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "retry({:?})", self.tries)
    }
}
