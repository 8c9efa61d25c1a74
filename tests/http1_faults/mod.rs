//! Exchanges with a fault at every point: nothing hangs or panics, and nothing that was cut looks
//! whole.

mod conversation;
mod exchanges;
mod reading;
mod table;
mod writing;
