//! Readers as founts of bytes, writers as drains of bytes.
//!
//! ```text
//! AsyncRead ──► read ──► Bytes, cut anywhere ──► write ──► AsyncWrite
//!               holds nothing while idle         holds up to a bound
//! ```
//!
//! # Examples
//!
//! A copy, with the end of the one becoming the end of the other:
//!
//! ```
//! use tubes::{Fount, io};
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let mut copy = Vec::new();
//! io::read(&b"fount to drain"[..]).flow_to(io::write(&mut copy)).await?;
//! assert_eq!(copy, b"fount to drain");
//! # Ok::<_, tubes::Error>(()) }).unwrap();
//! ```

mod queue;
mod read;
mod read_buffer;
mod write;

pub use read::{Read, read};
pub use write::{Write, write};
