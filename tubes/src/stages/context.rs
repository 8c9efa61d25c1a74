//! What was being done, in front of the failure that upstream ended with.

use std::borrow::Cow;
use std::fmt;
use std::pin::Pin;
use std::task::{self, Poll};

use crate::drain::Drain;
use crate::fount::{Fount, Run};
use crate::pump::Pump;
use crate::reason::Reason;
use crate::upstream::Upstream;

/// A stage that says what was being done, if upstream fails: [`Error::context`](crate::Error::context).
///
/// Kind, stage, place and source of the error stay. Clean ends and items pass as they are.
///
/// # Flow control
///
/// Holds nothing; runs of items pass through.
///
/// # Examples
///
/// ```
/// use tubes::{Fount, Kind, drains, founts, stages};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let config = founts::iter(["port=80", "port="])
///     .through(stages::limit(1))
///     .through(stages::context("reading the config"));
/// let error = config.flow_to(drains::null()).await.unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "reading the config: limit: a flow is longer than its limit of 1"
/// );
/// assert_eq!(error.kind(), Kind::Limit { what: "flow", limit: 1 });
/// # });
/// ```
#[inline]
pub fn context(doing: impl Into<Cow<'static, str>>) -> Context {
    Context {
        doing: doing.into(),
    }
}

/// The stage of [`context`].
#[must_use = "a stage does nothing before it is attached"]
pub struct Context {
    doing: Cow<'static, str>,
}

impl Context {
    #[cold]
    fn told<U>(&self, upstream: Pin<&mut Upstream<U>>, reason: Reason) -> Reason {
        let Reason::Failed(error) = reason else {
            return reason;
        };
        let reason = Reason::Failed(error.context(self.doing.clone()));
        upstream.retell(&reason);
        reason
    }
}

impl<U: Fount> Pump<U> for Context {
    type Item = U::Item;

    #[inline]
    fn poll_next(
        self: Pin<&mut Self>,
        mut upstream: Pin<&mut Upstream<U>>,
        cx: &mut task::Context<'_>,
    ) -> Poll<Result<U::Item, Reason>> {
        upstream
            .as_mut()
            .poll_next(cx)
            .map_err(|reason| self.told(upstream, reason))
    }

    #[inline]
    fn poll_flow<D>(
        self: Pin<&mut Self>,
        mut upstream: Pin<&mut Upstream<U>>,
        cx: &mut task::Context<'_>,
        drain: Pin<&mut D>,
    ) -> Run
    where
        D: Drain<U::Item>,
    {
        match upstream.as_mut().poll_flow(cx, drain) {
            Run::Ended(reason) => Run::Ended(self.told(upstream, reason)),
            run => run,
        }
    }

    #[inline]
    fn kind(&self) -> &'static str {
        "context"
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "context({})", self.doing)
    }
}
