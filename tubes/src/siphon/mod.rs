//! How a tube gets its flow control, and what drives a flow. Users meet these types in names only.
//!
//! ```text
//!            Pull { upstream, tube }                 Push { tube, drain }
//!  fount ──► tube ──►  is a fount            ──► tube ──► drain   is a drain
//! ```
//!
//! Both run the loop in the documentation of [`Tube`](crate::tube::Tube). [`Pull`] lends its
//! tube to a lane (a `Push` without an end of its own) when a whole run flows ([`Fount::poll_flow`](crate::fount::Fount)), so a
//! chain of any length becomes one loop around the source:
//!
//! ```text
//! Pull<Pull<Iter, A>, B>.poll_flow(drain)  =  Iter.poll_flow(Lane<A, Lane<B, drain>>)
//! ```

pub(crate) mod drive;
pub(crate) mod gated;
pub(crate) mod label;
pub(crate) mod lane;
pub(crate) mod lent;
pub(crate) mod next;
pub(crate) mod pull;
pub(crate) mod pumped;
pub(crate) mod push;
pub(crate) mod ration;
pub(crate) mod state;

pub use drive::FlowTo;
pub use next::{Next, NextOrReason};
pub use pull::Pull;
pub use pumped::Pumped;
pub use push::Push;
