//! The life of exchanges and of their server: who is there, who is told to end, what is recorded.

mod cancelling;
mod kit;
mod peer;
mod shutdown;
