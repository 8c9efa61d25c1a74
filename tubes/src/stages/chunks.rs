//! So many items as one.

use std::fmt;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;

use crate::budget;
use crate::reason::Reason;
use crate::tube::{Outputs, Tube};

/// A tube that gives the items in vectors of `size`; the last one may be shorter.
///
/// # Flow control
///
/// Holds up to `size` items less one, until there are enough or upstream ends.
///
/// # Stopping
///
/// What it holds when upstream ends goes out before the end, after a failure, too: nothing that was
/// received is lost. When downstream stops, it is dropped.
///
/// # Examples
///
/// ```
/// use tubes::{Fount, bound, drains, founts, stages};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let pairs = founts::iter(1..=5).through(stages::chunks(bound(2)));
/// assert_eq!(pairs.flow_to(drains::collect(9)).await?, [vec![1, 2], vec![3, 4], vec![5]]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[inline]
pub fn chunks<In>(size: NonZeroUsize) -> Chunks<In> {
    Chunks {
        held: Vec::new(),
        size: size.get(),
        ended: false,
    }
}

/// The tube of [`chunks`].
#[must_use = "a stage does nothing before it is attached"]
pub struct Chunks<In> {
    /// `held.len() < size`, between two calls.
    held: Vec<In>,
    size: usize,
    ended: bool,
}

impl<In> Chunks<In> {
    /// Adds an item; the chunk, if that was its last one.
    #[inline]
    fn add(&mut self, item: In) -> Option<Vec<In>> {
        if self.held.is_empty() {
            // A large size may be a mere bound: not all of it at once.
            self.held
                .reserve(self.size.min(budget::RUN));
        }
        self.held.push(item);
        (self.held.len() >= self.size).then(|| std::mem::take(&mut self.held))
    }
}

impl<In> Tube<In> for Chunks<In> {
    type Out = Vec<In>;

    #[inline]
    fn received(&mut self, item: In) -> Result<Option<Vec<In>>, Reason> {
        Ok(self.add(item))
    }

    #[inline]
    fn emit(&mut self) -> Result<Option<Vec<In>>, Reason> {
        let is_last = self.ended && !self.held.is_empty();
        Ok(is_last.then(|| std::mem::take(&mut self.held)))
    }

    #[inline]
    fn run<I, O>(&mut self, items: I, outputs: &mut O) -> Result<ControlFlow<O::Full>, Reason>
    where
        I: Iterator<Item = In>,
        O: Outputs<Vec<In>>,
    {
        Ok(outputs.put_all(Whole { items, tube: self }))
    }

    #[inline]
    fn kind(&self) -> &'static str {
        "chunks"
    }

    fn stopped(&mut self, _reason: &Reason) -> Result<(), Reason> {
        self.ended = true;
        Ok(())
    }
}

/// The chunks that a run completes.
struct Whole<'a, I: Iterator> {
    items: I,
    tube: &'a mut Chunks<I::Item>,
}

impl<I: Iterator> Iterator for Whole<'_, I> {
    type Item = Vec<I::Item>;

    #[inline]
    fn next(&mut self) -> Option<Vec<I::Item>> {
        loop {
            let item = self.items.next()?;
            if let Some(chunk) = self.tube.add(item) {
                return Some(chunk);
            }
        }
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, self.items.size_hint().1)
    }
}

impl<In> fmt::Debug for Chunks<In> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "chunks({} of {})", self.held.len(), self.size)
    }
}
