//! How exchanges and connections end when not all is well: failures, panics, cuts, shutdown.

// What all need: requests, handlers, their notes, a body by script.
mod kit;
// Handlers, bodies and replies that fail, panic, are cut or dropped.
mod failing;
// Writes that fail.
mod writing;
// A server that is told to stop.
mod shutdown;
// The halves of an exchange in other tasks.
mod elsewhere;
