//! All rows as one table.

use super::super::vector::Vector;
use super::{
    attacks, chunks, exchanges, fields, host, lengths, limits, request_line, targets, trailers,
};

/// Those that are written down, all of them short.
pub(crate) fn written() -> Vec<Vector> {
    [
        request_line::GROUPS,
        targets::GROUPS,
        fields::GROUPS,
        host::GROUPS,
        lengths::GROUPS,
        chunks::GROUPS,
        trailers::GROUPS,
        exchanges::GROUPS,
        attacks::GROUPS,
    ]
    .into_iter()
    .flatten()
    .flat_map(|group| group.vectors())
    .collect()
}

/// Those, and those that are made up.
pub(crate) fn all() -> Vec<Vector> {
    [written(), limits::vectors(), trailers::vectors()].concat()
}
