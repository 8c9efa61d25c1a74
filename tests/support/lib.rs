//! Shared support of the tests.

pub mod answers;
pub mod chance;
pub mod conversation;
pub mod fake_io;
pub mod fuzzed;
pub mod log;
pub mod model;
pub mod pair;
pub mod rules;
pub mod scan;
pub mod serving;
pub mod speaker;
pub mod tasks;

/// The examples of the README, compiled as they stand there.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
#[derive(Debug)]
pub struct Readme;
