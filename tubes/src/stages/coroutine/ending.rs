//! What a coroutine may return.

use crate::error::{BoxError, Error};
use crate::reason::Reason;

/// What a [`coroutine`](super::coroutine) may return: nothing, a [`Reason`], or a `Result`.
pub trait Ending {
    /// The reason why the flow ends here, if it is one of the coroutine's own.
    fn into_reason(self) -> Option<Reason>;
}

impl Ending for () {
    fn into_reason(self) -> Option<Reason> {
        None
    }
}

impl Ending for Reason {
    fn into_reason(self) -> Option<Reason> {
        Some(self)
    }
}

impl Ending for Result<(), Reason> {
    fn into_reason(self) -> Option<Reason> {
        self.err()
    }
}

impl<E: Into<BoxError>> Ending for Result<(), E> {
    fn into_reason(self) -> Option<Reason> {
        let error = Error::user(self.err()?);
        Some(error.into())
    }
}
