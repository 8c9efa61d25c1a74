//! The drains that one flow goes out to, by number.

use std::task::{Context, Poll};

use super::many::{List, Many, Row};
use super::pair::Pair;
use crate::drain::{Drain, Intake};
use crate::error::Error;
use crate::reason::Reason;

/// What can be fanned out to: a `Vec` or an array of drains of one type, or a pair of two types.
///
/// For more types than two, put a junction into a pair: `(a, fan::to_all((b, c)))`; or erase
/// them: `vec![a.boxed(), b.boxed(), c.boxed()]`. Implemented here only.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no set of drains for items of type `{Item}`",
    label = "not drains for `{Item}`",
    note = "a set of drains is a `Vec` or an array of one type, or a pair: `(a, b)`"
)]
pub trait IntoBranches<Item>: Sealed {
    /// The same drains, each with its place.
    type Set: Branches<Item>;

    #[doc(hidden)]
    fn into_branches(self) -> Self::Set;
}

/// A set of branches for items of one type. Implemented here only.
pub trait Branches<Item>: Seats {
    #[doc(hidden)]
    fn receive(&mut self, at: usize, item: Item) -> Result<(), Reason>;
    #[doc(hidden)]
    fn poll_receive<I>(&mut self, at: usize, cx: &mut Context<'_>, items: I) -> Intake
    where
        I: Iterator<Item = Item>;
}

/// What branches have in common whatever goes to them. A number out of range is the last branch.
#[doc(hidden)]
#[expect(unnameable_types, reason = "not for others to call")]
pub trait Seats: Sealed {
    type Outputs;
    type Results;

    fn count(&self) -> usize;
    fn is_open(&self, at: usize) -> bool;
    fn is_leaving(&self, at: usize) -> bool;
    fn poll_ready(&mut self, at: usize, cx: &mut Context<'_>) -> Poll<Result<(), Reason>>;
    fn poll_flush(&mut self, at: usize, cx: &mut Context<'_>) -> Poll<Result<(), Reason>>;
    fn moved(&self) -> u64;
    fn held(&self) -> usize;
    fn leave(&mut self, at: usize, reason: &Reason);
    fn poll_over(&mut self, at: usize, cx: &mut Context<'_>) -> Poll<Option<Error>>;
    fn results(&mut self) -> Self::Results;
    fn outputs(&mut self) -> Result<Self::Outputs, Error>;
}

/// Not for others to implement.
#[expect(unnameable_types, reason = "that is what seals")]
pub trait Sealed {}

impl<D> Sealed for Vec<D> {}
impl<D, const N: usize> Sealed for [D; N] {}
impl<A, B> Sealed for (A, B) {}

impl<Item, D: Drain<Item>> IntoBranches<Item> for Vec<D> {
    type Set = Many<Item, D, List>;

    fn into_branches(self) -> Self::Set {
        Many::new(self)
    }
}

impl<Item, D: Drain<Item>, const N: usize> IntoBranches<Item> for [D; N] {
    type Set = Many<Item, D, Row<N>>;

    fn into_branches(self) -> Self::Set {
        Many::new(self)
    }
}

impl<Item, A: Drain<Item>, B: Drain<Item>> IntoBranches<Item> for (A, B) {
    type Set = Pair<Item, Item, A, B>;

    fn into_branches(self) -> Self::Set {
        Pair::new(self.0, self.1)
    }
}
