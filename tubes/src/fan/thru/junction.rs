//! Each item through several tubes, and the outputs of all in one flow.

use std::fmt;
use std::ops::ControlFlow;

use super::tubes::Tubes;
use crate::budget::{self, Chunks};
use crate::reason::Reason;
use crate::tube::{Outputs, Tube};

/// A tube that gives each item to every one of `tubes`, cloned (and to the last one as it is), and
/// passes on what they make of it, in the order in which they stand.
///
/// ```text
///             ┌─► tube ─┐
///  fount ─► thru ─► tube ─► thru ─► drain     for each item: first all outputs of the first tube,
///             └─► tube ─┘                     then those of the second, ..
/// ```
///
/// `tubes` is a `Vec` or an array of one type, or a pair of two types; for more types, pairs of
/// pairs or [`boxed_tube`](super::boxed_tube). Greetings and farewells come in the same order.
///
/// # Flow control
///
/// Holds one item, until the last tube has been given it, and what each tube holds. The outputs
/// wait unmade: a tube is given an item when those before it have no output left.
///
/// # Stopping
///
/// A tube that ends with [`Reason::Enough`] (a `take`) leaves alone; the others go on. When the
/// last one has left, the flow ends with `Enough`. A tube that fails ends the flow.
///
/// # Examples
///
/// ```
/// use tubes::{Fount, drains, fan, founts, stages};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let both = fan::thru((stages::map(|n: i32| n * n), stages::map(|n: i32| -n)));
/// let all = founts::iter([1, 2, 3]).through(both).flow_to(drains::collect(9)).await?;
/// assert_eq!(all, [1, -1, 4, -2, 9, -3]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
pub fn thru<In, S>(tubes: S) -> Thru<In, S>
where
    In: Clone,
    S: Tubes<In>,
{
    let count = tubes.count();
    Thru {
        open: vec![true; count],
        last: count.saturating_sub(1),
        at: 0,
        item: None,
        tubes,
    }
}

/// The tube of [`thru`].
#[must_use = "a stage does nothing before it is attached"]
pub struct Thru<In, S> {
    tubes: S,
    /// Which of them go on.
    open: Vec<bool>,
    /// The last one that is open: it gets the item itself.
    last: usize,
    /// Whose outputs are due; the number of tubes when nobody has any.
    at: usize,
    /// The item under way, until the last tube was given it.
    item: Option<In>,
}

impl<In: Clone, S: Tubes<In>> Thru<In, S> {
    /// Gives the item under way to the tube whose turn it is.
    #[inline]
    fn give(&mut self) -> Result<Option<S::Out>, Reason> {
        let at = self.at;
        if self.open.get(at) != Some(&true) {
            return Ok(None);
        }
        let item = if at == self.last {
            self.item.take()
        } else {
            self.item.clone()
        };
        let Some(item) = item else {
            return Ok(None);
        };
        match self.tubes.received(at, item) {
            Ok(out) => Ok(out),
            Err(reason) => self.left(at, reason),
        }
    }

    /// A tube has ended: by itself, if it is content.
    #[cold]
    fn left(&mut self, at: usize, reason: Reason) -> Result<Option<S::Out>, Reason> {
        if let Reason::Failed(error) = reason {
            return Err(error.at(self.tubes.kind(at)).into());
        }
        self.open[at] = false;
        match self
            .open
            .iter()
            .rposition(|is_open| *is_open)
        {
            Some(last) => {
                self.last = last;
                Ok(None)
            }
            None => Err(Reason::Enough),
        }
    }
}

impl<In: Clone, S: Tubes<In>> Tube<In> for Thru<In, S> {
    type Out = S::Out;

    #[inline]
    fn received(&mut self, item: In) -> Result<Option<S::Out>, Reason> {
        self.item = Some(item);
        self.at = 0;
        self.give()
    }

    #[inline]
    fn emit(&mut self) -> Result<Option<S::Out>, Reason> {
        if self.open.is_empty() {
            return Err(Reason::Enough);
        }
        while let Some(is_open) = self.open.get(self.at) {
            if *is_open {
                let out = match self.tubes.emit(self.at) {
                    Ok(out) => out,
                    Err(reason) => self.left(self.at, reason)?,
                };
                if out.is_some() {
                    return Ok(out);
                }
            }
            self.at += 1;
            let out = self.give()?;
            if out.is_some() {
                return Ok(out);
            }
        }
        Ok(None)
    }

    #[inline]
    fn run<I, O>(&mut self, items: I, outputs: &mut O) -> Result<ControlFlow<O::Full>, Reason>
    where
        I: Iterator<Item = In>,
        O: Outputs<S::Out>,
    {
        let mut outs = Chunks::of(Outs {
            thru: self,
            items,
            end: None,
        });
        let put = loop {
            outs.refill();
            let put = outputs.put_all(&mut outs);
            if put.is_break() || outs.is_over() {
                break put;
            }
            if !budget::spend() {
                break ControlFlow::Break(outputs.spent());
            }
        };
        outs.into_inner()
            .end
            .map_or(Ok(put), Err)
    }

    #[inline]
    fn kind(&self) -> &'static str {
        "thru"
    }

    fn stopped(&mut self, reason: &Reason) -> Result<(), Reason> {
        self.item = None;
        self.at = 0;
        let mut first = Ok(());
        for at in 0..self.open.len() {
            if !self.open[at] {
                continue;
            }
            match self.tubes.stopped(at, reason) {
                Ok(()) => {}
                Err(Reason::Failed(error)) => {
                    first = first.and(Err(error.at(self.tubes.kind(at)).into()));
                }
                // It has no farewell; the others may.
                Err(Reason::Finished | Reason::Enough) => self.open[at] = false,
            }
        }
        first
    }
}

/// What a run of items becomes, as long as nothing goes wrong.
struct Outs<'a, In, S, I> {
    thru: &'a mut Thru<In, S>,
    items: I,
    end: Option<Reason>,
}

impl<In, S, I> Iterator for Outs<'_, In, S, I>
where
    In: Clone,
    S: Tubes<In>,
    I: Iterator<Item = In>,
{
    type Item = S::Out;

    #[inline]
    fn next(&mut self) -> Option<S::Out> {
        if self.end.is_some() {
            return None;
        }
        loop {
            let out = match self.thru.emit() {
                Ok(None) => {
                    let item = self.items.next()?;
                    self.thru.received(item)
                }
                emitted => emitted,
            };
            match out {
                Ok(None) => {}
                Ok(out) => return out,
                Err(reason) => {
                    self.end = Some(reason);
                    return None;
                }
            }
        }
    }
}

impl<In, S: fmt::Debug> fmt::Debug for Thru<In, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = u8::from(self.item.is_some());
        write!(f, "thru({held} of 1) {:?}", self.tubes)
    }
}
