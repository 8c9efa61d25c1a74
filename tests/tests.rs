//! Tests.

// Readers as founts, writers as drains: order, completeness, bounds and ends, without a system.
mod bridging;

// Segments to frames and back: lines, cut anywhere, too long, unfinished, left over.
mod framing;
// The house as a test: floors, doors, fences, sizes and tidiness of the sources.
mod house;

// Real sockets: the only file that has any.
mod interop;

// Every fount, drain and stage of ours against the laws; and broken ones, which are caught.
mod laws;
