//! A call tried again and again for one item, until it works or has been tried enough.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use pin_project::pin_project;

use crate::alarm::Alarm;
use crate::backoff::Backoff;
use crate::budget;
use crate::clock::Clock;
use crate::fount::Fount;
use crate::reason::Reason;
use crate::upstream::Upstream;

/// The function, and the one item that it is tried with.
#[pin_project]
pub(super) struct Attempts<F, In, Fut: Future, C> {
    call: F,
    backoff: Backoff,
    clock: C,
    alarm: Alarm,
    #[pin]
    state: State<In, Fut, Fut::Output>,
}

/// ```text
/// Idle ──an item──► Trying ──done, or tried enough──► Made ──taken──► Idle
///                     │ ▲
///              failed ▼ │ the delay is over
///                   Waiting
/// ```
#[pin_project(project = Stand, project_replace = Taken)]
enum State<In, Fut, Output> {
    /// No item.
    Idle,
    /// A call is under way.
    Trying {
        item: In,
        #[pin]
        call: Fut,
    },
    /// The last call has failed, the next one begins at this time.
    Waiting { item: In, at: Instant },
    /// The outcome waits to be taken.
    Made(Output),
}

impl<F, In, Fut: Future, C> Attempts<F, In, Fut, C> {
    pub(super) fn new(backoff: Backoff, call: F, clock: C) -> Self {
        Self {
            call,
            backoff,
            clock,
            alarm: Alarm::default(),
            state: State::Idle,
        }
    }

    pub(super) fn on<C2>(self, clock: C2) -> Attempts<F, In, Fut, C2> {
        Attempts::new(self.backoff, self.call, clock)
    }

    /// Lets go of the item, and of the call for it.
    pub(super) fn forget(self: Pin<&mut Self>) {
        self.project().state.set(State::Idle);
    }

    /// Writes how many items it holds, and what it waits for.
    pub(super) fn fmt_as(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(name)?;
        match &self.state {
            State::Idle => f.write_str("(0 of 1)"),
            State::Trying { .. } => f.write_str("(1 of 1, trying)"),
            State::Waiting { .. } => write!(f, "(1 of 1, waiting: {:?})", self.backoff),
            State::Made(_) => f.write_str("(1 of 1, done)"),
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
        upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Result<Out, E>, Reason>>
    where
        U: Fount<Item = In>,
    {
        if let Stand::Idle = self.as_mut().project().state.project() {
            let item = ready!(upstream.poll_next(cx))?;
            let mut this = self.as_mut().project();
            this.backoff.reset();
            let call = (this.call)(item.clone());
            this.state
                .set(State::Trying { item, call });
        }
        ready!(self.as_mut().poll_made(cx));
        let state = self.project().state;
        match state.project_replace(State::Idle) {
            Taken::Made(output) => Poll::Ready(Ok(output)),
            // Not reached: there is an item, and it is made.
            Taken::Idle | Taken::Trying { .. } | Taken::Waiting { .. } => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }

    /// Moves the call for the item, if there is one, until the outcome is there.
    pub(super) fn poll_made(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        loop {
            match this.state.as_mut().project() {
                Stand::Idle | Stand::Made(_) => return Poll::Ready(()),
                Stand::Trying { call, .. } => {
                    let output = ready!(call.poll(cx));
                    let again = match &output {
                        Ok(_) => None,
                        Err(_) => this
                            .backoff
                            .next_delay()
                            .and_then(|delay| this.clock.now().checked_add(delay)),
                    };
                    let before = this
                        .state
                        .as_mut()
                        .project_replace(State::Idle);
                    let next = match (before, again) {
                        (Taken::Trying { item, .. }, Some(at)) => State::Waiting { item, at },
                        _ => State::Made(output),
                    };
                    this.state.set(next);
                }
                Stand::Waiting { at, .. } => {
                    ready!(
                        this.alarm
                            .poll_at(&*this.clock, *at, cx)
                    );
                    let before = this
                        .state
                        .as_mut()
                        .project_replace(State::Idle);
                    if let Taken::Waiting { item, .. } = before {
                        let call = (this.call)(item.clone());
                        this.state
                            .set(State::Trying { item, call });
                    }
                }
            }
            if !budget::spend() {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
    }
}
