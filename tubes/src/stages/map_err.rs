//! Another failure instead of the one that upstream ended with.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::drain::Drain;
use crate::error::{BoxError, Error};
use crate::fount::{Fount, Run};
use crate::pump::Pump;
use crate::reason::Reason;
use crate::upstream::Upstream;

/// A stage that gives the failure `f(error)` where upstream failed with `error`.
///
/// Clean ends and items pass as they are. The new error knows the stage and the place of the old one,
/// unless it comes with its own; its kind is [`Kind::User`](crate::Kind::User), unless `f` gives an
/// [`Error`](struct@Error). To say what was being done and keep the rest, use
/// [`context`](crate::stages::context).
///
/// # Flow control
///
/// Holds nothing; runs of items pass through.
///
/// # Stopping
///
/// Upstream hears from downstream what downstream said: `f` is for failures on their way down.
///
/// # Panics
///
/// When `f` does; asked again, the flow ends with the failure as it was.
///
/// # Examples
///
/// ```
/// use tubes::{Fount, drains, founts, stages};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let port = founts::iter(["80", "http"])
///     .through(stages::try_map(str::parse::<u16>))
///     .through(stages::map_err(|error| format!("no such port ({error})")));
/// let error = port.flow_to(drains::null()).await.unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "try_map: no such port (try_map: invalid digit found in string)"
/// );
/// # });
/// ```
#[inline]
pub fn map_err<F, E>(f: F) -> MapErr<F>
where
    F: FnOnce(Error) -> E,
    E: Into<BoxError>,
{
    MapErr { f: Some(f) }
}

/// The stage of [`map_err`].
#[must_use = "a stage does nothing before it is attached"]
pub struct MapErr<F> {
    /// Gone once it was called.
    f: Option<F>,
}

// The function is never pinned.
impl<F> Unpin for MapErr<F> {}

impl<F> MapErr<F> {
    #[cold]
    fn told<U, E>(&mut self, upstream: Pin<&mut Upstream<U>>, reason: Reason) -> Reason
    where
        F: FnOnce(Error) -> E,
        E: Into<BoxError>,
    {
        match (reason, self.f.take()) {
            (Reason::Failed(error), Some(f)) => {
                let other = Error::user(f(error.clone()));
                let reason = Reason::Failed(other.instead_of(&error));
                upstream.retell(&reason);
                reason
            }
            (reason, _) => reason,
        }
    }
}

impl<U, F, E> Pump<U> for MapErr<F>
where
    U: Fount,
    F: FnOnce(Error) -> E,
    E: Into<BoxError>,
{
    type Item = U::Item;

    #[inline]
    fn poll_next(
        self: Pin<&mut Self>,
        mut upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<U::Item, Reason>> {
        upstream
            .as_mut()
            .poll_next(cx)
            .map_err(|reason| self.get_mut().told(upstream, reason))
    }

    #[inline]
    fn poll_flow<D>(
        self: Pin<&mut Self>,
        mut upstream: Pin<&mut Upstream<U>>,
        cx: &mut Context<'_>,
        drain: Pin<&mut D>,
    ) -> Run
    where
        D: Drain<U::Item>,
    {
        match upstream.as_mut().poll_flow(cx, drain) {
            Run::Ended(reason) => Run::Ended(self.get_mut().told(upstream, reason)),
            run => run,
        }
    }

    #[inline]
    fn kind(&self) -> &'static str {
        "map_err"
    }
}

impl<F> fmt::Debug for MapErr<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("map_err")
    }
}
