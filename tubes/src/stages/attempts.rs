//! A call tried again and again for one item, until it works or has been tried enough.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project::pin_project;

use crate::backoff::Backoff;
use crate::clock::Clock;
use crate::fount::Fount;
use crate::reason::Reason;
use crate::tries::Tries;
use crate::upstream::Upstream;

/// The function, and the one item that it is tried with.
#[pin_project]
pub(super) struct Attempts<F, In, Fut: Future, C> {
    call: F,
    clock: C,
    #[pin]
    tries: Tries<Fut>,
    held: Held<In, Fut::Output>,
}

/// ```text
/// Nothing ──an item──► Item ──it worked, or was tried enough──► Made ──taken──► Nothing
/// ```
enum Held<In, Output> {
    Nothing,
    /// It is tried with this.
    Item(In),
    /// The outcome waits to be taken.
    Made(Output),
}

impl<F, In, Fut: Future, C> Attempts<F, In, Fut, C> {
    pub(super) fn new(backoff: Backoff, call: F, clock: C) -> Self {
        Self {
            call,
            clock,
            tries: Tries::new(backoff),
            held: Held::Nothing,
        }
    }

    pub(super) fn on<C2>(self, clock: C2) -> Attempts<F, In, Fut, C2> {
        Attempts::new(self.tries.into_backoff(), self.call, clock)
    }

    /// Lets go of the item, and of the call for it.
    pub(super) fn forget(self: Pin<&mut Self>) {
        let this = self.project();
        this.tries.forget();
        *this.held = Held::Nothing;
    }

    /// Writes how many items it holds, and what it waits for.
    pub(super) fn fmt_as(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(name)?;
        match &self.held {
            Held::Nothing => f.write_str("(0 of 1)"),
            Held::Item(_) => write!(f, "(1 of 1, {:?})", self.tries),
            Held::Made(_) => f.write_str("(1 of 1, done)"),
        }
    }
}

impl<F, In, Fut, Out, E, C> Attempts<F, In, Fut, C>
where
    F: FnMut(In) -> Fut,
    In: Clone,
    Fut: Future<Output = Result<Out, E>>,
    C: Clock,
{
    /// The outcome for the next item of upstream.
    pub(super) fn poll_next<U>(
        mut self: Pin<&mut Self>,
        mut upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Result<Out, E>, Reason>>
    where
        U: Fount<Item = In>,
    {
        if let Held::Nothing = self.held {
            let item = ready!(upstream.as_mut().poll_next(cx))?;
            *self.as_mut().project().held = Held::Item(item);
        }
        if self.as_mut().poll_made(cx).is_pending() {
            // While the call waits, upstream keeps moving, done or not.
            let _ = upstream.poll_progress(cx);
            return Poll::Pending;
        }
        let held = self.project().held;
        match std::mem::replace(held, Held::Nothing) {
            Held::Made(output) => Poll::Ready(Ok(output)),
            // Not reached: there is an item, and it is made.
            Held::Nothing | Held::Item(_) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }

    /// Moves the call for the item, if there is one, until the outcome is there.
    pub(super) fn poll_made(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        if let Held::Item(item) = this.held {
            let call = || (this.call)(item.clone());
            let made = ready!(this.tries.poll(&*this.clock, call, cx));
            *this.held = Held::Made(made);
        }
        Poll::Ready(())
    }
}
