//! So many items, then enough.

use std::fmt;

use crate::reason::Reason;
use crate::tube::Tube;

/// A tube that passes `count` items and then ends the flow with [`Reason::Enough`].
///
/// The end comes with the last item, not with the first one too many; `take(0)` ends before
/// anything is pulled.
///
/// # Flow control
///
/// Holds nothing.
///
/// # Examples
///
/// ```
/// use tubes::{Fount, drains, founts, stages};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let some = founts::iter(1..).through(stages::take(3)).flow_to(drains::collect(9)).await?;
/// assert_eq!(some, [1, 2, 3]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[inline]
pub fn take(count: u64) -> Take {
    Take::new(count)
}

/// The tube of [`take`].
#[must_use = "a stage does nothing before it is attached"]
pub struct Take {
    left: u64,
}

impl Take {
    #[inline]
    pub(crate) fn new(count: u64) -> Self {
        Self { left: count }
    }
}

impl<In> Tube<In> for Take {
    type Out = In;

    #[inline]
    fn received(&mut self, item: In) -> Result<Option<In>, Reason> {
        // Never 0 here: `emit` has said that there is no more before input is given.
        self.left = self.left.saturating_sub(1);
        Ok(Some(item))
    }

    #[inline]
    fn emit(&mut self) -> Result<Option<In>, Reason> {
        if self.left == 0 {
            return Err(Reason::Enough);
        }
        Ok(None)
    }

    #[inline]
    fn kind(&self) -> &'static str {
        "take"
    }
}

impl fmt::Debug for Take {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "take({} left)", self.left)
    }
}
