//! Several stages as one: a tuple of them.
//!
//! ```
//! use tubes::{Fount, drains, founts, stages};
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let first_squares = (stages::map(|n: u64| n * n), stages::take(3));
//! let squares = founts::iter(1..).through(first_squares).flow_to(drains::collect(9)).await?;
//! assert_eq!(squares, [1, 4, 9]);
//! # Ok::<_, tubes::Error>(()) }).unwrap();
//! ```

use crate::stage::{InSeries, Stage};

#[diagnostic::do_not_recommend]
impl<U, A, B, HowA, HowB> Stage<U, InSeries<(HowA, HowB)>> for (A, B)
where
    A: Stage<U, HowA>,
    B: Stage<A::Output, HowB>,
{
    type Output = B::Output;

    #[inline]
    #[track_caller]
    fn attach(self, upstream: U) -> Self::Output {
        self.1.attach(self.0.attach(upstream))
    }
}

#[diagnostic::do_not_recommend]
impl<U, A, B, C, HowA, HowB, HowC> Stage<U, InSeries<(HowA, HowB, HowC)>> for (A, B, C)
where
    A: Stage<U, HowA>,
    B: Stage<A::Output, HowB>,
    C: Stage<B::Output, HowC>,
{
    type Output = C::Output;

    #[inline]
    #[track_caller]
    fn attach(self, upstream: U) -> Self::Output {
        let (first, second, third) = self;
        third.attach((first, second).attach(upstream))
    }
}

#[diagnostic::do_not_recommend]
impl<U, A, B, C, D, HowA, HowB, HowC, HowD> Stage<U, InSeries<(HowA, HowB, HowC, HowD)>>
    for (A, B, C, D)
where
    A: Stage<U, HowA>,
    B: Stage<A::Output, HowB>,
    C: Stage<B::Output, HowC>,
    D: Stage<C::Output, HowD>,
{
    type Output = D::Output;

    #[inline]
    #[track_caller]
    fn attach(self, upstream: U) -> Self::Output {
        let (first, second, third, fourth) = self;
        (third, fourth).attach((first, second).attach(upstream))
    }
}
