//! What a function gives, again and again.

use super::iter::{Iter, iter};

/// A fount of what `f` gives each time that an item is pulled. Has no end of its own.
///
/// # Flow control
///
/// Lazy: `f` is called only when downstream has room for an item.
///
/// # Examples
///
/// ```
/// use tubes::{Fount, drains, founts};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let mut power = 1;
/// let powers = founts::repeat_with(|| {
///     power *= 2;
///     power
/// });
/// assert_eq!(powers.take(4).flow_to(drains::collect(9)).await?, [2, 4, 8, 16]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[inline]
pub fn repeat_with<F, T>(f: F) -> RepeatWith<F>
where
    F: FnMut() -> T,
{
    iter(std::iter::repeat_with(f))
}

/// The fount of [`repeat_with`].
pub type RepeatWith<F> = Iter<std::iter::RepeatWith<F>>;
