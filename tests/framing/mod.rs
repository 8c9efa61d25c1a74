//! Segments to frames and back: lines, however the bytes were cut on their way.

// What both need: segments, time, a narrow outlet.
mod kit;
// Lines: cut anywhere, too long, unfinished, left over.
mod lines;
// Lines to segments and back.
mod unlines;
