//! Pieces of a response whose owner comes back into the server when it is dropped.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{HeaderValue, Request, Response};
use support::serving::Setup;
use tubes::founts;
use tubes_http::{Body, Error, Flush, Handle};

/// Looks at its server when it is dropped.
struct Owner {
    handle: Handle,
    seen: Arc<AtomicUsize>,
}

impl AsRef<[u8]> for Owner {
    fn as_ref(&self) -> &[u8] {
        b"piece"
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        let handle = self.handle.clone();
        let (say, hear) = mpsc::channel();
        // On a thread of its own, so that a lock that is held is a failure, and no end of the test.
        std::thread::spawn(move || say.send(handle.snapshot().connections.len()));
        let seen = hear.recv_timeout(Duration::from_secs(10));
        self.seen
            .fetch_add(seen.unwrap_or(0), Ordering::Relaxed);
    }
}

#[test]
fn the_owner_of_a_small_piece_may_look_at_its_server() {
    #[rustfmt::skip] // A row, a case: the request, how many owners, what is answered.
    let cases = [
        ("GET /1", 1, "200 piece"),
        ("GET /3", 3, "200 piecepiecepiece"),
        ("GET /3/now", 3, "200 piecepiecepiece"),
        ("GET /3/short", 2, "200 piecepie"),
        ("HEAD /1", 1, "200 "),
    ];
    for (request, owners, answer) in cases {
        let seen = Arc::new(AtomicUsize::new(0));
        let server = Arc::new(Mutex::new(None::<Handle>));
        let site = Setup::new().site();
        *server.lock().unwrap() = Some(site.server.handle());
        let own = Arc::clone(&seen);
        let served = site.respond(move |request: Request<Body>| {
            let path = request.uri().path();
            let count = if path.starts_with("/3") { 3 } else { 1 };
            let handle = server.lock().unwrap().clone();
            let pieces: Vec<Bytes> = (0..count)
                .map(|_| {
                    Bytes::from_owner(Owner {
                        handle: handle.clone().unwrap(),
                        seen: Arc::clone(&own),
                    })
                })
                .collect();
            let mut response = Response::new(Body::new(founts::iter(pieces)));
            if path.ends_with("/now") {
                response
                    .extensions_mut()
                    .insert(Flush::Immediate);
            }
            if path.ends_with("/short") {
                response
                    .headers_mut()
                    .insert(CONTENT_LENGTH, HeaderValue::from(8));
            }
            async { Ok::<_, Error>(response) }
        });
        served.send(format!("{request} HTTP/1.1\r\nHost: a\r\n\r\n"));
        let read = served.peer.read();
        let method = request.split_once(' ').unwrap().0;
        let lines: Vec<String> = support::answers::answers_to(&[method], &read)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(lines, [answer], "{request}");
        assert!(seen.load(Ordering::Relaxed) >= owners, "{request}");
    }
}
