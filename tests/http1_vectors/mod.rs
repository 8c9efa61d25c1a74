//! The wire, row by row: what a client sends, by which clause, and what comes of it.

mod lingering;
mod table;
mod table_itself;
mod told;
mod vector;
mod whole_and_cut;
