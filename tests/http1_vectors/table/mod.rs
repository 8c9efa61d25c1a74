//! The table, by what its rows are about.

mod all;
mod attacks;
mod chunks;
mod exchanges;
mod fields;
mod host;
mod lengths;
mod limits;
mod request_line;
mod targets;
mod trailers;

pub(super) use all::{all, written};
