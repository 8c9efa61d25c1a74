//! Branches of one type.

use std::fmt;
use std::marker::PhantomData;
use std::task::{Context, Poll};

use super::branches::{Branches, Sealed, Seats};
use super::seat::Seat;
use crate::drain::{Drain, Intake};
use crate::error::{Error, Kind};
use crate::reason::Reason;

/// Branches of one type, out of a `Vec` ([`List`]) or an array ([`Row`]).
pub struct Many<Item, D: Drain<Item>, S> {
    seats: Vec<Seat<Item, D>>,
    shape: PhantomData<S>,
}

/// In what the outputs of branches come: as the branches did.
pub trait Shape {
    /// So many of `T`.
    type Of<T>;

    #[doc(hidden)]
    fn shaped<T>(all: Vec<T>) -> Option<Self::Of<T>>;
}

/// Outputs in a `Vec`.
#[derive(Debug)]
pub struct List(());

/// Outputs in an array.
#[derive(Debug)]
pub struct Row<const N: usize>(());

impl Shape for List {
    type Of<T> = Vec<T>;

    fn shaped<T>(all: Vec<T>) -> Option<Vec<T>> {
        Some(all)
    }
}

impl<const N: usize> Shape for Row<N> {
    type Of<T> = [T; N];

    fn shaped<T>(all: Vec<T>) -> Option<[T; N]> {
        all.try_into().ok()
    }
}

impl<Item, D: Drain<Item>, S> Many<Item, D, S> {
    pub(super) fn new(drains: impl IntoIterator<Item = D>) -> Self {
        Self {
            seats: drains
                .into_iter()
                .map(Seat::new)
                .collect(),
            shape: PhantomData,
        }
    }
}

impl<Item, D: Drain<Item>, S> Sealed for Many<Item, D, S> {}

impl<Item, D: Drain<Item>, S: Shape> Seats for Many<Item, D, S> {
    type Outputs = S::Of<D::Output>;
    type Results = S::Of<Result<D::Output, Error>>;

    #[inline]
    fn count(&self) -> usize {
        self.seats.len()
    }
    #[inline]
    fn is_open(&self, at: usize) -> bool {
        self.seats[at].is_open()
    }
    fn is_leaving(&self, at: usize) -> bool {
        self.seats[at].is_leaving()
    }
    #[inline]
    fn poll_ready(&mut self, at: usize, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.seats[at].poll_ready(cx)
    }
    #[inline]
    fn poll_flush(&mut self, at: usize, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.seats[at].poll_flush(cx)
    }
    fn moved(&self) -> u64 {
        self.seats
            .iter()
            .fold(0, |sum, seat| sum.wrapping_add(seat.moved()))
    }

    fn held(&self) -> usize {
        self.seats
            .iter()
            .fold(0, |sum, seat| sum.saturating_add(seat.held()))
    }
    fn leave(&mut self, at: usize, reason: &Reason) {
        self.seats[at].leave(reason);
    }
    fn poll_over(&mut self, at: usize, cx: &mut Context<'_>) -> Poll<Option<Error>> {
        self.seats[at].poll_over(cx)
    }

    #[expect(
        clippy::expect_used,
        reason = "an invariant: as many results as branches"
    )]
    fn results(&mut self) -> Self::Results {
        let all = self
            .seats
            .iter_mut()
            .map(Seat::take_output);
        S::shaped(all.collect()).expect("as many results as branches")
    }

    fn outputs(&mut self) -> Result<Self::Outputs, Error> {
        let all: Result<Vec<_>, Error> = self
            .seats
            .iter_mut()
            .map(Seat::take_output)
            .collect();
        S::shaped(all?).ok_or_else(|| Error::new(Kind::UsedAfterEnd))
    }
}

impl<Item, D: Drain<Item>, S: Shape> Branches<Item> for Many<Item, D, S> {
    #[inline]
    fn receive(&mut self, at: usize, item: Item) -> Result<(), Reason> {
        self.seats[at].receive(item)
    }
    #[inline]
    fn poll_receive<I>(&mut self, at: usize, cx: &mut Context<'_>, items: I) -> Intake
    where
        I: Iterator<Item = Item>,
    {
        self.seats[at].poll_receive(cx, items)
    }
}

impl<Item, D: Drain<Item> + fmt::Debug, S> fmt::Debug for Many<Item, D, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(&self.seats)
            .finish()
    }
}
