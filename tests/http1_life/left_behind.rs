//! Who leaves while a response is quiet, behind bytes that nobody reads, is noticed all the same.

use bytes::Bytes;
use http::{Request, Response};
use support::serving::{Served, Setup};
use tubes::{bound, founts};
use tubes_http::{Body, OnDisconnect};

use super::kit::{Begun, GET, LINGERS, OPEN, Records, secs};

/// A server whose responses begin, and then are quiet for ever; the body of the request is dropped.
fn quiet(records: &Records, policy: OnDisconnect) -> Served {
    let kept = records.kept();
    Setup::new()
        .with(move |server| kept(server).on_disconnect(policy))
        .respond(async |_: Request<Body>| {
            Ok::<_, tubes::Error>(Response::new(Begun::new("begun", None)))
        })
}

const POLICIES: [OnDisconnect; 3] = [
    OnDisconnect::RunToEnd,
    OnDisconnect::Cancel,
    OnDisconnect::CancelOnReset,
];

#[test]
fn a_peer_that_goes_behind_a_request_whose_body_is_not_read_to_its_end() {
    // Too long to be thrown away; a body that will not come without a 100; one that never ends.
    let requests = [
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 70000\r\n\r\n".to_owned(),
        "GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n".to_owned(),
        format!(
            "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{}",
            "2710\r\n".to_owned() + &"x".repeat(10_000) + "\r\n"
        ),
    ];
    for (number, request) in requests.iter().enumerate() {
        for policy in POLICIES {
            for resets in [true, false] {
                let records = Records::default();
                let served = quiet(&records, policy);
                served.send(request).advance(secs(1000));
                // What is thrown away is not held, however much it is.
                for _ in 0..20 {
                    served.send(vec![b'z'; 30_000]);
                }
                assert_eq!(served.handle.snapshot().held, 0, "request {number}");
                assert_eq!(served.ends(), OPEN, "{policy:?}, request {number}");
                if resets {
                    served.peer.reset();
                    served.run();
                } else {
                    served.finish().advance(secs(30));
                }
                let case = format!("{policy:?}, resets: {resets}, request {number}");
                assert_eq!(records.ends().len(), 1, "{case}");
            }
        }
    }
}

#[test]
fn a_peer_that_goes_behind_as_many_requests_as_are_read_ahead() {
    for policy in POLICIES {
        for resets in [true, false] {
            let records = Records::default();
            let served = quiet(&records, policy);
            served
                .send(GET)
                .send(GET.repeat(66_000 / GET.len() + 1));
            if resets {
                served.peer.reset();
                served.run();
            } else {
                served.finish();
            }
            // What waits keeps that from being heard; for a while it may still be served.
            served.advance(secs(29));
            assert_eq!(records.ends(), [""; 0]);
            assert!(served.handle.snapshot().held > 64 * 1024);
            served.advance(secs(1));
            assert_eq!(served.handle.snapshot().held, 0);
            if !resets {
                served.advance(secs(30));
            }
            assert_eq!(records.ends().len(), 1, "{policy:?}, resets: {resets}");
        }
    }
}

#[test]
fn a_response_behind_which_too_much_waits_is_whole_and_the_last() {
    let (mut pieces, body) = founts::channel::<Bytes>(bound(1));
    let mut body = Some(body);
    let served = Setup::new().respond(move |_: Request<Body>| {
        let body = body
            .take()
            .map_or_else(Body::empty, Body::new);
        async { Ok::<_, tubes::Error>(Response::new(body)) }
    });
    served
        .send(GET)
        .send(GET.repeat(66_000 / GET.len() + 1))
        .advance(secs(30));
    pieces
        .try_send(Bytes::from_static(b"all"))
        .unwrap();
    pieces.finish();
    served.run();
    assert_eq!(served.lines(), ["200 all"]);
    assert_eq!(served.ends(), LINGERS);
}
