//! Readers as founts, writers as drains, without a system.

// What both need: a runtime, bytes, awkward manners.
mod kit;
// Order and completeness, one read a pull, the end and the failures of readers.
mod reading;
// Order and completeness, what may wait, the end and the failures of writers.
mod writing;
