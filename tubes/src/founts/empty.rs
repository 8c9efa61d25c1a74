//! Nothing, and the end at once.

use super::iter::{Iter, iter};

/// A fount without items, finished from the start.
///
/// # Flow control
///
/// Holds nothing.
///
/// # Examples
///
/// ```
/// use tubes::{Fount, Reason, founts};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// assert!(matches!(founts::empty::<u8>().next_or_reason().await, Err(Reason::Finished)));
/// # });
/// ```
#[inline]
pub fn empty<T>() -> Empty<T> {
    iter(std::iter::empty())
}

/// The fount of [`empty`].
pub type Empty<T> = Iter<std::iter::Empty<T>>;
