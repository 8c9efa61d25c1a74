//! Full exchanges, each a row: what a client sends, what a handler does, what is answered.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use support::serving::{why, why_failed};
use tubes::{Error, Fount, Reason, founts};
use tubes_http::{Body, Exchange, Reply};

/// What a client sends in one go, and what it is answered if nothing fails.
pub(super) struct Row {
    pub(super) name: &'static str,
    /// Of each request that is answered.
    pub(super) methods: &'static [&'static str],
    pub(super) sends: &'static str,
    pub(super) answers: &'static [&'static str],
    /// Whether the connection still stands then.
    pub(super) stands: bool,
}

#[rustfmt::skip] // A row, a case.
pub(super) const ROWS: &[Row] = &[
    Row { name: "keep-alive", methods: &["GET", "GET"], stands: true,
        sends: "GET /hello HTTP/1.1\r\nHost: a\r\n\r\nGET /pieces HTTP/1.1\r\nHost: a\r\n\r\n",
        answers: &["200 Hello", "200 onetwothree"] },
    Row { name: "an echo of a known length", methods: &["POST", "GET"], stands: true,
        sends: "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789GET /hello HTTP/1.1\r\nHost: a\r\n\r\n",
        answers: &["200 0123456789", "200 Hello"] },
    Row { name: "chunks and trailers", methods: &["POST", "GET"], stands: true,
        sends: "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nX-Sum: 7\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n",
        answers: &["200 abcdefg {x-sum: 7}", "200 Hello"] },
    Row { name: "Expect: 100-continue", methods: &["POST"], stands: true,
        sends: "POST /collect HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
        answers: &["200 abc"] },
    Row { name: "HEAD", methods: &["HEAD", "GET"], stands: true,
        sends: "HEAD /pieces HTTP/1.1\r\nHost: a\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n",
        answers: &["200 ", "200 Hello"] },
    Row { name: "three at once, the last closes", methods: &["GET", "POST", "GET"], stands: false,
        sends: "GET /pieces HTTP/1.1\r\nHost: a\r\n\r\nPOST /collect HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbodyGET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        answers: &["200 onetwothree", "200 body", "200 Hello"] },
    Row { name: "an upgrade", methods: &["GET", "GET"], stands: true,
        sends: "GET /hello HTTP/1.1\r\nHost: a\r\n\r\nGET /upgrade HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\npingpong",
        answers: &["200 Hello", "101 pingpong"] },
    Row { name: "a refusal before the body", methods: &["POST"], stands: false,
        sends: "POST /refuse HTTP/1.1\r\nHost: a\r\nContent-Length: 30\r\n\r\n012345678901234567890123456789GET /hello HTTP/1.1\r\nHost: a\r\n\r\n",
        answers: &["413 "] },
    Row { name: "a body that nobody reads", methods: &["POST", "GET"], stands: true,
        sends: "POST /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nskipGET /hello HTTP/1.1\r\nHost: a\r\n\r\n",
        answers: &["200 Hello", "200 Hello"] },
    Row { name: "HTTP/1.0, up to the end of the connection", methods: &["GET"], stands: false,
        sends: "GET /pieces HTTP/1.0\r\n\r\n",
        answers: &["200 onetwothree$"] },
    Row { name: "HTTP/1.0, kept alive", methods: &["POST", "GET"], stands: true,
        sends: "POST /collect HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nabcGET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        answers: &["200 abc", "200 Hello"] },
    Row { name: "a request that is none, behind one that is", methods: &["GET", "GET"], stands: false,
        sends: "GET /hello HTTP/1.1\r\nHost: a\r\n\r\nGET /hello HTTP/1.1\r\nHost : a\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n",
        answers: &["200 Hello", "400 a header line is not `name: value`\\n"] },
];

/// What a handler has heard of one exchange.
#[derive(Clone, Debug, Default)]
pub(super) struct Heard {
    /// How the body of the request ended, if it was read.
    pub(super) body: Option<String>,
    /// What came of the reply: `sent`, a kind, or `dropped`.
    pub(super) reply: Option<String>,
}

/// Of each exchange that was handed out, in order.
pub(super) type Log = Rc<RefCell<Vec<Heard>>>;

/// Answers as the rows say, and notes what it hears.
pub(super) async fn serve(log: Log, exchange: Exchange) -> Result<(), Error> {
    let number = log.borrow().len();
    log.borrow_mut().push(Heard::default());
    let noted = Noted { log, number };
    let body = Arc::new(Mutex::new(None));
    let (request, reply) = exchange.into_parts();
    let answered = answer(request, reply, &body).await;
    let ended = body
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    let heard = &mut noted.log.borrow_mut()[number];
    heard.body = ended;
    heard.reply = Some(match &answered {
        Ok(()) => "sent".to_owned(),
        Err(error) => why_failed(error),
    });
    answered
}

/// Notes that a handler was dropped.
struct Noted {
    log: Log,
    number: usize,
}

impl Drop for Noted {
    fn drop(&mut self) {
        self.log.borrow_mut()[self.number]
            .reply
            .get_or_insert_with(|| "dropped".to_owned());
    }
}

/// Where the end of a body is noted.
type Ended = Arc<Mutex<Option<String>>>;

async fn answer(request: Request<Body>, reply: Reply, ended: &Ended) -> Result<(), Error> {
    let path = request.uri().path().to_owned();
    let mut body = request.into_body();
    let trailers = body.trailers();
    let body = Listening {
        body,
        ended: Arc::clone(ended),
    };
    let mut response = Response::new(match path.as_str() {
        "/echo" => Body::new(body),
        "/collect" => match whole(body).await {
            Ok(whole) => Body::from(whole),
            Err(error) => {
                reply.refuse(&tubes_http::Error::from(error.clone()));
                return Err(error);
            }
        },
        "/pieces" => Body::new(founts::iter(["one", "two", "three"]).map(Bytes::from)),
        "/refuse" => Body::empty(),
        "/upgrade" => return upgrade(reply).await,
        _ => Body::from("Hello"),
    });
    if path == "/refuse" {
        *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
    }
    if path == "/echo" {
        response
            .extensions_mut()
            .insert(trailers);
    }
    reply.send(response).await
}

async fn whole(mut body: Listening) -> Result<Vec<u8>, Error> {
    let mut whole = Vec::new();
    while let Some(piece) = body.next().await? {
        whole.extend_from_slice(&piece);
    }
    Ok(whole)
}

async fn upgrade(reply: Reply) -> Result<(), Error> {
    let mut head = Response::new(());
    *head.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let protocol = HeaderValue::from_static("echo");
    head.headers_mut()
        .insert(header::UPGRADE, protocol);
    let flow = reply.upgrade(head).await?;
    flow.fount.flow_to(flow.drain).await
}

/// A body of which is noted how it ended.
struct Listening {
    body: Body,
    ended: Ended,
}

impl Fount for Listening {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Bytes, Reason>> {
        let next = Pin::new(&mut self.body).poll_next(cx);
        if let Poll::Ready(Err(reason)) = &next {
            self.ended
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .replace(why(reason));
        }
        next
    }

    fn poll_progress(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.body).poll_progress(cx)
    }

    fn stop(mut self: Pin<&mut Self>, reason: &Reason) {
        Pin::new(&mut self.body).stop(reason);
    }
}
