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
#![expect(dead_code, reason = "the server stage, which calls it, comes next")]

mod connection;
mod date;
mod decode;
mod encode;
mod encode_body;
mod event;
mod fields;
mod host;
mod input;
mod length;
mod output;
mod parse;
mod receiving;
mod sending;
mod state;
mod status;

#[cfg(test)]
mod tests;
