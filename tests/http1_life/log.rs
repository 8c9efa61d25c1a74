//! What stands in the log that no handler says: who has left what, and whom it concerns.

use std::net::SocketAddr;

use http::{Request, Response, StatusCode};
use support::log::log_of;
use support::serving::Setup;
use tubes::Fount;
use tubes_http::{Body, Error, Kind, Limits, log_access};

use super::kit::{Answer, CHUNKED, echo, hello, secs};

fn post(length: usize) -> String {
    format!("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n")
}

/// A case: what is done, and the lines that it makes.
type Case = (&'static str, fn(), &'static [&'static str]);

const CASES: &[Case] = &[
    (
        "a body that is too long to be thrown away",
        || {
            Setup::new()
                .respond(hello)
                .send(post(1_000_000));
        },
        &[
            "WARN the request's body is not read, and too much to be discarded: the connection closes \
             method=POST target=/a why=\"dropped\" discarded=0",
        ],
    ),
    (
        "one that may be thrown away",
        || {
            Setup::new()
                .respond(hello)
                .send(post(10) + "0123456789");
        },
        &["DEBUG the request's body is not read to its end \
             method=POST target=/a why=\"dropped\" discarded=10"],
    ),
    (
        "one without end, of which some was read",
        || {
            let served = Setup::new().respond(async |request: Request<Body>| -> Answer {
                let mut body = request
                    .into_body()
                    .through(tubes::stages::take(1));
                while body.next().await?.is_some() {}
                Ok(Response::new("Hello".into()))
            });
            served
                .send(CHUNKED)
                .send("3\r\nabc\r\n");
            served
                .send("3\r\nabc\r\n")
                .advance(secs(1));
        },
        &[
            "WARN the request's body is not read, and too much to be discarded: the connection closes \
             method=POST target=/ why=\"wanted no more\" discarded=3",
        ],
    ),
    (
        "one that a stage has refused",
        || {
            let served = Setup::new().respond(async |request: Request<Body>| -> Answer {
                let body = request
                    .into_body()
                    .through(tubes::framing::lines().at_most(5));
                drop(
                    body.flow_to(tubes::drains::null())
                        .await,
                );
                Ok(Response::new("Hello".into()))
            });
            served.send(post(20) + "0123456789");
            served.send("0123456789");
        },
        &[
            "DEBUG the request's body is not read to its end method=POST target=/a \
             why=\"lines: a line is longer than its limit of 5\" discarded=10",
        ],
    ),
    (
        "one that comes with a request that is refused",
        || {
            let served = Setup::new().respond(async |_: Request<Body>| {
                let mut response = Response::new(Body::empty());
                *response.status_mut() = StatusCode::FORBIDDEN;
                Ok::<_, Error>(response)
            });
            served.send(post(1_000_000));
        },
        &[
            "DEBUG the request is refused before its body is read: the connection closes \
             method=POST target=/a why=\"dropped\" discarded=0",
        ],
    ),
    (
        "one that is read, one that was not asked for, one that ends too early",
        || {
            Setup::new()
                .respond(echo)
                .send(post(3) + "abc");
            let expects = post(9).replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n");
            Setup::new()
                .respond(hello)
                .send(expects);
            Setup::new()
                .respond(hello)
                .send(post(9) + "abc")
                .finish();
        },
        &[],
    ),
    (
        "trailers that may not stand there",
        || {
            let served = Setup::new().respond(echo);
            served.send([CHUNKED, "0\r\nContent-Length: 5\r\nA: b\r\nHost: c\r\n\r\n"].concat());
        },
        &[
            "DEBUG trailers left out: fields that may not stand there method=POST target=/ dropped=2",
        ],
    ),
    (
        "a body where none may be",
        || {
            let served = Setup::new().respond(async |request: Request<Body>| {
                let mut response = Response::new(Body::from("lost"));
                if request.uri() != "/a" {
                    *response.status_mut() = StatusCode::NO_CONTENT;
                }
                Ok::<_, Error>(response)
            });
            served.send("HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n");
            served.send("GET /b HTTP/1.1\r\nHost: a\r\n\r\n");
        },
        &[
            "WARN body left out: a response with this status has none method=GET target=/b status=204",
        ],
    ),
];

#[test]
fn who_has_left_what_is_said_in_a_line() {
    for (name, act, expected) in CASES {
        let said: Vec<_> = log_of(*act)
            .iter()
            .map(|line| without_place(line))
            .collect();
        assert_eq!(said, *expected, "{name}");
    }
}

/// Without the place of a stage in this file.
fn without_place(line: &str) -> String {
    match line.split_once(" at tests/") {
        Some((before, place)) => {
            let (_, after) = place
                .split_once(": ")
                .unwrap_or_default();
            format!("{before}: {after}")
        }
        None => line.to_owned(),
    }
}

/// A server that was told where its peer is.
fn told(setup: Setup) -> Setup {
    setup.with(|server| {
        let server = server.on_exchange(log_access);
        server.with_peer(SocketAddr::from(([192, 0, 2, 1], 5)))
    })
}

#[test]
fn each_line_names_the_peer_if_that_was_said() {
    let said = log_of(|| {
        let served = told(Setup::new()).respond(async |request: Request<Body>| -> Answer {
            assert!(request.uri() != "/panics", "no");
            match request.uri().path() {
                "/fails" => Err(Kind::Closed.into()),
                _ => hello(request).await,
            }
        });
        served.send("GET /fails HTTP/1.1\r\nHost: a\r\n\r\n");
        served.send(post(9) + "012345678");
        served.send("GET /panics HTTP/1.1\r\nHost: a\r\n\r\n");
        told(Setup::new())
            .respond(hello)
            .send("GET\r\n");
        let served = told(Setup::new().limits(Limits::default())).respond(hello);
        served.peer.stall();
        served
            .send(super::kit::GET)
            .advance(secs(30));
    });
    assert!(said.len() > 8, "{said:#?}");
    for line in &said {
        assert!(line.contains(" peer=192.0.2.1:5"), "{line}");
    }
    let access = said
        .iter()
        .find(|line| line.contains("INFO exchange"));
    let access = access.expect("one");
    assert!(access.contains(" version=HTTP/1.1"), "{access}");
}

#[test]
fn records_snapshots_and_handlers_know_the_peer_if_that_was_said() {
    let records = super::kit::Records::default();
    let keep = records.kept();
    let peer = SocketAddr::from(([192, 0, 2, 1], 5));
    let notes = super::kit::Notes::default();
    let noted = notes.clone();
    let served = Setup::new()
        .with(move |server| keep(server).with_peer(peer))
        .answer(move |exchange: tubes_http::Exchange| {
            noted.add(format!("{:?}", exchange.peer().address()));
            let (request, reply) = exchange.into_parts();
            async move {
                reply
                    .send(Response::new(request.into_body()))
                    .await
            }
        });
    served.send(CHUNKED);
    let snapshot = served.handle.snapshot();
    assert_eq!(snapshot.connections[0].peer, Some(peer), "the same handle");
    served.send("0\r\n\r\nGET / HTTP/1.0\r\n\r\n");
    let known: Vec<_> = records
        .take()
        .iter()
        .map(|record| (record.peer, record.version))
        .collect();
    let versions = [http::Version::HTTP_11, http::Version::HTTP_10];
    assert_eq!(known, versions.map(|version| (Some(peer), Some(version))));
    assert_eq!(
        notes.take(),
        [format!("{:?}", Some(peer)), format!("{:?}", Some(peer))]
    );
}
