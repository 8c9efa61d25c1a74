//! What the fuzz targets do with their bytes; `fuzz/` feeds them, and a test feeds them the table.
//!
//! The first byte says how the others are cut.

use crate::conversation::{Conversation, Cut, Habit};
use crate::model;

/// All bytes of a connection.
///
/// # Panics
///
/// If the server does anything else than a second reader says.
pub fn connection(data: &[u8]) {
    if let Some((how, bytes)) = data.split_first() {
        compare(bytes, *how);
    }
}

/// The field lines of a head, with a request behind it.
///
/// # Panics
///
/// If the server does anything else than a second reader says.
pub fn head(data: &[u8]) {
    around(b"GET / HTTP/1.1\r\nHost: a\r\n", data, b"\r\n\r\n");
}

/// Chunks and trailers, with a request behind them.
///
/// # Panics
///
/// If the server does anything else than a second reader says.
pub fn chunked(data: &[u8]) {
    let head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    around(head, data, b"");
}

fn around(before: &[u8], data: &[u8], behind: &[u8]) {
    let next = b"GET /NEXT HTTP/1.1\r\nHost: a\r\n\r\n";
    if let Some((how, bytes)) = data.split_first() {
        compare(&[before, bytes, behind, next].concat(), *how);
    }
}

fn compare(bytes: &[u8], how: u8) {
    let cut = match how {
        0 => Cut::Whole,
        1 => Cut::Bytes,
        seed => Cut::Random(u64::from(seed)),
    };
    let reading = model::read(bytes);
    let conversation = Conversation::hold(bytes, cut, Habit::Reads);
    let before = conversation.outcome();
    conversation.finish();
    let verdict = reading.judge(&before, &conversation.outcome());
    assert_eq!(
        verdict,
        Ok(()),
        "{}\n{cut:?}: {before}",
        bytes.escape_ascii()
    );

    // Who reads no body sees no other requests.
    let ignored = Conversation::hold(bytes, cut, Habit::Ignores).outcome();
    let same = before
        .requests
        .iter()
        .zip(&ignored.requests)
        .all(|(one, other)| one.method == other.method && one.target == other.target);
    let fewer = ignored.requests.len() <= before.requests.len();
    assert!(
        same && fewer,
        "{}\n{cut:?}: {ignored}",
        bytes.escape_ascii()
    );
}
