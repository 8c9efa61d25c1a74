//! `Server::on_exchange`: one record for each exchange, with how it ended and who was waited for.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use support::serving::{Served, Setup};
use tubes::{Fount, founts, stages};
use tubes_http::{Body, Error, Exchange, Limits};

use super::kit::{Answer, CHUNKED, GET, POST_10, Records, echo, hello, secs};

/// A server that keeps records.
fn kept() -> (Setup, Records) {
    let records = Records::default();
    (Setup::new().with(records.kept()), records)
}

#[test]
fn a_record_has_what_was_asked_what_was_answered_and_how_long_it_took() {
    let (setup, records) = kept();
    let clock = setup.clock.clone();
    let served = setup.respond(move |request: Request<Body>| {
        let clock = clock.clone();
        async move {
            let mut body = request.into_body();
            let first = body.next_or_reason().await.unwrap();
            clock.advance(secs(3));
            // The rest comes as the response.
            let all = tubes::fan::concat([founts::once(first).boxed(), body.boxed()]);
            let mut response = Response::new(Body::new(all));
            *response.status_mut() = StatusCode::CREATED;
            Ok::<_, Error>(response)
        }
    });
    served
        .send("PUT /a?b HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n")
        .advance(secs(2))
        .send("0123");
    served.advance(secs(4)).send("456789");
    let all = records.take();
    let [record] = &all[..] else {
        panic!("{all:?}");
    };
    assert_eq!(record.method, Some(Method::PUT));
    assert_eq!(record.target, Some(Uri::from_static("/a?b")));
    assert_eq!(super::kit::end(record), "201 whole");
    assert_eq!((record.received, record.sent), (10, 10));
    assert_eq!(record.first_byte, Some(secs(5)));
    assert_eq!(record.duration, secs(9));
    assert_eq!(record.waited_for_request, secs(6));
    assert_eq!(record.waited_for_response, Duration::ZERO);
}

#[test]
fn every_exchange_of_a_connection_has_a_record_of_its_own() {
    let (setup, records) = kept();
    let served = setup.respond(async |request: Request<Body>| {
        let mut response = Response::new(Body::from("12345"));
        match request.uri().path() {
            "/304" => *response.status_mut() = StatusCode::NOT_MODIFIED,
            "/204" => *response.status_mut() = StatusCode::NO_CONTENT,
            "/fails" => return Err(io::Error::other("no")),
            _ => {}
        }
        Ok(response)
    });
    for (method, target) in [
        ("GET", "/"),
        ("HEAD", "/"),
        ("GET", "/304"),
        ("GET", "/204"),
        ("GET", "/fails"),
        ("GET", "/"),
    ] {
        served.send(format!("{method} {target} HTTP/1.1\r\nHost: a\r\n\r\n"));
    }
    let seen: Vec<_> = records
        .take()
        .iter()
        .map(|record| (super::kit::end(record), record.sent))
        .collect();
    let lines = [
        ("200", 5),
        ("200", 0),
        ("304", 0),
        ("204", 0),
        ("500", 22),
        ("200", 5),
    ];
    assert_eq!(
        seen,
        lines.map(|(status, sent)| (format!("{status} whole"), sent))
    );
}

/// A case: what the server is, what happens to it, the records.
type Case = (
    &'static str,
    fn(Setup) -> Served,
    &'static [(&'static str, u64)],
);

const CASES: &[Case] = &[
    (
        "cut by the peer in the middle of its body",
        |setup| {
            let served = setup.respond(echo);
            served.send(POST_10).send("abc");
            served.peer.reset();
            served
        },
        &[("200 cut Truncated { expected: Some(10), got: 3 }", 3)],
    ),
    (
        "the handler does not care that the body is cut",
        |setup| {
            let served = setup.respond(async |request: Request<Body>| {
                drop(request.into_body().collect(10).await);
                Ok::<_, Error>(Response::new(Body::from("what?")))
            });
            served.send(POST_10).send("abc");
            served.peer.reset();
            served
        },
        &[("- cut Truncated { expected: Some(10), got: 3 }", 0)],
    ),
    (
        "the handler panics before its head",
        |setup| {
            let served = setup.respond(async |request: Request<Body>| -> Answer {
                assert!(request.uri().path() == "/fine", "not fine");
                hello(request).await
            });
            served.send("GET /fine HTTP/1.1\r\nHost: a\r\n\r\n");
            served.send(GET);
            served
        },
        &[("200 whole", 5), ("500 whole", 19)],
    ),
    (
        "the body of the response fails behind its head",
        |setup| {
            let served = setup.respond(async |request: Request<Body>| {
                let body = request
                    .into_body()
                    .through(stages::try_map(|piece: Bytes| -> Result<_, io::Error> {
                        if piece.starts_with(b"!") {
                            return Err(io::Error::other("no"));
                        }
                        Ok(piece)
                    }));
                Ok::<_, Error>(Response::new(body))
            });
            served.send(CHUNKED);
            served
                .send("2\r\nab\r\n")
                .send("1\r\n!\r\n");
            served
        },
        &[("200 cut Handler", 2)],
    ),
    (
        "a body that is shorter than declared",
        |setup| {
            let served = setup.respond(async |_| {
                let pieces = founts::iter(["ab", "c"]).map(Bytes::from);
                let mut response = Response::new(Body::new(pieces));
                response
                    .headers_mut()
                    .insert(header::CONTENT_LENGTH, HeaderValue::from(10));
                Ok::<_, Error>(response)
            });
            served.send(GET);
            served
        },
        &[("200 cut BodyTooShort { declared: 10, sent: 3 }", 3)],
    ),
    (
        "a body that is longer than declared",
        |setup| {
            let served = setup.respond(async |request: Request<Body>| {
                let mut response = Response::new(request.into_body());
                response
                    .headers_mut()
                    .insert(header::CONTENT_LENGTH, HeaderValue::from(4));
                Ok::<_, Error>(response)
            });
            served
                .send(CHUNKED)
                .send("2\r\n01\r\n")
                .send("8\r\n23456789\r\n0\r\n\r\n");
            served
        },
        &[("200 cut BodyTooLong { declared: 4 }", 4)],
    ),
    (
        "the peer takes nothing",
        |setup| {
            let served = setup.respond(echo);
            served.send(POST_10);
            served.peer.stall();
            served
                .send("0123456789")
                .advance(secs(30));
            served
        },
        &[("200 cut ReplyTimeout", 10)],
    ),
    (
        "the body does not come",
        |setup| {
            let served = setup.respond(async |request: Request<Body>| {
                let body = request.into_body().collect(10).await?;
                Ok::<_, Error>(Response::new(Body::from(body)))
            });
            served
                .send(POST_10)
                .send("abc")
                .advance(secs(30));
            served
        },
        &[("408 whole", 34)],
    ),
    (
        "a reply that nobody gives",
        |setup| {
            let served = setup.answer(async |exchange: Exchange| {
                drop(exchange);
                Ok::<_, Error>(())
            });
            served.send(GET);
            served
        },
        &[("500 whole", 19)],
    ),
    (
        "a tunnel that nobody serves",
        |setup| {
            let served = setup.respond(hello);
            served.send("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n");
            served
        },
        &[("405 refused ConnectUnsupported", 27)],
    ),
    (
        "what makes no sense, behind what does",
        |setup| {
            let served = setup.respond(hello);
            served.send([GET, "GET / HTTP/1.1\r\n\r\n"].concat());
            served
        },
        &[("200 whole", 5), ("400 refused MissingHost", 28)],
    ),
    (
        "the connection is dropped behind a refusal, its body held elsewhere",
        |setup| {
            let tasks = setup.tasks.clone();
            let served = setup.answer(move |exchange: Exchange| {
                let (request, reply) = exchange.into_parts();
                reply.refuse(&Error::new(tubes_http::Kind::BodyTooLarge { limit: 1 }));
                tasks.spawn(async move {
                    let _held = request;
                    std::future::pending::<()>().await;
                });
                async { Ok::<_, Error>(()) }
            });
            served.send(POST_10);
            served.tasks.drop_task(0);
            served
        },
        &[("413 whole", 40)],
    ),
];

#[test]
fn every_end_of_an_exchange_is_told_from_the_others() {
    for (name, act, expected) in CASES {
        let (setup, records) = kept();
        let served = act(setup);
        served.run();
        let found: Vec<_> = records
            .take()
            .iter()
            .map(|record| (super::kit::end(record), record.sent))
            .collect();
        let ends: Vec<&str> = found
            .iter()
            .map(|(end, _)| end.as_str())
            .collect();
        let expected_ends: Vec<&str> = expected
            .iter()
            .map(|(end, _)| *end)
            .collect();
        assert_eq!(ends, expected_ends, "{name}");
        for ((end, sent), (_, expected)) in found.iter().zip(*expected) {
            // The length of a sentence of ours is not for this test.
            assert!(
                sent == expected || *expected > 10 && *sent > 10,
                "{name}: {end}, {sent}"
            );
        }
        assert_eq!(served.handle.snapshot().held, 0, "{name}");
    }
}

#[test]
fn what_is_refused_before_anybody_sees_it_has_a_record_with_what_is_known_of_it() {
    #[rustfmt::skip] // A row, a case: what comes, what was asked, how it ended.
    let cases = [
        ("GET /a?b HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "GET /a?b", "400 refused SeveralHosts"),
        ("GET /a HTTP/1.1\r\nHost : a\r\n\r\n", "GET /a", "400 refused HeaderInvalid"),
        ("\r\nGET /a HTTP/1.1\r\nHost: \0", "GET /a", "400 refused ForbiddenByte"),
        ("HEAD /a HTTP/1.1\r\nHost: a\nX: y", "HEAD /a", "400 refused BareLf"),
        ("PUT /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "PUT /a", "501 refused UnsupportedCoding"),
        ("PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n", "PUT /a", "413 refused BodyTooLarge { limit: 9 }"),
        ("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", "CONNECT a:1", "405 refused ConnectUnsupported"),
        ("GET /a HTTP/1.2\r\n", "- -", "505 refused UnsupportedVersion"),
        ("GET abc HTTP/1.1\r\n", "- -", "400 refused TargetInvalid"),
        ("\x16\x03\x01", "- -", "400 refused ForbiddenByte"),
        ("GET /a HTTP/1.1\r\nHost", "GET /a", "408 refused HeadTimeout"),
        ("GET /a", "- -", "408 refused HeadTimeout"),
    ];
    for (bytes, asked, end) in cases {
        for byte_by_byte in [false, true] {
            let (setup, records) = kept();
            let served = setup
                .limits(Limits::default().with_body(9))
                .respond(hello);
            if byte_by_byte {
                served.peer.feed_bytes(bytes);
            } else {
                served.peer.feed(bytes);
            }
            served.run().advance(secs(30));
            let all = records.take();
            let [record] = &all[..] else {
                panic!("{bytes:?}: {all:?}");
            };
            let method = record
                .method
                .as_ref()
                .map_or("-", Method::as_str);
            let target = record
                .target
                .as_ref()
                .map_or_else(|| "-".to_owned(), Uri::to_string);
            assert_eq!(format!("{method} {target}"), asked, "{bytes:?}");
            assert_eq!(super::kit::end(record), end, "{bytes:?}");
            assert_eq!(record.sent > 0, method != "HEAD", "{bytes:?}");
            let waited = if end.contains("Timeout") {
                secs(30)
            } else {
                secs(0)
            };
            assert_eq!(record.duration, waited, "{bytes:?}");
            served.finish();
            assert_eq!(records.ends(), [""; 0], "{bytes:?}: no second record");
        }
    }
}

#[test]
fn a_head_that_does_not_come_to_its_end_is_refused_without_an_answer() {
    let (setup, records) = kept();
    let served = setup.respond(hello);
    served
        .send("GET /a HTTP/1.1\r\nHost")
        .finish();
    assert_eq!(
        records.ends(),
        ["- refused Truncated { expected: None, got: 21 }"]
    );
    let (setup, records) = kept();
    let served = setup.respond(hello);
    served
        .send(GET)
        .finish()
        .advance(secs(10));
    assert_eq!(records.ends(), ["200 whole"], "nothing was begun");
}

#[test]
fn the_time_that_was_waited_is_there_however_the_exchange_ends() {
    let (setup, records) = kept();
    let served = setup
        .limits(Limits::default().with_write_rate(1))
        .respond(echo);
    served.send(POST_10);
    served.peer.stall();
    served
        .send("0123456789")
        .advance(secs(7));
    served.peer.resume();
    served.run();
    let all = records.take();
    assert_eq!(super::kit::end(&all[0]), "200 whole");
    assert_eq!(all[0].waited_for_response, secs(7));

    let (setup, records) = kept();
    let served = setup.respond(echo);
    served.send(POST_10).advance(secs(7));
    served.peer.reset();
    served.run();
    assert_eq!(records.take()[0].waited_for_request, secs(7));
}

#[test]
fn an_observer_that_panics_ends_neither_the_exchange_nor_the_server() {
    let served = Setup::new()
        .with(|server| server.on_exchange(|_| panic!("in the observer")))
        .respond(hello);
    served
        .send([GET, GET].concat())
        .send(GET);
    assert_eq!(served.lines(), ["200 Hello"; 3]);
}

#[test]
fn an_observer_may_look_at_its_server() {
    let handle = std::sync::Arc::new(std::sync::Mutex::new(None::<tubes_http::Handle>));
    let looked = std::sync::Arc::clone(&handle);
    let site = Setup::new()
        .with(move |server| {
            server.on_exchange(move |_| {
                let looked = looked.lock().unwrap();
                let snapshot = looked.as_ref().unwrap().snapshot();
                assert_eq!(snapshot.connections.len(), 1);
            })
        })
        .site();
    *handle.lock().unwrap() = Some(site.server.handle());
    let served = site.respond(hello);
    served.send(GET).finish();
    assert_eq!(served.lines(), ["200 Hello"]);
}
