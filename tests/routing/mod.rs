//! Routes: who waits for whom, what is dropped, who hears the end, and what an item costs.

// Who waits, who is dropped, who leaves, who hears the end.
mod ends;
// Random keys and readers, against a plain table; bounds and costs.
mod figures;
mod kit;
// Wakers, items and keys that come back into the router.
mod reentry;
// Bounds, and what happens beyond them.
mod waiting;
