//! Replies at random: whatever a handler gives, what is written is valid and says the same.

mod interim;
mod plan;
mod round_trips;
