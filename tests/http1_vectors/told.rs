//! What the answers to some rows tell the client: that it may go on, that the connection stays.

use support::answers::answers_to;
use support::conversation::{Conversation, Cut, Habit};
use support::model;

use super::table::written;
use super::vector::Vector;

/// The rows that are served and expect something, each with the length of its head.
fn expecting() -> Vec<(Vector, usize)> {
    let expecting = |vector: Vector| {
        let text = String::from_utf8_lossy(&vector.bytes);
        let head = text.find("\r\n\r\n")? + 4;
        let fits = text[..head].contains("\r\nExpect:") && vector.outcome.starts_with("POST /");
        fits.then_some((vector, head))
    };
    written()
        .into_iter()
        .filter_map(expecting)
        .collect()
}

#[test]
fn http_1_0_that_stays_is_told_so_and_http_1_1_is_told_only_that_it_closes() {
    let mut told = 0;
    let whole = written()
        .into_iter()
        .filter(|vector| !vector.is_cut());
    for vector in whole {
        let conversation = Conversation::hold(&vector.bytes, Cut::Whole, Habit::Reads);
        let outcome = conversation.outcome();
        let [status] = outcome.statuses[..] else {
            continue;
        };
        let is_1_0 = status == 200
            && vector
                .bytes
                .windows(10)
                .any(|ten| ten == b"HTTP/1.0\r\n");
        let methods: Vec<&str> = outcome
            .requests
            .iter()
            .map(|seen| seen.method.as_str())
            .chain([if model::read(&vector.bytes).asks_head {
                "HEAD"
            } else {
                "GET"
            }])
            .collect();
        let answers = answers_to(&methods, &conversation.served.peer.read());
        let last = answers.last().expect("an answer");
        let expected = match (vector.stays_open(), is_1_0) {
            (true, true) => Some("keep-alive"),
            (true, false) => None,
            (false, _) => Some("close"),
        };
        assert_eq!(
            last.field("connection"),
            expected,
            "{} {}",
            vector.clause,
            vector.name
        );
        told += usize::from(is_1_0);
    }
    assert!(told > 10, "{told} rows of HTTP/1.0");
}

#[test]
fn who_waits_for_100_hears_it_when_the_body_is_read_and_nobody_else_does() {
    let mut told = 0;
    for (vector, end) in expecting() {
        let (head, body) = vector.bytes.split_at(end);
        let conversation = Conversation::hold(head, Cut::Whole, Habit::Reads);
        let case = format!("{}, {}", vector.clause, vector.name);
        let is_1_1 = head
            .windows(9)
            .any(|nine| nine == b"HTTP/1.1\r");
        let has_no_body = vector
            .bytes
            .windows(17)
            .any(|part| part == b"Content-Length: 0");
        let waits = is_1_1 && !has_no_body;
        let expected: &[u16] = if waits { &[100] } else { &[] };
        assert_eq!(conversation.outcome().interim, expected, "{case}");
        conversation.served.send(body);
        if vector.is_cut() {
            continue;
        }
        assert_eq!(conversation.outcome().to_string(), vector.outcome, "{case}");
        assert_eq!(conversation.outcome().interim, expected, "{case}");
        told += usize::from(waits);
    }
    assert!(told > 4, "{told} rows that wait");
}

#[test]
fn who_waits_for_100_does_not_hear_it_when_nobody_reads_the_body() {
    for (vector, end) in expecting() {
        let (head, body) = vector.bytes.split_at(end);
        // HTTP/1.0 expects nothing, whatever it says.
        let is_1_0 = vector.outcome.ends_with("close");
        if body.is_empty() || is_1_0 {
            continue;
        }
        let conversation = Conversation::hold(head, Cut::Whole, Habit::Ignores);
        let outcome = conversation.outcome();
        let case = format!("{}, {}: {outcome}", vector.clause, vector.name);
        assert_eq!(outcome.interim, [0_u16; 0], "{case}");
        // The body may come or not: nobody can tell it from a request.
        assert!(outcome.is_closed() && outcome.says_close, "{case}");
    }
}
