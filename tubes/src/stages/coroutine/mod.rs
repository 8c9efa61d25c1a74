//! Protocol code in a straight line as a stage: no task, no channel.
//!
//! ```text
//!               stage: pulls when asked, and only when nothing waits below
//!  upstream ─► [ inlet: one item ] ─► async |inlet, outlet| { .. } ─► [ outlet: one item ] ─► downstream
//!               next().await                                          send(item).await
//! ```
//!
//! | file | what |
//! |---|---|
//! | `stage` | [`coroutine`]: the stage, and when it pulls, polls and ends |
//! | `ends` | [`Inlet`] and [`Outlet`]: what the coroutine holds |
//! | `port` | the one item between the stage and an end, and who waits for it |
//! | `gone` | who waited there, and was dropped outside of the coroutine |
//! | `lent` | how both reach the port without a lock |
//! | `lane` | the drain that is lent to upstream, so that a run stays one loop |
//! | `ending` | what a coroutine may return |

mod ending;
mod ends;
mod gone;
mod lane;
mod lent;
mod port;
mod stage;

pub use ending::Ending;
pub use ends::{Asking, AskingOrReason, Inlet, Outlet, Sending};
pub use stage::{Coroutine, coroutine};
