//! Compose streaming programs out of founts, tubes and drains.
#![forbid(unsafe_code)]

mod bridge;
pub mod budget;
pub mod clock;
mod drain;
pub mod drains;
mod error;
mod flow;
mod fount;
pub mod founts;
pub mod framing;
mod reason;
pub mod runtime;
pub mod siphon;
pub mod stage;
pub mod stages;
#[cfg(feature = "testing")]
pub mod testing;
mod tube;

#[cfg(feature = "tokio")]
pub use bridge::{io, net, time};
pub use drain::{Drain, Intake};
pub use error::{BoxError, Error, Kind};
pub use flow::Flow;
pub use fount::{Fount, Run};
pub use reason::Reason;
pub use tube::{Outlet, Tube};
