//! What the fuzz targets do with their bytes; `fuzz/` feeds them, and a test feeds them the table.
//!
//! The first byte says how the others are cut, and whether the server is strict or accepts all that
//! it may.

use tubes_http::{Deviation, Limits, Strictness};

use crate::conversation::{Conversation, Cut, Habit, Outcome};
use crate::model::{self, End};

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
    let cut = match how & !LENIENT {
        0 => Cut::Whole,
        1 => Cut::Bytes,
        seed => Cut::Random(u64::from(seed)),
    };
    if how & LENIENT == 0 {
        compare_strict(bytes, cut);
    } else {
        compare_lenient(bytes, cut);
    }
}

/// The bit of the first byte with which everything is accepted that may be.
pub const LENIENT: u8 = 0x80;

fn compare_strict(bytes: &[u8], cut: Cut) {
    let reading = model::read(bytes);
    let conversation = Conversation::hold(bytes, cut, Habit::Reads);
    let before = conversation.outcome();
    conversation.finish();
    let verdict = reading.judge(&before, &conversation.outcome());
    let said = bytes.escape_ascii();
    assert_eq!(verdict, Ok(()), "{said}\n{cut:?}: {before}");

    // Who reads no body sees no other requests.
    let ignored = Conversation::hold(bytes, cut, Habit::Ignores).outcome();
    assert!(begins(&ignored, &before), "{said}\n{cut:?}: {ignored}");
}

/// The second reader knows no deviations: what it accepts is to be seen alike, and what it refuses
/// is to mean the same however it is cut.
fn compare_lenient(bytes: &[u8], cut: Cut) {
    let strictness = Deviation::ALL
        .into_iter()
        .fold(Strictness::default(), Strictness::accept);
    let limits = Limits::default().with_strictness(strictness);
    let hold = |cut, habit| Conversation::hold_within(limits.clone(), bytes, cut, habit);
    let reading = model::read(bytes);
    let conversation = hold(cut, Habit::Reads);
    let before = conversation.outcome();
    conversation.finish();
    let said = bytes.escape_ascii();
    let is_accepted = match &reading.end {
        End::Open | End::Closed => true,
        End::CutHead(wrong) | End::CutBody(wrong) => wrong.is_empty(),
        _ => false,
    };
    if is_accepted {
        let verdict = reading.judge(&before, &conversation.outcome());
        assert_eq!(verdict, Ok(()), "{said}\n{cut:?}, lenient: {before}");
    }
    let strict = Conversation::hold(bytes, cut, Habit::Reads).outcome();
    assert!(
        begins(&strict, &before),
        "{said}\n{cut:?}, strict: {strict}, lenient: {before}"
    );
    let whole = hold(Cut::Whole, Habit::Reads).outcome();
    let (whole, before) = (whole.to_string(), before.to_string());
    assert_eq!(whole, before, "{said}\n{cut:?}, lenient");
    let ignored = hold(cut, Habit::Ignores).outcome();
    assert!(
        begins(&ignored, &conversation.outcome()),
        "{said}\n{cut:?}, lenient: {ignored}"
    );
}

/// Whether the one has seen the first of the requests of the other.
fn begins(one: &Outcome, other: &Outcome) -> bool {
    let mut pairs = one.requests.iter().zip(&other.requests);
    let same = pairs.all(|(one, other)| one.method == other.method && one.target == other.target);
    same && one.requests.len() <= other.requests.len()
}
