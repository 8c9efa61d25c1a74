//! Doors to other worlds, behind features: nothing else in the crate names a runtime.

#[cfg(feature = "tokio")]
pub mod io;
#[cfg(feature = "tokio")]
pub mod net;
#[cfg(feature = "tokio")]
pub(crate) mod runtime;
#[cfg(feature = "tokio")]
pub mod time;
