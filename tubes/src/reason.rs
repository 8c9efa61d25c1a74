//! Why there are no more items: the one word that travels both ways.

use crate::error::{Error, Kind};

/// Why a flow ended.
///
/// A flow has one reason, and everybody along it hears it once: downstream behind the data,
/// upstream as soon as it is known. There is no end without a reason; an end that is dropped in
/// silence counts as [`abandoned`](Self::abandoned), which is a failure and never a clean end.
///
/// # Examples
///
/// ```
/// use tubes::{Error, Kind, Reason};
///
/// assert!(Reason::Finished.into_result().is_ok());
/// assert!(Reason::Enough.into_result().is_ok());
/// assert!(Reason::Failed(Error::new(Kind::Timeout)).into_result().is_err());
/// ```
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_enums,
    reason = "closed on purpose: everybody who hears an end handles all three"
)]
pub enum Reason {
    /// Upstream has said all that it had to say.
    Finished,
    /// Downstream wants no more, and nothing is wrong.
    Enough,
    /// Something failed, upstream or downstream.
    Failed(Error),
}

impl Reason {
    /// The reason that a dropped end leaves behind: a failure.
    #[must_use]
    pub fn abandoned() -> Self {
        Self::Failed(Error::new(Kind::Abandoned))
    }

    /// Whether nothing went wrong: `Finished` or `Enough`.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        match self {
            Self::Finished | Self::Enough => true,
            Self::Failed(_) => false,
        }
    }

    /// The failure, if it was one.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        match self {
            Self::Finished | Self::Enough => None,
            Self::Failed(error) => Some(error),
        }
    }

    /// A clean end as `Ok`, a failure as `Err`: what a drain without output of its own answers.
    ///
    /// # Errors
    ///
    /// The failure, if it was one.
    pub fn into_result(self) -> Result<(), Error> {
        match self {
            Self::Finished | Self::Enough => Ok(()),
            Self::Failed(error) => Err(error),
        }
    }

    /// This reason, unless it was clean and `later` is a failure: the first cause wins.
    #[must_use]
    pub fn or_failure(self, later: Self) -> Self {
        match (&self, &later) {
            (Self::Finished | Self::Enough, Self::Failed(_)) => later,
            _ => self,
        }
    }

    /// What two ends of one thing are together: the first failure; else `Enough`, if one of them
    /// was; else `Finished`.
    #[must_use]
    pub(crate) fn joined(self, later: Self) -> Self {
        match (&self, &later) {
            (Self::Finished, _) | (Self::Enough, Self::Failed(_)) => later,
            (Self::Enough | Self::Failed(_), _) => self,
        }
    }
}

/// What a loop asks of an end: whether it was one. A clean end is `None`, a failure stays one.
#[inline]
pub(crate) fn item_or_end<T>(next: Result<T, Reason>) -> Result<Option<T>, Error> {
    match next {
        Ok(item) => Ok(Some(item)),
        Err(reason) => reason.into_result().map(|()| None),
    }
}

impl From<Error> for Reason {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<std::io::Error> for Reason {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(error.into())
    }
}
