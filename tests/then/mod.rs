//! A future for each item: by hand, in order and not, failing, panicking, dropped.

// Futures that are finished by hand and remember what was done to them.
mod kit;
// Who is polled when, and what comes out in which order.
mod flowing;
// What becomes of futures in flight when a flow ends, stops, fails, panics or is dropped.
mod ending;
// At random, against a reference.
mod random;
