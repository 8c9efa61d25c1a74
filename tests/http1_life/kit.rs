//! What these tests share.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tubes::{Fount, Reason};
use tubes_http::{Body, Error, Record, RecordEnd, Server};

pub(super) const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
pub(super) const POST_10: &str = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n";
pub(super) const CHUNKED: &str = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

/// What a connection is: its fount, its drain, its future.
pub(super) const OPEN: (&str, &str, &str) = ("open", "open", "runs");
pub(super) const LINGERS: (&str, &str, &str) = ("open", "finished", "runs");
pub(super) const CLOSED: (&str, &str, &str) = ("enough", "finished", "over");

pub(super) type Answering = Pin<Box<dyn Future<Output = Answer>>>;
pub(super) type Answer = Result<Response<Body>, Error>;

pub(super) async fn hello(_: Request<Body>) -> Answer {
    Ok(Response::new("Hello".into()))
}

pub(super) async fn echo(request: Request<Body>) -> Answer {
    Ok(Response::new(request.into_body()))
}

/// A handler that pulls a piece, and then waits for a word before it pulls the next.
pub(super) fn piecemeal() -> (UnboundedSender<()>, impl FnMut(Request<Body>) -> Answering) {
    let (go, wait) = unbounded_channel();
    let mut wait = Some(wait);
    let handler = move |request: Request<Body>| {
        let mut wait = wait.take().expect("for one request");
        let handled = async move {
            let mut body = request.into_body();
            while body.next().await?.is_some() {
                wait.recv().await;
            }
            Ok(Response::new(Body::empty()))
        };
        Box::pin(handled) as Answering
    };
    (go, handler)
}

pub(super) fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Polls once: what it is if it is ready.
pub(super) async fn tried<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

/// What handlers noted.
#[derive(Clone, Default)]
pub(super) struct Notes(Rc<RefCell<Vec<String>>>);

impl Notes {
    pub(super) fn add(&self, note: impl Into<String>) {
        self.0.borrow_mut().push(note.into());
    }

    pub(super) fn take(&self) -> Vec<String> {
        self.0.take()
    }

    /// Notes that it was dropped.
    pub(super) fn held(&self) -> Held {
        Held(self.clone())
    }
}

/// Notes that it was dropped.
pub(super) struct Held(Notes);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.add("dropped");
    }
}

/// A body that begins and never ends.
pub(super) struct Begun {
    first: Option<Bytes>,
    _held: Option<Held>,
}

impl Begun {
    pub(super) fn new(first: &'static str, held: Option<Held>) -> Self {
        Self {
            first: Some(first.into()),
            _held: held,
        }
    }

    /// One that does not even begin.
    pub(super) fn none(held: Option<Held>) -> Self {
        Self {
            first: None,
            _held: held,
        }
    }
}

impl Fount for Begun {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<Bytes, Reason>> {
        match self.first.take() {
            Some(piece) => Poll::Ready(Ok(piece)),
            None => Poll::Pending,
        }
    }
}

/// The records of a server.
#[derive(Clone, Default)]
pub(super) struct Records(Arc<Mutex<Vec<Record>>>);

impl Records {
    /// A server that keeps them.
    pub(super) fn kept(&self) -> impl FnOnce(Server) -> Server + use<> {
        let records = self.clone();
        move |server| {
            server.on_exchange(move |record| {
                records
                    .0
                    .lock()
                    .unwrap()
                    .push(record.clone());
            })
        }
    }

    pub(super) fn take(&self) -> Vec<Record> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    /// Status and end of each, and forgets them.
    pub(super) fn ends(&self) -> Vec<String> {
        self.take().iter().map(end).collect()
    }
}

/// Status and end in a line: `200 whole`, `- cut Closed`.
pub(super) fn end(record: &Record) -> String {
    let status = match record.status {
        Some(status) => status.as_str().to_owned(),
        None => "-".to_owned(),
    };
    match &record.end {
        RecordEnd::Whole => format!("{status} whole"),
        RecordEnd::Refused(error) => format!("{status} refused {:?}", error.kind()),
        RecordEnd::Upgraded => format!("{status} upgraded"),
        RecordEnd::Cut(error) => format!("{status} cut {:?}", error.kind()),
        other => format!("{status} {other:?}"),
    }
}
