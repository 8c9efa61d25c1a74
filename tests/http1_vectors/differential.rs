//! Two readers that share no code see the same requests in whatever bytes, however they are cut.

use proptest::prelude::{ProptestConfig, Strategy, any, prop_oneof};
use support::conversation::{Conversation, Cut, Habit, Outcome};
use support::model::{self, End, Reading};

use super::mutations::{Mutation, row};
use super::valid::{Valid, valid};

/// So many cases, or as many as `PROPTEST_CASES` says.
fn config() -> ProptestConfig {
    let mut config = ProptestConfig::default();
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = 600;
    }
    config.failure_persistence = None;
    config
}

/// What came before the client ended, and behind that.
fn hold(bytes: &[u8], cut: Cut) -> (Outcome, Outcome) {
    let conversation = Conversation::hold(bytes, cut, Habit::Reads);
    let before = conversation.outcome();
    conversation.finish();
    (before, conversation.outcome())
}

/// One or more rows or valid requests, bent.
fn bent() -> impl Strategy<Value = Vec<u8>> {
    let valid = proptest::collection::vec(valid(), 1..4).prop_map(|requests| {
        requests
            .iter()
            .flat_map(Valid::bytes)
            .collect::<Vec<u8>>()
    });
    let start = prop_oneof![row(), valid];
    let mutations = proptest::collection::vec(Mutation::any(), 0..5);
    (start, mutations).prop_map(|(mut bytes, mutations)| {
        for mutation in mutations {
            mutation.apply(&mut bytes);
        }
        bytes
    })
}

#[test]
fn the_server_and_a_second_reader_agree_on_bytes_that_are_nearly_right() {
    proptest::proptest!(config(), |(bytes in bent(), seed in any::<u64>())| {
        let reading = model::read(&bytes);
        let mut said = Vec::new();
        for cut in [Cut::Whole, Cut::Random(seed), Cut::Bytes] {
            let (before, behind) = hold(&bytes, cut);
            let case = format!("{}\n{cut:?}: {before}", bytes.escape_ascii());
            proptest::prop_assert_eq!(reading.judge(&before, &behind), Ok(()), "{}", case);
            said.push(behind.to_string());
        }
        said.dedup();
        proptest::prop_assert_eq!(said.len(), 1, "{:#?} of {}", said, bytes.escape_ascii());
    });
}

#[test]
fn valid_requests_are_seen_as_they_were_sent_by_both() {
    let requests = proptest::collection::vec(valid(), 1..5);
    proptest::proptest!(config(), |(requests in requests, seed in any::<u64>())| {
        let bytes: Vec<u8> = requests.iter().flat_map(Valid::bytes).collect();
        let reading = model::read(&bytes);
        let expected = Reading {
            requests: requests.iter().map(Valid::request).collect(),
            end: End::Open,
            asks_head: false,
        };
        proptest::prop_assert_eq!(&reading, &expected);
        for cut in [Cut::Whole, Cut::Random(seed), Cut::Bytes] {
            let (before, behind) = hold(&bytes, cut);
            proptest::prop_assert_eq!(reading.judge(&before, &behind), Ok(()), "{:?}", cut);
        }
    });
}

#[test]
fn no_end_inside_valid_requests_is_taken_for_one_behind_them() {
    let requests = proptest::collection::vec(valid(), 1..4);
    proptest::proptest!(config(), |(requests in requests, end in any::<proptest::sample::Index>())| {
        let bytes: Vec<u8> = requests.iter().flat_map(Valid::bytes).collect();
        let bytes = &bytes[..end.index(bytes.len())];
        let whole = requests
            .iter()
            .scan(0, |sum, request| {
                *sum += request.bytes().len();
                Some(*sum)
            })
            .filter(|end| *end <= bytes.len())
            .count();
        let (_, behind) = hold(bytes, Cut::Whole);
        let seen = behind.requests.iter().filter(|seen| seen.is_whole()).count();
        // A request that says nothing of a body is whole with its head, before its last byte only
        // if nothing is missing.
        proptest::prop_assert_eq!(seen, whole, "{}", bytes.escape_ascii());
        proptest::prop_assert_eq!(behind.statuses.len(), whole);
    });
}
