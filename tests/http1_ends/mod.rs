//! How exchanges and connections end when not all is well: failures, panics, cuts, shutdown.

mod blame;
mod declared;
mod elsewhere;
mod failing;
mod shutdown;
mod writing;
