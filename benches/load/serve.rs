//! The servers: the same routes on each.

use std::io::{self, IoSlice, Read as _};
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
        drop(io::stdin().read_to_end(&mut rest));
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

/// Knows no HTTP: an answer for each empty line, and large bodies as fast as a loop can.
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

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 13\r\n\
    date: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\nHello, World!";

async fn raw_connection(mut stream: TcpStream) -> io::Result<()> {
    let mut buffer = [0; 16 * 1024];
    let mut output = Vec::new();
    loop {
        let read = stream.read(&mut buffer).await?;
        let input = &buffer[..read];
        if read == 0 {
            return Ok(());
        }
        if input.starts_with(b"GET /gib ") {
            return raw_download(stream).await;
        }
        if input.starts_with(b"POST ") {
            return raw_upload(stream, input).await;
        }
        for _ in memchr::memmem::find_iter(input, b"\r\n\r\n") {
            output.extend_from_slice(ANSWER);
        }
        stream.write_all(&output).await?;
        output.clear();
    }
}

/// What a loop by hand does: as many blocks in a write as bring no gain any more.
async fn raw_download(mut stream: TcpStream) -> io::Result<()> {
    const BLOCKS: usize = 4;
    let mut left = GIB * BLOCK.len() as u64;
    let mut at = 0;
    while left > 0 {
        let mut slices = [IoSlice::new(&BLOCK); BLOCKS];
        slices[0] = IoSlice::new(&BLOCK[at..]);
        let written = stream.write_vectored(&slices).await?;
        at = (at + written) % BLOCK.len();
        left = left.saturating_sub(written as u64);
    }
    Ok(())
}

/// Reads into one buffer, again and again, and sends it back where that is asked for.
async fn raw_upload(mut stream: TcpStream, input: &[u8]) -> io::Result<()> {
    let echoes = input.starts_with(b"POST /echo ");
    let head = memchr::memmem::find(input, b"\r\n\r\n").expect("a small head comes whole") + 4;
    let mut left = content_length(&input[..head]) - (input.len() - head) as u64;
    let mut buffer = vec![0; 256 * 1024];
    if echoes {
        stream.write_all(ANSWER).await?;
        stream.write_all(&input[head..]).await?;
    }
    while left > 0 {
        let read = stream.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        if echoes {
            stream
                .write_all(&buffer[..read])
                .await?;
        }
        left = left.saturating_sub(read as u64);
    }
    stream.write_all(ANSWER).await
}

/// As the client of this bench says it.
fn content_length(head: &[u8]) -> u64 {
    let name = b"Content-Length: ";
    let at = memchr::memmem::find(head, name).expect("an upload says its length");
    head[at + name.len()..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'))
}
