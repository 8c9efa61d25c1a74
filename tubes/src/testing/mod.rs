//! Fakes and laws, for testing founts, drains and stages without sockets, sleep or luck.
//!
//! ```text
//!          Schedule ─ from a seed: who is ready when ──┐
//!             │                                        │
//!  FakeFount ─┴─► what you test ─► FakeDrain           │ Executor polls only what was woken,
//!      │                               │               │ and notices a lost wake
//!  FakeFountHandle              FakeDrainHandle  ◄─────┘
//!  who pulled, who stopped,     what came, which end;
//!  feeds by hand                makes room by hand
//! ```
//!
//! | thing | what for |
//! |---|---|
//! | [`laws`] | every law as a check: put your own founts, drains and stages through it |
//! | [`FakeFount`], [`FakeDrain`] | the ends of a flow, by script or by hand; they hold others to the contract |
//! | [`Schedule`], [`Gate`] | readiness at random, the same for the same seed |
//! | [`Executor`] | runs a future with a waker that checks |
//! | [`Census`] | whether everybody was told the end |
//! | [`ManualClock`] | time that passes when you say so |
//! | [`HastyClock`] | time that passes whenever somebody looks: nobody waits long |
//!
//! # Examples
//!
//! A pause takes effect between two outputs of one input:
//!
//! ```
//! use tubes::testing::{Executor, FakeDrain, FakeFount, Schedule};
//! use tubes::Fount;
//!
//! let drain = FakeDrain::new().by_hand();
//! let sink = drain.handle();
//! let mut flow = Box::pin(FakeFount::new([3]).flat_map(|n| 0..n).flow_to(drain));
//! let mut executor = Executor::new(&Schedule::eager());
//!
//! sink.allow(2);
//! assert!(executor.run_until_stalled(flow.as_mut()).is_pending());
//! assert_eq!(sink.items(), [0, 1]);
//!
//! sink.allow(9);
//! executor.run(flow)?;
//! assert_eq!(sink.items(), [0, 1, 2]);
//! # Ok::<_, tubes::Error>(())
//! ```

mod census;
mod clock;
mod executor;
mod fake_drain;
mod fake_drain_handle;
mod fake_drain_state;
mod fake_fount;
mod fake_fount_handle;
mod hasty_clock;
pub mod laws;
mod schedule;
mod watched;

pub use census::Census;
pub use clock::ManualClock;
pub use executor::Executor;
pub use fake_drain::{FakeDrain, Place};
pub use fake_drain_handle::FakeDrainHandle;
pub use fake_fount::FakeFount;
pub use fake_fount_handle::FakeFountHandle;
pub use hasty_clock::HastyClock;
pub use schedule::{Gate, Schedule};
pub use watched::{Mark, WatchedDrain, WatchedFount};
