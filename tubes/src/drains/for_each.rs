//! A call for each item.

use std::fmt;
use std::mem::needs_drop;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::drain::{Drain, Intake};
use crate::error::{BoxError, Error};
use crate::reason::Reason;

/// A drain that calls `f` with each item.
///
/// # Flow control
///
/// Always ready. Holds nothing.
///
/// # Errors
///
/// The failure that ended the flow.
///
/// # Examples
///
/// ```
/// use tubes::{Fount, drains, founts};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let mut words = String::new();
/// founts::iter(["a", "b"]).flow_to(drains::for_each(|word| words.push_str(word))).await?;
/// assert_eq!(words, "ab");
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[inline]
pub fn for_each<F, Item>(f: F) -> ForEach<F>
where
    F: FnMut(Item),
{
    ForEach { f }
}

/// As [`for_each`], for a function that may fail: its first failure ends the flow.
///
/// # Flow control
///
/// Always ready. Holds nothing.
///
/// # Errors
///
/// The error of `f`, with kind [`Kind::User`](crate::Kind::User); the failure that ended the flow.
///
/// # Examples
///
/// ```
/// use tubes::{Fount, drains, founts};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let check = |word: &str| word.parse::<u8>().map(|_| ());
/// let error = founts::iter(["7", "x"]).flow_to(drains::try_for_each(check)).await.unwrap_err();
/// assert_eq!(error.to_string(), "try_for_each: invalid digit found in string");
/// # });
/// ```
#[inline]
pub fn try_for_each<F, Item, E>(f: F) -> TryForEach<F>
where
    F: FnMut(Item) -> Result<(), E>,
    E: Into<BoxError>,
{
    TryForEach { f }
}

/// The drain of [`for_each`].
#[must_use = "nothing flows before a fount flows to it"]
pub struct ForEach<F> {
    f: F,
}

/// The drain of [`try_for_each`].
#[must_use = "nothing flows before a fount flows to it"]
pub struct TryForEach<F> {
    f: F,
}

// Nothing in them is pinned.
impl<F> Unpin for ForEach<F> {}
impl<F> Unpin for TryForEach<F> {}

impl<F, Item> Drain<Item> for ForEach<F>
where
    F: FnMut(Item),
{
    type Output = ();

    #[inline]
    fn poll_ready(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        Poll::Ready(Ok(()))
    }

    #[inline]
    fn receive(mut self: Pin<&mut Self>, item: Item) -> Result<(), Reason> {
        (self.f)(item);
        Ok(())
    }

    #[inline]
    fn poll_receive<I>(mut self: Pin<&mut Self>, _cx: &mut Context<'_>, items: I) -> Intake
    where
        I: Iterator<Item = Item>,
    {
        // As in `fold`.
        if needs_drop::<Item>() {
            items.for_each(|item| (self.f)(item));
        } else {
            for item in items {
                (self.f)(item);
            }
        }
        Intake::Dry
    }

    fn poll_stopped(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        reason: &Reason,
    ) -> Poll<Result<(), Error>> {
        Poll::Ready(reason.clone().into_result())
    }
}

impl<F, Item, E> Drain<Item> for TryForEach<F>
where
    F: FnMut(Item) -> Result<(), E>,
    E: Into<BoxError>,
{
    type Output = ();

    #[inline]
    fn poll_ready(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        Poll::Ready(Ok(()))
    }

    #[inline]
    fn receive(mut self: Pin<&mut Self>, item: Item) -> Result<(), Reason> {
        (self.f)(item).map_err(|error| {
            Error::user(error)
                .at("try_for_each")
                .into()
        })
    }

    fn poll_stopped(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        reason: &Reason,
    ) -> Poll<Result<(), Error>> {
        Poll::Ready(reason.clone().into_result())
    }
}

impl<F> fmt::Debug for ForEach<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("for_each")
    }
}

impl<F> fmt::Debug for TryForEach<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("try_for_each")
    }
}
