//! A future for each item, at most so many at once.
//!
//! ```text
//!            ┌ ready at once ──────────────────────────────┐
//!  item ─► f(item) ─ polled in place                       ├─► output
//!            └ pending: takes one of n places ─ woken ─────┘
//!                       polled only when its own waker rang
//! ```
//!
//! | file | what |
//! |---|---|
//! | `plain` | [`then()`]: the stage, and how it is set up |
//! | `checked` | [`try_then()`]: the same, and the first failure ends the flow |
//! | `calls` | the places: futures in flight, and outputs that wait |
//! | `lanes` | the drains that are lent to upstream, so that a run stays one loop |
//! | `keys` | which futures may run at the same time |

mod calls;
mod checked;
mod keys;
mod lanes;
mod plain;

pub use checked::{TryThen, try_then};
pub use keys::{ByKey, Keys, Unkeyed};
pub use plain::{Then, then};
