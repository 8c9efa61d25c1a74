//! The tests, by what they look at; each module opens with a line that says it.
#![allow(
    clippy::unwrap_used,
    reason = "where a test unwraps, it says where it failed"
)]

// Readers as founts, writers as drains: order, completeness, bounds and ends, without a system.
mod bridging;

// Segments to frames and back: lines, cut anywhere, too long, unfinished, left over.
mod framing;
// Throttles, timeouts, chunks and buffers: what comes when, step by step.
mod pacing;
// The house as a test: floors, doors, fences, sizes and tidiness of the sources.
mod house;

// Every fount, drain and stage of ours against the laws.
mod laws;
// Chains against the laws: greetings and farewells, across the seam, at random.
mod chains;
// Pipes of any stages in any order: complete, ended once, dropped at every poll.
mod compositions;
// Broken founts, drains and stages, each of which the laws must catch.
mod breaking;
mod breaking_drains;
// What tubes inherits: behaviours that no other test looks at, and the page that lists them.
mod lineage;
// Who hears of an end: greetings, farewells, failures and stops.
mod stopping;
// Flows held, ended, begun again: valves, switches, what is tried again, what is done at the end.
mod control;
// Many founts as one: who comes when, who hears of an end, who never starves.
mod fanning_in;
// One flow to many: drains of drains, out and in again, and branches in other tasks.
mod fan_out;
// Plain stages and plain founts: what they give, how they end, what a panic leaves behind.
mod plain;
// Ends that come while somebody still has something to say.
mod ending;
// Places that drop items: behind each gap comes an item.
mod gaps;
// Channels under wakers that come back into them.
mod channels;
// Many senders on one channel: the line, the places, the ends.
mod channels_shared;
// Senders used again behind their end, and errors that own one.
mod channels_ended;
// From one task to another: bounds, ends, panics, drops, order.
mod boundary;
// Routes by address: who waits, who is dropped, who hears the end, and what an item costs.
mod routing;
// Groups by key: who drives them, what waits, who is evicted.
mod grouping;
// A tube for each key: which one loses its place, who hears the end, what fails.
mod tubes_by_key;
// The census of a test: who was told the end.
mod census;
// A task for each item: closures and runtimes that panic, and who hears of a failure.
mod spawning;
// Pipes as a whole: a thousand stages, names, places, what `Debug` shows.
mod pipes;
// What an item allocates: nothing.
mod allocations;
// What must not compile, and what the compiler says of it.
mod refusals;
// A future for each item: by hand, in order and not, failing, panicking, dropped.
mod then;
// Coroutines as stages: what is pulled when, who hears of which end, panics, drops, wakers.
mod coroutines;
// Coroutines in which several wait at one end: who is woken, who gives up, which wakers are kept.
mod coroutine_askers;
// Real sockets: no file has any but those of this name.
mod interop;
mod interop_kit;
// Real sockets of several addresses: how many connections each may have.
mod interop_addresses;

// Real sockets: clients that read late of replies that end badly, and clients that are closed.
mod interop_cut;

// HTTP/1 on a connection: exchanges, pipelines, keep-alive, heads and trailers.
mod http1_server;
// Bodies of HTTP/1: flow control both ways, early answers, Expect, what nobody reads.
mod http1_bodies;
// What clients and attackers send over HTTP/1, row by row: what is seen, answered, and left open.
mod http1_vectors;
// What handlers answer over HTTP/1 at random: valid, and what a client reads is what they said.
mod http1_replies;
// How HTTP/1 ends when not all is well: failures, panics, cuts, shutdown.
mod http1_ends;
// Every timer of HTTP/1, with a clock that is moved by hand.
mod http1_timers;
// An exchange over HTTP/1 as a whole: how large its request may be, and how long it may last.
mod http1_whole;
// When what a handler says over HTTP/1 leaves.
mod http1_flush;
// A conversation over HTTP/1, cut, reset, broken and dropped at every point.
mod http1_faults;
// Exchanges of HTTP/1 whose halves live in other tasks.
mod http1_tasks;
// Exchanges of HTTP/1 that are stopped, and how the flow of a connection says that it ended.
mod http1_stopped;
// What one poll of a connection over HTTP/1 does: who waits keeps it moving, nobody holds it.
mod http1_ticks;
// How a handler frames its reply over HTTP/1, and what becomes of one that fails.
mod http1_framed;
// Bodies of known length that are sent on over HTTP/1.
mod http1_sent_on;
// Messages in the spans of their exchanges.
mod http1_spans;
// Halves of exchanges of HTTP/1 that outlive their connection, and wakers that drop a half.
mod http1_orphans;
// The life of exchanges of HTTP/1 and of their server: watched, cancelled, upgraded, recorded, shut down.
mod http1_life;
