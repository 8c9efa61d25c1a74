//! Valid requests, said in every way that may be accepted, mean what they meant.

use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, any};
use support::chance::Chance;
use support::conversation::{Conversation, Cut, Habit};
use tubes_http::{Deviation, Limits, Strictness};

use super::valid::{Valid, valid};

/// The same bytes with the lines of the head said otherwise, and the body as it is.
fn bent(bytes: &[u8], chance: &mut Chance) -> Vec<u8> {
    let mut bent = Vec::new();
    let mut rest = bytes;
    let mut number = 0;
    while let Some(end) = rest
        .windows(2)
        .position(|pair| pair == b"\r\n")
    {
        let line = &rest[..end];
        rest = &rest[end + 2..];
        match line {
            b"" => {}
            line if number == 0 => request_line(line, chance, &mut bent),
            line => field_line(line, chance, &mut bent),
        }
        let is_last = line.is_empty() && number > 0;
        number += usize::from(!line.is_empty());
        line_end(chance, &mut bent);
        if number == 1 && chance.once_in(4) && !line.is_empty() {
            bent.extend_from_slice(b"\tContent-Length: 7");
            line_end(chance, &mut bent);
        }
        if is_last {
            break;
        }
    }
    bent.extend_from_slice(rest);
    bent
}

fn line_end(chance: &mut Chance, bent: &mut Vec<u8>) {
    let end: &[u8] = if chance.once_in(2) { b"\n" } else { b"\r\n" };
    bent.extend_from_slice(end);
}

fn request_line(line: &[u8], chance: &mut Chance, bent: &mut Vec<u8>) {
    const BLANKS: [&[u8]; 4] = [b" ", b"  ", b"\t", b" \t "];
    if chance.once_in(4) {
        bent.push(b' ');
    }
    for &byte in line {
        match byte {
            b' ' => bent.extend_from_slice(BLANKS[chance.below(BLANKS.len())]),
            byte => bent.push(byte),
        }
    }
    if chance.once_in(2)
        && let Some(minor) = bent.last_mut()
    {
        *minor = b"123456789"[chance.below(9)];
    }
    if chance.once_in(4) {
        bent.push(b'\t');
    }
}

fn field_line(line: &[u8], chance: &mut Chance, bent: &mut Vec<u8>) {
    let colon = line
        .iter()
        .position(|&byte| byte == b':');
    let (name, value) = line.split_at(colon.expect("a field line") + 1);
    bent.extend_from_slice(name);
    while chance.once_in(3) {
        line_end(chance, bent);
        bent.extend_from_slice(b" \t");
    }
    bent.extend_from_slice(value);
    if name.eq_ignore_ascii_case(b"content-length:") && chance.once_in(2) {
        if chance.once_in(2) {
            bent.push(b',');
        } else {
            line_end(chance, bent);
            bent.extend_from_slice(name);
        }
        bent.extend_from_slice(value);
    }
}

/// So many cases, or as many as `PROPTEST_CASES` says.
fn config() -> ProptestConfig {
    let mut config = ProptestConfig::default();
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = 300;
    }
    config.failure_persistence = None;
    config
}

#[test]
fn a_request_that_deviates_is_the_request_that_it_should_have_been() {
    let strictness = Deviation::ALL
        .into_iter()
        .fold(Strictness::default(), Strictness::accept);
    let lenient = Limits::default().with_strictness(strictness);
    proptest::proptest!(config(), |(requests in vec(valid(), 1..4), seed in any::<u64>())| {
        let mut chance = Chance::new(seed);
        let meant: Vec<Vec<u8>> = requests.iter().map(Valid::bytes).collect();
        let said: Vec<Vec<u8>> = meant
            .iter()
            .map(|bytes| bent(bytes, &mut chance))
            .collect();
        let expected = Conversation::hold(&meant.concat(), Cut::Whole, Habit::Reads)
            .outcome()
            .to_string();
        for cut in [Cut::Whole, Cut::Random(seed), Cut::Bytes] {
            let bytes = said.concat();
            let outcome = Conversation::hold_within(lenient.clone(), &bytes, cut, Habit::Reads)
                .outcome()
                .to_string();
            proptest::prop_assert_eq!(&outcome, &expected, "{} {:?}", bytes.escape_ascii(), cut);
        }
    });
}
