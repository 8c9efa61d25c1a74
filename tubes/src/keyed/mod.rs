//! What routes and groups share: a bounded table of keys, and a bounded queue for each.
//!
//! ```text
//!              ┌─ key ─► queue ─► reader (a route, the members of a group)
//!  writer ─► index ─ key ─► queue ─► reader
//!              └─ key ─► queue ─► reader
//! ```

pub(crate) mod index;
mod models;
pub(crate) mod queues;
pub(crate) mod reader;
pub(crate) mod slot;
pub(crate) mod state;
