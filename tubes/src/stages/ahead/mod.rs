//! Stages that work ahead: they pull while downstream is not ready, up to their bound.
//!
//! | stage | when it is full |
//! |---|---|
//! | [`buffer`] | upstream waits |
//! | [`buffer_dropping`] | items are dropped, and the gap is told |
//! | [`buffer_failing`] | the flow fails |
//! | [`conflate`] | never: items become one |
//! | [`batch`] | items become one, up to a bound; then upstream waits |

mod batch;
mod buffer;
mod buffer_dropping;
mod buffer_failing;
mod conflate;
mod hold;
mod passing;

pub use batch::{Batch, batch};
pub use buffer::{Buffer, buffer};
pub use buffer_dropping::{BufferDropping, Dropping, buffer_dropping};
pub use buffer_failing::{BufferFailing, buffer_failing};
pub use conflate::{Conflate, conflate};
