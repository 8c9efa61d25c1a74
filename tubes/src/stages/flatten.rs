//! What is in each item, one by one.

use std::fmt;
use std::ops::ControlFlow;

use super::flat_map::run_each;
use crate::reason::Reason;
use crate::tube::{Outputs, Tube};

/// A tube that gives all that is in each item: of vectors, options, iterators.
///
/// # Flow control
///
/// Holds the iterator of the last item. A pause takes effect between two outputs.
///
/// # Stopping
///
/// What the iterator had left when upstream ended is delivered before the end.
///
/// # Examples
///
/// ```
/// use tubes::{Fount, drains, founts, stages};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let all = founts::iter([vec![1, 2], vec![], vec![3]]).through(stages::flatten());
/// assert_eq!(all.flow_to(drains::collect(9)).await?, [1, 2, 3]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[inline]
pub fn flatten<I: Iterator>() -> Flatten<I> {
    Flatten::new()
}

/// The tube of [`flatten`]; `I` is the iterator of an item.
#[must_use = "a stage does nothing before it is attached"]
pub struct Flatten<I> {
    current: Option<I>,
}

impl<I> Flatten<I> {
    #[inline]
    pub(crate) fn new() -> Self {
        Self { current: None }
    }
}

impl<In, I> Tube<In> for Flatten<I>
where
    In: IntoIterator<IntoIter = I>,
    I: Iterator<Item = In::Item>,
{
    type Out = In::Item;

    #[inline]
    fn received(&mut self, item: In) -> Result<Option<In::Item>, Reason> {
        self.current = Some(item.into_iter());
        Ok(None)
    }

    #[inline]
    fn emit(&mut self) -> Result<Option<In::Item>, Reason> {
        let next = self.current.as_mut().and_then(I::next);
        if next.is_none() {
            self.current = None;
        }
        Ok(next)
    }

    #[inline]
    fn run<Ins, O>(&mut self, items: Ins, outputs: &mut O) -> Result<ControlFlow<O::Full>, Reason>
    where
        Ins: Iterator<Item = In>,
        O: Outputs<In::Item>,
    {
        let iterators = items.map(In::into_iter);
        Ok(run_each(iterators, &mut self.current, outputs))
    }

    #[inline]
    fn kind(&self) -> &'static str {
        "flatten"
    }
}

impl<I> fmt::Debug for Flatten<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inputs = u8::from(self.current.is_some());
        write!(f, "flatten({inputs} of 1)")
    }
}
