//! Stages that look at a clock: once a run, or while there is nothing to do; never once an item
//! of a run.
//!
//! | stage | waits |
//! |---|---|
//! | [`throttle`] | for a token of its bucket, before each pull |
//! | [`debounce`] | until upstream is quiet |
//! | [`chunks_within`] | for a chunk to be full, not too long |
//! | [`timeout_first`], [`timeout_idle`], [`timeout_whole`], [`timeout_downstream`] | never: they fail if others do |
//! | [`keep_alive`] | never: it fills the silence |

mod bucket;
mod chunks_within;
mod debounce;
mod keep_alive;
mod metered;
mod noting;
mod throttle;
mod timed_out;
mod timeout;

pub use chunks_within::{ChunksWithin, chunks_within};
pub use debounce::{Debounce, debounce};
pub use keep_alive::{KeepAlive, keep_alive};
pub use throttle::{Throttle, throttle};
pub use timed_out::{TimedOut, Wait};
pub use timeout::{Timeout, timeout_downstream, timeout_first, timeout_idle, timeout_whole};
