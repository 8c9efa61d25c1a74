//! Tubes that may end the flow in the middle of a run.

use std::ops::ControlFlow;

use crate::reason::Reason;
use crate::tube::Outputs;

/// Whether a tube still passes items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Going {
    On,
    /// It has ended the flow, and says so as soon as downstream is ready to hear of it.
    Over,
}

impl Going {
    /// Nothing to emit; the end, if it is over.
    #[inline]
    pub(super) fn or_end<Out>(self, end: impl FnOnce() -> Reason) -> Result<Option<Out>, Reason> {
        match self {
            Self::On => Ok(None),
            Self::Over => Err(end()),
        }
    }
}

/// Passes on what `f` makes of a run, until it makes nothing of an item: then it is over.
#[inline]
pub(super) fn put_while<I, Out, O>(
    items: I,
    f: impl FnMut(I::Item) -> Option<Out>,
    going: &mut Going,
    outputs: &mut O,
    end: impl Fn() -> Reason,
) -> Result<ControlFlow<O::Full>, Reason>
where
    I: Iterator,
    O: Outputs<Out>,
{
    going.or_end::<Out>(&end)?;
    let put = outputs.put_all(While {
        items,
        f,
        going: &mut *going,
    });
    if put.is_continue() {
        going.or_end::<Out>(&end)?;
    }
    Ok(put)
}

/// As the adapter of the standard library, but fused, and it remembers that it was `f` who ended it.
struct While<'a, I, F> {
    items: I,
    f: F,
    going: &'a mut Going,
}

impl<I, F, Out> Iterator for While<'_, I, F>
where
    I: Iterator,
    F: FnMut(I::Item) -> Option<Out>,
{
    type Item = Out;

    #[inline]
    fn next(&mut self) -> Option<Out> {
        if *self.going == Going::Over {
            return None;
        }
        let item = self.items.next()?;
        let out = (self.f)(item);
        if out.is_none() {
            *self.going = Going::Over;
        }
        out
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, self.items.size_hint().1)
    }
}
