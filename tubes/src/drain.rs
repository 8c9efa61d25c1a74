//! Where items go.

use std::ops::DerefMut;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::drains::boxed::BoxDrain;
use crate::error::Error;
use crate::reason::Reason;
use crate::stage::Stage;

/// Where items go: is ready until it gives the reason why it wants no more, and makes something
/// of the flow.
///
/// Users rarely call these methods: [`Fount::flow_to`](crate::fount::Fount::flow_to) does.
///
/// # The contract, as the loop that drives a drain
///
/// ```text
/// loop {
///     poll_ready      until Ready(Ok)       "I have room for one item"; no reservation beyond it
///     receive(item)                         at most one for each Ready(Ok)
///     poll_flush      when upstream has nothing right now; then poll_ready again before an item
/// }
/// poll_stopped(reason) until Ready          exactly once to its end, after failures too
/// ```
///
/// That is one flow, and whoever drives a drain leaves it alone behind the end of it. A drain that is
/// given another flow all the same does not leave it waiting: it refuses with its end, or
/// takes the items, and answers the end of that flow, too, once it is told.
///
/// # Flow control
///
/// A drain that is not ready pauses everything in front of it. It registers the waker of the
/// context, and wakes it when it may be ready.
///
/// # Stopping
///
/// `Err(reason)` from any method means "no more, and this is why": upstream is stopped with that
/// reason, and `poll_stopped` is called with it. Dropping a drain before `poll_stopped` was
/// called is an abandonment; what it writes to must not look complete.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a drain for items of type `{Item}`",
    label = "does not receive `{Item}`",
    note = "a drain receives what the last stage gives: compare the item types on both sides"
)]
pub trait Drain<Item> {
    /// What the drain makes of the flow: a sum, a digest, a `Vec`, a `Response`, `()`.
    type Output;

    /// Whether there is room for one item.
    ///
    /// # Errors
    ///
    /// The reason why the drain wants no more.
    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>>;

    /// Takes an item. Only after [`poll_ready`](Self::poll_ready) said yes.
    ///
    /// # Errors
    ///
    /// The reason why the drain wants no more; the item is gone.
    fn receive(self: Pin<&mut Self>, item: Item) -> Result<(), Reason>;

    /// Takes items out of `items` for as long as it is ready: what `Extend::extend` is to `push`.
    ///
    /// Worth overriding where many cheap items come at once. `items` is bounded by the caller.
    #[inline]
    fn poll_receive<I>(mut self: Pin<&mut Self>, cx: &mut Context<'_>, mut items: I) -> Intake
    where
        Self: Sized,
        I: Iterator<Item = Item>,
    {
        loop {
            match self.as_mut().poll_ready(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(reason)) => return Intake::Refused(reason),
                Poll::Pending => return Intake::Blocked,
            }
            let Some(item) = items.next() else {
                return Intake::Dry;
            };
            if let Err(reason) = self.as_mut().receive(item) {
                return Intake::Refused(reason);
            }
        }
    }

    /// Upstream has nothing right now: pushes out what is held back. What was kept for an item since
    /// [`poll_ready`](Self::poll_ready) said yes (a place that others wait for) may be given back.
    ///
    /// # Errors
    ///
    /// The reason why the drain wants no more.
    #[inline]
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        let _ = cx;
        Poll::Ready(Ok(()))
    }

    /// How much has left this drain so far, in its own unit: bytes, for one that writes them.
    ///
    /// Only whether it moves counts: who waits for this drain tells a slow one from a dead one by
    /// it. A drain that cannot tell stays at 0.
    #[inline]
    fn moved(&self) -> u64 {
        0
    }

    /// How much waits in this drain, in its own unit: bytes, for one that writes them.
    ///
    /// For who counts what many drains hold together. It changes only while the drain is called; a
    /// drain that cannot tell stays at 0.
    #[inline]
    fn held(&self) -> usize {
        0
    }

    /// The flow is over, and why: finishes (flushes, closes, aborts) and hands over the output.
    ///
    /// Called until it is ready, once for every flow, after failures too. After a failure a
    /// drain answers with that failure: part of an output must not look like all of it.
    ///
    /// # Errors
    ///
    /// The failure that ended the flow, or one of finishing.
    fn poll_stopped(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        reason: &Reason,
    ) -> Poll<Result<Self::Output, Error>>;

    /// Puts this drain behind a stage: the new drain receives what the stage takes.
    ///
    /// The stage is a tube, a function that returns a `Result`, or a tuple of such. A stage that
    /// may wait (a [`Pump`](crate::pump::Pump)) stands behind a fount only: put it there, with
    /// [`through`](crate::fount::Fount::through).
    ///
    /// A second `behind` puts its stage in front of the first one; so does each further stage of a
    /// tuple. A stage that takes more than one type learns from what flows to it which one it is.
    ///
    /// # Examples
    ///
    /// ```
    /// use tubes::{Drain, Fount, drains, founts, stages};
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let lengths = drains::collect(10).behind(stages::map(|word: &str| word.len()));
    /// assert_eq!(founts::iter(["one", "three"]).flow_to(lengths).await?, [3, 5]);
    /// # Ok::<_, tubes::Error>(()) }).unwrap();
    /// ```
    #[track_caller]
    fn behind<S, How>(self, stage: S) -> S::Output
    where
        Self: Sized,
        S: Stage<Self, How>,
    {
        stage.attach(self)
    }

    /// This drain with its type erased, so that it can be named, stored, or chosen at run time.
    ///
    /// A seam: each item costs a virtual call, and nothing fuses across it.
    fn boxed<'a>(self) -> BoxDrain<'a, Item, Self::Output>
    where
        Self: Sized + Send + 'a,
    {
        Box::pin(self)
    }
}

/// How [`Drain::poll_receive`] came to its end.
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_enums,
    reason = "closed on purpose: whoever hands over items handles every end"
)]
pub enum Intake {
    /// All items are taken, and the drain is ready for more.
    Dry,
    /// The drain is not ready; it wakes when it may be. Items may be left.
    Blocked,
    /// The [`budget`](crate::budget) of this poll is spent; poll again soon. Items may be left.
    Spent,
    /// The drain wants no more. Items may be left.
    Refused(Reason),
}

impl<Item, P> Drain<Item> for Pin<P>
where
    P: DerefMut<Target: Drain<Item>>,
{
    type Output = <P::Target as Drain<Item>>::Output;

    #[inline]
    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.as_deref_mut().poll_ready(cx)
    }
    #[inline]
    fn receive(self: Pin<&mut Self>, item: Item) -> Result<(), Reason> {
        self.as_deref_mut().receive(item)
    }
    #[inline]
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.as_deref_mut().poll_flush(cx)
    }
    #[inline]
    fn moved(&self) -> u64 {
        (**self).moved()
    }
    #[inline]
    fn held(&self) -> usize {
        (**self).held()
    }
    #[inline]
    fn poll_stopped(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        reason: &Reason,
    ) -> Poll<Result<Self::Output, Error>> {
        self.as_deref_mut()
            .poll_stopped(cx, reason)
    }
}
