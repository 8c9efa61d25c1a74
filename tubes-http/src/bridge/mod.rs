//! Doors to other worlds, behind features.

#[cfg(feature = "tokio")]
mod clock;

#[cfg(feature = "tokio")]
pub use clock::server;
