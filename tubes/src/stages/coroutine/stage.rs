//! The stage of a coroutine: when it pulls, polls and ends.

use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use pin_project::pin_project;

use super::ending::Ending;
use super::ends::{Inlet, Outlet};
use super::lane::{Halt, Lane, Source, Turn};
use super::lent::{Key, Shared};
use super::port::{End, Port};
use crate::budget;
use crate::drain::{Drain, Intake};
use crate::error::{Error, Kind};
use crate::fount::{Fount, Run};
use crate::pump::Pump;
use crate::reason::Reason;
use crate::upstream::Upstream;

/// A stage written as protocol code in a straight line: an async closure with an [`Inlet`] and an
/// [`Outlet`].
///
/// It may send before it asks for the first item (a greeting), send after the end of upstream (a
/// farewell), await other things in between, and return early. No task, no channel: the stage
/// polls the coroutine, and nothing else runs.
///
/// # Flow control
///
/// Pulls when the coroutine awaits [`Inlet::next`] and downstream has taken what was sent; what it
/// does not ask for stays upstream. Holds what the coroutine holds, and one output. While
/// downstream is not ready, the coroutine goes on until it needs it to be.
///
/// # Stopping
///
/// When upstream has ended, `next` gives `None`, or the failure, and the flow ends with the reason
/// of upstream when the coroutine returns. A coroutine that returns before that ends the flow with
/// [`Reason::Enough`]. In both cases it may return a reason of its own, or a failure; a failure of
/// upstream stands.
///
/// When downstream wants no more, `next` and `send` say so, once each, and the coroutine is polled
/// once to hear it; then it is dropped.
///
/// # Errors
///
/// The error that the coroutine returns, with kind [`Kind::User`]. The ends work in their own
/// coroutine only (in whatever futures it polls), not in another task: there they fail.
///
/// # Panics
///
/// If the coroutine panics, whoever drives the flow sees it; polled again, the flow fails with
/// [`Kind::Panicked`].
///
/// # Examples
///
/// ```
/// use tubes::stages::{self, Inlet, Outlet};
/// use tubes::{Fount, drains, founts};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// // Numbers in pairs, with a greeting and a farewell.
/// let pairs = stages::coroutine(async |inlet: Inlet<u32>, outlet: Outlet<String>| {
///     outlet.send("pairs:".to_owned()).await?;
///     while let Some(first) = inlet.next().await? {
///         let Some(second) = inlet.next().await? else {
///             outlet.send(format!("and {first}")).await?;
///             break;
///         };
///         outlet.send(format!("{first}-{second}")).await?;
///     }
///     Ok::<_, tubes::Reason>(())
/// });
/// let all = founts::iter([1, 2, 3]).through(pairs).flow_to(drains::collect(9)).await?;
/// assert_eq!(all, ["pairs:", "1-2", "and 3"]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
pub fn coroutine<F, In, Out, Fut>(f: F) -> Coroutine<Fut, In, Out>
where
    F: FnOnce(Inlet<In>, Outlet<Out>) -> Fut,
    Fut: Future,
    Fut::Output: Ending,
{
    let key = Key::new();
    let inlet = Shared::new(&key, Port::new());
    let outlet = Shared::new(&key, Port::new());
    let call = f(Inlet::new(&inlet), Outlet::new(&outlet));
    Coroutine {
        call: Some(call),
        key: Some(key),
        inlet,
        outlet,
        end: None,
    }
}

/// Whether a coroutine was given an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fed {
    Yes,
    /// It waits for something else.
    NotAsked,
    /// It has returned.
    Over,
}

/// The stage of [`coroutine`].
#[pin_project]
#[must_use = "a stage does nothing before it is attached"]
pub struct Coroutine<Fut, In, Out> {
    /// There until it has returned.
    #[pin]
    call: Option<Fut>,
    /// Lent while the coroutine is polled; what a panic takes away.
    key: Option<Key>,
    inlet: Shared<Port<In>>,
    outlet: Shared<Port<Out>>,
    /// Why the flow ends here, once the coroutine is over.
    end: Option<Reason>,
}

impl<Fut, In, Out> Coroutine<Fut, In, Out>
where
    Fut: Future,
    Fut::Output: Ending,
{
    /// Whether the coroutine has returned, or is gone.
    #[inline]
    pub(super) fn is_over(&self) -> bool {
        self.end.is_some()
    }

    /// The output that waits, and whether the coroutine waits for the room that it leaves.
    #[inline]
    pub(super) fn take(self: Pin<&mut Self>) -> Option<(Out, bool)> {
        let this = self.project();
        let port = this.outlet.port(this.key.as_mut()?);
        let output = port.item.take()?;
        port.moved();
        Some((output, port.is_awaited()))
    }

    /// Whether the coroutine waits for an item, and nothing that it has sent waits.
    #[inline]
    pub(super) fn is_hungry(self: Pin<&mut Self>) -> bool {
        let this = self.project();
        match this.key {
            Some(key) => this.outlet.port(key).item.is_none() && this.inlet.port(key).is_asked(),
            None => false,
        }
    }

    /// Whether the coroutine waits for an item.
    #[inline]
    pub(super) fn is_asking(self: Pin<&mut Self>) -> bool {
        let this = self.project();
        match this.key {
            Some(key) => this.inlet.port(key).is_asked(),
            None => false,
        }
    }

    /// Gives the coroutine an item, if it asks for one; `None` if there is none.
    #[inline]
    pub(super) fn feed(self: Pin<&mut Self>, items: &mut impl Iterator<Item = In>) -> Option<Fed> {
        let this = self.project();
        if this.end.is_some() {
            return Some(Fed::Over);
        }
        let Some(key) = this.key else {
            return Some(Fed::NotAsked);
        };
        let port = this.inlet.port(key);
        if !port.is_asked() {
            return Some(Fed::NotAsked);
        }
        port.item = Some(items.next()?);
        port.moved();
        Some(Fed::Yes)
    }

    /// Upstream has ended, and the coroutine hears it.
    fn hear(self: Pin<&mut Self>, reason: &Reason) {
        let this = self.project();
        if let Some(key) = this.key {
            let port = this.inlet.port(key);
            port.end = End::Over(reason.clone());
            port.moved();
        }
    }

    /// Polls the coroutine, unless it is over.
    #[inline]
    pub(super) fn advance(self: Pin<&mut Self>, cx: &mut Context<'_>) {
        let mut this = self.project();
        let Some(call) = this.call.as_mut().as_pin_mut() else {
            return;
        };
        let Some(key) = this.key.take() else {
            // It has panicked.
            this.call.set(None);
            *this.end = Some(Error::new(Kind::Panicked).into());
            return;
        };
        let (polled, key) = key.lend(call, cx);
        *this.key = key;
        if let Poll::Ready(returned) = polled {
            this.call.set(None);
            let heard = this
                .key
                .as_mut()
                .map(|key| this.inlet.port(key).end.clone());
            *this.end = Some(ended(heard, returned.into_reason()));
        }
    }

    /// One item, for which downstream has room.
    #[inline]
    fn next<U>(
        mut self: Pin<&mut Self>,
        mut upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Out, Reason>>
    where
        U: Fount<Item = In>,
    {
        let (mut has_news, mut is_dry) = (true, false);
        loop {
            if let Some((output, _)) = self.as_mut().take() {
                return Poll::Ready(Ok(output));
            }
            if let Some(end) = &self.end {
                return Poll::Ready(Err(end.clone()));
            }
            if self.as_mut().is_asking() {
                match upstream.as_mut().poll_next(cx) {
                    Poll::Ready(Ok(item)) => {
                        is_dry = false;
                        self.as_mut()
                            .feed(&mut std::iter::once(item));
                    }
                    Poll::Ready(Err(reason)) => self.as_mut().hear(&reason),
                    // It may wait for something else, too.
                    Poll::Pending if has_news => is_dry = true,
                    Poll::Pending => return Poll::Pending,
                }
            } else if !has_news {
                // It waits for something of its own: upstream keeps moving, done or not.
                if !is_dry {
                    let _ = upstream.poll_progress(cx);
                }
                return Poll::Pending;
            }
            if !budget::spend_part() {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            self.as_mut().advance(cx);
            has_news = false;
        }
    }
}

/// The reason why a flow ends: that of upstream, if the coroutine has heard it, and what the
/// coroutine itself says.
fn ended(heard: Option<End>, own: Option<Reason>) -> Reason {
    match (heard, own) {
        (Some(End::Over(first)), Some(own)) => first.or_failure(own),
        (Some(End::Over(first)), None) => first,
        (_, Some(own)) => own,
        (_, None) => Reason::Enough,
    }
}

impl<U, Fut, In, Out> Pump<U> for Coroutine<Fut, In, Out>
where
    U: Fount<Item = In>,
    Fut: Future,
    Fut::Output: Ending,
{
    type Item = Out;

    #[inline]
    fn poll_next(
        self: Pin<&mut Self>,
        upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Out, Reason>> {
        self.next(upstream, cx)
    }

    /// Whatever else the coroutine waits for goes on.
    fn poll_progress(
        mut self: Pin<&mut Self>,
        upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        if !self.is_over() {
            self.as_mut().advance(cx);
        }
        match upstream.poll_progress(cx) {
            Poll::Ready(()) if self.is_over() => Poll::Ready(()),
            Poll::Ready(()) | Poll::Pending => Poll::Pending,
        }
    }

    #[inline]
    fn poll_flow<D>(
        self: Pin<&mut Self>,
        mut upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
        drain: Pin<&mut D>,
    ) -> Run
    where
        D: Drain<Out>,
    {
        let waker = cx.waker().clone();
        let mut lane = pin!(Lane {
            source: Source {
                coroutine: self,
                waker: &waker,
                turn: Turn::Poll,
                halt: Halt::No,
                left: budget::RUN,
            },
            drain,
        });
        loop {
            // Without a question to the drain, if there is nothing for it yet.
            let run = if lane.source.is_hungry() {
                upstream
                    .as_mut()
                    .poll_flow(cx, lane.as_mut())
            } else {
                match lane
                    .as_mut()
                    .poll_receive(cx, std::iter::empty())
                {
                    Intake::Dry => continue,
                    Intake::Blocked => Run::Blocked,
                    Intake::Spent => Run::Spent,
                    Intake::Refused(reason) => Run::Refused(reason),
                }
            };
            let source = &mut lane.source;
            if let Run::Blocked = run {
                return match source.halt {
                    Halt::No => Run::Blocked,
                    Halt::Waits => {
                        let _ = upstream.poll_progress(cx);
                        Run::Starved
                    }
                    Halt::Spent => Run::Spent,
                    Halt::Over => match &source.coroutine.end {
                        Some(end) => Run::Ended(end.clone()),
                        None => Run::Starved,
                    },
                };
            }
            let Run::Ended(reason) = run else {
                return run;
            };
            source.coroutine.as_mut().hear(&reason);
            source.turn = Turn::Poll;
        }
    }

    fn stop(self: Pin<&mut Self>, upstream: Pin<&mut Upstream<U>>, reason: &Reason) {
        upstream.stop(reason);
        let mut this = self;
        let parts = this.as_mut().project();
        if let (Some(key), None) = (parts.key, &parts.end) {
            let inlet = parts.inlet.port(key);
            inlet.end = End::Stopped(reason.clone());
            inlet.moved();
            let outlet = parts.outlet.port(key);
            outlet.end = End::Stopped(reason.clone());
            outlet.moved();
            drop(outlet.item.take());
            this.as_mut()
                .advance(&mut Context::from_waker(Waker::noop()));
        }
        let mut parts = this.project();
        parts.call.set(None);
        parts
            .end
            .get_or_insert_with(|| reason.clone());
    }

    fn kind(&self) -> &'static str {
        "coroutine"
    }
}

impl<Fut, In, Out> fmt::Debug for Coroutine<Fut, In, Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.end.is_some() {
            "coroutine(over)"
        } else {
            "coroutine"
        })
    }
}
