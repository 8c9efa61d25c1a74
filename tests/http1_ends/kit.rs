//! What the tests of the ends of HTTP/1 need.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use tubes::{Fount, Reason};
use tubes_http::{Body, Error};

pub(super) const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
pub(super) const CHUNKED: &str = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
pub(super) const POST_10: &str = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n";
pub(super) const EXPECT: &str =
    "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n";
pub(super) const CLOSED: (&str, &str, &str) = ("enough", "finished", "over");
pub(super) const OPEN: (&str, &str, &str) = ("open", "open", "runs");
pub(super) const LINGERS: (&str, &str, &str) = ("open", "finished", "runs");

pub(super) type Answer = Result<Response<Body>, Error>;

pub(super) async fn hello(_: Request<Body>) -> Answer {
    Ok(Response::new("Hello".into()))
}

pub(super) async fn echo(request: Request<Body>) -> Answer {
    Ok(Response::new(request.into_body()))
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
}

/// A body that does as the letters say: `a` a piece, `.` not yet, `f` fails, `p` panics.
pub(super) struct Script(pub(super) &'static str);

impl Fount for Script {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Bytes, Reason>> {
        let Some(step) = self.0.get(..1) else {
            return Poll::Ready(Err(Reason::Finished));
        };
        self.0 = &self.0[1..];
        match step {
            "." => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            "f" => Poll::Ready(Err(tubes::Error::user("out of luck").into())),
            "p" => panic!("in the body"),
            piece => Poll::Ready(Ok(Bytes::from_static(piece.as_bytes()))),
        }
    }
}
