//! One flow to many.

// What goes out and what is looked at.
mod kit;
// Drains of drains: who refuses where, who hears which end, who waits for whom.
mod out;
// Out through tubes and in again.
mod thru;
// Branches in other tasks: who holds back whom, what is missed, who is the last.
mod broadcast;
// Branches that come and go under random schedules, against vectors.
mod random;
// Branches that come late, or do not come.
mod joining;
// Who ends when nobody reads any more, and a second flow into what has ended.
mod over;
// Branches that are places in a channel shared with others.
mod sharing;
