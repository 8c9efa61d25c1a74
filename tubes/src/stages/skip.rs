//! Without so many items at the beginning.

use std::fmt;
use std::ops::ControlFlow;

use crate::reason::Reason;
use crate::tube::{Outputs, Tube};

/// A tube that drops `count` items and passes all behind them.
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
/// let rows = founts::iter(["name,age", "ada,36"]).through(stages::skip(1));
/// assert_eq!(rows.flow_to(drains::collect(9)).await?, ["ada,36"]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[inline]
pub fn skip(count: u64) -> Skip {
    Skip::new(count)
}

/// The tube of [`skip`].
#[must_use = "a stage does nothing before it is attached"]
pub struct Skip {
    left: u64,
}

impl Skip {
    #[inline]
    pub(crate) fn new(count: u64) -> Self {
        Self { left: count }
    }
}

impl<In> Tube<In> for Skip {
    type Out = In;

    #[inline]
    fn received(&mut self, item: In) -> Result<Option<In>, Reason> {
        if self.left == 0 {
            return Ok(Some(item));
        }
        self.left -= 1;
        Ok(None)
    }

    #[inline]
    fn run<I, O>(&mut self, mut items: I, outputs: &mut O) -> Result<ControlFlow<O::Full>, Reason>
    where
        I: Iterator<Item = In>,
        O: Outputs<In>,
    {
        while self.left > 0 {
            if items.next().is_none() {
                return Ok(ControlFlow::Continue(()));
            }
            self.left -= 1;
        }
        Ok(outputs.put_all(items))
    }

    #[inline]
    fn kind(&self) -> &'static str {
        "skip"
    }
}

impl fmt::Debug for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "skip({} left)", self.left)
    }
}
