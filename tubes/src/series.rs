//! Several stages as one: a tuple of up to twelve of them, each of which may be a tuple again.
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

/// A tuple is a stage if each of its members is one behind the one before it.
macro_rules! tuple {
    ($A:ident $HowA:ident $(, $S:ident $How:ident behind $Before:ident)* => $Last:ident) => {
        #[diagnostic::do_not_recommend]
        impl<U, $A, $HowA, $($S, $How),*> Stage<U, InSeries<($HowA, $($How),*)>> for ($A, $($S),*)
        where
            $A: Stage<U, $HowA>,
            $($S: Stage<$Before::Output, $How>,)*
        {
            type Output = $Last::Output;

            #[inline]
            #[track_caller]
            #[expect(non_snake_case, reason = "a member goes by the name of its type")]
            fn attach(self, upstream: U) -> Self::Output {
                let ($A, $($S),*) = self;
                let end = $A.attach(upstream);
                $(let end = $S.attach(end);)*
                end
            }
        }
    };
}

/// A tuple of the stages in brackets and the first one behind them; then of one more, and so on.
macro_rules! tuples {
    ([$($stages:tt)*] $Last:ident) => {};
    ([$($stages:tt)*] $Last:ident, $Next:ident $How:ident $(, $More:ident $Hows:ident)*) => {
        tuple!($($stages)*, $Next $How behind $Last => $Next);
        tuples!([$($stages)*, $Next $How behind $Last] $Next $(, $More $Hows)*);
    };
}

tuples!(
    [A HowA] A, B HowB, C HowC, D HowD, E HowE, F HowF, G HowG, H HowH, I HowI, J HowJ, K HowK,
    L HowL
);
