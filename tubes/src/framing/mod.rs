//! Segments to frames and back.
