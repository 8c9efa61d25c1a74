//! So many items in a time.

use std::fmt;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use super::bucket::Bucket;
use super::metered::Metered;
use crate::alarm::Alarm;
use crate::budget;
use crate::clock::{Ambient, Clock};
use crate::drain::Drain;
use crate::error::{Error, Kind};
use crate::fount::{Fount, Run};
use crate::pump::Pump;
use crate::reason::Reason;
use crate::stages::weigh::{Each, Weigh};
use crate::upstream::Upstream;

/// A stage that lets `items` items pass in `time`: a bucket of tokens, one for each item.
///
/// The bucket is full at first and after a rest, so that `items` may pass at once
/// ([`burst`](Throttle::burst) says how many instead); then each token comes in its time. What is
/// too fast waits, or fails if [`enforcing`](Throttle::enforcing).
///
/// So up to `2 * items - 1` may pass in the first `time`; for equal distances from the start, set a
/// burst of one.
///
/// # Flow control
///
/// Holds nothing: without a token, nothing is pulled. Items pass in runs, as many as there are
/// tokens; the clock is looked at once a run, or once an item where they are pulled one by one.
///
/// # Stopping
///
/// Without a token, upstream is not asked: its end waits for one, too.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tubes::testing::{Executor, FakeDrain, ManualClock, Schedule};
/// use tubes::{Fount, bound, founts, stages};
///
/// let (clock, second) = (ManualClock::new(), Duration::from_secs(1));
/// let drain = FakeDrain::new();
/// let sink = drain.handle();
/// let flow = founts::iter(0..)
///     .through(stages::throttle(bound(2), second).on(clock.clone()))
///     .flow_to(drain);
/// let (mut flow, mut executor) = (Box::pin(flow), Executor::new(&Schedule::eager()));
///
/// // Two at once, then two a second.
/// for count in [2, 4, 6] {
///     assert!(executor.run_until_stalled(flow.as_mut()).is_pending());
///     assert_eq!(sink.count(), count);
///     clock.advance(second);
/// }
/// ```
#[inline]
pub fn throttle(items: NonZeroUsize, time: Duration) -> Throttle {
    Throttle {
        bucket: Bucket::new(items, time),
        pace: Pace::Shaping,
        cost: Each,
        clock: Ambient,
        alarm: Alarm::default(),
    }
}

/// The stage of [`throttle`].
#[must_use = "a stage does nothing before it is attached"]
pub struct Throttle<W = Each, C = Ambient> {
    bucket: Bucket,
    pace: Pace,
    cost: W,
    clock: C,
    alarm: Alarm,
}

/// What becomes of items that are too fast.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pace {
    /// They wait.
    Shaping,
    /// They fail the flow.
    Enforcing,
}

impl<W, C> Throttle<W, C> {
    /// How many tokens the bucket has when it is full: so much may pass at once. With 1, items
    /// pass at equal distances.
    ///
    /// # Examples
    ///
    /// Ten a second, never two at once:
    ///
    /// ```
    /// use std::time::Duration;
    /// use tubes::{bound, stages};
    ///
    /// let evenly = stages::throttle(bound(10), Duration::from_secs(1)).burst(bound(1));
    /// assert_eq!(format!("{evenly:?}"), "throttle(bursts of 1)");
    /// ```
    #[inline]
    pub fn burst(mut self, tokens: NonZeroUsize) -> Self {
        self.bucket.set_rim(tokens);
        self
    }

    /// An item that is too fast is not held back: it is dropped, and fails the flow with
    /// [`Kind::Full`].
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tubes::{Fount, Kind, bound, drains, founts, stages};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// let polite = stages::throttle(bound(3), Duration::from_secs(3600)).enforcing();
    /// let flow = founts::iter(0..4).through(polite).flow_to(drains::null());
    /// assert_eq!(flow.await.unwrap_err().kind(), Kind::Full { what: "burst", limit: 3 });
    /// # });
    /// ```
    #[inline]
    pub fn enforcing(mut self) -> Self {
        self.pace = Pace::Enforcing;
        self
    }

    /// Items cost so many tokens each, rather than one.
    ///
    /// What an item costs is known when it is here; so it passes if there is one token, and the
    /// next waits until all is paid.
    ///
    /// # Examples
    ///
    /// 64 KiB a second, in segments of any size:
    ///
    /// ```
    /// use std::time::Duration;
    /// use bytes::Bytes;
    /// use tubes::{Fount, bound, drains, founts, stages};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// let slowly = stages::throttle(bound(64 * 1024), Duration::from_secs(1)).cost(Bytes::len);
    /// let segments = [Bytes::from("some"), Bytes::from("more")];
    /// let count = founts::iter(segments)
    ///     .through(slowly)
    ///     .flow_to(drains::fold(0, |sum, bytes: Bytes| sum + bytes.len()))
    ///     .await?;
    /// assert_eq!(count, 8);
    /// # Ok::<_, tubes::Error>(()) }).unwrap();
    /// ```
    #[inline]
    pub fn cost<T, F>(self, tokens: F) -> Throttle<F, C>
    where
        F: FnMut(&T) -> usize,
    {
        Throttle {
            bucket: self.bucket,
            pace: self.pace,
            cost: tokens,
            clock: self.clock,
            alarm: self.alarm,
        }
    }

    /// The same stage with a clock of its own.
    #[inline]
    pub fn on<D: Clock>(self, clock: D) -> Throttle<W, D> {
        Throttle {
            bucket: self.bucket,
            pace: self.pace,
            cost: self.cost,
            clock,
            alarm: self.alarm,
        }
    }

    #[cold]
    fn too_fast(&self) -> Reason {
        let (what, limit) = ("burst", self.bucket.rim());
        Error::new(Kind::Full { what, limit }).into()
    }
}

impl<W, C: Clock> Throttle<W, C> {
    /// How many tokens there are: at least one, or none if it is enforced.
    fn poll_tokens(&mut self, cx: &mut Context<'_>) -> Poll<usize> {
        let now = self.clock.now();
        let tokens = self.bucket.fill(now);
        if tokens > 0 || self.pace == Pace::Enforcing {
            return Poll::Ready(tokens);
        }
        let at = self.bucket.due(now);
        std::task::ready!(self.alarm.poll_at(&self.clock, at, cx));
        let tokens = self.bucket.fill(self.clock.now());
        if tokens > 0 {
            return Poll::Ready(tokens);
        }
        // It rang early.
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

// Nothing in it is pinned.
impl<W, C> Unpin for Throttle<W, C> {}

impl<U: Fount, W: Weigh<U::Item>, C: Clock> Pump<U> for Throttle<W, C> {
    type Item = U::Item;

    fn poll_next(
        mut self: Pin<&mut Self>,
        mut upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<U::Item, Reason>> {
        let Poll::Ready(tokens) = self.poll_tokens(cx) else {
            // Whether it is done or not: it is the token that is waited for.
            let _ = upstream.as_mut().poll_progress(cx);
            return Poll::Pending;
        };
        let next = upstream.poll_next(cx);
        if let Poll::Ready(Ok(item)) = &next {
            if tokens == 0 {
                return Poll::Ready(Err(self.too_fast()));
            }
            let cost = self.cost.weigh(item);
            self.bucket.take(cost as u128);
        }
        next
    }

    fn poll_flow<D: Drain<U::Item>>(
        mut self: Pin<&mut Self>,
        mut upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
        mut drain: Pin<&mut D>,
    ) -> Run {
        while budget::spend() {
            match drain.as_mut().poll_ready(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(reason)) => return Run::Refused(reason),
                Poll::Pending => return Run::Blocked,
            }
            let this = &mut *self;
            let Poll::Ready(tokens) = this.poll_tokens(cx) else {
                // Whether it is done or not: it is the token that is waited for.
                let _ = upstream.as_mut().poll_progress(cx);
                return Run::Starved;
            };
            if tokens == 0 {
                return match upstream.poll_next(cx) {
                    Poll::Ready(Ok(_)) => Run::Ended(this.too_fast()),
                    Poll::Ready(Err(reason)) => Run::Ended(reason),
                    Poll::Pending => Run::Starved,
                };
            }
            let metered = Metered::new(drain.as_mut(), &mut this.cost, tokens);
            let mut metered = std::pin::pin!(metered);
            let run = upstream
                .as_mut()
                .poll_flow(cx, metered.as_mut());
            let (left, debt) = metered.rest();
            this.bucket
                .take((tokens - left) as u128 + debt);
            match run {
                Run::Blocked if left == 0 => {}
                run => return run,
            }
        }
        Run::Spent
    }

    fn stop(mut self: Pin<&mut Self>, upstream: Pin<&mut Upstream<U>>, reason: &Reason) {
        upstream.stop(reason);
        self.alarm.clear();
    }

    fn kind(&self) -> &'static str {
        "throttle"
    }
}

impl<W, C> fmt::Debug for Throttle<W, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "throttle(bursts of {})", self.bucket.rim())
    }
}
