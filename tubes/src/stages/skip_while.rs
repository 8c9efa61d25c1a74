//! Without the items at the beginning for which a question is answered with yes.

use std::fmt;
use std::ops::ControlFlow;

use crate::reason::Reason;
use crate::tube::{Outputs, Tube};

/// A tube that drops items for as long as `is_before` says yes; from the first no on it passes all,
/// and asks no more.
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
/// let rest = stages::skip_while(|line: &&str| line.starts_with('#'));
/// let lines = founts::iter(["# head", "a", "# b"]).through(rest);
/// assert_eq!(lines.flow_to(drains::collect(9)).await?, ["a", "# b"]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[inline]
pub fn skip_while<F, In>(is_before: F) -> SkipWhile<F>
where
    F: FnMut(&In) -> bool,
{
    SkipWhile::new(is_before)
}

/// The tube of [`skip_while`].
#[must_use = "a stage does nothing before it is attached"]
pub struct SkipWhile<F> {
    is_before: F,
    /// The first item that is not before has come.
    begun: bool,
}

impl<F> SkipWhile<F> {
    #[inline]
    pub(crate) fn new(is_before: F) -> Self {
        Self {
            is_before,
            begun: false,
        }
    }
}

impl<F, In> Tube<In> for SkipWhile<F>
where
    F: FnMut(&In) -> bool,
{
    type Out = In;

    #[inline]
    fn received(&mut self, item: In) -> Result<Option<In>, Reason> {
        if !self.begun && (self.is_before)(&item) {
            return Ok(None);
        }
        self.begun = true;
        Ok(Some(item))
    }

    #[inline]
    fn run<I, O>(&mut self, mut items: I, outputs: &mut O) -> Result<ControlFlow<O::Full>, Reason>
    where
        I: Iterator<Item = In>,
        O: Outputs<In>,
    {
        while !self.begun {
            let Some(item) = items.next() else {
                return Ok(ControlFlow::Continue(()));
            };
            if let Some(first) = self.received(item)?
                && let ControlFlow::Break(full) = outputs.put(first)
            {
                return Ok(ControlFlow::Break(full));
            }
        }
        Ok(outputs.put_all(items))
    }

    #[inline]
    fn kind(&self) -> &'static str {
        "skip_while"
    }
}

impl<F> fmt::Debug for SkipWhile<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("skip_while")
    }
}
