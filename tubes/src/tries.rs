//! A call made again after a delay, each time that it fails.

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

/// One call that is tried until it works, or has been tried enough; then the next one.
///
/// ```text
/// Idle ──polled──► Trying ──done, or tried enough──► Idle
///                    │ ▲
///             failed ▼ │ the delay is over
///                  Waiting
/// ```
#[pin_project]
pub(crate) struct Tries<Fut> {
    backoff: Backoff,
    alarm: Alarm,
    #[pin]
    state: State<Fut>,
}

#[pin_project(project = Now)]
enum State<Fut> {
    Idle,
    /// A call is under way.
    Trying(#[pin] Fut),
    /// The last call has failed, the next one begins at this time.
    Waiting(Instant),
}

impl<Fut> Tries<Fut> {
    pub(crate) fn new(backoff: Backoff) -> Self {
        Self {
            backoff,
            alarm: Alarm::default(),
            state: State::Idle,
        }
    }

    /// What it waits by, without what it has done.
    pub(crate) fn into_backoff(self) -> Backoff {
        self.backoff
    }

    /// Lets go of the call, and of what is known of it.
    pub(crate) fn forget(mut self: Pin<&mut Self>) {
        self.as_mut().done();
        self.project().alarm.clear();
    }

    /// The next call is another one.
    fn done(self: Pin<&mut Self>) {
        let mut this = self.project();
        this.state.set(State::Idle);
        this.backoff.reset();
    }

    /// The outcome of the first call that works, or of the last one.
    pub(crate) fn poll<Out, E, C>(
        mut self: Pin<&mut Self>,
        clock: &C,
        mut call: impl FnMut() -> Fut,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Out, E>>
    where
        Fut: Future<Output = Result<Out, E>>,
        C: Clock + ?Sized,
    {
        loop {
            let mut this = self.as_mut().project();
            match this.state.as_mut().project() {
                Now::Idle => this.state.set(State::Trying(call())),
                Now::Trying(running) => {
                    let made = ready!(running.poll(cx));
                    let delay = match &made {
                        Ok(_) => None,
                        Err(_) => this.backoff.next_delay(),
                    };
                    let at = delay.and_then(|delay| clock.now().checked_add(delay));
                    let Some(at) = at else {
                        self.done();
                        return Poll::Ready(made);
                    };
                    this.state.set(State::Waiting(at));
                }
                Now::Waiting(at) => {
                    ready!(this.alarm.poll_at(clock, *at, cx));
                    this.state.set(State::Trying(call()));
                }
            }
            if !budget::spend() {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
    }
}

impl<Fut> fmt::Debug for Tries<Fut> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.state {
            State::Idle => f.write_str("idle"),
            State::Trying(_) => f.write_str("trying"),
            State::Waiting(_) => write!(f, "waiting: {:?}", self.backoff),
        }
    }
}
