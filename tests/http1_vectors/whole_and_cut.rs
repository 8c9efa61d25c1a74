//! Each row whole, byte by byte and cut at random; alone, and with a request behind it that is seen
//! exactly when the connection stays open.

use std::time::Duration;

use support::conversation::{Conversation, Cut, Habit, Outcome};
use support::model;

use super::table::{all, written};
use super::vector::Vector;

const NEXT: &[u8] = b"GET /NEXT HTTP/1.1\r\nHost: a\r\n\r\n";

/// The seeds of the random cuts; a failure says which it was.
const SEEDS: [u64; 3] = [1, 2, 3];

/// A long row is cut at random once: its cuts are many.
fn cuts(vector: &Vector) -> Vec<Cut> {
    let seeds = if vector.bytes.len() > 4096 {
        &SEEDS[..1]
    } else {
        &SEEDS
    };
    let random = seeds.iter().copied().map(Cut::Random);
    [Cut::Whole, Cut::Bytes]
        .into_iter()
        .chain(random)
        .collect()
}

/// Runs it for every row and every cut, and shows all that differ.
fn each(vectors: &[Vector], check: impl Fn(&Vector, Cut) -> Result<(), String>) {
    let mut offences = Vec::new();
    for vector in vectors {
        for cut in cuts(vector) {
            if let Err(what) = check(vector, cut) {
                let (clause, name) = (vector.clause, &vector.name);
                offences.push(format!("{clause}, {name}, {cut:?}:\n    {what}"));
            }
        }
    }
    assert!(offences.is_empty(), "\n\n{}\n", offences.join("\n"));
}

/// `Err` with both, if they differ.
fn same<T: PartialEq + std::fmt::Display>(is: &T, expected: &T) -> Result<(), String> {
    if is == expected {
        return Ok(());
    }
    Err(format!("{is}\n    {expected}, as expected"))
}

#[test]
fn every_row_alone_is_answered_as_it_says() {
    each(&all(), |vector, cut| {
        let conversation = Conversation::hold(&vector.bytes, cut, Habit::Reads);
        let before = conversation.outcome();
        conversation.finish();
        let behind = conversation.outcome();
        if vector.is_cut() {
            same(&before.is_closed(), &false)?;
            let behind = behind
                .to_string()
                .replace(" close", " cut");
            return same(&behind, &vector.outcome);
        }
        same(&before.to_string(), &vector.outcome)?;
        same(&before.says_close, &before.is_closed())?;
        same(&behind.statuses.len(), &before.statuses.len())
    });
}

#[test]
fn a_request_behind_a_row_is_seen_exactly_when_the_row_leaves_the_connection_open() {
    let whole = all()
        .into_iter()
        .filter(|vector| !vector.is_cut());
    each(&whole.collect::<Vec<_>>(), |vector, cut| {
        let bytes = [&vector.bytes, NEXT].concat();
        let conversation = Conversation::hold(&bytes, cut, Habit::Reads);
        let outcome = conversation.outcome();
        if vector.stays_open() {
            let expected = joined(&vector.outcome, "GET /NEXT => 200 open");
            return same(&outcome.to_string(), &expected);
        }
        same(&outcome.to_string(), &vector.outcome)?;
        let ends = conversation.served.ends();
        let lingers = ends == ("open", "finished", "runs");
        same(&lingers, &true)?;
        // Nor is what comes when all is answered.
        conversation.served.send(NEXT);
        same(&conversation.outcome(), &outcome)?;
        conversation
            .served
            .advance(Duration::from_secs(5));
        let ends = conversation.served.ends();
        same(&(ends == ("enough", "finished", "over")), &true)
    });
}

#[test]
fn every_row_behind_two_good_requests_is_answered_as_alone() {
    let good = "GET /GOOD HTTP/1.1\r\nHost: a\r\n\r\n".repeat(2);
    let whole = all()
        .into_iter()
        .filter(|vector| !vector.is_cut());
    each(&whole.collect::<Vec<_>>(), |vector, cut| {
        let bytes = [good.as_bytes(), &vector.bytes].concat();
        let outcome = Conversation::hold(&bytes, cut, Habit::Reads).outcome();
        let expected = joined("GET /GOOD; GET /GOOD => 200 200 open", &vector.outcome);
        same(&outcome.to_string(), &expected)
    });
}

#[test]
fn every_row_that_leaves_the_connection_open_is_answered_alike_three_times() {
    let open = all()
        .into_iter()
        .filter(Vector::stays_open);
    each(&open.collect::<Vec<_>>(), |vector, cut| {
        let bytes = vector.bytes.repeat(3);
        let outcome = Conversation::hold(&bytes, cut, Habit::Reads).outcome();
        let one = &vector.outcome;
        same(&outcome.to_string(), &joined(&joined(one, one), one))
    });
}

/// What comes of the one and then of the other, if the one leaves the connection open.
fn joined(one: &str, other: &str) -> String {
    let parts = |outcome: &str| {
        let (requests, end) = outcome
            .split_once("=>")
            .expect("an arrow");
        (requests.trim().to_owned(), end.trim().to_owned())
    };
    let ((requests, statuses), (more, end)) = (parts(one), parts(other));
    let requests: Vec<String> = [requests, more]
        .into_iter()
        .filter(|requests| !requests.is_empty())
        .collect();
    let ends: Vec<&str> = statuses
        .trim_end_matches("open")
        .split_whitespace()
        .chain(end.split_whitespace())
        .collect();
    let arrow = if requests.is_empty() { "=>" } else { " =>" };
    format!("{}{arrow} {}", requests.join("; "), ends.join(" "))
}

#[test]
fn a_handler_that_reads_no_body_sees_the_same_requests_and_none_behind_a_broken_one() {
    each(&all(), |vector, cut| {
        let bytes = [&vector.bytes, NEXT].concat();
        let heads = |outcome: &Outcome| {
            let heads = outcome.requests.iter();
            let heads = heads.map(|seen| format!("{} {}", seen.method, seen.target));
            heads.collect::<Vec<_>>()
        };
        let read = heads(&Conversation::hold(&bytes, cut, Habit::Reads).outcome());
        let outcome = Conversation::hold(&bytes, cut, Habit::Ignores).outcome();
        let ignored = heads(&outcome);
        // A body that is given up may close the connection earlier, and never later.
        let mut fits = read.starts_with(&ignored) && (outcome.is_closed() || read == ignored);
        if vector.outcome.contains(" !") && !vector.is_cut() {
            fits &= outcome.is_closed()
                && outcome
                    .statuses
                    .iter()
                    .all(|status| *status == 200);
        }
        if fits {
            Ok(())
        } else {
            Err(format!("{ignored:?} for {read:?}"))
        }
    });
}

#[test]
fn every_row_is_what_a_second_reader_makes_of_it() {
    each(&all(), |vector, cut| {
        let conversation = Conversation::hold(&vector.bytes, cut, Habit::Reads);
        let before = conversation.outcome();
        conversation.finish();
        model::read(&vector.bytes).judge(&before, &conversation.outcome())
    });
}

#[test]
fn a_row_that_is_cut_at_any_byte_is_what_a_second_reader_makes_of_it() {
    let mut offences = Vec::new();
    for vector in written() {
        for end in 0..vector.bytes.len() {
            let bytes = &vector.bytes[..end];
            let conversation = Conversation::hold(bytes, Cut::Whole, Habit::Reads);
            let before = conversation.outcome();
            conversation.finish();
            let verdict = model::read(bytes).judge(&before, &conversation.outcome());
            if let Err(what) = verdict {
                let (clause, name) = (vector.clause, &vector.name);
                let bytes = bytes.escape_ascii();
                offences.push(format!(
                    "{clause}, {name}, {end} bytes: {bytes}\n    {what}"
                ));
            }
        }
    }
    assert!(offences.is_empty(), "\n\n{}\n", offences.join("\n"));
}
