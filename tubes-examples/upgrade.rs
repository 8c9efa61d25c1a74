//! A server of HTTP that also speaks a protocol of its own: `shout`, all lines in upper case.
//!
//! Run it:   cargo run --example upgrade -- 127.0.0.1:8080
//! Try:      `curl http://127.0.0.1:8080/`
//!           printf 'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: shout\r\n\r\nhello\n' \
//!               | nc -N 127.0.0.1 8080
//! You see:  a hint, and `HELLO` behind the head of a 101. Interrupt it (Ctrl-C), and it ends in order.
//! Try next: keep a connection of `shout` open while it ends, and look at the report.

use std::time::Duration;

use bytes::Bytes;
use http::header::UPGRADE;
use http::{HeaderValue, Method, Response, StatusCode, Uri};
use tubes::net::{self, TcpFlow};
use tubes::{Error, Fount, drains, framing, stages};
use tubes_http::{Body, Exchange, Record, answer, server};

/// Goes on as `shout` if the client asks for it, else says how to.
async fn shout(exchange: Exchange) -> Result<(), Error> {
    let peer = exchange.peer();
    let (request, reply) = exchange.into_parts();
    let asked = request.headers().get(UPGRADE);
    if !reply.offers_upgrade() || asked.is_none_or(|asked| asked != "shout") {
        let hint = Body::from("ask for the protocol `shout`\n");
        return reply.send(Response::new(hint)).await;
    }
    let mut head = Response::new(());
    *head.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    head.headers_mut()
        .insert(UPGRADE, HeaderValue::from_static("shout"));
    let flow = reply.upgrade(head).await?;
    flow.fount
        .through(stages::until(peer.stopping()))
        .through(framing::lines())
        .map(|line| Bytes::from(line.to_ascii_uppercase()))
        .through(framing::unlines())
        .flow_to(flow.drain)
        .await
}

fn log(record: &Record) {
    let method = record
        .method
        .as_ref()
        .map_or("-", Method::as_str);
    let target = record
        .target
        .as_ref()
        .map_or("-", Uri::path);
    eprintln!("{method} {target} {}", record.end);
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let address = std::env::args().nth(1);
    let address = address
        .as_deref()
        .unwrap_or("127.0.0.1:8080");
    let http = server().on_exchange(log);
    let handle = http.handle();
    let serving = net::listen(address)
        .await?
        .through(stages::until(handle.stopping()))
        .flow_to(drains::spawn(move |flow: TcpFlow| {
            flow.through(&http)
                .flow_to(answer(shout))
        }));
    println!("listening on {address}");
    let stop = tokio::signal::ctrl_c();
    let report = handle
        .serve(serving, stop, Duration::from_secs(10))
        .await?;
    println!("{report:?}");
    Ok(())
}
