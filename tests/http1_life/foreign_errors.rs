//! Errors of the application are dropped with the connection free: they may come back to it.

use std::error::Error as StdError;
use std::fmt;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use support::serving::{Served, Setup};
use tubes::{BoxError, Fount, drains, stages};
use tubes_http::{Body, Handle};

use super::kit::{CHUNKED, GET, POST_10, secs};

/// An error that looks at its server when it is dropped.
#[derive(Debug)]
struct Looks(Handle);

impl fmt::Display for Looks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it looks")
    }
}

impl StdError for Looks {}

impl Drop for Looks {
    fn drop(&mut self) {
        drop(self.0.snapshot());
    }
}

/// A server whose handlers stop the body of each request with such an error.
fn failing() -> Served {
    let site = Setup::new().site();
    let handle = site.handle();
    site.respond(move |request: Request<Body>| {
        let handle = handle.clone();
        let looks = move |_: Bytes| Err::<Bytes, _>(tubes::Error::user(Looks(handle.clone())));
        let body = request
            .into_body()
            .through(stages::try_map(looks));
        async move {
            body.flow_to(drains::null()).await?;
            Ok::<_, BoxError>(Response::new(Body::empty()))
        }
    })
}

#[test]
fn an_error_that_has_stopped_a_body_may_look_at_its_server_when_it_is_dropped() {
    let endings: [fn(&Served); 4] = [
        |served| {
            served
                .send([POST_10, "0123456789"].concat())
                .send(GET);
        },
        |served| {
            served
                .send([POST_10, "01234"].concat())
                .finish();
        },
        |served| {
            served.send([CHUNKED, "3\r\nabc\r\n", "x\r\n"].concat());
        },
        |served| {
            served.send([CHUNKED, "3\r\nabc\r\n"].concat());
            served.peer.reset();
            served.run();
        },
    ];
    for (number, ending) in endings.into_iter().enumerate() {
        let (done, hear) = mpsc::channel();
        thread::spawn(move || {
            let served = failing();
            ending(&served);
            served.advance(secs(60));
            done.send(served.answers()[0].status)
                .unwrap();
        });
        let status = hear.recv_timeout(Duration::from_secs(20));
        assert_eq!(status, Ok(500), "ending {number}");
    }
}
