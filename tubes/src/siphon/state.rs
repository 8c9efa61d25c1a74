//! The life of one tube.
//!
//! ```text
//!  start ─► Holding ──dry──► Hungry          Holding: outputs may wait (at first, a greeting)
//!              ▲────input─────┘│             Hungry:  needs input
//!              │               │
//!              └──upstream ended──┐
//!                                 ▼
//!                             Farewell ──dry──► Over
//!   any state ──tube ends it, or is told──► Over
//!   any state ──downstream wants no more──► Refused
//! ```

/// Where a tube is in its life. Has no reason in it, so that an item on its way through a chain
/// costs no drop glue; the reason stands beside it from `Farewell` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// It may have outputs: ask it before giving it more input.
    Holding,
    /// It has said that it needs input.
    Hungry,
    /// It was told that there is no more input; its last outputs may wait.
    Farewell,
    /// It is done.
    Over,
    /// Downstream wants no more; the tube has not been told yet.
    Refused,
}
