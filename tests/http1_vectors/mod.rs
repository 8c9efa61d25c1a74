//! The wire, row by row: what a client sends, by which clause, and what comes of it.

mod corpus;
mod differential;
mod lenient;
mod lenient_random;
mod limits_that_are_set;
mod linear;
mod lingering;
mod mutations;
mod rules;
mod table;
mod table_itself;
mod told;
pub(crate) mod valid;
mod vector;
mod whole_and_cut;
