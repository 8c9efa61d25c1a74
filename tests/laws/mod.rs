//! Every fount, drain and stage of ours against the laws.

// What goes in.
mod kit;
// Founts, channels among them, and items pulled by hand.
mod founts;
// Many founts as one.
mod fan_in;
// Stages and the sugar for them, tubes that frame among them.
mod stages;
// What pauses, ends, restarts and retries.
mod control;
// Plain stages and plain founts.
mod plain;
// Drains: always ready, refusing, awaiting a call, spawning.
mod drains;
// Stages that look at a clock, and ticks.
mod timed;
// Stages that work ahead: buffers, and what combines.
mod ahead;
// Futures for items: ready, napping, failing, by key.
mod then;
// Boundaries: both ends, a part of a pipe on a task of its own.
mod boundary;
// Junctions from one to many: drains of drains, tubes side by side, branches of a broadcast.
mod fan_out;
// Routes, groups and tubes by key.
mod keyed;
// Coroutines: passing on, greeting and saying farewell, napping, ending early.
mod coroutines;
