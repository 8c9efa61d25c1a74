//! One of two founts of the same items.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project::pin_project;

use crate::drain::Drain;
use crate::fount::{Fount, Run};
use crate::reason::Reason;

/// One of two founts of the same items: so that two types can stand where one is asked for.
///
/// # Flow control
///
/// Holds nothing of its own. A whole run costs one look at which it is.
///
/// # Examples
///
/// ```
/// use tubes::{Fount, drains, fan::Either, founts};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let numbers = |is_long| match is_long {
///     true => Either::Left(founts::iter(0..1000)),
///     false => Either::Right(founts::once(7)),
/// };
/// assert_eq!(numbers(false).flow_to(drains::collect(1)).await?, [7]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[pin_project(project = Projected)]
#[expect(
    clippy::exhaustive_enums,
    reason = "closed on purpose: there is no third of two"
)]
#[must_use = "nothing flows before it is driven: use `flow_to` or `next`"]
pub enum Either<A, B> {
    /// The one.
    Left(#[pin] A),
    /// The other.
    Right(#[pin] B),
}

impl<A, B> Fount for Either<A, B>
where
    A: Fount,
    B: Fount<Item = A::Item>,
{
    type Item = A::Item;

    #[inline]
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<A::Item, Reason>> {
        match self.project() {
            Projected::Left(fount) => fount.poll_next(cx),
            Projected::Right(fount) => fount.poll_next(cx),
        }
    }

    #[inline]
    fn poll_progress(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match self.project() {
            Projected::Left(fount) => fount.poll_progress(cx),
            Projected::Right(fount) => fount.poll_progress(cx),
        }
    }

    #[inline]
    fn poll_flow<D>(self: Pin<&mut Self>, cx: &mut Context<'_>, drain: Pin<&mut D>) -> Run
    where
        D: Drain<A::Item>,
    {
        match self.project() {
            Projected::Left(fount) => fount.poll_flow(cx, drain),
            Projected::Right(fount) => fount.poll_flow(cx, drain),
        }
    }

    fn stop(self: Pin<&mut Self>, reason: &Reason) {
        match self.project() {
            Projected::Left(fount) => fount.stop(reason),
            Projected::Right(fount) => fount.stop(reason),
        }
    }
}

impl<A: fmt::Debug, B: fmt::Debug> fmt::Debug for Either<A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Left(fount) => fmt::Debug::fmt(fount, f),
            Self::Right(fount) => fmt::Debug::fmt(fount, f),
        }
    }
}
