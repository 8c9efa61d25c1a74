//! Out through several tubes, and in again.

mod boxed;
mod junction;
mod tubes;

pub use boxed::{BoxTube, boxed_tube};
pub use junction::{Thru, thru};
pub use tubes::Tubes;
