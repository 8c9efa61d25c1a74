//! Shared support of the tests.

pub mod rules;
pub mod scan;
pub mod speaker;
