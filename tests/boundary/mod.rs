//! From one task to another.

// How much may be inside, exactly, by items and by weight.
mod bounds;
// Every end in every state of the boundary, on either side.
mod ends;
// Tasks that are run by hand.
pub(crate) mod kit;
// A part of a pipe on a task of its own: begins, panics, is stopped, is dropped.
mod spawned;
// Who is woken, and how often; wakers that come back.
mod wakes;
