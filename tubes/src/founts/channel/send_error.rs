//! Why an item could not be sent.

use std::error;
use std::fmt;

use crate::reason::Reason;

/// An item that could not be sent, and why.
#[derive(Clone)]
#[non_exhaustive]
pub struct SendError<T> {
    /// The item, given back.
    pub item: T,
    /// Why the channel takes no more.
    pub reason: Reason,
}

/// An item that could not be sent at once, given back.
#[derive(Clone)]
#[non_exhaustive]
pub enum TrySendError<T> {
    /// There is no room right now, or others wait for it.
    Full(T),
    /// The channel takes no more.
    Stopped(SendError<T>),
}

impl<T> TrySendError<T> {
    /// The item.
    pub fn into_item(self) -> T {
        match self {
            Self::Full(item) => item,
            Self::Stopped(error) => error.item,
        }
    }
}

impl<T> fmt::Debug for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SendError({:?})", self.reason)
    }
}

impl<T> fmt::Display for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            Reason::Failed(error) => write!(f, "the channel takes no more: {error}"),
            Reason::Finished | Reason::Enough => f.write_str("the channel takes no more"),
        }
    }
}

impl<T> error::Error for SendError<T> {}

impl<T> fmt::Debug for TrySendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full(_) => f.write_str("TrySendError(full)"),
            Self::Stopped(error) => write!(f, "TrySendError({:?})", error.reason),
        }
    }
}

impl<T> fmt::Display for TrySendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full(_) => f.write_str("the channel is full"),
            Self::Stopped(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl<T> error::Error for TrySendError<T> {}
