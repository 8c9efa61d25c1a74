//! The stage that may wait: for a time, for futures, for a permit.

use std::pin::Pin;
use std::task::{Context, Poll};

use crate::budget;
use crate::drain::Drain;
use crate::fount::{Fount, Run};
use crate::reason::Reason;
use crate::tube::type_name;
use crate::upstream::Upstream;

/// A stage that may wait: what a [`Tube`](crate::tube::Tube) must not do.
///
/// It stands behind a fount (never in front of a drain), which it pulls by itself; [`Pumped`](crate::siphon::Pumped) is the
/// fount that comes of it, and holds it to the laws. All that a pump has to care for is what it
/// does while items flow.
///
/// | what happens | who sees to it |
/// |---|---|
/// | upstream has ended | [`Upstream`] remembers; asked again it says the same |
/// | the pump gives an end of its own | upstream is stopped with that reason, and the stage named in the error |
/// | after the end | the pump is not polled again; the end is |
/// | downstream stops | [`stop`](Self::stop), once, and not after the end |
/// | the pump waits, and not for upstream | the pump: it calls `upstream.poll_progress(cx)` |
///
/// # Flow control
///
/// [`poll_next`](Self::poll_next) is called only when downstream has room for one item. A pump
/// that works ahead (futures in flight) says in its docs how much it holds, and pulls only when it
/// has room itself.
///
/// # Examples
///
/// Nothing flows before a future is ready:
///
/// ```
/// use std::future::Future;
/// use std::pin::Pin;
/// use std::task::{Context, Poll};
/// use tubes::{Fount, Pump, Reason, Upstream, drains, founts};
///
/// struct After<S>(Option<Pin<Box<S>>>);
///
/// impl<U: Fount, S: Future> Pump<U> for After<S> {
///     type Item = U::Item;
///
///     fn poll_next(
///         mut self: Pin<&mut Self>,
///         upstream: Pin<&mut Upstream<U>>,
///         cx: &mut Context<'_>,
///     ) -> Poll<Result<U::Item, Reason>> {
///         if let Some(signal) = &mut self.0 {
///             if signal.as_mut().poll(cx).is_pending() {
///                 let _ = upstream.poll_progress(cx); // what upstream owns keeps moving
///                 return Poll::Pending;
///             }
///             self.0 = None;
///         }
///         upstream.poll_next(cx)
///     }
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let after = After(Some(Box::pin(tokio::task::yield_now())));
/// let all = founts::iter([1, 2]).through(after).flow_to(drains::collect(9)).await?;
/// assert_eq!(all, [1, 2]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
///
/// A rest after each item, by a [`Clock`](crate::clock::Clock), and the test that it keeps the laws:
///
/// ```
/// use std::pin::Pin;
/// use std::task::{Context, Poll};
/// use std::time::Duration;
/// use tubes::clock::{Clock, Timer};
/// use tubes::testing::{HastyClock, laws};
/// use tubes::{Fount, Pump, Reason, Upstream};
///
/// struct Rest<C> {
///     time: Duration,
///     clock: C,
///     timer: Option<Box<dyn Timer>>,
/// }
///
/// impl<U: Fount, C: Clock + Unpin> Pump<U> for Rest<C> {
///     type Item = U::Item;
///
///     fn poll_next(
///         mut self: Pin<&mut Self>,
///         upstream: Pin<&mut Upstream<U>>,
///         cx: &mut Context<'_>,
///     ) -> Poll<Result<U::Item, Reason>> {
///         if let Some(timer) = &mut self.timer {
///             if timer.poll_elapsed(cx).is_pending() {
///                 let _ = upstream.poll_progress(cx);
///                 return Poll::Pending;
///             }
///             self.timer = None;
///         }
///         let next = upstream.poll_next(cx);
///         if let Poll::Ready(Ok(_)) = next {
///             let until = self.clock.now() + self.time;
///             self.timer = Some(self.clock.timer(until));
///         }
///         next
///     }
///
///     fn stop(mut self: Pin<&mut Self>, upstream: Pin<&mut Upstream<U>>, reason: &Reason) {
///         self.timer = None; // so that it wakes nobody
///         upstream.stop(reason);
///     }
/// }
///
/// // With `clock: tubes::time::clock()` it goes by tokio's; here, nobody waits.
/// let step = Duration::from_millis(1);
/// let rest = move || Rest { time: 3 * step, clock: HastyClock::new(step), timer: None };
/// laws::stage(move |source| source.through(rest()), vec![1, 2], vec![1, 2]).check();
/// ```
/// One that holds an item, here with the one before it. An item is not pinned, so the pump is
/// `Unpin` whatever the item is, which has to be said; and the law test is told what it holds:
///
/// ```
/// use std::pin::Pin;
/// use std::task::{Context, Poll, ready};
/// use tubes::testing::laws;
/// use tubes::{Fount, Pump, Reason, Upstream};
///
/// struct WithNext<T>(Option<T>);
///
/// impl<T> Unpin for WithNext<T> {}
///
/// impl<T: Clone, U: Fount<Item = T>> Pump<U> for WithNext<T> {
///     type Item = (T, T);
///
///     fn poll_next(
///         mut self: Pin<&mut Self>,
///         mut upstream: Pin<&mut Upstream<U>>,
///         cx: &mut Context<'_>,
///     ) -> Poll<Result<(T, T), Reason>> {
///         loop {
///             let next = ready!(upstream.as_mut().poll_next(cx))?;
///             if let Some(before) = self.0.replace(next.clone()) {
///                 return Poll::Ready(Ok((before, next)));
///             }
///         }
///     }
/// }
///
/// let make = |source| Fount::through(source, WithNext(None));
/// laws::stage(make, vec![1, 2, 3], vec![(1, 2), (2, 3)]).holding(1).check();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot stand behind `{U}`",
    label = "not a stage for these items"
)]
pub trait Pump<U: Fount> {
    /// What comes out.
    type Item;

    /// The next item, for which downstream has room. `Err(reason)` is the end.
    ///
    /// # Errors
    ///
    /// The reason why there are no more items: that of upstream, or one of its own.
    fn poll_next(
        self: Pin<&mut Self>,
        upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Self::Item, Reason>>;

    /// Called instead of pulling while downstream is not ready, and after the end: as
    /// [`Fount::poll_progress`]. Moves upstream, too.
    #[inline]
    fn poll_progress(
        self: Pin<&mut Self>,
        upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        upstream.poll_progress(cx)
    }

    /// Pushes items into `drain` for as long as it is ready: as [`Fount::poll_flow`]. Worth
    /// overriding where items pass in runs: `upstream.poll_flow(cx, drain)`.
    #[inline]
    fn poll_flow<D>(
        mut self: Pin<&mut Self>,
        mut upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
        mut drain: Pin<&mut D>,
    ) -> Run
    where
        D: Drain<Self::Item>,
        Self: Sized,
    {
        while budget::spend_part() {
            match drain.as_mut().poll_ready(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(reason)) => return Run::Refused(reason),
                Poll::Pending => return Run::Blocked,
            }
            let item = match self
                .as_mut()
                .poll_next(upstream.as_mut(), cx)
            {
                Poll::Ready(Ok(item)) => item,
                Poll::Ready(Err(reason)) => return Run::Ended(reason),
                Poll::Pending => return Run::Starved,
            };
            if let Err(reason) = drain.as_mut().receive(item) {
                return Run::Refused(reason);
            }
        }
        Run::Spent
    }

    /// Downstream wants no more, and why. Stops upstream, unless it has ended.
    #[inline]
    fn stop(self: Pin<&mut Self>, upstream: Pin<&mut Upstream<U>>, reason: &Reason) {
        upstream.stop(reason);
    }

    /// The kind of this stage, for errors: as [`Tube::kind`](crate::tube::Tube::kind).
    #[inline]
    fn kind(&self) -> &'static str {
        type_name::<Self>()
    }
}
