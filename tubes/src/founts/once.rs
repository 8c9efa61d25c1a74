//! One item, then the end.

use super::iter::{Iter, iter};

/// A fount of one item.
///
/// # Flow control
///
/// Holds that item until it is pulled.
///
/// # Examples
///
/// ```
/// use tubes::{Fount, drains, founts};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let all = founts::once("item").flow_to(drains::collect(10)).await?;
/// assert_eq!(all, ["item"]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[inline]
pub fn once<T>(item: T) -> Once<T> {
    iter(std::iter::once(item))
}

/// The fount of [`once`].
pub type Once<T> = Iter<std::iter::Once<T>>;
