//! Why a route was not opened.

use std::error;
use std::fmt;

use crate::error::{Error, Kind};
use crate::keyed::queues::Refused;

/// Why a route was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpenError {
    /// There is an open route with this address.
    Taken,
    /// There are as many routes as there may be.
    Full {
        /// How many that is.
        limit: usize,
    },
}

impl OpenError {
    pub(super) fn new(refused: Refused, limit: usize) -> Self {
        match refused {
            Refused::Taken => Self::Taken,
            Refused::Full => Self::Full { limit },
        }
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Taken => f.write_str("there is an open route with this address"),
            Self::Full { limit } => write!(f, "there are {limit} routes, as many as there may be"),
        }
    }
}

impl error::Error for OpenError {}

impl From<OpenError> for Error {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Taken => Self::user(error),
            OpenError::Full { limit } => Self::new(Kind::Full {
                what: "table of routes",
                limit,
            }),
        }
    }
}
