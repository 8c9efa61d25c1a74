//! The reference server: each route is a pipeline.
//!
//! Run it:   cargo run --release --example reference -- [--port 8080] [--threads N]
//!           [--head-timeout SECONDS]
//! You see:  its address, and three curl commands to try.
//! Try next: `curl -N -T big-file http://127.0.0.1:8080/upper`, stop reading in the middle
//!           (Ctrl-Z), and watch the sending stall while the memory of the server stays flat.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use tokio::time::{Interval, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tubes::net::{self, Listener, TcpFlow};
use tubes::{Fount, Reason, drains, founts, framing, stages};
use tubes_http::{Body, Error, Limits, Trailers};

type Answer = Result<Response<Body>, Error>;

async fn route(request: Request<Body>) -> Answer {
    let path = request.uri().path().to_owned();
    let (route, count) = match path.rsplit_once('/') {
        Some((route @ ("/bytes" | "/chunked" | "/slow"), count)) => (route, count.parse().ok()),
        _ => (path.as_str(), Some(0u64)),
    };
    let Some(count) = count else {
        return plain(StatusCode::NOT_FOUND, "not found\n");
    };
    let allow = match route {
        "/" => "GET, HEAD, POST, OPTIONS",
        "/hello" | "/bytes" | "/chunked" | "/slow" => "GET, HEAD, OPTIONS",
        "/sink" | "/echo" | "/measured" | "/upper" | "/lines" => "POST, PUT, OPTIONS",
        "/headers" => "every method",
        _ => return plain(StatusCode::NOT_FOUND, "not found\n"),
    };
    match (request.method(), route) {
        (_, "/headers") => headers(&request),
        (&Method::OPTIONS, _) => allowed(StatusCode::NO_CONTENT, allow),
        (&Method::GET | &Method::HEAD, "/" | "/hello") => plain(StatusCode::OK, "Hello, World!"),
        (&Method::POST, "/") => whole(request).await,
        (&Method::GET | &Method::HEAD, "/bytes") => bytes(count),
        (&Method::GET | &Method::HEAD, "/chunked") => chunked(count),
        (&Method::GET | &Method::HEAD, "/slow") => stream(slow(count)),
        (&Method::POST | &Method::PUT, "/sink") => sink(request).await,
        (&Method::POST | &Method::PUT, "/echo") => Ok(Response::new(request.into_body())),
        (&Method::POST | &Method::PUT, "/measured") => measured(request),
        (&Method::POST | &Method::PUT, "/upper") => upper(request),
        (&Method::POST | &Method::PUT, "/lines") => lines(request).await,
        _ => allowed(StatusCode::METHOD_NOT_ALLOWED, allow),
    }
}

/// `POST /`: the whole body back, after it was read whole.
async fn whole(request: Request<Body>) -> Answer {
    const LIMIT: usize = 2 * 1024 * 1024;
    let body = request
        .into_body()
        .collect(LIMIT)
        .await?;
    Ok(Response::new(body.into()))
}

/// `/headers`: the header lines of the request.
fn headers(request: &Request<Body>) -> Answer {
    let mut lines = Vec::new();
    for (name, value) in request.headers() {
        lines.extend_from_slice(name.as_str().as_bytes());
        lines.extend_from_slice(b": ");
        lines.extend_from_slice(value.as_bytes());
        lines.push(b'\n');
    }
    Ok(Response::new(lines.into()))
}

/// `GET /bytes/N`: N bytes, their number said first.
fn bytes(count: u64) -> Answer {
    let mut response = stream(pieces(count))?;
    let length = HeaderValue::from(count);
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, length);
    Ok(response)
}

/// `GET /chunked/N`: N bytes, in chunks.
fn chunked(count: u64) -> Answer {
    let mut response = stream(pieces(count))?;
    let coding = HeaderValue::from_static("chunked");
    response
        .headers_mut()
        .insert(header::TRANSFER_ENCODING, coding);
    Ok(response)
}

/// `POST /sink`: counts the bytes.
async fn sink(request: Request<Body>) -> Answer {
    let count = request.into_body().discard().await?;
    Ok(Response::new(format!("{count}\n").into()))
}

/// `POST /measured`: the same bytes, and behind them how many they were, in a trailer.
fn measured(request: Request<Body>) -> Answer {
    const LENGTH: HeaderName = HeaderName::from_static("x-length");
    let trailers = Trailers::new();
    let mut length = 0u64;
    let body = request.into_body().map({
        let trailers = trailers.clone();
        move |piece: Bytes| {
            length += piece.len() as u64;
            trailers.set(HeaderMap::from_iter([(LENGTH, length.into())]));
            piece
        }
    });
    let mut response = stream(body)?;
    response
        .headers_mut()
        .insert(header::TRAILER, LENGTH.into());
    response
        .extensions_mut()
        .insert(trailers);
    Ok(response)
}

/// `POST /upper`: line by line in upper case, while it arrives.
fn upper(request: Request<Body>) -> Answer {
    stream(
        request
            .into_body()
            .through(framing::lines())
            .map(|line| Bytes::from(line.to_ascii_uppercase()))
            .through(framing::unlines()),
    )
}

/// `POST /lines`: the number of lines and the length of the longest, in constant memory.
async fn lines(request: Request<Body>) -> Answer {
    let (count, longest) = request
        .into_body()
        .through(framing::lines())
        .flow_to(drains::fold((0, 0), |(count, longest), line: Bytes| {
            (count + 1, line.len().max(longest))
        }))
        .await?;
    Ok(Response::new(format!("{count} {longest}\n").into()))
}

/// N bytes in pieces of 64 KiB, all views of one block.
fn pieces(count: u64) -> impl Fount<Item = Bytes> + Send + 'static {
    static BLOCK: [u8; 64 * 1024] = [b'x'; 64 * 1024];
    let block = BLOCK.len() as u64;
    founts::iter((0..count).step_by(BLOCK.len())).map(move |start| {
        let length = usize::try_from((count - start).min(block)).unwrap_or(BLOCK.len());
        Bytes::from_static(&BLOCK[..length])
    })
}

/// `GET /slow/N`: N lines, one every 100 ms.
fn slow(count: u64) -> impl Fount<Item = Bytes> + Send + 'static {
    let mut ticks = interval(Duration::from_millis(100));
    // After a pause it goes on at its pace, and does not catch up.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let ticks = Ticks(ticks);
    let mut number = 0;
    ticks.take(count).map(move |()| {
        number += 1;
        Bytes::from(format!("line {number}\n"))
    })
}

/// A fount of the ticks of a clock.
struct Ticks(Interval);

impl Fount for Ticks {
    type Item = ();

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        ready!(self.0.poll_tick(cx));
        Poll::Ready(Ok(()))
    }
}

fn stream(body: impl Fount<Item = Bytes> + Send + 'static) -> Answer {
    Ok(Response::new(Body::new(body)))
}

fn plain(status: StatusCode, text: &'static str) -> Answer {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("text/plain");
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, kind);
    Ok(response)
}

fn allowed(status: StatusCode, methods: &'static str) -> Answer {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    let methods = HeaderValue::from_static(methods);
    response
        .headers_mut()
        .insert(header::ALLOW, methods);
    Ok(response)
}

/// One of the N servers that share the port, each on a thread of its own.
async fn serve(listener: Listener, limits: Arc<Limits>, stop: CancellationToken) -> Served {
    let server = tubes_http::server().limits(limits);
    let handle = server.handle();
    let serving = listener
        .through(stages::until(handle.stopping()))
        .flow_to(
            drains::spawn(move |flow: TcpFlow| {
                flow.through(&server)
                    .flow_to(tubes_http::respond(route))
            })
            .on_failure(|error| eprintln!("connection: {error:#}")),
        );
    // After the signal, what is being answered has ten seconds.
    let report = handle
        .serve(serving, stop.cancelled(), Duration::from_secs(10))
        .await?;
    println!("stopped: {report:?}");
    Ok(())
}

type Served = Result<(), tubes::Error>;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    let options = Options::read()?;
    let limits = Arc::new(Limits::default().with_head_time(options.head_timeout));
    let stop = CancellationToken::new();
    let (tell, bound) = mpsc::channel();
    let servers: Vec<_> = (0..options.threads)
        .map(|_| {
            let (limits, stop, tell) = (limits.clone(), stop.clone(), tell.clone());
            let port = options.port;
            std::thread::spawn(move || {
                // However this server ends, it is the end of the others, too.
                let _all = stop.clone().drop_guard();
                runtime()?.block_on(async {
                    let listener = net::listen(("127.0.0.1", port))
                        .reuse_port()
                        .await?;
                    let _ = tell.send(listener.local_addr());
                    drop(tell);
                    serve(listener, limits, stop).await
                })
            })
        })
        .collect();
    drop(tell);
    if let Some(address) = bound
        .iter()
        .take(options.threads)
        .last()
    {
        println!("listening on http://{address}");
        println!("try: curl http://{address}/hello");
        println!("     curl -T README.md http://{address}/upper");
        println!("     curl -N http://{address}/slow/10");
        runtime()?.block_on(async {
            tokio::select! {
                asked = signal() => asked,
                () = stop.cancelled() => Ok(()),
            }
        })?;
    }
    stop.cancel();
    for server in servers {
        server
            .join()
            .map_err(|_| "a server panicked")??;
    }
    Ok(())
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
}

/// Ready at SIGINT or SIGTERM.
async fn signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    poll_fn(|cx| {
        let asked = interrupt.poll_recv(cx).is_ready() || terminate.poll_recv(cx).is_ready();
        if asked {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
    Ok(())
}

struct Options {
    port: u16,
    threads: usize,
    head_timeout: Duration,
}

impl Options {
    fn read() -> Result<Self, String> {
        let mut options = Self {
            port: 8080,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            head_timeout: Duration::from_secs(10),
        };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let number = words
                .next()
                .and_then(|number| number.parse::<u16>().ok());
            match (word.as_str(), number) {
                ("--port", Some(port)) => options.port = port,
                ("--threads", Some(count @ 1..)) => options.threads = count.into(),
                ("--head-timeout", Some(seconds @ 1..)) => {
                    options.head_timeout = Duration::from_secs(seconds.into());
                }
                _ => {
                    let usage =
                        "usage: reference [--port N] [--threads N] [--head-timeout SECONDS]";
                    return Err(usage.to_owned());
                }
            }
        }
        Ok(options)
    }
}
