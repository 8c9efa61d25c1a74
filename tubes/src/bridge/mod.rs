//! Doors to other worlds, behind features where they need a runtime: nothing else in the crate names
//! one.

#[cfg(feature = "tokio")]
pub mod io;
#[cfg(feature = "tokio")]
pub mod net;
#[cfg(feature = "tokio")]
pub(crate) mod runtime;
pub(crate) mod stream;
#[cfg(feature = "tokio")]
pub mod time;
