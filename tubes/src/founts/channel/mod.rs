//! Items handed in from elsewhere, bounded.
//!
//! ```text
//!  sender ──────────┐
//!  shared sender ───┼─► bound: items, and places kept for who was told "ready" ─► channel
//!  shared sender ───┘      ▲
//!                          └─ who waits for a place, in line
//! ```

mod fount;
#[cfg(all(test, loom))]
mod loom_tests;
mod port;
mod send_error;
mod sender;
mod shared_sender;
mod state;

pub use fount::{Channel, channel};
pub use send_error::{SendError, TrySendError};
pub use sender::{Sender, Sending};
pub use shared_sender::SharedSender;
