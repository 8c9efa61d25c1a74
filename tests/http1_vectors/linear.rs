//! Heads, chunk lines and trailers that come byte by byte: the work for twice as many is twice as
//! much. What is counted is what is allocated: a copy for each byte would show, and so would a
//! buffer that grows by steps. That no byte is searched twice is a test of `http1/input.rs`.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use allocation_counter::{AllocationInfo, measure};
use bytes::Bytes;
use http::{Request, Response};
use support::pair::{Outlet, pair};
use tubes::testing::ManualClock;
use tubes::{Flow, Fount, founts};
use tubes_http::{Body, Error};

/// Serves a connection whose bytes come one by one, to its end; how often handlers were called.
fn serve(bytes: Bytes, outlet: Outlet) -> usize {
    let segments = (0..bytes.len()).map(move |at| bytes.slice(at..=at));
    let mut calls = 0;
    let exchanges = Flow::new(founts::iter(segments), outlet)
        .through(tubes_http::server_on(Arc::new(ManualClock::new())));
    let handler = |request: Request<Body>| {
        calls += 1;
        async {
            request.into_body().discard().await?;
            Ok::<_, Error>(Response::new(Body::empty()))
        }
    };
    let mut serving = pin!(exchanges.flow_to(tubes_http::respond(handler)));
    let mut cx = Context::from_waker(Waker::noop());
    // Each poll does a bounded amount of work, and asks for the next.
    let is_over = (0..1_000_000).any(|_| match serving.as_mut().poll(&mut cx) {
        Poll::Ready(result) => {
            result.expect("a clean end");
            true
        }
        Poll::Pending => false,
    });
    assert!(is_over, "it does not end");
    calls
}

/// Makes a message of so many bytes, or nearly so.
type Made<'a> = &'a dyn Fn(usize) -> String;

/// What a message of so many bytes allocates, above one of half as many.
fn cost(made: Made<'_>, size: usize) -> (u64, u64) {
    let of = |size: usize| -> AllocationInfo {
        let bytes = Bytes::from(made(size));
        let made = bytes.len();
        let (flow, _peer) = pair();
        measure(move || assert_eq!(serve(bytes, flow.drain), 1, "{made} bytes are refused"))
    };
    // What a thread sets up once is set up first.
    of(size);
    let (half, whole) = (of(size / 2), of(size));
    (
        whole
            .count_total
            .saturating_sub(half.count_total),
        whole
            .bytes_total
            .saturating_sub(half.bytes_total),
    )
}

#[test]
fn what_comes_byte_by_byte_costs_no_allocation_a_byte_and_twice_as_much_for_twice_as_many() {
    let head = "GET / HTTP/1.1\r\nHost: a\r\n";
    let chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    let xs = |size: usize| "x".repeat(size - 200);
    let value = |size| format!("{head}X: {}\r\n\r\n", xs(size));
    let fields = |size: usize| {
        let line = format!("X: {}\r\n", "x".repeat(size / 80 - 8));
        format!("{head}{}\r\n", line.repeat(80))
    };
    let target = |size| format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", xs(size));
    let extension = |size| format!("{chunked}1;{}\r\na\r\n0\r\n\r\n", xs(size));
    let trailers = |size| format!("{chunked}0\r\nX: {}\r\n\r\n", xs(size));
    let cases: [(&str, Made<'_>, usize); 5] = [
        ("a value", &value, 64 * 1024),
        ("fields", &fields, 64 * 1024),
        ("a target", &target, 16 * 1024),
        ("an extension", &extension, 16 * 1024),
        ("trailers", &trailers, 16 * 1024),
    ];
    for (name, made, size) in cases {
        let (count, bytes) = cost(made, size);
        // A timer is a box, and a turn of the connection, which may set one, takes many segments.
        let turns = size as u64 / 16;
        assert!(
            count <= turns,
            "{name}: {count} allocations more for {size} bytes"
        );
        // A buffer that doubles has allocated twice what it holds, a turn may allocate a little for
        // timers and records; a copy of what is there in each turn would be sixteen times as much.
        let most = 16 * size as u64;
        assert!(bytes <= most, "{name}: {bytes} more for {size} bytes");
    }
}
