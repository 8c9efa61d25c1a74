//! What of a reply over HTTP/1 leaves when: each write as the peer sees it.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::pending;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::{Response, header};
use support::serving::{Served, Setup};
use tubes::{Fount, Reason, founts};
use tubes_http::{Body, Error, Exchange, Flush, respond};

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// A body whose pieces come when the test says so.
#[derive(Clone, Default)]
struct Fed(Rc<RefCell<Feed>>);

#[derive(Default)]
struct Feed {
    pieces: VecDeque<Bytes>,
    over: Option<Reason>,
    waker: Option<Waker>,
}

impl Fed {
    /// These come, all at once; or the end, if there are none.
    fn feed(&self, pieces: &[&str]) {
        let mut feed = self.0.borrow_mut();
        for piece in pieces {
            let piece = Bytes::copy_from_slice(piece.as_bytes());
            feed.pieces.push_back(piece);
        }
        if pieces.is_empty() {
            feed.over = Some(Reason::Finished);
        }
        if let Some(waker) = feed.waker.take() {
            waker.wake();
        }
    }
}

impl Fount for Fed {
    type Item = Bytes;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Bytes, Reason>> {
        let mut feed = self.0.borrow_mut();
        if let Some(piece) = feed.pieces.pop_front() {
            return Poll::Ready(Ok(piece));
        }
        if let Some(reason) = feed.over.clone() {
            return Poll::Ready(Err(reason));
        }
        feed.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

/// A head that says when what is behind it leaves, and perhaps how long it is.
fn head(flush: Flush, length: Option<&'static str>) -> Response<()> {
    let mut head = Response::new(());
    head.extensions_mut().insert(flush);
    if let Some(length) = length {
        let length = http::HeaderValue::from_static(length);
        head.headers_mut()
            .insert(header::CONTENT_LENGTH, length);
    }
    head
}

/// The writes since `from`, the head of each in short.
fn left(served: &Served, from: &mut usize) -> Vec<String> {
    let writes = served.peer.writes();
    let new = writes[*from..]
        .iter()
        .map(|write| {
            let text = String::from_utf8(write.clone()).unwrap();
            let Some((head, body)) = text
                .starts_with("HTTP/1.1 200")
                .then(|| text.split_once("\r\n\r\n"))
                .flatten()
            else {
                return text.replace("\r\n", "|");
            };
            let head = head.to_ascii_lowercase();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .unwrap_or("chunks");
            format!("<{length}>{}", body.replace("\r\n", "|"))
        })
        .collect();
    *from = writes.len();
    new
}

/// How it is flushed, the length that is declared, what comes in each step, and what leaves then.
type Case = (
    Flush,
    Option<&'static str>,
    &'static [&'static [&'static str]],
    &'static [&'static [&'static str]],
);

#[rustfmt::skip] // A row, a case.
const CASES: &[Case] = &[
    (Flush::WhenIdle, None, &[&["a", "b"], &["c"], &[]], &[&["<chunks>1|a|1|b|"], &["1|c|"], &["0||"]]),
    (Flush::WhenIdle, Some("3"), &[&["a", "b"], &["c"], &[]], &[&["<3>ab"], &["c"], &[]]),
    (Flush::Immediate, None, &[&["a", "b"], &["c"], &[]], &[&["<chunks>1|a|", "1|b|"], &["1|c|"], &["0||"]]),
    (Flush::Immediate, Some("3"), &[&["a", "b"], &["c"], &[]], &[&["<3>a", "b"], &["c"], &[]]),
    (Flush::Bytes(2), None, &[&["a"], &["b"], &["c"], &[]], &[&[], &["<chunks>2|ab|"], &[], &["1|c|0||"]]),
    (Flush::Bytes(2), None, &[&["a", "bcd", "e", "f", "g"], &[]], &[&["<chunks>4|abcd|", "2|ef|"], &["1|g|0||"]]),
    (Flush::Bytes(2), Some("3"), &[&["a"], &["b"], &["c"], &[]], &[&[], &["<3>ab"], &[], &["c"]]),
    (Flush::Bytes(9), None, &[&["a", "b"], &["c"], &[]], &[&[], &[], &["<3>abc"]]),
    (Flush::Bytes(9), None, &[&[]], &[&["<0>"]]),
    (Flush::Bytes(0), None, &[&["a", "b"], &[]], &[&["<chunks>1|a|", "1|b|"], &["0||"]]),
];

#[test]
fn each_policy_lets_pieces_leave_when_it_says() {
    for (flush, length, steps, expected) in CASES {
        let fed = Fed::default();
        // So that the first step is there when the body is pulled first.
        fed.feed(steps[0]);
        let served = Setup::new().respond({
            let fed = fed.clone();
            move |_| {
                let response = head(*flush, *length).map(|()| fed.clone());
                async { Ok::<_, Error>(response) }
            }
        });
        served.send(GET);
        let mut from = 0;
        let mut leaves = vec![left(&served, &mut from)];
        for step in &steps[1..] {
            fed.feed(step);
            served.run();
            leaves.push(left(&served, &mut from));
        }
        assert_eq!(leaves, *expected, "{flush:?}, length {length:?}");
        served.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        assert!(served.answers().len() == 2, "{flush:?}");
    }
}

#[test]
fn a_reply_that_is_made_by_hand_leaves_when_its_head_says() {
    let fed = Fed::default();
    let served = Setup::new().serve({
        let fed = fed.clone();
        |exchanges| {
            exchanges.flow_to(tubes_http::answer(move |exchange: Exchange| {
                let fed = fed.clone();
                async move {
                    let (_request, reply) = exchange.into_parts();
                    fed.flow_to(reply.start(head(Flush::Bytes(3), None)))
                        .await
                }
            }))
        }
    });
    served.send(GET);
    let mut from = 0;
    let mut leaves = Vec::new();
    for step in [&["a"][..], &["b"], &["c", "d"], &[]] {
        fed.feed(step);
        served.run();
        leaves.push(left(&served, &mut from));
    }
    let nothing = Vec::<String>::new;
    let some = |text: &str| vec![text.to_owned()];
    let expected = [
        nothing(),
        nothing(),
        some("<chunks>3|abc|"),
        some("1|d|0||"),
    ];
    assert_eq!(leaves, expected);
}

#[test]
fn a_peer_that_takes_nothing_holds_up_the_body_as_soon_as_something_is_to_leave() {
    for (flush, pulled) in [
        (Flush::Immediate, 1),
        (Flush::Bytes(1000), 10),
        (Flush::Bytes(usize::MAX), 656),
    ] {
        let pulls = Rc::new(RefCell::new(0));
        let served = Setup::new().respond({
            let pulls = Rc::clone(&pulls);
            move |_| {
                let pulls = Rc::clone(&pulls);
                // As many as a test can hold, should nothing hold them up.
                let pieces = founts::repeat_with(move || {
                    *pulls.borrow_mut() += 1;
                    Bytes::from_static(&[b'x'; 100])
                })
                .through(tubes::stages::take(10_000));
                async move { Ok::<_, Error>(head(flush, None).map(|()| pieces)) }
            }
        });
        served.peer.stall();
        served.send(GET);
        assert_eq!(*pulls.borrow(), pulled, "{flush:?}");
    }
}

#[test]
fn what_gathers_is_cut_with_the_reply_and_nothing_of_it_is_lost_otherwise() {
    // A body that fails before its head has left is answered with its failure.
    let served = Setup::new().respond(async |_| {
        let pieces = founts::iter(["a"]).map(Bytes::from);
        let failing = pieces.through(tubes::stages::try_map(|_: Bytes| {
            Err::<Bytes, _>(tubes::Error::from(Error::from(
                tubes_http::Kind::BodyInvalid,
            )))
        }));
        Ok::<_, Error>(head(Flush::Bytes(9), None).map(|()| failing))
    });
    served.send(GET);
    assert_eq!(served.answers()[0].status, 400);
    // Nothing is sent to who asks for the head alone.
    let served = Setup::new().respond(async |_| {
        let pieces = founts::iter(["ab", "cd"]).map(Bytes::from);
        Ok::<_, Error>(head(Flush::Bytes(3), None).map(|()| Body::new(pieces)))
    });
    served
        .send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
        .send(GET);
    let text = String::from_utf8(served.peer.read()).unwrap();
    assert_eq!(text.matches("abcd").count(), 1, "{text}");
    assert_eq!(text.matches("HTTP/1.1 200").count(), 2);
}

/// Answers one by one; the second takes for ever.
fn by_hand() -> Served {
    Setup::new().serve(|mut exchanges| async move {
        let mut number = 0;
        while let Some(exchange) = exchanges.next().await? {
            number += 1;
            if number == 2 {
                pending::<()>().await;
            }
            let (request, reply) = exchange.into_parts();
            reply
                .send(Response::new(request.into_body()))
                .await?;
        }
        Ok(())
    })
}

#[test]
fn a_reply_by_hand_has_left_before_the_next_request_is_handed_out() {
    let served = by_hand();
    served.send([GET, GET].concat());
    assert_eq!(served.lines(), ["200 "]);

    let served = by_hand();
    served.peer.stall();
    served.send([GET, GET].concat());
    assert_eq!(served.handle.snapshot().connections[0].exchanges, 1);
    served.peer.resume();
    served.run();
    assert_eq!(served.lines(), ["200 "]);
    assert_eq!(served.handle.snapshot().connections[0].exchanges, 2);

    // Who never takes it is not waited for without end: who sends it hears that, and gives up.
    let served = by_hand();
    served.peer.stall();
    served
        .send([GET, GET].concat())
        .advance(Duration::from_secs(30));
    assert_eq!(served.ends(), ("dropped", "dropped", "failed"));
}

#[test]
fn a_reply_by_hand_that_is_sent_has_left_whatever_came_behind_its_request() {
    for goes in [false, true] {
        for behind in ["", "\r\n", "G", GET] {
            let served = Setup::new().serve(async move |mut exchanges| {
                let exchange = exchanges
                    .next_or_reason()
                    .await
                    .unwrap();
                let (_, reply) = exchange.into_parts();
                reply
                    .send(Response::new(Body::from("Hello")))
                    .await?;
                if !goes {
                    pending::<()>().await;
                }
                Ok(())
            });
            served.send([GET, behind].concat());
            assert_eq!(served.lines(), ["200 Hello"], "behind: {behind:?}");
        }
    }
}

#[test]
fn replies_that_are_driven_leave_together() {
    for answers in [false, true] {
        let served = Setup::new().serve(move |exchanges| async move {
            if answers {
                let each = tubes_http::answer(async |exchange: Exchange| {
                    let (_, reply) = exchange.into_parts();
                    reply
                        .send(Response::new(Body::from("Hello")))
                        .await
                });
                return exchanges.flow_to(each).await;
            }
            let each = respond(async |_| Ok::<_, Error>(Response::new(Body::from("Hello"))));
            exchanges.flow_to(each).await
        });
        served.send(GET.repeat(16));
        assert_eq!(served.lines(), ["200 Hello"; 16]);
        assert_eq!(served.peer.writes().len(), 1, "answers: {answers}");
    }
}
