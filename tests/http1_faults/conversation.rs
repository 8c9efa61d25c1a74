//! A long conversation, cut, reset, broken and dropped at every point: it never hangs, never
//! panics, and never makes half a reply look whole.

use std::cmp::Ordering;

use bytes::Bytes;
use http::{Method, Request, Response};
use support::answers::{Answer, End, answers_to, shows_cut};
use support::chance::Chance;
use support::serving::{Served, Setup};
use tubes::{Fount as _, founts};
use tubes_http::{Body, Error};

/// Requests one behind the other, and what is answered to each.
#[rustfmt::skip] // A row, a case.
const CONVERSATION: &[(&str, &str, &str)] = &[
    ("POST", "/echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nX-Sum: 7\r\n\r\n", "200 abcdefg"),
    ("GET", "/hello HTTP/1.1\r\nHost: a\r\n\r\n", "200 Hello"),
    ("HEAD", "/hello HTTP/1.1\r\nHost: a\r\n\r\n", "200 "),
    ("POST", "/collect HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n01234", "200 01234"),
    ("POST", "/collect HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n567", "200 567"),
    ("GET", "/pieces HTTP/1.1\r\nHost: a\r\n\r\n", "200 onetwothree"),
    ("POST", "/hello HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nskip", "200 Hello"),
    ("POST", "/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nlast", "200 last"),
    ("GET", "/hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "200 Hello"),
];

fn requests() -> Vec<u8> {
    CONVERSATION
        .iter()
        .flat_map(|(method, rest, _)| format!("{method} {rest}").into_bytes())
        .collect()
}

async fn route(request: Request<Body>) -> Result<Response<Body>, Error> {
    let body = match (request.method(), request.uri().path()) {
        (_, "/echo") => request.into_body(),
        (&Method::POST, "/collect") => request
            .into_body()
            .collect(10)
            .await?
            .into(),
        (_, "/pieces") => Body::new(founts::iter(["one", "two", "three"]).map(Bytes::from)),
        _ => "Hello".into(),
    };
    Ok(Response::new(body))
}

/// Where exchanges are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In the connection's own flow.
    Here,
    /// Each in a task of its own.
    Elsewhere,
}

const PLACES: [Place; 2] = [Place::Here, Place::Elsewhere];

fn serve(place: Place) -> Served {
    let setup = Setup::new();
    if place == Place::Here {
        return setup.respond(route);
    }
    let tasks = setup.tasks.clone();
    setup.serve(|mut exchanges| async move {
        while let Some(exchange) = exchanges.next().await? {
            let (request, reply) = exchange.into_parts();
            tasks.spawn(async move {
                match route(request).await {
                    Ok(response) => drop(reply.send(response).await),
                    Err(error) => reply.refuse(&error),
                }
            });
        }
        Ok(())
    })
}

/// The final answers that a client has read.
fn read(served: &Served) -> Vec<Answer> {
    let methods: Vec<_> = CONVERSATION
        .iter()
        .map(|(method, ..)| *method)
        .collect();
    let mut answers = answers_to(&methods, &served.peer.read());
    answers.retain(|answer| answer.status != 100);
    answers
}

/// What is read is the beginning of what was to be answered; what looks whole is whole.
fn judge(served: &Served, case: &str) {
    let answers = read(served);
    assert!(answers.len() <= CONVERSATION.len(), "{case}");
    for (answer, (number, (.., expected))) in answers
        .iter()
        .zip(CONVERSATION.iter().enumerate())
    {
        if answer.end == End::Whole {
            assert_eq!(answer.to_string(), *expected, "{case}");
            continue;
        }
        assert_eq!(number + 1, answers.len(), "{case}: cut, and then more");
        let body = answer.body.escape_ascii().to_string();
        // Of a head that is cut, only its beginning is there.
        let begins = answer.status == 0 || expected.starts_with(&format!("200 {body}"));
        assert!(begins, "{case}: {answer}");
        let drain = served.ends().1;
        assert!(shows_cut(answer.end, drain), "{case}: cut, and {drain}");
    }
}

/// Nothing runs any more, and everybody has heard it.
fn is_over(served: &Served, case: &str) {
    let (fount, drain, connection) = served.ends();
    let answers = read(served);
    let cut = answers
        .last()
        .is_some_and(|answer| answer.end != End::Whole);
    match drain {
        "failed" => assert_eq!(connection, "failed", "{case}"),
        "finished" if cut => assert_eq!(connection, "failed", "{case}"),
        // A request that is cut has no answer.
        "finished" if answers.len() < CONVERSATION.len() => {
            assert_ne!(connection, "runs", "{case}");
        }
        _ => assert_eq!(connection, "over", "{case}"),
    }
    assert_ne!(fount, "open", "{case}");
    assert_ne!(drain, "open", "{case}");
    assert_eq!(served.tasks.running(), 0, "{case}");
}

#[test]
fn the_conversation_is_the_same_however_it_is_cut_and_whoever_hesitates() {
    for place in PLACES {
        for seed in 0..100 {
            let case = format!("{place:?} {seed}");
            let served = serve(place);
            match seed % 3 {
                0 => served.peer.feed(requests()),
                1 => served.peer.feed_bytes(requests()),
                _ => served
                    .peer
                    .feed_cut(requests(), &mut Chance::new(seed)),
            }
            if seed > 2 {
                served.peer.hesitate(seed);
            }
            served.run();
            let lines: Vec<_> = read(&served)
                .iter()
                .map(ToString::to_string)
                .collect();
            let expected: Vec<_> = CONVERSATION
                .iter()
                .map(|(.., line)| *line)
                .collect();
            assert_eq!(lines, expected, "{case}");
            served.finish();
            assert_eq!(served.ends(), ("enough", "finished", "over"), "{case}");
            is_over(&served, &case);
        }
    }
}

#[test]
fn the_client_ends_or_resets_at_every_byte() {
    let requests = requests();
    for place in PLACES {
        for end in 0..=requests.len() {
            for (reset, bytes) in [(false, false), (false, true), (true, false), (true, true)] {
                let case = format!("{place:?}, {end} bytes, reset {reset}, by bytes {bytes}");
                let served = serve(place);
                if bytes {
                    served.peer.hesitate(end as u64);
                    served.peer.feed_bytes(&requests[..end]);
                } else {
                    served.peer.feed(&requests[..end]);
                }
                if reset {
                    served.peer.reset();
                } else {
                    served.peer.finish();
                }
                served.run();
                judge(&served, &case);
                is_over(&served, &case);
            }
        }
    }
}

#[test]
fn writes_fail_at_every_call() {
    for place in PLACES {
        for calls in 0.. {
            let case = format!("{place:?}, {calls} calls");
            let served = serve(place);
            served.peer.feed_bytes(requests());
            served.peer.break_writes_after(calls);
            served.run();
            served.finish();
            judge(&served, &case);
            is_over(&served, &case);
            match (served.ends().1, calls.cmp(&10_000)) {
                ("finished", _) => break,
                (drain, Ordering::Less) => assert_eq!(drain, "failed", "{case}"),
                _ => panic!("it never comes to its end"),
            }
        }
    }
}

#[test]
fn the_connection_is_dropped_at_every_poll() {
    for place in PLACES {
        for seed in 0..4 {
            for polls in 0.. {
                let case = format!("{place:?}, seed {seed}, {polls} polls");
                let served = serve(place);
                served
                    .peer
                    .feed_cut(requests(), &mut Chance::new(seed));
                served.peer.finish();
                if seed > 0 {
                    served.peer.hesitate(seed);
                }
                let over = served.tasks.run_at_most(polls);
                // The connection goes first; the others hear it, or go with it.
                served.tasks.drop_task(0);
                served.tasks.run();
                assert_eq!(served.tasks.running(), 0, "{case}: hangs");
                judge(&served, &case);
                assert_ne!(served.ends().0, "open", "{case}");
                assert_ne!(served.ends().1, "open", "{case}");
                if over {
                    assert_eq!(served.ends(), ("enough", "finished", "over"), "{case}");
                    break;
                }
                assert!(polls < 10_000, "it never comes to its end");
            }
        }
    }
}

#[test]
fn everybody_is_woken_for_no_reason_between_all_polls() {
    for place in PLACES {
        for seed in 0..20 {
            let served = serve(place);
            let requests = requests();
            let mut chance = Chance::new(seed);
            for segment in chance.cut(&requests) {
                served.peer.feed(segment);
                served.tasks.disturb();
                let _ = served.tasks.run_at_most(3);
                served.tasks.disturb();
            }
            served.run().finish();
            let case = format!("{place:?}, seed {seed}");
            assert_eq!(read(&served).len(), CONVERSATION.len(), "{case}");
            judge(&served, &case);
            is_over(&served, &case);
        }
    }
}

#[test]
fn a_reader_that_stalls_after_every_item_gets_everything() {
    for place in PLACES {
        let served = serve(place);
        served.peer.stall();
        served.peer.feed_bytes(requests());
        served.run();
        for _ in 0..10_000 {
            served.peer.take(1);
            served.tasks.run();
        }
        served.finish();
        served.peer.resume();
        served.run();
        assert_eq!(read(&served).len(), CONVERSATION.len());
        judge(&served, "stalls");
        is_over(&served, "stalls");
    }
}
