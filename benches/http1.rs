//! What "Hello, World!" costs over HTTP/1.1, beside hyper: one request at a time and 16 at once,
//! over a pipe in memory and over loopback.
//!
//! `cargo bench -p tubes-benches --bench http1`, and with `--profile release-fat`.
//!
//! Client and server take turns on one thread, over TCP, too: a round is then the work of both
//! and nothing else. On two threads it would be mostly the time that one core takes to wake the
//! other, which depends on what else the machine does. The client is the same for all and has
//! almost no work; on loopback most of the rest is the kernel's.
//!
//! hyper has no timers here (it is given none); ours are the default ones.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use http::{HeaderValue, Request, Response, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, duplex, split};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tubes::{Drain, Flow, Fount, io, net};
use tubes_http::{Body, Error};

const TEXT: &str = "Hello, World!";

/// As browsers ask.
const REQUEST: &str = "GET /hello HTTP/1.1\r\n\
    Host: localhost:8080\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n\
    Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n\
    Accept-Language: en-US,en;q=0.5\r\n\
    Accept-Encoding: gzip, deflate, br\r\n\
    Connection: keep-alive\r\n\
    Cookie: session=0123456789abcdef0123456789abcdef\r\n\r\n";

/// Requests that are sent before the first reply is read.
const DEPTHS: [(&str, usize); 2] = [("one at a time", 1), ("16 at once", 16)];

const SERVERS: [(&str, Server); 3] = [
    ("tubes", Server::Tubes),
    ("hyper", Server::Hyper(Flush::Each)),
    ("hyper, pipeline_flush", Server::Hyper(Flush::Pipelined)),
];

#[derive(Clone, Copy)]
enum Server {
    Tubes,
    Hyper(Flush),
}

/// When hyper writes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flush {
    /// After each reply: the default.
    Each,
    /// When no request is left. It does not bound what waits to be written, either.
    Pipelined,
}

fn memory(c: &mut Criterion) {
    compare(c, "http1/memory", |runtime, server| {
        runtime.block_on(async { in_memory(runtime, server) })
    });
}

fn tcp(c: &mut Criterion) {
    compare(c, "http1/tcp", |runtime, server| {
        runtime
            .block_on(over_tcp(runtime, server))
            .expect("loopback is there")
    });
}

/// All servers, one after another, with the same client.
fn compare<S>(c: &mut Criterion, place: &str, connect: impl Fn(&Runtime, Server) -> S)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    for (name, depth) in DEPTHS {
        let mut group = c.benchmark_group(format!("{place}/{name}"));
        group.throughput(Throughput::Elements(depth as u64));
        for (server_name, server) in SERVERS {
            let runtime = Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            let mut client = runtime.block_on(Client::new(connect(&runtime, server), depth));
            group.bench_function(BenchmarkId::from_parameter(server_name), |b| {
                b.iter_custom(|rounds| runtime.block_on(client.time(rounds)));
            });
        }
    }
}

fn in_memory(runtime: &Runtime, server: Server) -> DuplexStream {
    let (client, peer) = duplex(64 * 1024);
    match server {
        Server::Tubes => {
            let (from, to) = split(peer);
            let flow = Flow::new(io::read(from), io::write(to));
            runtime.spawn(tubes(flow));
        }
        Server::Hyper(flush) => {
            runtime.spawn(hyper(peer, flush));
        }
    }
    client
}

async fn over_tcp(runtime: &Runtime, server: Server) -> std::io::Result<TcpStream> {
    let client = match server {
        Server::Tubes => {
            let mut flows = net::listen("127.0.0.1:0")
                .await
                .map_err(std::io::Error::other)?;
            let client = TcpStream::connect(flows.local_addr()).await?;
            let flow = flows
                .next_or_reason()
                .await
                .map_err(|reason| std::io::Error::other(format!("{reason:?}")))?;
            runtime.spawn(tubes(flow));
            client
        }
        Server::Hyper(flush) => {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let client = TcpStream::connect(listener.local_addr()?).await?;
            let (peer, _) = listener.accept().await?;
            peer.set_nodelay(true)?;
            runtime.spawn(hyper(peer, flush));
            client
        }
    };
    client.set_nodelay(true)?;
    Ok(client)
}

async fn tubes<F, D>(flow: Flow<F, D>)
where
    F: Fount<Item = Bytes> + Send + 'static,
    D: Drain<Bytes> + Send + 'static,
{
    async fn hello(_request: Request<Body>) -> Result<Response<Body>, Error> {
        Ok(greeting(Body::from(TEXT)))
    }
    flow.through(tubes_http::server())
        .flow_to(tubes_http::respond(hello))
        .await
        .expect("the connection ends well");
}

async fn hyper<S>(stream: S, flush: Flush)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    async fn hello(_request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
        Ok(greeting(Full::new(Bytes::from_static(TEXT.as_bytes()))))
    }
    http1::Builder::new()
        .pipeline_flush(flush == Flush::Pipelined)
        .serve_connection(TokioIo::new(stream), service_fn(hello))
        .await
        .expect("the connection ends well");
}

fn greeting<B>(body: B) -> Response<B> {
    let mut response = Response::new(body);
    let kind = HeaderValue::from_static("text/plain");
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, kind);
    response
}

/// Sends prepared bytes and counts what comes back.
struct Client<S> {
    stream: S,
    requests: Vec<u8>,
    /// The length of the replies to `requests`, always the same.
    replies: usize,
    room: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    /// Asks once, to learn how long a reply is.
    async fn new(mut stream: S, depth: usize) -> Self {
        let mut room = vec![0; 64 * 1024];
        stream
            .write_all(REQUEST.as_bytes())
            .await
            .expect("the server reads");
        let mut reply = 0;
        while !room[..reply].ends_with(TEXT.as_bytes()) {
            let count = stream
                .read(&mut room[reply..])
                .await
                .expect("the server answers");
            assert!(count > 0, "the server does not close");
            reply += count;
        }
        Self {
            stream,
            requests: REQUEST.repeat(depth).into_bytes(),
            replies: reply * depth,
            room,
        }
    }

    async fn time(&mut self, rounds: u64) -> Duration {
        #[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
        let start = Instant::now();
        for _ in 0..rounds {
            self.round()
                .await
                .expect("the server answers");
        }
        start.elapsed()
    }

    async fn round(&mut self) -> std::io::Result<()> {
        self.stream
            .write_all(&self.requests)
            .await?;
        let mut missing = self.replies;
        while missing > 0 {
            let count = self.stream.read(&mut self.room).await?;
            assert!(0 < count && count <= missing, "not the replies");
            missing -= count;
        }
        Ok(())
    }
}

criterion_group!(benches, memory, tcp);
criterion_main!(benches);
