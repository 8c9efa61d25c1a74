//! Plain stages and plain founts: what they give, how they end, what a panic leaves behind.

// Each plain stage beside what iterators and vectors give, on random inputs and schedules.
mod reference;
// How plain stages end: failures above, stops below, limits, last items.
mod ends;
// Failures that are renamed, explained, or recovered from.
mod recovering;
// Founts of functions and of streams.
mod founts;
// Closures that panic where state matters.
mod panics;
