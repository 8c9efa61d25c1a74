//! Shared support of the tests.

pub mod answers;
pub mod chance;
pub mod clock;
pub mod pair;
pub mod rules;
pub mod scan;
pub mod serving;
pub mod tasks;
