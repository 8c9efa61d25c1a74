//! What futures make of items: the stage.

use std::fmt;
use std::future::Future;
use std::num::NonZeroUsize;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use super::calls::{Calls, Order};
use super::keys::{ByKey, Keys, Unkeyed};
use super::lanes::{Direct, Filing, Halt};
use crate::budget;
use crate::drain::{Drain, Intake};
use crate::error::{Error, Kind};
use crate::fount::{Fount, Run};
use crate::pump::Pump;
use crate::reason::Reason;
use crate::upstream::Upstream;

/// A stage that gives what the future `f(item)` makes of each item.
///
/// One after another, unless more are allowed with [`at_most`](Then::at_most); then in the order
/// of the items, unless [`unordered`](Then::unordered).
///
/// # Flow control
///
/// Works ahead: holds at most so many futures and outputs together as are allowed. Pulls as long
/// as there is a place left, and drives the futures, whether downstream has room or not. A future
/// that is ready when it is polled first takes no place, unless its output has to wait for one
/// before it. Only futures that were woken are polled again.
///
/// # Stopping
///
/// When upstream ends, what is in flight is awaited and delivered before the end. When downstream
/// wants no more, what is in flight is dropped.
///
/// # Panics
///
/// If `f` or a future panics, whoever drives the flow sees it; polled again, the flow fails with
/// [`Kind::Panicked`].
///
/// # Examples
///
/// ```
/// use tubes::{Fount, bound, drains, founts, stages};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// async fn look_up(name: &str) -> usize {
///     tokio::task::yield_now().await;
///     name.len()
/// }
///
/// let sizes = founts::iter(["one", "three", "seven"])
///     .through(stages::then(look_up).at_most(bound(4)))
///     .flow_to(drains::collect(9))
///     .await?;
/// assert_eq!(sizes, [3, 5, 5]);
///
/// let twice = stages::then(async |n: u32| 2 * n);
/// assert_eq!(founts::iter([1, 2]).through(twice).flow_to(drains::collect(9)).await?, [2, 4]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[inline]
pub fn then<F, In, Fut>(f: F) -> Then<F, Fut>
where
    F: FnMut(In) -> Fut,
    Fut: Future,
{
    Then {
        calls: Calls::new(f, Unkeyed::ALL),
    }
}

/// The stage of [`then`].
#[must_use = "a stage does nothing before it is attached"]
pub struct Then<F, Fut: Future, K = Unkeyed> {
    calls: Calls<F, Fut, K>,
}

// The futures are pinned in boxes of their own, nothing else is.
impl<F, Fut: Future, K> Unpin for Then<F, Fut, K> {}

impl<F, Fut: Future, K> Then<F, Fut, K> {
    /// Allows so many futures in flight at once, instead of one.
    #[inline]
    pub fn at_most(mut self, futures: NonZeroUsize) -> Self {
        self.calls.most = futures.get();
        self
    }

    /// Gives outputs as they come, instead of in the order of the items.
    ///
    /// # Examples
    ///
    /// ```
    /// use tubes::{Fount, bound, drains, founts, stages};
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let naps = stages::then(async |naps: u32| {
    ///     for _ in 0..naps {
    ///         tokio::task::yield_now().await;
    ///     }
    ///     naps
    /// });
    /// let all = founts::iter([9, 3, 6])
    ///     .through(naps.at_most(bound(3)).unordered())
    ///     .flow_to(drains::collect(9))
    ///     .await?;
    /// assert_eq!(all, [3, 6, 9]);
    /// # Ok::<_, tubes::Error>(()) }).unwrap();
    /// ```
    #[inline]
    pub fn unordered(mut self) -> Self {
        self.calls.order = Order::OfOutputs;
        self
    }

    /// Runs the futures of one key one after another, in the order of their items; those of
    /// different keys at the same time.
    ///
    /// Changes nothing in the order of outputs: that of the items; with
    /// [`unordered`](Self::unordered), as they come, which is in order for each key.
    ///
    /// # Flow control
    ///
    /// An item that waits for its key takes a place. Each new item is compared with those that
    /// are held.
    ///
    /// # Examples
    ///
    /// ```
    /// use tubes::{Fount, bound, drains, founts, stages};
    ///
    /// async fn store((_account, amount): (u8, i64)) -> i64 {
    ///     amount
    /// }
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let stored = founts::iter([(1, 10), (2, 20), (1, -10)])
    ///     .through(stages::then(store).by_key(|(account, _)| *account).at_most(bound(4)))
    ///     .flow_to(drains::collect(9))
    ///     .await?;
    /// assert_eq!(stored, [10, 20, -10]);
    /// # Ok::<_, tubes::Error>(()) }).unwrap();
    /// ```
    #[inline]
    pub fn by_key<G, In, Key>(self, key: G) -> Then<F, Fut, ByKey<G, Key, In>>
    where
        F: FnMut(In) -> Fut,
        G: FnMut(&In) -> Key,
        Key: Eq,
    {
        let mut calls = Calls::new(self.calls.f, ByKey::new(key));
        calls.most = self.calls.most;
        calls.order = self.calls.order;
        Then { calls }
    }

    /// What is in flight is not wanted any more.
    pub(super) fn clear<In>(&mut self)
    where
        K: Keys<In>,
    {
        self.calls.clear();
    }

    /// Writes `kind(held of bound)`.
    pub(super) fn fmt_as(&self, kind: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{kind}({} of {})", self.calls.busy(), self.calls.most)
    }
}

/// Outputs that wait, in order, as far as they are done.
struct Done<'a, F, Fut: Future, K>(&'a mut Calls<F, Fut, K>);

impl<F, Fut: Future, K> Iterator for Done<'_, F, Fut, K> {
    type Item = Fut::Output;

    #[inline]
    fn next(&mut self) -> Option<Fut::Output> {
        self.0.take()
    }
}

impl<F, Fut: Future, K> Then<F, Fut, K> {
    /// One item, for which downstream has room.
    #[inline]
    fn next<U>(
        &mut self,
        mut upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Fut::Output, Reason>>
    where
        U: Fount,
        F: FnMut(U::Item) -> Fut,
        K: Keys<U::Item>,
    {
        let calls = &mut self.calls;
        if !calls.drive(cx) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        loop {
            if let Some(output) = calls.take() {
                return Poll::Ready(Ok(output));
            }
            if calls.is_full() {
                return waits(upstream, cx, Poll::Pending);
            }
            let is_direct = calls.is_direct();
            match upstream.as_mut().poll_next(cx) {
                Poll::Ready(Ok(item)) => match calls.begin(item) {
                    Some(output) if is_direct => return Poll::Ready(Ok(output)),
                    Some(output) => calls.file(output),
                    None => {}
                },
                Poll::Ready(Err(reason)) if calls.busy() == 0 => return Poll::Ready(Err(reason)),
                Poll::Ready(Err(_)) => return waits(upstream, cx, Poll::Pending),
                Poll::Pending => return Poll::Pending,
            }
            if !budget::spend() {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
    }

    /// Items, for as long as downstream has room.
    #[inline]
    fn flow<U, D>(
        &mut self,
        mut upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
        mut drain: Pin<&mut D>,
    ) -> Run
    where
        U: Fount,
        F: FnMut(U::Item) -> Fut,
        K: Keys<U::Item>,
        D: Drain<Fut::Output>,
    {
        let calls = &mut self.calls;
        if !calls.drive(cx) {
            return Run::Spent;
        }
        loop {
            // With futures in flight and nothing to give, the drain need not be asked.
            if calls.has_output() || calls.busy() == 0 {
                match drain
                    .as_mut()
                    .poll_receive(cx, Done(&mut *calls))
                {
                    Intake::Dry => {}
                    Intake::Blocked => return Run::Blocked,
                    Intake::Spent => return Run::Spent,
                    Intake::Refused(reason) => return Run::Refused(reason),
                }
            }
            match upstream.ended() {
                Some(reason) if calls.busy() == 0 => return Run::Ended(reason.clone()),
                None if !calls.is_full() => {}
                Some(_) | None => return waits(upstream, cx, Run::Starved),
            }
            let (run, halt) = if calls.is_direct() {
                let mut lane = pin!(Direct::new(&mut *calls, drain.as_mut()));
                let run = upstream
                    .as_mut()
                    .poll_flow(cx, lane.as_mut());
                (run, lane.halt())
            } else {
                let mut lane = pin!(Filing::new(&mut *calls));
                let run = upstream
                    .as_mut()
                    .poll_flow(cx, lane.as_mut());
                (run, lane.halt())
            };
            match (run, halt) {
                (Run::Refused(reason), _) => return Run::Refused(reason),
                (_, Halt::Spent) | (Run::Spent, _) => return Run::Spent,
                (Run::Ended(_), _) | (_, Halt::Parked) => {}
                (run, Halt::No) => return run,
            }
        }
    }

    /// Downstream is not ready: what is in flight goes on, and places that are left are filled.
    fn work_ahead<U>(&mut self, mut upstream: Pin<&mut Upstream<U>>, cx: &mut Context<'_>)
    where
        U: Fount,
        F: FnMut(U::Item) -> Fut,
        K: Keys<U::Item>,
    {
        let calls = &mut self.calls;
        let mut has_budget = calls.drive(cx);
        while has_budget && !calls.is_full() && upstream.ended().is_none() {
            let Poll::Ready(Ok(item)) = upstream.as_mut().poll_next(cx) else {
                return;
            };
            if let Some(output) = calls.begin(item) {
                calls.file(output);
            }
            has_budget = budget::spend();
        }
        if !has_budget {
            cx.waker().wake_by_ref();
        }
    }
}

impl<U, F, Fut, K> Pump<U> for Then<F, Fut, K>
where
    U: Fount,
    F: FnMut(U::Item) -> Fut,
    Fut: Future,
    K: Keys<U::Item>,
{
    type Item = Fut::Output;

    #[inline]
    fn poll_next(
        self: Pin<&mut Self>,
        upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Fut::Output, Reason>> {
        let this = self.get_mut();
        if !this.calls.enter() {
            this.clear::<U::Item>();
            return Poll::Ready(Err(panicked()));
        }
        let next = this.next(upstream, cx);
        this.calls.leave(cx);
        next
    }

    fn poll_progress(
        self: Pin<&mut Self>,
        mut upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        let this = self.get_mut();
        if this.calls.enter() {
            this.work_ahead(upstream.as_mut(), cx);
            this.calls.leave(cx);
        } else {
            this.clear::<U::Item>();
        }
        match upstream.poll_progress(cx) {
            Poll::Ready(()) if this.calls.busy() == 0 => Poll::Ready(()),
            Poll::Ready(()) | Poll::Pending => Poll::Pending,
        }
    }

    #[inline]
    fn poll_flow<D>(
        self: Pin<&mut Self>,
        upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
        drain: Pin<&mut D>,
    ) -> Run
    where
        D: Drain<Fut::Output>,
    {
        let this = self.get_mut();
        if !this.calls.enter() {
            this.clear::<U::Item>();
            return Run::Ended(panicked());
        }
        let run = this.flow(upstream, cx, drain);
        this.calls.leave(cx);
        run
    }

    fn stop(self: Pin<&mut Self>, upstream: Pin<&mut Upstream<U>>, reason: &Reason) {
        upstream.stop(reason);
        self.get_mut().clear::<U::Item>();
    }

    fn kind(&self) -> &'static str {
        "then"
    }
}

/// The futures are waited for, and upstream is not pulled: it keeps moving, done or not.
#[inline]
fn waits<U: Fount, T>(upstream: Pin<&mut U>, cx: &mut Context<'_>, as_is: T) -> T {
    let _ = upstream.poll_progress(cx);
    as_is
}

#[cold]
fn panicked() -> Reason {
    Error::new(Kind::Panicked).into()
}

impl<F, Fut: Future, K> fmt::Debug for Then<F, Fut, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fmt_as("then", f)
    }
}
