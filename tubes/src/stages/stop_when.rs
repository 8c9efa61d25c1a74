//! Items up to and including the one that ends the flow.

use std::fmt;
use std::ops::ControlFlow;

use super::going::Going;
use crate::reason::Reason;
use crate::tube::{Outputs, Tube};

/// A tube that passes items up to and including the one for which `is_last` says yes, and then ends
/// the flow with [`Reason::Enough`].
///
/// The end comes with that item, not with the next one: a reply is over when its last part is there,
/// whatever the peer does afterwards.
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
/// let reply = stages::stop_when(|line: &&str| *line == ".");
/// let lines = founts::iter(["220 hello", ".", "220 next"]);
/// assert_eq!(lines.through(reply).flow_to(drains::collect(9)).await?, ["220 hello", "."]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[inline]
pub fn stop_when<F, In>(is_last: F) -> StopWhen<F>
where
    F: FnMut(&In) -> bool,
{
    StopWhen::new(is_last)
}

/// The tube of [`stop_when`].
#[must_use = "a stage does nothing before it is attached"]
pub struct StopWhen<F> {
    is_last: F,
    going: Going,
}

impl<F> StopWhen<F> {
    #[inline]
    pub(crate) fn new(is_last: F) -> Self {
        Self {
            is_last,
            going: Going::On,
        }
    }
}

impl<F, In> Tube<In> for StopWhen<F>
where
    F: FnMut(&In) -> bool,
{
    type Out = In;

    #[inline]
    fn received(&mut self, item: In) -> Result<Option<In>, Reason> {
        if (self.is_last)(&item) {
            self.going = Going::Over;
        }
        Ok(Some(item))
    }

    #[inline]
    fn emit(&mut self) -> Result<Option<In>, Reason> {
        self.going.or_end(|| Reason::Enough)
    }

    #[inline]
    fn run<I, O>(&mut self, items: I, outputs: &mut O) -> Result<ControlFlow<O::Full>, Reason>
    where
        I: Iterator<Item = In>,
        O: Outputs<In>,
    {
        self.going
            .or_end::<In>(|| Reason::Enough)?;
        let put = outputs.put_all(UpTo {
            items,
            tube: &mut *self,
        });
        if put.is_continue() {
            self.going
                .or_end::<In>(|| Reason::Enough)?;
        }
        Ok(put)
    }

    #[inline]
    fn kind(&self) -> &'static str {
        "stop_when"
    }
}

/// The items of a run up to the last one.
struct UpTo<'a, I, F> {
    items: I,
    tube: &'a mut StopWhen<F>,
}

impl<I, F> Iterator for UpTo<'_, I, F>
where
    I: Iterator,
    F: FnMut(&I::Item) -> bool,
{
    type Item = I::Item;

    #[inline]
    fn next(&mut self) -> Option<I::Item> {
        if self.tube.going == Going::Over {
            return None;
        }
        let item = self.items.next()?;
        if (self.tube.is_last)(&item) {
            self.tube.going = Going::Over;
        }
        Some(item)
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, self.items.size_hint().1)
    }
}

impl<F> fmt::Debug for StopWhen<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("stop_when")
    }
}
