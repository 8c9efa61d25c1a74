//! Shared support of the tests.

pub mod fake_io;
pub mod rules;
pub mod scan;

/// The examples of the README, compiled as they stand there.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
#[derive(Debug)]
pub struct Readme;
