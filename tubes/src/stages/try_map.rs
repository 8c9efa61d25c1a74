//! One in, one out, or a failure.

use std::fmt;

use crate::drain::Drain;
use crate::error::{BoxError, Error};
use crate::fount::Fount;
use crate::reason::Reason;
use crate::siphon::pull::Pull;
use crate::siphon::push::Push;
use crate::stage::{AsFunction, FunctionInFront, Stage};
use crate::tube::Tube;

/// A tube that gives what `f` makes of each item; the first failure ends the flow.
///
/// A bare function of this shape is a stage by itself: `.through(f)` is `.through(try_map(f))`.
/// To keep failures as items and go on, use [`map`](crate::stages::map): it gives the `Result`s.
///
/// # Flow control
///
/// Holds nothing.
///
/// # Errors
///
/// The error of `f`, with kind [`Kind::User`](crate::Kind::User).
///
/// # Examples
///
/// ```
/// use tubes::{Drain, Fount, drains, founts, stages};
///
/// fn parse(word: &str) -> Result<u32, std::num::ParseIntError> {
///     word.parse()
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let numbers = founts::iter(["1", "2"]).through(parse).flow_to(drains::collect(9)).await?;
/// assert_eq!(numbers, [1, 2]);
///
/// let checked = drains::collect(9).behind(parse);
/// assert_eq!(founts::iter(["3"]).flow_to(checked).await?, [3]);
///
/// let failed = founts::iter(["x"]).through(stages::try_map(parse)).flow_to(drains::null()).await;
/// assert_eq!(failed.unwrap_err().to_string(), "try_map: invalid digit found in string");
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[inline]
pub fn try_map<F, In, Out, E>(f: F) -> TryMap<F>
where
    F: FnMut(In) -> Result<Out, E>,
    E: Into<BoxError>,
{
    TryMap { f }
}

/// The tube of [`try_map`].
#[must_use = "a stage does nothing before it is attached"]
pub struct TryMap<F> {
    f: F,
}

impl<F, In, Out, E> Tube<In> for TryMap<F>
where
    F: FnMut(In) -> Result<Out, E>,
    E: Into<BoxError>,
{
    type Out = Out;

    #[inline]
    fn received(&mut self, item: In) -> Result<Option<Out>, Reason> {
        match (self.f)(item) {
            Ok(out) => Ok(Some(out)),
            Err(error) => Err(failed(error)),
        }
    }

    #[inline]
    fn kind(&self) -> &'static str {
        "try_map"
    }
}

#[cold]
fn failed(error: impl Into<BoxError>) -> Reason {
    Error::user(error).into()
}

#[diagnostic::do_not_recommend]
impl<U, F, Out, E> Stage<U, AsFunction<Out, E>> for F
where
    U: Fount,
    F: FnMut(U::Item) -> Result<Out, E>,
    E: Into<BoxError>,
{
    type Output = Pull<U, TryMap<F>>;

    #[inline]
    #[track_caller]
    fn attach(self, upstream: U) -> Self::Output {
        Pull::new(upstream, TryMap { f: self })
    }
}

#[diagnostic::do_not_recommend]
impl<D, F, In, Out, E> Stage<D, FunctionInFront<In, Out, E>> for F
where
    D: Drain<Out>,
    F: FnMut(In) -> Result<Out, E>,
    E: Into<BoxError>,
{
    type Output = Push<TryMap<F>, D, In>;

    #[track_caller]
    fn attach(self, drain: D) -> Self::Output {
        Push::new(TryMap { f: self }, drain)
    }
}

impl<F> fmt::Debug for TryMap<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("try_map")
    }
}
