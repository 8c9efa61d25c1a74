//! The servers: the same routes on each.

use std::io::Read as _;
use std::num::NonZeroUsize;

use bytes::Bytes;
use futures_util::stream;
use http::{Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Either, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tubes::net::{self, TcpFlow};
use tubes::{Fount, drains, founts};
use tubes_http::Body;

/// What `/` is answered with.
const TEXT: &str = "Hello, World!";

/// As many as the cases open.
const CONNECTIONS: NonZeroUsize = NonZeroUsize::new(20_000).expect("20,000 is not 0");

/// What a large body is made of, as views of one block.
static BLOCK: [u8; 64 * 1024] = [b'x'; 64 * 1024];

/// Pieces in a GiB.
const GIB: u64 = 1024 * 1024 * 1024 / BLOCK.len() as u64;

/// Serves on a free port, which it prints, until its standard input ends.
pub(crate) fn run(which: &str) {
    std::thread::spawn(|| {
        let mut rest = Vec::new();
        drop(std::io::stdin().read_to_end(&mut rest));
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime starts");
    runtime.block_on(async {
        match which {
            "tubes" => tubes_server().await,
            "hyper" => hyper_server(Flush::Each).await,
            "hyper-pipeline" => hyper_server(Flush::Pipelined).await,
            "raw" => raw_server().await,
            other => panic!("no server `{other}`"),
        }
    });
}

async fn tubes_server() {
    let listener = net::listen("127.0.0.1:0")
        .await
        .expect("loopback has a free port")
        .at_most_per_address(CONNECTIONS);
    println!("{}", listener.local_addr().port());
    let server = tubes_http::server();
    let serving = listener.flow_to(
        drains::spawn(move |flow: TcpFlow| {
            flow.through(&server)
                .flow_to(tubes_http::respond(tubes_route))
        })
        .at_most(CONNECTIONS),
    );
    drop(
        serving
            .await
            .expect("a listener goes on"),
    );
}

async fn tubes_route(request: Request<Body>) -> Result<Response<Body>, tubes_http::Error> {
    Ok(Response::new(match request.uri().path() {
        "/echo" => request.into_body(),
        "/sink" => {
            request.into_body().discard().await?;
            Body::from(TEXT)
        }
        "/gib" => Body::new(founts::iter(0..GIB).map(|_| Bytes::from_static(&BLOCK))),
        _ => Body::from(TEXT),
    }))
}

/// The peers listen in the usual way.
async fn listener() -> TcpListener {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("loopback has a free port");
    println!(
        "{}",
        listener
            .local_addr()
            .expect("it is bound")
            .port()
    );
    listener
}

/// When hyper writes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flush {
    /// After each reply: the default.
    Each,
    /// When no request is left. It does not bound what waits to be written, either.
    Pipelined,
}

#[expect(clippy::disallowed_methods, reason = "as its users do")]
async fn hyper_server(flush: Flush) {
    let listener = listener().await;
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        drop(stream.set_nodelay(true));
        tokio::spawn(async move {
            http1::Builder::new()
                .pipeline_flush(flush == Flush::Pipelined)
                .serve_connection(TokioIo::new(stream), service_fn(hyper_route))
                .await
        });
    }
}

type HyperBody = Either<Full<Bytes>, UnsyncBoxBody<Bytes, hyper::Error>>;

async fn hyper_route(request: Request<Incoming>) -> Result<Response<HyperBody>, hyper::Error> {
    Ok(Response::new(match request.uri().path() {
        "/echo" => Either::Right(request.into_body().boxed_unsync()),
        "/sink" => {
            let mut body = request.into_body();
            while let Some(frame) = body.frame().await {
                drop(frame?);
            }
            Either::Left(Full::from(TEXT))
        }
        "/gib" => {
            let pieces = (0..GIB).map(|_| Ok(Frame::data(Bytes::from_static(&BLOCK))));
            Either::Right(StreamBody::new(stream::iter(pieces)).boxed_unsync())
        }
        _ => Either::Left(Full::from(TEXT)),
    }))
}

/// Knows no HTTP: an answer for each empty line.
#[expect(clippy::disallowed_methods, reason = "as hyper's users do")]
async fn raw_server() {
    let listener = listener().await;
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        drop(stream.set_nodelay(true));
        tokio::spawn(raw_connection(stream));
    }
}

async fn raw_connection(mut stream: TcpStream) {
    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 13\r\n\
        date: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\nHello, World!";
    let mut buffer = [0; 16 * 1024];
    let mut output = Vec::new();
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        for _ in memchr::memmem::find_iter(&buffer[..read], b"\r\n\r\n") {
            output.extend_from_slice(ANSWER);
        }
        if stream.write_all(&output).await.is_err() {
            return;
        }
        output.clear();
    }
}
