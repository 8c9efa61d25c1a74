//! One in, one out.

use std::fmt;
use std::ops::ControlFlow;

use crate::reason::Reason;
use crate::tube::{Outputs, Tube};

/// A tube that gives `f(item)` for each item.
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
/// let double = stages::map(|n: i32| n * 2);
/// assert_eq!(founts::iter([1, 2]).through(double).flow_to(drains::collect(9)).await?, [2, 4]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[inline]
pub fn map<F, In, Out>(f: F) -> Map<F>
where
    F: FnMut(In) -> Out,
{
    Map::new(f)
}

/// The tube of [`map`].
#[must_use = "a stage does nothing before it is attached"]
pub struct Map<F> {
    f: F,
}

impl<F> Map<F> {
    #[inline]
    pub(crate) fn new(f: F) -> Self {
        Self { f }
    }
}

impl<F, In, Out> Tube<In> for Map<F>
where
    F: FnMut(In) -> Out,
{
    type Out = Out;

    #[inline]
    fn received(&mut self, item: In) -> Result<Option<Out>, Reason> {
        Ok(Some((self.f)(item)))
    }

    #[inline]
    fn run<I, O>(&mut self, items: I, outputs: &mut O) -> Result<ControlFlow<O::Full>, Reason>
    where
        I: Iterator<Item = In>,
        O: Outputs<Self::Out>,
    {
        let f = &mut self.f;
        Ok(outputs.put_all(Mapped { items, f }))
    }

    #[inline]
    fn kind(&self) -> &'static str {
        "map"
    }
}

/// As the adapter of the standard library, but with a function that is borrowed.
///
/// Not a closure around it: the type of a closure contains the types of the function that it stands
/// in, the iterator among them, and so would double with each stage (40 stages do not compile).
struct Mapped<'a, I, F> {
    items: I,
    f: &'a mut F,
}

impl<I, F, Out> Iterator for Mapped<'_, I, F>
where
    I: Iterator,
    F: FnMut(I::Item) -> Out,
{
    type Item = Out;

    #[inline]
    fn next(&mut self) -> Option<Out> {
        match self.items.next() {
            Some(item) => Some((self.f)(item)),
            None => None,
        }
    }

    /// An item with parts is made where it is used, not in the `Option` of `next` (measured: 2 times).
    #[inline]
    fn fold<A, G: FnMut(A, Out) -> A>(self, start: A, mut add: G) -> A {
        let f = self.f;
        self.items
            .fold(start, |sum, item| add(sum, f(item)))
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.items.size_hint()
    }
}

impl<F> fmt::Debug for Map<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("map")
    }
}
