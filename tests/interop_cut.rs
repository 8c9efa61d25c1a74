//! Real sockets: what a client that reads late gets to read of replies that end badly, and what
//! becomes of the exchange of one that is closed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{HeaderValue, Request, Response};
use support::answers::{End, answers};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Notify;
use tokio::time::sleep;
use tubes::net::{self, TcpFlow};
use tubes::{Error, Fount, drains, founts};
use tubes_http::{Body, OnDisconnect, respond, server};

use super::interop_kit::run;

/// Longer than what the sockets and the drain hold.
const LARGE: usize = 4 << 20;

/// What a client that reads nothing for a while gets to read.
async fn read_late(addr: SocketAddr, requests: &str) -> Result<Vec<u8>, Vec<u8>> {
    let socket = TcpSocket::new_v4().unwrap();
    socket
        .set_recv_buffer_size(4096)
        .unwrap();
    let mut stream = socket.connect(addr).await.unwrap();
    stream
        .write_all(requests.as_bytes())
        .await
        .unwrap();
    // The server meets the cut with all that is in front of it unread.
    sleep(Duration::from_millis(200)).await;
    let mut all = Vec::new();
    match stream.read_to_end(&mut all).await {
        Ok(_) => Ok(all),
        Err(_) => Err(all),
    }
}

#[test]
fn a_slow_reader_gets_all_that_is_in_front_of_a_reply_that_is_cut() {
    async fn route(request: Request<Body>) -> Result<Response<Body>, tubes_http::Error> {
        let pieces = |all: Vec<Result<Bytes, Error>>| {
            Body::new(founts::iter(all).through(|piece: Result<Bytes, Error>| piece))
        };
        let large = || Bytes::from(vec![b'x'; LARGE]);
        let some = || Ok(Bytes::from_static(b"some"));
        let mut response = Response::new(match request.uri().path() {
            "/large" => Body::from(large()),
            "/too-long" => pieces(vec![Ok(large()), some()]),
            _ => pieces(vec![some(), some(), Err(Error::user("out of luck"))]),
        });
        if request.uri().path() == "/too-long" {
            let length = HeaderValue::from(LARGE);
            response
                .headers_mut()
                .insert(CONTENT_LENGTH, length);
        }
        Ok(response)
    }
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
    #[rustfmt::skip] // A row, a case: what is asked for, and how each answer ends.
    let cases = [
        (get("/large") + &get("/fails"), vec![End::Whole, End::Cut]),
        (get("/too-long"), vec![End::Whole]),
    ];
    for (requests, ends) in cases {
        run(async {
            let listener = net::listen("127.0.0.1:0")
                .await
                .unwrap();
            let addr = listener.local_addr();
            let serve = listener
                .take(1)
                .flow_to(drains::spawn(|flow: TcpFlow| {
                    flow.through(server())
                        .flow_to(respond(route))
                }));
            let (report, read) = tokio::join!(serve, read_late(addr, &requests));
            let read = read.unwrap_or_else(|read| panic!("a reset behind {}", read.len()));
            let answers = answers(&read);
            let heard: Vec<End> = answers
                .iter()
                .map(|answer| answer.end)
                .collect();
            assert_eq!(heard, ends);
            assert_eq!(answers[0].body.len(), LARGE);
            assert_eq!(report.unwrap().failed, 1, "the handler failed");
        });
    }
}

#[test]
fn a_client_that_is_closed_takes_its_exchange_along_if_so_it_is_to_be() {
    run(async {
        let listener = net::listen("127.0.0.1:0")
            .await
            .unwrap();
        let addr = listener.local_addr();
        let begun = Arc::new(Notify::new());
        let begins = Arc::clone(&begun);
        let http = server().on_disconnect(OnDisconnect::Cancel);
        let serve = listener
            .take(1)
            .flow_to(drains::spawn(move |flow: TcpFlow| {
                let begins = Arc::clone(&begins);
                flow.through(&http)
                    .flow_to(respond(move |_: Request<Body>| {
                        begins.notify_one();
                        pending::<Result<Response<Body>, tubes_http::Error>>()
                    }))
            }));
        let client = async {
            let mut stream = TcpStream::connect(addr).await.unwrap();
            stream
                .write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                .await
                .unwrap();
            begun.notified().await;
            drop(stream);
        };
        let (report, ()) = tokio::join!(serve, client);
        assert_eq!(report.unwrap().failed, 1, "nobody was answered");
    });
}
