//! Each item with those before it.

use std::collections::VecDeque;
use std::fmt;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;

use crate::budget;
use crate::reason::Reason;
use crate::tube::{Outputs, Tube};

/// A tube that gives windows of `size` items, each one item further than the one before.
///
/// Every window is whole: a flow that is shorter than one gives none. What slices call `windows`.
///
/// # Flow control
///
/// Holds the items of the last window, up to `size`, and clones them for each window.
///
/// # Examples
///
/// A moving average:
///
/// ```
/// use tubes::{Fount, bound, drains, founts, stages};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let averages = founts::iter([1, 2, 3, 7])
///     .through(stages::sliding(bound(3)))
///     .map(|window| window.iter().sum::<i32>() / 3)
///     .flow_to(drains::collect(9))
///     .await?;
/// assert_eq!(averages, [2, 4]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[inline]
pub fn sliding<In: Clone>(size: NonZeroUsize) -> Sliding<In> {
    Sliding {
        held: VecDeque::new(),
        size: size.get(),
    }
}

/// The tube of [`sliding`].
#[must_use = "a stage does nothing before it is attached"]
pub struct Sliding<In> {
    /// `held.len() <= size`
    held: VecDeque<In>,
    size: usize,
}

impl<In: Clone> Sliding<In> {
    /// Adds an item; the window that it completes.
    #[inline]
    fn add(&mut self, item: In) -> Option<Vec<In>> {
        if self.held.len() == self.size {
            self.held.pop_front();
        } else if self.held.is_empty() {
            self.held
                .reserve(self.size.min(budget::RUN));
        }
        self.held.push_back(item);
        let is_whole = self.held.len() == self.size;
        is_whole.then(|| self.held.iter().cloned().collect())
    }

    /// Not a closure in `run`: see `map` on types that double.
    #[inline]
    fn adding(&mut self) -> impl FnMut(In) -> Option<Vec<In>> {
        |item| self.add(item)
    }
}

impl<In: Clone> Tube<In> for Sliding<In> {
    type Out = Vec<In>;

    #[inline]
    fn received(&mut self, item: In) -> Result<Option<Vec<In>>, Reason> {
        Ok(self.add(item))
    }

    #[inline]
    fn run<I, O>(&mut self, items: I, outputs: &mut O) -> Result<ControlFlow<O::Full>, Reason>
    where
        I: Iterator<Item = In>,
        O: Outputs<Vec<In>>,
    {
        Ok(outputs.put_all(items.filter_map(self.adding())))
    }

    #[inline]
    fn kind(&self) -> &'static str {
        "sliding"
    }
}

impl<In> fmt::Debug for Sliding<In> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sliding({} of {})", self.held.len(), self.size)
    }
}
