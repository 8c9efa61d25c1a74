//! Look without touching.

use std::fmt;
use std::ops::ControlFlow;

use crate::reason::Reason;
use crate::tube::{Outputs, Tube};

/// A tube that shows each item to `look` and passes it on.
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
/// let mut seen = Vec::new();
/// let watch = stages::inspect(|n: &i32| seen.push(*n));
/// founts::iter(1..4).through(watch).flow_to(drains::null()).await?;
/// assert_eq!(seen, [1, 2, 3]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[inline]
pub fn inspect<F, In>(look: F) -> Inspect<F>
where
    F: FnMut(&In),
{
    Inspect::new(look)
}

/// The tube of [`inspect`].
#[must_use = "a stage does nothing before it is attached"]
pub struct Inspect<F> {
    look: F,
}

impl<F> Inspect<F> {
    #[inline]
    pub(crate) fn new(look: F) -> Self {
        Self { look }
    }
}

impl<F, In> Tube<In> for Inspect<F>
where
    F: FnMut(&In),
{
    type Out = In;

    #[inline]
    fn received(&mut self, item: In) -> Result<Option<In>, Reason> {
        (self.look)(&item);
        Ok(Some(item))
    }

    #[inline]
    fn run<I, O>(&mut self, items: I, outputs: &mut O) -> Result<ControlFlow<O::Full>, Reason>
    where
        I: Iterator<Item = In>,
        O: Outputs<Self::Out>,
    {
        let look = &mut self.look;
        Ok(outputs.put_all(Shown { items, look }))
    }

    #[inline]
    fn kind(&self) -> &'static str {
        "inspect"
    }
}

/// As the adapter of the standard library, but with a function that is borrowed: as in `map`.
struct Shown<'a, I, F> {
    items: I,
    look: &'a mut F,
}

impl<I, F> Iterator for Shown<'_, I, F>
where
    I: Iterator,
    F: FnMut(&I::Item),
{
    type Item = I::Item;

    #[inline]
    fn next(&mut self) -> Option<I::Item> {
        let item = self.items.next()?;
        (self.look)(&item);
        Some(item)
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.items.size_hint()
    }
}

impl<F> fmt::Debug for Inspect<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("inspect")
    }
}
