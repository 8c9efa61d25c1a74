//! What is acquired before the first item, and released after the last one.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project::pin_project;

use crate::drain::Drain;
use crate::error::BoxError;
use crate::fount::{Fount, Run};
use crate::lease::{Lease, Life};
use crate::reason::Reason;

/// A fount together with something that has to be released behind it: a child process, a lease, a
/// transaction.
///
/// `acquire` gives both; it is polled when the fount is pulled for the first time. `release` is
/// called once, if `acquire` has succeeded, with the reason for which the flow ended here.
///
/// | how it ends | `release` |
/// |---|---|
/// | the fount has ended, or failed | awaited before downstream hears the end; its failure makes a clean end a failure |
/// | stopped | awaited while the flow comes to its end ([`poll_progress`](Fount::poll_progress)); nobody is left to hear its failure |
/// | stopped while `acquire` is under way | not called: `acquire` is dropped |
/// | dropped ([`Kind::Abandoned`](crate::Kind::Abandoned), or [`Panicked`](crate::Kind::Panicked)) | polled once, then dropped: what it does without waiting is done |
///
/// # Flow control
///
/// Holds what the fount holds.
///
/// # Errors
///
/// The failure of `acquire`, of the fount, or after a clean end that of `release`.
///
/// # Panics
///
/// If `release` panics while something else does, the program aborts.
///
/// # Examples
///
/// ```
/// use std::cell::RefCell;
/// use tubes::{Fount, drains, founts};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let log = RefCell::new(Vec::new());
/// let rows = founts::resource(
///     async {
///         log.borrow_mut().push("begin");
///         Ok((founts::iter(1..4), &log))
///     },
///     |log, reason| async move {
///         log.borrow_mut().push(if reason.is_clean() { "commit" } else { "roll back" });
///         Ok(())
///     },
/// );
/// assert_eq!(rows.flow_to(drains::fold(0, |sum, n| sum + n)).await?, 6);
/// assert_eq!(log.into_inner(), ["begin", "commit"]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[inline]
pub fn resource<A, F, R, L, X>(acquire: A, release: L) -> Resource<A, F, R, L, X>
where
    A: Future<Output = Result<(F, R), BoxError>>,
    F: Fount,
    L: FnOnce(R, Reason) -> X,
    X: Future<Output = Result<(), BoxError>>,
{
    Resource {
        fount: None,
        lease: Lease::new(acquire, release),
    }
}

/// The fount of [`resource`].
///
/// Its parameters are the two functions and what each of them makes: all of it lives in here,
/// without a box.
#[pin_project]
#[must_use = "nothing flows before it is driven: use `flow_to` or `next`"]
pub struct Resource<A, F, R, L, X>
where
    L: FnOnce(R, Reason) -> X,
    X: Future<Output = Result<(), BoxError>>,
{
    /// From when it is acquired, until it has brought its end behind it. Dropped before the lease.
    #[pin]
    fount: Option<F>,
    #[pin]
    lease: Lease<A, R, L, X>,
}

const NAME: &str = "resource";

impl<A, F, R, L, X> Resource<A, F, R, L, X>
where
    A: Future<Output = Result<(F, R), BoxError>>,
    F: Fount,
    L: FnOnce(R, Reason) -> X,
    X: Future<Output = Result<(), BoxError>>,
{
    /// Acquires, if that is under way.
    fn poll_acquired(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        let acquired = this
            .lease
            .poll_acquired(cx, |both| both, NAME);
        if let Some(fount) = ready!(acquired) {
            this.fount.set(Some(fount));
        }
        Poll::Ready(())
    }

    /// Releases behind the fount, if it is time; then it is over.
    fn poll_released(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        if let (Life::Closing(_) | Life::Leaving(_), Some(fount)) =
            (this.lease.life(), this.fount.as_mut().as_pin_mut())
        {
            ready!(fount.poll_progress(cx));
            this.fount.set(None);
        }
        this.lease.poll_released(cx, NAME)
    }

    /// The fount, when it is open; the end, when it is over.
    fn poll_open(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Pin<&mut F>, Reason>> {
        self.as_mut().project().lease.begin();
        ready!(self.as_mut().poll_acquired(cx));
        if let Life::Open = self.lease.life() {
            let fount = self.project().fount.as_pin_mut();
            return Poll::Ready(fount.ok_or_else(Reason::abandoned));
        }
        self.poll_end(cx).map(Err)
    }

    /// The end, which is heard when all is released, if it is one of the fount's own.
    fn poll_end(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Reason> {
        if let Life::Closing(_) = self.lease.life() {
            ready!(self.as_mut().poll_released(cx));
        }
        self.project().lease.poll_end(cx, NAME)
    }
}

impl<A, F, R, L, X> Fount for Resource<A, F, R, L, X>
where
    A: Future<Output = Result<(F, R), BoxError>>,
    F: Fount,
    L: FnOnce(R, Reason) -> X,
    X: Future<Output = Result<(), BoxError>>,
{
    type Item = F::Item;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<F::Item, Reason>> {
        let fount = ready!(self.as_mut().poll_open(cx))?;
        match ready!(fount.poll_next(cx)) {
            Ok(item) => Poll::Ready(Ok(item)),
            Err(reason) => {
                self.as_mut()
                    .project()
                    .lease
                    .ended(reason);
                self.poll_end(cx).map(Err)
            }
        }
    }

    fn poll_progress(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        ready!(self.as_mut().poll_acquired(cx));
        if let Life::Open = self.lease.life() {
            let fount = self.project().fount.as_pin_mut();
            return fount.map_or(Poll::Ready(()), |fount| fount.poll_progress(cx));
        }
        self.poll_released(cx)
    }

    fn poll_flow<D>(mut self: Pin<&mut Self>, cx: &mut Context<'_>, mut drain: Pin<&mut D>) -> Run
    where
        D: Drain<F::Item>,
    {
        if let Life::New | Life::Acquiring | Life::Closing(_) = self.lease.life() {
            match drain.as_mut().poll_ready(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(reason)) => return Run::Refused(reason),
                Poll::Pending => return Run::Blocked,
            }
        }
        let fount = match self.as_mut().poll_open(cx) {
            Poll::Ready(Ok(fount)) => fount,
            Poll::Ready(Err(reason)) => return Run::Ended(reason),
            Poll::Pending => return Run::Starved,
        };
        let run = fount.poll_flow(cx, drain);
        let Run::Ended(reason) = run else {
            return run;
        };
        self.as_mut()
            .project()
            .lease
            .ended(reason);
        match self.poll_end(cx) {
            Poll::Ready(reason) => Run::Ended(reason),
            Poll::Pending => Run::Starved,
        }
    }

    fn stop(self: Pin<&mut Self>, reason: &Reason) {
        let this = self.project();
        if let (Life::Open, Some(fount)) = (this.lease.life(), this.fount.as_pin_mut()) {
            fount.stop(reason);
        }
        this.lease.stopped(reason);
    }
}

impl<A, F: fmt::Debug, R, L, X> fmt::Debug for Resource<A, F, R, L, X>
where
    L: FnOnce(R, Reason) -> X,
    X: Future<Output = Result<(), BoxError>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.lease.life(), &self.fount) {
            (Life::Open, Some(fount)) => write!(f, "resource({fount:?})"),
            (Life::New | Life::Open, _) => f.write_str("resource"),
            (Life::Acquiring, _) => f.write_str("resource(acquiring)"),
            (Life::Closing(_) | Life::Leaving(_), _) => f.write_str("resource(releasing)"),
            (Life::Over(_), _) => f.write_str("resource(over)"),
        }
    }
}
