//! The shelf of framing: segments, cut anywhere, to frames, cut where it matters, and back.
//!
//! ```text
//!  segments             frames                segments
//!  "on", "e\ntw", ──►   "one", "two"   ──►    "one\ntwo\n"
//!  "o\n"         lines()             unlines()
//! ```
//!
//! | stage | in | out | may hold |
//! |---|---|---|---|
//! | [`lines`] | segments | lines, without their ends | one segment, and one line that has begun |
//! | [`unlines`] | lines | segments, an end behind each line | nothing |
//!
//! A frame that lies in one segment is a view into it, not a copy. Nothing here waits: a frame is
//! cut when downstream has room for it.

mod lines;
mod unlines;

pub use lines::{Lines, lines};
pub use unlines::{Unlines, unlines};
