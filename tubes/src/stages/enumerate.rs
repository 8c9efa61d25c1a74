//! Items with their number.

use std::fmt;
use std::ops::ControlFlow;

use crate::reason::Reason;
use crate::tube::{Outputs, Tube};

/// A tube that gives each item with its number, counted from 0.
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
/// let numbered = founts::iter(["a", "b"]).through(stages::enumerate());
/// assert_eq!(numbered.flow_to(drains::collect(9)).await?, [(0, "a"), (1, "b")]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[inline]
pub fn enumerate() -> Enumerate {
    Enumerate::new()
}

/// The tube of [`enumerate`].
#[must_use = "a stage does nothing before it is attached"]
pub struct Enumerate {
    next: u64,
}

impl Enumerate {
    #[inline]
    pub(crate) fn new() -> Self {
        Self { next: 0 }
    }

    #[inline]
    fn number<In>(&mut self, item: In) -> (u64, In) {
        let number = self.next;
        // At a number a nanosecond, it comes round after 584 years.
        self.next = number.wrapping_add(1);
        (number, item)
    }

    /// Not a closure in `run`: see `map` on types that double.
    #[inline]
    fn numbering<In>(&mut self) -> impl FnMut(In) -> (u64, In) {
        |item| self.number(item)
    }
}

impl<In> Tube<In> for Enumerate {
    type Out = (u64, In);

    #[inline]
    fn received(&mut self, item: In) -> Result<Option<(u64, In)>, Reason> {
        Ok(Some(self.number(item)))
    }

    #[inline]
    fn run<I, O>(&mut self, items: I, outputs: &mut O) -> Result<ControlFlow<O::Full>, Reason>
    where
        I: Iterator<Item = In>,
        O: Outputs<(u64, In)>,
    {
        Ok(outputs.put_all(items.map(self.numbering())))
    }

    #[inline]
    fn kind(&self) -> &'static str {
        "enumerate"
    }
}

impl fmt::Debug for Enumerate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "enumerate({} so far)", self.next)
    }
}
