//! HTTP.

mod error;
mod http1;
mod kind;
mod limits;

pub use error::Error;
pub use kind::Kind;
pub use limits::Limits;
