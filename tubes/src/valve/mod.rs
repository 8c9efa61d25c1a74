//! Where a flow is paused from outside: a valve, and guards that hold it shut.
//!
//! ```text
//!  Valve ──pause("disk is full")──► Pause ─┐
//!    │   ──pause("tariff")────────► Pause ─┼─ as long as one is held: shut
//!    └──stage()──► ValveStage ◄────────────┘
//!  fount ─────────────┴──────────► drain
//! ```

mod handle;
mod pause;
mod stage;
mod state;

pub use handle::{Valve, valve};
pub use pause::Pause;
pub use stage::ValveStage;
pub use state::PausedBy;
