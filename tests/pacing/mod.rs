//! Stages that look at a clock, and stages that work ahead: what comes when, step by step.

// Plays a table of steps.
mod kit;
// Throttles, chunks, silences and timeouts, with a clock that is moved by hand.
mod timed;
// Buffers and what else pulls while downstream is not ready.
mod ahead;
// How often they look at the clock, and what is left of them after a stop.
mod sparing;
