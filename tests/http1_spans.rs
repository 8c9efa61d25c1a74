//! With the feature `spans`, what a handler says in the log stands in the span of its exchange,
//! and that in the span of its connection.

use http::{Request, Response};
use support::log::Log;
use support::serving::Setup;
use tracing::Level;
use tubes::Fount;
use tubes_http::{Body, Error};

#[test]
fn a_message_of_a_handler_stands_in_its_exchange_and_that_in_its_connection() {
    let log = Log::default();
    log.hear(|| {
        let served = Setup::new().respond(async |request: Request<Body>| {
            tracing::info!("called");
            let whole = request.into_body().collect(10).await?;
            tracing::info!(length = whole.len(), "read");
            Ok::<_, Error>(Response::new(Body::from(whole)))
        });
        served
            .send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n")
            .send("abc")
            .send("GET /b HTTP/1.1\r\nHost: a\r\n\r\n");
    });
    assert_eq!(log.entered(), 0, "every span was left");
    assert_eq!(
        log.take(Level::INFO),
        [
            "message=called < exchange method=POST target=/a < connection",
            "message=read length=3 < exchange method=POST target=/a < connection",
            "message=called < exchange method=GET target=/b < connection",
            "message=read length=0 < exchange method=GET target=/b < connection",
        ]
    );
}

#[test]
fn a_refusal_in_place_of_a_reply_is_not_called_a_reply_that_was_cut() {
    const CHUNKED: &str = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (sent, answered, said) in [
        ("x\r\n", "400", "message=request refused"),
        ("1\r\na\r\nx\r\n", "200", "message=reply cut"),
    ] {
        let log = Log::default();
        log.hear(|| {
            let served = Setup::new().respond(async |request: Request<Body>| {
                // Whatever comes of it.
                let mut body = request.into_body();
                let first = body.next_or_reason().await;
                let body = match first {
                    Ok(_) => body,
                    Err(_) => Body::from("fine"),
                };
                Ok::<_, Error>(Response::new(body))
            });
            served.send(CHUNKED);
            for line in sent.split_inclusive("\r\n") {
                served.send(line);
            }
            let status = served.answers()[0].status;
            assert_eq!(status.to_string(), answered);
        });
        let about: Vec<_> = log
            .take_all()
            .into_iter()
            .filter(|message| message.contains("refused") || message.contains("cut"))
            .collect();
        assert_eq!(about.len(), 1, "{about:?}");
        assert!(about[0].contains(said), "{about:?}");
    }
}
