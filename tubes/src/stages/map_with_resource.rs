//! One in, one out, by way of something that is acquired before and released behind.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project::pin_project;

use crate::drain::Drain;
use crate::error::{BoxError, Error};
use crate::fount::{Fount, Run};
use crate::lease::{Lease, Life};
use crate::pump::Pump;
use crate::reason::Reason;
use crate::siphon::lane::Lane;
use crate::siphon::lent::Lent;
use crate::tube::Tube;
use crate::upstream::Upstream;

/// A stage that gives what `map` makes of each item and of something that it holds: a statement, a
/// file, a lease. The first failure ends the flow.
///
/// `acquire` is polled when downstream asks for the first item, and nothing is pulled before it is
/// done. `release` is called once, if `acquire` has succeeded, with the reason for which the flow
/// ended here. As [`founts::resource`](crate::founts::resource), where the resource is a fount's:
///
/// | how it ends | `release` |
/// |---|---|
/// | upstream has ended, or failed, or `map` has failed | awaited before downstream hears the end; its failure makes a clean end a failure |
/// | stopped | awaited while the flow comes to its end; nobody is left to hear its failure |
/// | stopped while `acquire` is under way | not called: `acquire` is dropped |
/// | dropped ([`Kind::Abandoned`](crate::Kind::Abandoned), or [`Panicked`](crate::Kind::Panicked)) | polled once, then dropped: what it does without waiting is done |
///
/// # Flow control
///
/// Holds no item.
///
/// # Errors
///
/// The failure of `acquire`, of `map`, or after a clean end that of `release`.
///
/// # Panics
///
/// If `release` panics while something else does, the program aborts.
///
/// # Examples
///
/// ```
/// use tubes::{Fount, drains, founts, stages};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let mut table = Vec::new();
/// let store = stages::map_with_resource(
///     async { Ok(Vec::new()) },
///     |rows: &mut Vec<u8>, n| {
///         rows.push(n);
///         Ok(rows.len())
///     },
///     |rows, reason| {
///         if reason.is_clean() {
///             table = rows;
///         }
///         async { Ok(()) }
///     },
/// );
/// let counts = founts::iter([5, 6]).through(store).flow_to(drains::collect(9)).await?;
/// assert_eq!((counts, table), (vec![1, 2], vec![5, 6]));
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[inline]
pub fn map_with_resource<A, R, F, In, Out, L, X>(
    acquire: A,
    map: F,
    release: L,
) -> MapWithResource<A, R, F, L, X>
where
    A: Future<Output = Result<R, BoxError>>,
    F: FnMut(&mut R, In) -> Result<Out, BoxError>,
    L: FnOnce(R, Reason) -> X,
    X: Future<Output = Result<(), BoxError>>,
{
    MapWithResource {
        map,
        lease: Lease::new(acquire, release),
    }
}

/// The stage of [`map_with_resource`].
///
/// Its parameters are the three functions and what two of them make: all of it lives in here,
/// without a box.
#[pin_project]
#[must_use = "a stage does nothing before it is attached"]
pub struct MapWithResource<A, R, F, L, X>
where
    L: FnOnce(R, Reason) -> X,
    X: Future<Output = Result<(), BoxError>>,
{
    map: F,
    #[pin]
    lease: Lease<A, R, L, X>,
}

const NAME: &str = "map_with_resource";

/// The function and what is held, for a run.
struct With<'a, F, R> {
    map: &'a mut F,
    held: &'a mut R,
}

impl<In, Out, F, R> Tube<In> for With<'_, F, R>
where
    F: FnMut(&mut R, In) -> Result<Out, BoxError>,
{
    type Out = Out;

    #[inline]
    fn received(&mut self, item: In) -> Result<Option<Out>, Reason> {
        match (self.map)(self.held, item) {
            Ok(out) => Ok(Some(out)),
            Err(error) => Err(failed(error)),
        }
    }
}

#[cold]
fn failed(error: BoxError) -> Reason {
    Error::user(error).into()
}

impl<A, R, F, L, X> MapWithResource<A, R, F, L, X>
where
    A: Future<Output = Result<R, BoxError>>,
    L: FnOnce(R, Reason) -> X,
    X: Future<Output = Result<(), BoxError>>,
{
    fn poll_acquired(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.project()
            .lease
            .poll_acquired(cx, |held| Ok(((), held?)), NAME)
            .map(|_| ())
    }

    /// What works on items, when it is open; the end, when it is over.
    fn poll_open(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<With<'_, F, R>, Reason>> {
        self.as_mut().project().lease.begin();
        ready!(self.as_mut().poll_acquired(cx));
        if let Life::Open = self.lease.life() {
            let this = self.project();
            let map = this.map;
            let with = this
                .lease
                .held()
                .map(|held| With { map, held });
            return Poll::Ready(with.ok_or_else(Reason::abandoned));
        }
        self.poll_end(cx).map(Err)
    }

    fn poll_end(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Reason> {
        self.project().lease.poll_end(cx, NAME)
    }
}

impl<U, A, R, F, Out, L, X> Pump<U> for MapWithResource<A, R, F, L, X>
where
    U: Fount,
    A: Future<Output = Result<R, BoxError>>,
    F: FnMut(&mut R, U::Item) -> Result<Out, BoxError>,
    L: FnOnce(R, Reason) -> X,
    X: Future<Output = Result<(), BoxError>>,
{
    type Item = Out;

    fn poll_next(
        mut self: Pin<&mut Self>,
        mut upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Out, Reason>> {
        let Poll::Ready(with) = self.as_mut().poll_open(cx) else {
            return meanwhile(upstream, cx);
        };
        let with = with?;
        let made = match ready!(upstream.as_mut().poll_next(cx)) {
            Ok(item) => (with.map)(with.held, item).map_err(failed),
            Err(reason) => Err(reason),
        };
        match made {
            Ok(out) => Poll::Ready(Ok(out)),
            Err(reason) => {
                self.as_mut()
                    .project()
                    .lease
                    .ended(reason);
                match self.poll_end(cx) {
                    Poll::Ready(reason) => Poll::Ready(Err(reason)),
                    Poll::Pending => meanwhile(upstream, cx),
                }
            }
        }
    }

    fn poll_progress(
        mut self: Pin<&mut Self>,
        upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        let upstream = upstream.poll_progress(cx);
        ready!(self.as_mut().poll_acquired(cx));
        ready!(
            self.project()
                .lease
                .poll_released(cx, NAME)
        );
        upstream
    }

    fn poll_flow<D>(
        mut self: Pin<&mut Self>,
        mut upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
        mut drain: Pin<&mut D>,
    ) -> Run
    where
        D: Drain<Out>,
    {
        if !matches!(self.lease.life(), Life::Open) {
            match drain.as_mut().poll_ready(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(reason)) => return Run::Refused(reason),
                Poll::Pending => return Run::Blocked,
            }
        }
        let with = match self.as_mut().poll_open(cx) {
            Poll::Ready(Ok(with)) => with,
            Poll::Ready(Err(reason)) => return Run::Ended(reason),
            Poll::Pending => {
                let _ = upstream.poll_progress(cx);
                return Run::Starved;
            }
        };
        let mut lane = std::pin::pin!(Lane::new(with, Lent(drain.as_mut())));
        let end = match upstream
            .as_mut()
            .poll_flow(cx, lane.as_mut())
        {
            Run::Ended(reason) => reason,
            Run::Refused(reason) if lane.is_over() => reason,
            run => return run,
        };
        self.as_mut().project().lease.ended(end);
        match self.poll_end(cx) {
            Poll::Ready(reason) => Run::Ended(reason),
            Poll::Pending => {
                let _ = upstream.poll_progress(cx);
                Run::Starved
            }
        }
    }

    fn stop(self: Pin<&mut Self>, upstream: Pin<&mut Upstream<U>>, reason: &Reason) {
        upstream.stop(reason);
        self.project().lease.stopped(reason);
    }

    fn kind(&self) -> &'static str {
        NAME
    }
}

/// While something is acquired or released, what upstream owns keeps moving.
fn meanwhile<U: Fount, T>(upstream: Pin<&mut Upstream<U>>, cx: &mut Context<'_>) -> Poll<T> {
    let _ = upstream.poll_progress(cx);
    Poll::Pending
}

impl<A, R, F, L, X> fmt::Debug for MapWithResource<A, R, F, L, X>
where
    L: FnOnce(R, Reason) -> X,
    X: Future<Output = Result<(), BoxError>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NAME)?;
        f.write_str(match self.lease.life() {
            Life::New | Life::Open => "",
            Life::Acquiring => "(acquiring)",
            Life::Closing(_) | Life::Leaving(_) => "(releasing)",
            Life::Over(_) => "(over)",
        })
    }
}
