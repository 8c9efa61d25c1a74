//! So many items at most; more are a failure.

use std::fmt;
use std::ops::ControlFlow;

use super::going::{Going, put_while};
use crate::error::{Error, Kind};
use crate::reason::Reason;
use crate::tube::{Outputs, Tube};

/// A tube that passes up to `count` items; one more is a failure.
///
/// Where more would be a mistake or an attack. [`take`](crate::stages::take) ends quietly, and before
/// there is one too many.
///
/// # Flow control
///
/// Holds nothing.
///
/// # Errors
///
/// [`Kind::Limit`] with the first item too many, which is gone; those before it have been delivered.
///
/// # Examples
///
/// ```
/// use tubes::{Fount, drains, founts, stages};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let few = founts::iter(["a", "b"]).through(stages::limit(2)).flow_to(drains::collect(9)).await?;
/// assert_eq!(few, ["a", "b"]);
///
/// let many = founts::iter(0..).through(stages::limit(2)).flow_to(drains::null()).await;
/// assert_eq!(many.unwrap_err().to_string(), "limit: a flow is longer than its limit of 2");
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[inline]
pub fn limit(count: usize) -> Limit {
    Limit {
        left: count,
        count,
        going: Going::On,
    }
}

/// The tube of [`limit`].
#[must_use = "a stage does nothing before it is attached"]
pub struct Limit {
    /// `left <= count`
    left: usize,
    count: usize,
    going: Going,
}

impl Limit {
    #[inline]
    fn pass<In>(left: &mut usize, item: In) -> Option<In> {
        *left = left.checked_sub(1)?;
        Some(item)
    }
}

impl<In> Tube<In> for Limit {
    type Out = In;

    #[inline]
    fn received(&mut self, item: In) -> Result<Option<In>, Reason> {
        Self::pass(&mut self.left, item)
            .map(Some)
            .ok_or_else(|| too_long(self.count))
    }

    #[inline]
    fn emit(&mut self) -> Result<Option<In>, Reason> {
        self.going
            .or_end(|| too_long(self.count))
    }

    #[inline]
    fn run<I, O>(&mut self, items: I, outputs: &mut O) -> Result<ControlFlow<O::Full>, Reason>
    where
        I: Iterator<Item = In>,
        O: Outputs<In>,
    {
        let Self { left, count, going } = self;
        put_while(items, passing(left), going, outputs, || too_long(*count))
    }

    #[inline]
    fn kind(&self) -> &'static str {
        "limit"
    }
}

/// The failure of a flow with one item too many, or one that weighs too much.
#[cold]
pub(super) fn too_long(limit: usize) -> Reason {
    let kind = Kind::Limit {
        what: "flow",
        limit,
    };
    Reason::Failed(Error::new(kind))
}

impl fmt::Debug for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "limit({} of {})", self.count - self.left, self.count)
    }
}

/// Not a closure in `run`: see `map` on types that double.
#[inline]
fn passing<In>(left: &mut usize) -> impl FnMut(In) -> Option<In> {
    |item| Limit::pass(left, item)
}
