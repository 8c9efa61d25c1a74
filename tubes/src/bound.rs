//! A bound that is written in the program.

use std::num::NonZeroUsize;

/// A bound of `count`: for the many places that take one and that none may go without.
///
/// # Panics
///
/// If `count` is 0, which would let nothing pass: at compile time in a `const`. For a number that
/// comes from outside the program, use [`NonZeroUsize::new`], which asks what to do then.
///
/// # Examples
///
/// ```
/// use std::num::NonZeroUsize;
/// use tubes::{bound, founts};
///
/// const AT_MOST: NonZeroUsize = bound(16);
/// let (sender, channel) = founts::channel::<String>(AT_MOST);
/// # drop((sender, channel));
/// ```
#[must_use]
#[track_caller]
pub const fn bound(count: usize) -> NonZeroUsize {
    match NonZeroUsize::new(count) {
        Some(bound) => bound,
        None => panic!("a bound of 0 lets nothing pass"),
    }
}
