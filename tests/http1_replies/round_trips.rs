//! What handlers answer is what a strict client reads, request behind request.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use http::{Request, Response, StatusCode};
use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, any};
use proptest::test_runner::TestCaseError;
use proptest::{prop_assert, prop_assert_eq};
use support::answers::{Answer, End, answers_to};
use support::chance::Chance;
use support::serving::{Served, Setup};
use tubes_http::{Body, Error};

use super::plan::{Declared, Plan, Set, plan};
use crate::http1_vectors::valid::{Valid, valid};

fn config(cases: u32) -> ProptestConfig {
    let mut config = ProptestConfig::default();
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = cases;
    }
    config.failure_persistence = None;
    config
}

/// Serves the requests, each by its plan, cut at random, with both ends that hesitate.
fn serve(requests: &[Valid], plans: &[Plan], seed: u64) -> Served {
    let left = Rc::new(RefCell::new(VecDeque::from(plans.to_vec())));
    let served = Setup::new().respond(move |request: Request<Body>| {
        let plan = left
            .borrow_mut()
            .pop_front()
            .expect("a plan for each");
        async move {
            // A 413 to chunks that have not all come closes the connection: a test of its own.
            if plan.reads || plan.status == StatusCode::PAYLOAD_TOO_LARGE {
                request.into_body().discard().await?;
            }
            Ok::<Response<Body>, Error>(plan.response())
        }
    });
    let bytes: Vec<u8> = requests
        .iter()
        .flat_map(Valid::bytes)
        .collect();
    served.peer.hesitate(seed);
    served
        .peer
        .feed_cut(bytes, &mut Chance::new(seed));
    served.run();
    served
}

/// The values of the fields of this name that a handler set, as a client reads them.
fn expected(set: &[Set], name: &str) -> Vec<String> {
    let values = set
        .iter()
        .filter(|(other, _)| other == name);
    let text = |value: &http::HeaderValue| {
        let value = value
            .as_bytes()
            .iter()
            .map(|byte| char::from(*byte));
        let value: String = value.collect();
        value
            .trim_matches([' ', '\t'])
            .to_owned()
    };
    values
        .map(|(_, value)| text(value))
        .collect()
}

fn values(fields: &[(String, String)], name: &str) -> Vec<String> {
    let values = fields
        .iter()
        .filter(|(other, _)| other == name);
    values
        .map(|(_, value)| {
            value
                .trim_matches([' ', '\t'])
                .to_owned()
        })
        .collect()
}

fn check(plan: &Plan, method: &str, answer: &Answer) -> Result<(), TestCaseError> {
    prop_assert_eq!(answer.status, plan.status.as_u16());
    prop_assert_eq!(answer.end, End::Whole);
    let has_body = plan.has_body() && method != "HEAD";
    let content = if has_body { plan.content() } else { Vec::new() };
    prop_assert_eq!(&answer.body, &content);
    for (name, _) in &plan.fields {
        let name = name.as_str();
        prop_assert_eq!(values(&answer.fields, name), expected(&plan.fields, name));
    }
    // Nothing is there that nobody set.
    let ours = [
        "date",
        "content-length",
        "transfer-encoding",
        "connection",
        "trailer",
        "upgrade",
    ];
    for (name, _) in &answer.fields {
        let is_set = plan
            .fields
            .iter()
            .any(|(other, _)| other.as_str() == name);
        prop_assert!(is_set || ours.contains(&name.as_str()), "{}", name);
    }
    let is_chunked = answer
        .field("transfer-encoding")
        .is_some();
    let trailers: &[Set] = match &plan.trailers {
        Some(trailers) if has_body && is_chunked => trailers,
        _ => &[],
    };
    prop_assert!(is_chunked || plan.trailers.is_none() || !has_body || plan.declared().is_some());
    for name in ["x-sum", "x-other", "grpc-status"] {
        prop_assert_eq!(values(&answer.trailers, name), expected(trailers, name));
    }
    for name in ["content-length", "host"] {
        prop_assert_eq!(values(&answer.trailers, name), [""; 0]);
    }
    Ok(())
}

#[test]
fn what_handlers_answer_is_what_a_client_reads_request_behind_request() {
    let exchanges = vec((valid(), plan()), 1..5);
    proptest::proptest!(config(400), |(exchanges in exchanges, seed in any::<u64>())| {
        let (requests, plans): (Vec<_>, Vec<_>) = exchanges.into_iter().unzip();
        let served = serve(&requests, &plans, seed);
        let methods: Vec<&str> = requests.iter().map(Valid::method).collect();
        let answers = answers_to(&methods, &served.peer.read());
        let closing = plans.iter().position(Plan::closes);
        let count = closing.map_or(plans.len(), |closing| closing + 1);
        prop_assert_eq!(answers.len(), count, "{:?}", answers);
        for ((plan, method), answer) in plans.iter().zip(&methods).zip(&answers) {
            check(plan, method, answer)?;
        }
        let closes: Vec<usize> = (0..count).filter(|number| answers[*number].closes()).collect();
        prop_assert_eq!(closes, closing.into_iter().collect::<Vec<_>>());
        prop_assert_eq!(served.ends().1, if closing.is_some() { "finished" } else { "open" });
    });
}

#[test]
fn a_reply_whose_length_is_a_lie_is_never_clean_and_is_the_last() {
    let lie = proptest::sample::select(&[-40_i8, -2, -1, 1, 2, 40][..]);
    let strategy = (plan(), lie, valid(), valid());
    proptest::proptest!(config(300), |((plan, lie, first, second) in strategy, seed in any::<u64>())| {
        let mut plan = plan;
        plan.length = Declared::Wrong(lie);
        plan.trailers = None;
        let is_lie = plan.declared() != Some(plan.content().len());
        let has_body = plan.has_body() && first.method() != "HEAD";
        if !is_lie || !has_body || plan.closes() {
            return Ok(());
        }
        let mut good = plan.clone();
        good.length = Declared::Right;
        let served = serve(&[first.clone(), second], &[plan.clone(), good], seed);
        let answers = answers_to(&[first.method()], &served.peer.read());
        prop_assert_eq!(answers.len(), 1, "{:?}", answers);
        let answer = &answers[0];
        let told = answer.status == 500 && answer.closes();
        let declared = plan.declared().map(|declared| declared.to_string());
        let is_cut = answer.end == End::Cut;
        // Too long a body is cut where it was to end, and the connection with it.
        let is_capped = answer.field("content-length") == declared.as_deref()
            && plan.content().starts_with(&answer.body);
        prop_assert!(told || is_cut || is_capped, "{:?}", answer);
        prop_assert!(served.ends().1 != "open", "{:?}", served.ends());
    });
}

#[test]
fn http_1_0_reads_a_length_or_the_end_of_the_connection_and_never_chunks() {
    let connection = proptest::sample::select(&["keep-alive", "close", "x"][..]);
    let strategy = (plan(), connection, valid(), valid());
    proptest::proptest!(config(300), |((plan, connection, first, second) in strategy, seed in any::<u64>())| {
        let requests = [first, second].map(|request| request.of_http_1_0(connection));
        let served = serve(&requests, &[plan.clone(), plan.clone()], seed);
        let method = requests[0].method();
        let answers = answers_to(&[method, requests[1].method()], &served.peer.read());
        let stays = connection == "keep-alive" && !plan.closes();
        for (answer, request) in answers.iter().zip(&requests) {
            prop_assert_eq!(answer.field("transfer-encoding"), None);
            prop_assert_eq!(answer.status, plan.status.as_u16());
            let has_body = plan.has_body() && request.method() != "HEAD";
            let content = if has_body { plan.content() } else { Vec::new() };
            prop_assert_eq!(&answer.body, &content);
            prop_assert!(answer.end != End::Cut);
            let is_last = !stays || answer.end == End::WithConnection;
            prop_assert_eq!(answer.closes(), is_last);
            if has_body && plan.declared().is_some() {
                prop_assert_eq!(answer.end, End::Whole);
            }
        }
        let is_first_last = !stays || answers[0].end == End::WithConnection;
        prop_assert_eq!(answers.len(), if is_first_last { 1 } else { 2 });
    });
}
