//! What a response declares, and what is known of its body before it leaves.

use http::{HeaderValue, Request, Response, header};
use support::log::Log;
use support::serving::Setup;
use tracing::Level;
use tubes_http::{Body, Error};

use super::failing::{CHUNKED, GET};

#[test]
fn a_body_that_is_known_not_to_have_its_declared_length_is_answered_with_500_and_said_in_the_log() {
    let respond = |declared: u64| {
        let served = Setup::new().respond(move |_| async move {
            let mut response = Response::new(Body::from("hello\n"));
            response
                .headers_mut()
                .insert(header::CONTENT_LENGTH, HeaderValue::from(declared));
            Ok::<_, Error>(response)
        });
        served.send(GET);
        served
    };
    for (declared, line) in [
        (
            3,
            "500 the body went on beyond its declared length of 3 bytes\\n",
        ),
        (
            9,
            "500 the body ended before its declared length, 6 of 9 bytes\\n",
        ),
    ] {
        let log = Log::default();
        log.hear(|| {
            let served = respond(declared);
            assert_eq!(served.lines(), [line]);
            assert!(served.answers()[0].closes());
        });
        assert_eq!(log.take(Level::ERROR).len(), 1, "{declared}");
    }
    assert_eq!(respond(6).lines(), ["200 hello\\n"]);
}

#[test]
fn a_length_for_head_is_that_of_another_body() {
    let served = Setup::new().respond(async |_: Request<Body>| {
        let mut response = Response::new(Body::from("hello\n"));
        response
            .headers_mut()
            .insert(header::CONTENT_LENGTH, HeaderValue::from(1000));
        Ok::<_, Error>(response)
    });
    served.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    let read = String::from_utf8(served.peer.read()).unwrap();
    assert!(read.starts_with("HTTP/1.1 200 "), "{read}");
    assert!(read.contains("content-length: 1000\r\n"), "{read}");
}

#[test]
fn a_413_to_chunks_that_have_not_all_come_says_that_the_connection_closes() {
    let served = Setup::new().respond(async |request: Request<Body>| {
        let whole = request.into_body().collect(10).await?;
        Ok::<_, Error>(Response::new(Body::from(whole)))
    });
    served
        .send(CHUNKED)
        .send("14\r\n01234567890123456789\r\n");
    let answers = served.answers();
    assert_eq!((answers[0].status, answers[0].closes()), (413, true));
    served.send("0\r\n\r\n").send(GET);
    assert_eq!(served.answers().len(), 1);
}
