//! Exchanges one after another on a connection: heads, methods, versions, keep-alive, pipelines.

use std::cell::RefCell;
use std::rc::Rc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use support::answers::{End, answers_to};
use support::chance::Chance;
use support::serving::Setup;
use tubes::{Fount, founts};
use tubes_http::{Body, Error, Trailers};

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// What a connection is after its peer has said all: its fount, its drain, its future.
const CLOSED: (&str, &str, &str) = ("enough", "finished", "over");
const OPEN: (&str, &str, &str) = ("open", "open", "runs");

async fn hello(_: Request<Body>) -> Result<Response<Body>, Error> {
    Ok(Response::new("Hello".into()))
}

async fn target(request: Request<Body>) -> Result<Response<Body>, Error> {
    Ok(Response::new(request.uri().to_string().into()))
}

#[test]
fn a_request_is_answered_in_one_write_and_the_connection_stays() {
    let served = Setup::new().respond(hello);
    served.send(GET);
    let expected = "HTTP/1.1 200 OK\r\ndate: Wed, 21 Oct 2015 07:28:00 GMT\r\n\
        content-length: 5\r\n\r\nHello";
    assert_eq!(served.peer.writes(), [expected.as_bytes()]);
    assert_eq!(served.ends(), OPEN);
    served.send(GET).finish();
    assert_eq!(served.lines(), ["200 Hello", "200 Hello"]);
    assert_eq!(served.ends(), CLOSED);
}

#[test]
fn the_same_byte_by_byte_and_cut_anywhere() {
    let requests = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\n\
        Content-Length: 3\r\n\r\nabcGET /3 HTTP/1.1\r\nHost: a\r\n\r\n";
    for seed in 0..50 {
        let served = Setup::new().respond(target);
        match seed {
            0 => served.peer.feed_bytes(requests),
            _ => served
                .peer
                .feed_cut(requests, &mut Chance::new(seed)),
        }
        served.run();
        assert_eq!(served.lines(), ["200 /1", "200 /2", "200 /3"]);
        assert_eq!(served.ends(), OPEN);
    }
}

#[test]
fn head_is_answered_like_get_without_the_body() {
    let served = Setup::new().respond(target);
    served.send("HEAD /abc HTTP/1.1\r\nHost: a\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n");
    let answers = answers_to(&["HEAD"], &served.peer.read());
    assert_eq!(answers[0].to_string(), "200 ");
    assert_eq!(answers[0].field("content-length"), Some("4"));
    assert_eq!(answers[1].to_string(), "200 /next");
}

#[test]
fn the_application_may_close_the_connection() {
    let served = Setup::new().respond(async |_| {
        let mut response = Response::new(Body::from("bye"));
        let close = HeaderValue::from_static("close");
        response
            .headers_mut()
            .insert(header::CONNECTION, close);
        Ok::<_, Error>(response)
    });
    served.send([GET, GET].concat());
    assert_eq!(served.lines(), ["200 bye"]);
    assert!(served.answers()[0].closes());
    assert_eq!(served.ends().1, "finished");
}

#[test]
fn http_1_0_reads_a_body_of_unknown_length_to_the_end_of_the_connection() {
    let served = Setup::new().respond(stream);
    served.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    assert_eq!(served.lines(), ["200 abc$"]);
    assert_eq!(served.ends().1, "finished");
}

async fn stream(_: Request<Body>) -> Result<Response<Body>, Error> {
    let pieces = founts::iter(["a", "b", "c"]).map(Bytes::from);
    Ok(Response::new(Body::new(pieces)))
}

#[test]
fn sixteen_pipelined_requests_are_answered_in_order_and_in_one_write() {
    let requests: String = (0..16)
        .map(|number| format!("GET /{number} HTTP/1.1\r\nHost: a\r\n\r\n"))
        .collect();
    let served = Setup::new().respond(target);
    served.send(requests);
    let expected: Vec<_> = (0..16)
        .map(|number| format!("200 /{number}"))
        .collect();
    assert_eq!(served.lines(), expected);
    assert_eq!(served.peer.writes().len(), 1);
    assert_eq!(served.ends(), OPEN);
}

#[test]
fn pipelined_bodies_are_answered_in_order_and_in_one_write() {
    let request = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
    let served = Setup::new().respond(async |request: Request<Body>| {
        Ok::<_, Error>(Response::new(Body::from(
            request.into_body().collect(3).await?,
        )))
    });
    served.send(request.repeat(5));
    assert_eq!(served.lines(), ["200 abc"; 5]);
    assert_eq!(served.peer.writes().len(), 1);
}

#[test]
fn an_error_in_the_third_of_a_pipeline_answers_two_and_then_400() {
    let third = "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n";
    let served = Setup::new().respond(hello);
    served.send([GET, GET, third, GET].concat());
    let answers = served.answers();
    assert_eq!(answers.len(), 3);
    assert_eq!((answers[0].status, answers[1].status), (200, 200));
    assert_eq!(answers[2].status, 400);
    assert!(answers[2].closes() && !answers[1].closes());
    assert_eq!(served.ends(), ("open", "finished", "runs"), "it lingers");
    served.send(GET).finish();
    assert_eq!(served.answers().len(), 3);
    assert_eq!(served.ends(), CLOSED);
}

#[test]
fn a_pipeline_whose_answers_nobody_reads_is_not_read_without_end() {
    let big = "x".repeat(10_000);
    let served = Setup::new().respond(move |_| {
        let body = Body::from(big.clone());
        async { Ok::<_, Error>(Response::new(body)) }
    });
    served.peer.stall();
    for _ in 0..100 {
        served.peer.feed(GET);
    }
    served.run();
    let pulled = served.peer.pulls();
    assert!(pulled < 8, "{pulled} requests were taken");
    served.peer.resume();
    served.run();
    assert_eq!(served.answers().len(), 100);
}

#[test]
fn a_body_of_several_pieces_leaves_in_chunks_and_one_of_one_piece_with_its_length() {
    let served = Setup::new().respond(stream);
    served.send(GET);
    let answers = served.answers();
    assert_eq!(answers[0].to_string(), "200 abc");
    assert_eq!(answers[0].field("transfer-encoding"), Some("chunked"));
    assert_eq!(served.peer.writes().len(), 1);
}

#[test]
fn statuses_without_body_send_none_and_stop_its_fount() {
    for (status, length) in [(204, None), (304, None), (205, Some("0"))] {
        let heard = Rc::new(RefCell::new(Vec::new()));
        let served = Setup::new().respond({
            let heard = Rc::clone(&heard);
            move |_| {
                let body = Told(Rc::clone(&heard));
                let mut response = Response::new(body);
                *response.status_mut() = StatusCode::from_u16(status).unwrap();
                async { Ok::<_, Error>(response) }
            }
        });
        served.send([GET, GET].concat());
        let answers = served.answers();
        assert_eq!(answers.len(), 2, "{status}");
        assert_eq!(answers[0].body, b"");
        assert_eq!(answers[0].field("content-length"), length, "{status}");
        assert_eq!(*heard.borrow(), ["enough", "enough"], "{status}");
    }
}

#[test]
fn head_stops_the_fount_of_the_body() {
    let heard = Rc::new(RefCell::new(Vec::new()));
    let served = Setup::new().respond({
        let heard = Rc::clone(&heard);
        move |_| {
            let body = Told(Rc::clone(&heard));
            async { Ok::<_, Error>(Response::new(body)) }
        }
    });
    served.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(2));
    assert_eq!(answers_to(&["HEAD", "HEAD"], &served.peer.read()).len(), 2);
    assert_eq!(*heard.borrow(), ["enough", "enough"]);
    assert_eq!(served.ends(), OPEN);
}

/// An endless body that notes how it was stopped.
struct Told(Rc<RefCell<Vec<&'static str>>>);

impl Fount for Told {
    type Item = Bytes;

    fn poll_next(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<Bytes, tubes::Reason>> {
        std::task::Poll::Ready(Ok(Bytes::from_static(b"x")))
    }

    fn stop(self: std::pin::Pin<&mut Self>, reason: &tubes::Reason) {
        self.0
            .borrow_mut()
            .push(support::pair::Fate::Told(reason.clone()).word());
    }
}

#[test]
fn trailers_come_in_and_go_out() {
    let served = Setup::new().respond(async |request: Request<Body>| {
        let mut body = request.into_body();
        let trailers = body.trailers();
        let whole = body.collect(100).await?;
        let mut back = HeaderMap::new();
        back.insert("x-back", trailers.take().unwrap()["x-sum"].clone());
        let sent = Trailers::new();
        sent.set(back);
        let mut response = Response::new(Body::from(whole));
        response.extensions_mut().insert(sent);
        Ok::<_, Error>(response)
    });
    let request = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
        3\r\nabc\r\n0\r\nX-Sum: 7\r\nContent-Length: 5\r\n\r\n";
    served.peer.feed_bytes(request);
    served.run().send(request);
    for answer in served.answers() {
        assert_eq!(answer.to_string(), "200 abc");
        assert_eq!(answer.trailers, [("x-back".to_owned(), "7".to_owned())]);
    }
    assert_eq!(served.answers().len(), 2);
}

#[test]
fn trailers_that_are_asked_for_only_after_the_end_are_there() {
    let served = Setup::new().respond(async |request: Request<Body>| {
        let mut body = request.into_body();
        while body.next().await?.is_some() {}
        let fields = body.trailers().take();
        let sum = fields.map_or_else(Vec::new, |fields| fields["x-sum"].as_bytes().to_vec());
        Ok::<_, Error>(Response::new(Body::from(sum)))
    });
    let request = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
        3\r\nabc\r\n0\r\nX-Sum: 7\r\n\r\n";
    served.peer.feed_bytes(request);
    served.run().send(request);
    assert_eq!(served.lines(), ["200 7", "200 7"]);
}

#[test]
fn a_status_that_is_no_final_response_is_answered_with_500() {
    for (status, answered) in [
        (100, 500),
        (199, 500),
        (299, 299),
        (599, 599),
        (600, 500),
        (999, 500),
    ] {
        let served = Setup::new().respond(move |_| async move {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::from_u16(status).unwrap();
            Ok::<_, Error>(response)
        });
        served.send(GET);
        assert_eq!(served.answers().len(), 1, "{status}");
        assert_eq!(served.answers()[0].status, answered, "{status}");
    }
}

#[test]
fn connect_is_answered_with_405_and_nothing_behind_it_is_served() {
    for connect in [
        "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n",
        "CONNECT a:1 HTTP/1.0\r\n\r\n",
    ] {
        let served = Setup::new().respond(hello);
        served
            .send([GET, connect, GET].concat())
            .send(GET);
        let statuses: Vec<_> = served
            .answers()
            .iter()
            .map(|answer| answer.status)
            .collect();
        assert_eq!(statuses, [200, 405], "{connect}");
        // RFC 9110 §15.5.6: which methods there are, here none.
        assert_eq!(served.answers()[1].field("allow"), Some(""));
        assert!(served.answers()[1].closes());
        assert_eq!(served.ends(), ("open", "finished", "runs"));
        served.finish();
        assert_eq!(served.ends(), CLOSED);
    }
}

#[test]
fn trailers_that_cannot_be_carried_leave_the_body_whole() {
    for request in [
        "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
    ] {
        let served = Setup::new().respond(async |_| {
            let trailers = Trailers::new();
            trailers.set(HeaderMap::from_iter([(
                header::ETAG,
                HeaderValue::from_static("x"),
            )]));
            let mut response = Response::new(Body::from("abc"));
            response
                .extensions_mut()
                .insert(trailers);
            Ok::<_, Error>(response)
        });
        served.send(request);
        let answer = &answers_to(&[&request[..4]], &served.peer.read())[0];
        assert_eq!(answer.status, 200);
        assert_ne!(answer.end, End::Cut);
        assert!(answer.trailers.is_empty());
    }
}

#[test]
fn interim_responses_go_before_the_final_one_and_not_to_http_1_0() {
    let serve = || {
        Setup::new().serve(|mut exchanges| async move {
            while let Some(exchange) = exchanges.next().await? {
                let (_, mut reply) = exchange.into_parts();
                let mut hints = Response::new(());
                *hints.status_mut() = StatusCode::EARLY_HINTS;
                // The reply is sent by hand: nobody polls the exchanges meanwhile.
                reply.interim(&hints).await.unwrap();
                reply.interim(&hints).await.unwrap();
                reply
                    .send(Response::new(Body::from("done")))
                    .await?;
            }
            Ok(())
        })
    };
    let served = serve();
    served.send(GET);
    assert_eq!(served.lines(), ["103 ", "103 ", "200 done"]);
    let served = serve();
    served.send("GET / HTTP/1.0\r\n\r\n");
    assert_eq!(served.lines(), ["200 done"]);
}

#[test]
fn a_half_closed_client_gets_its_answers() {
    for segments in [&[GET][..], &[GET, GET]] {
        let served = Setup::new().respond(hello);
        served.peer.feed(segments.concat());
        served.peer.finish();
        served.run();
        assert_eq!(served.lines().len(), segments.len());
        assert_eq!(served.ends(), CLOSED);
    }
}

#[test]
fn a_client_that_ends_inside_a_head_is_left_without_a_word() {
    let served = Setup::new().respond(hello);
    served
        .send("GET / HTTP/1.1\r\nHo")
        .finish();
    assert_eq!(served.peer.read(), b"");
    assert_eq!(served.ends(), CLOSED);
}

#[test]
fn a_reset_between_two_exchanges_ends_the_connection() {
    let served = Setup::new().respond(hello);
    served.send(GET);
    served.peer.reset();
    served.run();
    assert_eq!(served.lines(), ["200 Hello"]);
    assert_eq!(served.ends().2, "failed");
    assert_ne!(served.ends().1, "open");
}

#[test]
fn a_request_is_handed_out_before_the_first_byte_of_its_body() {
    let seen = Rc::new(RefCell::new(0));
    let served = Setup::new().respond({
        let seen = Rc::clone(&seen);
        move |request: Request<Body>| {
            *seen.borrow_mut() += 1;
            async { Ok::<_, Error>(Response::new(request.into_body())) }
        }
    });
    served.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n");
    assert_eq!(*seen.borrow(), 1);
    served.send("abc");
    assert_eq!(served.lines(), ["200 abc"]);
}

#[test]
fn framing_that_the_application_sets_is_replaced() {
    let served = Setup::new().respond(async |_| {
        let mut response = Response::new(Body::from("abc"));
        for (name, value) in [
            (header::TRANSFER_ENCODING, "gzip"),
            (header::CONNECTION, "keep-alive"),
        ] {
            let value = HeaderValue::from_static(value);
            response
                .headers_mut()
                .insert(name, value);
        }
        Ok::<_, Error>(response)
    });
    served.send([GET, GET].concat());
    assert_eq!(served.lines(), ["200 abc", "200 abc"]);
}
