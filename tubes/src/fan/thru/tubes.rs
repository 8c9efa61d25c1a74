//! The tubes that each item goes through, by number.

use crate::reason::Reason;
use crate::tube::Tube;

/// Tubes side by side: a `Vec` or an array of one type, or a pair of two types with the same
/// outputs. A number out of range is the last one. Implemented here only.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no set of tubes for items of type `{In}`",
    label = "not tubes for `{In}`",
    note = "a set of tubes is a `Vec` or an array of one type, or a pair: `(a, b)`; tubes of more \
            types are boxed by `fan::boxed_tube`"
)]
pub trait Tubes<In>: Sealed {
    /// What comes out of each of them.
    type Out;

    #[doc(hidden)]
    fn count(&self) -> usize;
    #[doc(hidden)]
    fn received(&mut self, at: usize, item: In) -> Result<Option<Self::Out>, Reason>;
    #[doc(hidden)]
    fn emit(&mut self, at: usize) -> Result<Option<Self::Out>, Reason>;
    #[doc(hidden)]
    fn stopped(&mut self, at: usize, reason: &Reason) -> Result<(), Reason>;
    #[doc(hidden)]
    fn kind(&self, at: usize) -> &'static str;
}

/// Not for others to implement.
#[expect(unnameable_types, reason = "that is what seals")]
pub trait Sealed {}

impl<T> Sealed for Vec<T> {}
impl<T, const N: usize> Sealed for [T; N] {}
impl<A, B> Sealed for (A, B) {}

impl<In, T: Tube<In>> Tubes<In> for Vec<T> {
    type Out = T::Out;

    #[inline]
    fn count(&self) -> usize {
        self.len()
    }
    #[inline]
    fn received(&mut self, at: usize, item: In) -> Result<Option<T::Out>, Reason> {
        self[at].received(item)
    }
    #[inline]
    fn emit(&mut self, at: usize) -> Result<Option<T::Out>, Reason> {
        self[at].emit()
    }
    fn stopped(&mut self, at: usize, reason: &Reason) -> Result<(), Reason> {
        self[at].stopped(reason)
    }
    fn kind(&self, at: usize) -> &'static str {
        self[at].kind()
    }
}

impl<In, T: Tube<In>, const N: usize> Tubes<In> for [T; N] {
    type Out = T::Out;

    #[inline]
    fn count(&self) -> usize {
        N
    }
    #[inline]
    fn received(&mut self, at: usize, item: In) -> Result<Option<T::Out>, Reason> {
        self[at].received(item)
    }
    #[inline]
    fn emit(&mut self, at: usize) -> Result<Option<T::Out>, Reason> {
        self[at].emit()
    }
    fn stopped(&mut self, at: usize, reason: &Reason) -> Result<(), Reason> {
        self[at].stopped(reason)
    }
    fn kind(&self, at: usize) -> &'static str {
        self[at].kind()
    }
}

impl<In, A: Tube<In>, B: Tube<In, Out = A::Out>> Tubes<In> for (A, B) {
    type Out = A::Out;

    #[inline]
    fn count(&self) -> usize {
        2
    }
    #[inline]
    fn received(&mut self, at: usize, item: In) -> Result<Option<A::Out>, Reason> {
        match at {
            0 => self.0.received(item),
            _ => self.1.received(item),
        }
    }
    #[inline]
    fn emit(&mut self, at: usize) -> Result<Option<A::Out>, Reason> {
        match at {
            0 => self.0.emit(),
            _ => self.1.emit(),
        }
    }
    fn stopped(&mut self, at: usize, reason: &Reason) -> Result<(), Reason> {
        match at {
            0 => self.0.stopped(reason),
            _ => self.1.stopped(reason),
        }
    }
    fn kind(&self, at: usize) -> &'static str {
        match at {
            0 => self.0.kind(),
            _ => self.1.kind(),
        }
    }
}
