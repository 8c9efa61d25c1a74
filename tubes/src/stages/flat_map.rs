//! One in, many out, made one at a time.

use std::fmt;
use std::ops::ControlFlow;

use crate::reason::Reason;
use crate::tube::Tube;

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
    fn emit_into<T>(&mut self, limit: usize, take: T) -> Result<ControlFlow<()>, Reason>
    where
        T: FnMut(I::Item) -> ControlFlow<()>,
    {
        // Out of `self` while the loop runs, so that it can live in registers.
        let Some(mut items) = self.current.take() else {
            return Ok(ControlFlow::Continue(()));
        };
        let mut left = limit;
        let mut take = take;
        let run = items.try_for_each(|item| {
            left -= 1;
            take(item)?;
            if left == 0 {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        });
        if run.is_break() {
            self.current = Some(items);
        }
        Ok(run)
    }
}

impl<F, I> fmt::Debug for FlatMap<F, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inputs = u8::from(self.current.is_some());
        write!(f, "flat_map({inputs} of 1)")
    }
}
