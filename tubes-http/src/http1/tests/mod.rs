//! The engine seen from outside.

// What a stranger may send, and what must come of it: the table, and how it is run.
mod vectors;
mod wire;
// Damaged vectors: no panic, and no answer that depends on how the bytes are cut.
mod mutations;
// What a peer may send at most.
mod limits;
// What a reply looks like.
mod replies;
// One exchange: its turns, its ends, what follows it.
mod exchanges;

// A server that answers everything, and what it saw.
mod driver;
