//! HTTP/1.1 and 1.0 (RFC 9112), sans I/O: bytes in, events out, and back.
//!
//! ```text
//!   the path of a byte
//!
//!   received(bytes)                                              take_output() ─► bytes
//!        │                     connection                               ▲
//!        ▼          ┌──────────────┴───────────────┐                    │
//!      input ──head──► parse (asks length) ──► Event::Head     start ─┐ │
//!        └────body──► decode ────────────────► Event::Data     send  ─┼► encode
//!                                              Event::End      finish ┘
//!                          state: how far each direction is
//! ```

mod account;
mod after;
mod arrived;
mod closing;
mod concluding;
mod connection;
mod date;
mod deadlines;
mod decode;
mod encode;
mod encode_body;
mod event;
mod evidence;
mod fields;
mod halves;
mod host;
mod input;
mod leaving;
mod length;
mod lenient;
mod link;
mod looking;
mod octets;
mod offered;
mod output;
mod overdue;
mod parse;
mod patience;
mod pausing;
mod pulling;
mod pushing;
mod quiet;
mod receiving;
mod refusing;
mod repeat;
mod replying;
mod sending;
pub(crate) mod server;
mod shared;
mod start;
mod state;
mod status;
mod turn;
mod unread;
mod waiters;

#[cfg(test)]
mod tests;
