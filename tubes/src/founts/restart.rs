//! A fount that is made anew when it fails.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use pin_project::pin_project;

use crate::alarm::Alarm;
use crate::backoff::Backoff;
use crate::budget;
use crate::clock::{Ambient, Clock};
use crate::drain::Drain;
use crate::error::Error;
use crate::fount::{Fount, Run};
use crate::reason::Reason;

/// A fount that `make` makes, and makes anew after a delay when it has failed.
///
/// Where the new one goes on is up to `make`: what the old one has yielded is downstream, and does
/// not come again by itself.
///
/// | what ends it | with |
/// |---|---|
/// | a fount that ends without failure | its reason |
/// | a failure, when `backoff` gives no more delays | that failure |
/// | a stop | its reason, also while it waits |
///
/// A fount that has run for [`Backoff::healthy_after`] before it failed counts as a new beginning.
///
/// # Flow control
///
/// Holds what the fount holds; nothing more. The first one is made when it is pulled for the first
/// time. While it waits, one that has failed brings to its end what it owns (a connection to close),
/// which is up to its [`poll_progress`](Fount::poll_progress); the next one is made when it is
/// through, and not before.
///
/// # Errors
///
/// The last failure, as it was.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tubes::{Backoff, Error, Fount, drains, founts, testing::ManualClock};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let mut next = 0;
/// let flaky = move || {
///     let from = next;
///     next += 2;
///     founts::iter(from..6).through(move |n| if n < from + 2 { Ok(n) } else { Err("lost") })
/// };
/// let at_once = Backoff::new(Duration::ZERO, Duration::ZERO);
/// let all = founts::restart(at_once, flaky)
///     .on(ManualClock::new())
///     .flow_to(drains::collect(9))
///     .await?;
/// assert_eq!(all, [0, 1, 2, 3, 4, 5]);
/// # Ok::<_, Error>(()) }).unwrap();
/// ```
///
/// Where to make one takes a while (to connect again), it is made by
/// [`resource`](super::resource), whose `acquire` is a future; what else came of it (the other
/// direction) is held until the end. For a log, each failure passes through `map_err`:
///
/// ```no_run
/// use std::time::Duration;
/// use tubes::net::{self, TcpFlow};
/// use tubes::{Backoff, Error, Fount, drains, founts, framing, stages};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let lines = || {
///     let connected = async {
///         let TcpFlow { fount, drain, .. } = net::connect("127.0.0.1:8007").await?;
///         Ok((fount.through(framing::lines()), drain))
///     };
///     founts::resource(connected, |_drain, _reason| async { Ok(()) })
///         .through(stages::map_err(|error: Error| {
///             eprintln!("{error}, will connect again");
///             error
///         }))
/// };
/// let backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(30));
/// founts::restart(backoff, lines).flow_to(drains::for_each(|line| println!("{line:?}"))).await?;
/// # Ok::<_, Error>(()) }).unwrap();
/// ```
#[inline]
pub fn restart<M, F>(backoff: Backoff, make: M) -> Restart<M, F>
where
    M: FnMut() -> F,
    F: Fount,
{
    Restart {
        make,
        fount: None,
        life: Life::New,
        backoff,
        clock: Ambient,
        alarm: Alarm::default(),
    }
}

/// The fount of [`restart`].
#[pin_project]
#[must_use = "nothing flows before it is driven: use `flow_to` or `next`"]
pub struct Restart<M, F, C = Ambient> {
    make: M,
    /// There while it flows; and after its end, until it has brought that behind it.
    #[pin]
    fount: Option<F>,
    life: Life,
    backoff: Backoff,
    clock: C,
    alarm: Alarm,
}

/// ```text
/// New ──pulled──► Flowing ──ended, or failed too often──► Over
///                   │ ▲
///            failed ▼ │ the delay is over        any ──stopped──► Over
///                 Waiting
/// ```
enum Life {
    New,
    /// Since when.
    Flowing(Instant),
    /// Until when.
    Waiting(Instant),
    Over(Reason),
}

impl<M, F, C> Restart<M, F, C> {
    /// Waits by this clock.
    pub fn on<C2: Clock>(self, clock: C2) -> Restart<M, F, C2> {
        Restart {
            make: self.make,
            fount: self.fount,
            life: self.life,
            backoff: self.backoff,
            clock,
            alarm: self.alarm,
        }
    }
}

impl<M, F, C> Restart<M, F, C>
where
    M: FnMut() -> F,
    F: Fount,
    C: Clock,
{
    /// Ready when a fount flows, or with the reason why none will.
    fn poll_flowing(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        let mut this = self.project();
        match this.life {
            Life::Flowing(_) => return Poll::Ready(Ok(())),
            Life::Over(reason) => return Poll::Ready(Err(reason.clone())),
            Life::New => {}
            Life::Waiting(until) => {
                // The old one goes before the new one comes: they may be after the same thing.
                let left = poll_left(this.fount.as_mut(), cx);
                ready!(
                    this.alarm
                        .poll_at(&*this.clock, *until, cx)
                );
                ready!(left);
            }
        }
        let fount = (this.make)();
        this.fount.set(Some(fount));
        *this.life = Life::Flowing(this.clock.now());
        Poll::Ready(Ok(()))
    }

    /// The fount has ended: whether there will be another one is on its life from now on.
    #[cold]
    fn ended(self: Pin<&mut Self>, reason: Reason) {
        let this = self.project();
        let Reason::Failed(error) = reason else {
            *this.life = Life::Over(reason);
            return;
        };
        *this.life = waiting(this.life, this.backoff, &*this.clock, error);
    }
}

/// Until when to wait after this failure.
fn waiting(life: &Life, backoff: &mut Backoff, clock: &dyn Clock, error: Error) -> Life {
    let now = clock.now();
    let since = match life {
        Life::Flowing(since) => *since,
        Life::New | Life::Waiting(_) | Life::Over(_) => now,
    };
    let delay = backoff.next_after(now.saturating_duration_since(since));
    match delay.and_then(|delay| now.checked_add(delay)) {
        Some(until) => Life::Waiting(until),
        None => Life::Over(error.into()),
    }
}

/// Lets a fount that has ended bring to its end what it owns; then it is gone.
fn poll_left<F: Fount>(mut fount: Pin<&mut Option<F>>, cx: &mut Context<'_>) -> Poll<()> {
    if let Some(left) = fount.as_mut().as_pin_mut() {
        ready!(left.poll_progress(cx));
        fount.set(None);
    }
    Poll::Ready(())
}

impl<M, F, C> Fount for Restart<M, F, C>
where
    M: FnMut() -> F,
    F: Fount,
    C: Clock,
{
    type Item = F::Item;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<F::Item, Reason>> {
        loop {
            ready!(self.as_mut().poll_flowing(cx))?;
            let Some(fount) = self
                .as_mut()
                .project()
                .fount
                .as_pin_mut()
            else {
                return Poll::Ready(Err(Reason::abandoned()));
            };
            match fount.poll_next(cx) {
                Poll::Ready(Err(reason)) => self.as_mut().ended(reason),
                next => return next,
            }
            if !budget::spend() {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
    }

    fn poll_progress(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        match (this.life, this.fount.as_ref().get_ref()) {
            (Life::Flowing(_), Some(_)) => this
                .fount
                .as_pin_mut()
                .map_or(Poll::Ready(()), |fount| fount.poll_progress(cx)),
            _ => poll_left(this.fount, cx),
        }
    }

    fn poll_flow<D>(mut self: Pin<&mut Self>, cx: &mut Context<'_>, mut drain: Pin<&mut D>) -> Run
    where
        D: Drain<F::Item>,
    {
        loop {
            if let Life::New | Life::Waiting(_) = self.life {
                match drain.as_mut().poll_ready(cx) {
                    Poll::Ready(Ok(())) => {}
                    Poll::Ready(Err(reason)) => return Run::Refused(reason),
                    Poll::Pending => return Run::Blocked,
                }
            }
            match self.as_mut().poll_flowing(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(reason)) => return Run::Ended(reason),
                Poll::Pending => return Run::Starved,
            }
            let Some(fount) = self
                .as_mut()
                .project()
                .fount
                .as_pin_mut()
            else {
                return Run::Ended(Reason::abandoned());
            };
            match fount.poll_flow(cx, drain.as_mut()) {
                Run::Ended(reason) => self.as_mut().ended(reason),
                run => return run,
            }
            if !budget::spend() {
                return Run::Spent;
            }
        }
    }

    fn stop(self: Pin<&mut Self>, reason: &Reason) {
        let this = self.project();
        match this.life {
            Life::Over(_) => return,
            Life::Flowing(_) => {
                if let Some(fount) = this.fount.as_pin_mut() {
                    fount.stop(reason);
                }
            }
            Life::New | Life::Waiting(_) => this.alarm.clear(),
        }
        *this.life = Life::Over(reason.clone());
    }
}

impl<M, F: fmt::Debug, C> fmt::Debug for Restart<M, F, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.life, &self.fount) {
            (Life::Flowing(_), Some(fount)) => write!(f, "restart({fount:?}, {:?})", self.backoff),
            (Life::New | Life::Flowing(_), _) => f.write_str("restart"),
            (Life::Waiting(_), _) => write!(f, "restart(waiting, {:?})", self.backoff),
            (Life::Over(_), _) => f.write_str("restart(over)"),
        }
    }
}
