//! A flow of bytes in memory, and its other end under the test's hand.

mod ends;
mod peer;
mod wire;

pub use ends::{Inlet, Outlet};
pub use peer::{Peer, Wired, pair};
pub use wire::Fate;
