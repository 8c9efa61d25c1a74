//! Tests.

// Segments to frames and back: lines, cut anywhere, too long, unfinished, left over.
mod framing;
// The house as a test: floors, doors, fences, sizes and tidiness of the sources.
mod house;
// HTTP/1 on a connection: exchanges, pipelines, keep-alive, heads and trailers.
mod http1_server;
// Bodies of HTTP/1: flow control both ways, early answers, Expect, what nobody reads.
mod http1_bodies;
// What attackers send over HTTP/1: refused with a status, and nothing behind it is served.
mod http1_malformed;
// How HTTP/1 ends when not all is well: failures, panics, cuts, shutdown.
mod http1_ends;
// Every timer of HTTP/1, with a clock that is moved by hand.
mod http1_timers;
// A conversation over HTTP/1, cut, reset, broken and dropped at every point.
mod http1_faults;
// Exchanges of HTTP/1 whose halves live in other tasks.
mod http1_tasks;
