//! The life of exchanges and of their server: who is there, who is told to end, what is recorded.

mod bell;
mod cancelling;
mod driving;
mod dropping;
mod extensions;
mod foreign_errors;
mod forgotten;
mod given_up;
mod half_closed;
mod heard;
mod interim;
mod kit;
mod leaving;
mod left_behind;
mod log;
mod memory;
mod patience;
mod peer;
mod records;
mod shutdown;
mod snapshot;
mod spinning;
mod turns;
mod upgraded_cut;
mod upgrading;
