//! What becomes of the others when one branch fails.

use super::branches::Seats;
use crate::error::Error;

/// What becomes of the others when one branch fails, and so in what the outputs come.
/// Implemented here only.
pub trait Policy<S: Seats> {
    /// What the junction makes of the flow.
    type Output;

    #[doc(hidden)]
    const ENDS_ALL: bool;

    #[doc(hidden)]
    fn settled(set: &mut S) -> Result<Self::Output, Error>;
}

/// The failure of a branch ends the whole flow: all others hear it.
#[derive(Debug)]
pub struct Together(());

/// The failure of a branch is its own: the others go on, and it is in the output of that branch.
#[derive(Debug)]
pub struct Isolated(());

impl<S: Seats> Policy<S> for Together {
    type Output = S::Outputs;
    const ENDS_ALL: bool = true;

    fn settled(set: &mut S) -> Result<S::Outputs, Error> {
        set.outputs()
    }
}

impl<S: Seats> Policy<S> for Isolated {
    type Output = S::Results;
    const ENDS_ALL: bool = false;

    fn settled(set: &mut S) -> Result<S::Results, Error> {
        Ok(set.results())
    }
}
