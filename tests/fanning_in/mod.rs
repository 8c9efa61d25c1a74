//! Many founts as one: who comes when, who hears of an end, who never starves.

// What is delivered, under random scheduling, and dropped at every poll.
mod delivering;
// Who hears of an end.
mod ending;
// Those that have ended and are not through with it, and those that end at once.
mod leaving;
// In an order that is known: one after the other, in turn, in pairs, sorted.
mod ordering;
// Founts that come and go.
mod sets;
// Who gets how much, and who is asked.
mod sharing;
