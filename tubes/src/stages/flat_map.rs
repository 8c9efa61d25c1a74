//! One in, many out, made one at a time.

use std::fmt;
use std::ops::ControlFlow;

use crate::budget::{self, Chunks};
use crate::reason::Reason;
use crate::tube::{Outputs, Tube};

/// A tube that gives all that the iterator `f(item)` yields.
///
/// # Flow control
///
/// Holds the iterator of the last item; what it has not yielded yet is not made. A pause takes
/// effect between two outputs.
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
/// let words = stages::flat_map(|line: &'static str| line.split(' '));
/// let all = founts::iter(["a b", "c"]).through(words).flow_to(drains::collect(9)).await?;
/// assert_eq!(all, ["a", "b", "c"]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[inline]
pub fn flat_map<F, In, I>(f: F) -> FlatMap<F, I::IntoIter>
where
    F: FnMut(In) -> I,
    I: IntoIterator,
{
    FlatMap::new(f)
}

/// The tube of [`flat_map`].
#[must_use = "a stage does nothing before it is attached"]
pub struct FlatMap<F, I> {
    f: F,
    current: Option<I>,
}

impl<F, I> FlatMap<F, I> {
    #[inline]
    pub(crate) fn new(f: F) -> Self {
        Self { f, current: None }
    }
}

impl<F, In, I> Tube<In> for FlatMap<F, I::IntoIter>
where
    F: FnMut(In) -> I,
    I: IntoIterator,
{
    type Out = I::Item;

    #[inline]
    fn received(&mut self, item: In) -> Result<Option<I::Item>, Reason> {
        self.current = Some((self.f)(item).into_iter());
        Ok(None)
    }

    #[inline]
    fn emit(&mut self) -> Result<Option<I::Item>, Reason> {
        let Some(items) = &mut self.current else {
            return Ok(None);
        };
        let next = items.next();
        if next.is_none() {
            self.current = None;
        }
        Ok(next)
    }

    #[inline]
    fn run<Ins, O>(&mut self, items: Ins, outputs: &mut O) -> Result<ControlFlow<O::Full>, Reason>
    where
        Ins: Iterator<Item = In>,
        O: Outputs<I::Item>,
    {
        let Self { f, current } = self;
        let iterators = items.map(|item| f(item).into_iter());
        Ok(run_each(iterators, current, outputs))
    }

    #[inline]
    fn kind(&self) -> &'static str {
        "flat_map"
    }
}

/// Passes on what each of `iterators` yields, one after the other; on a `Break`, `current` is what
/// is left of the one that it was at.
#[inline]
pub(super) fn run_each<I, O>(
    mut iterators: impl Iterator<Item = I>,
    current: &mut Option<I>,
    outputs: &mut O,
) -> ControlFlow<O::Full>
where
    I: Iterator,
    O: Outputs<I::Item>,
{
    loop {
        // Out of its place while the run lasts, so that it can live in registers.
        if let Some(items) = current.take() {
            let (put, rest) = run_of(items, outputs);
            if put.is_break() {
                *current = rest;
                return put;
            }
        }
        let Some(next) = iterators.next() else {
            return ControlFlow::Continue(());
        };
        *current = Some(next);
    }
}

/// Passes on what `items` yields; gives back what is left of it on a `Break`.
#[inline]
fn run_of<I, O>(mut items: I, outputs: &mut O) -> (ControlFlow<O::Full>, Option<I>)
where
    I: Iterator,
    O: Outputs<I::Item>,
{
    let most = items.size_hint().1;
    if let Some(most) = most.filter(|most| *most <= SHORT) {
        // Without a counter beside it, the loop over the iterator can be vectorised.
        let put = outputs.put_all(&mut items);
        // An empty one costs, too, or a run of them would have no bound.
        if put.is_continue() && !budget::spend_parts(most + 1) {
            return (ControlFlow::Break(outputs.spent()), None);
        }
        return (put, Some(items));
    }
    let mut chunks = Chunks::of(items);
    let put = loop {
        chunks.refill();
        let put = outputs.put_all(&mut chunks);
        if put.is_break() || chunks.is_over() {
            break put;
        }
        if !budget::spend() {
            break ControlFlow::Break(outputs.spent());
        }
    };
    (put, Some(chunks.into_inner()))
}

/// An iterator that yields no more than this is passed on at once, and paid for behind.
const SHORT: usize = 4 * budget::RUN;

impl<F, I> fmt::Debug for FlatMap<F, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inputs = u8::from(self.current.is_some());
        write!(f, "flat_map({inputs} of 1)")
    }
}
