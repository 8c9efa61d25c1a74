//! What a handler may answer with, at random: all that the types let it say, whether it makes sense
//! or not.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Strategy, any, prop_oneof};
use proptest::sample::select;
use tubes::{Fount, Reason};
use tubes_http::{Body, Trailers};

use crate::http1_vectors::valid::value_byte;

/// A field that the handler sets.
pub(super) type Set = (HeaderName, HeaderValue);

/// A reply.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) status: StatusCode,
    pub(super) fields: Vec<Set>,
    /// What it says of the framing and of the connection, which is not its business.
    pub(super) meddling: Vec<Set>,
    pub(super) body: Made,
    pub(super) length: Declared,
    pub(super) trailers: Option<Vec<Set>>,
    /// Whether it reads the body of the request.
    pub(super) reads: bool,
}

/// What the body is made of.
#[derive(Clone, Debug)]
pub(super) enum Made {
    Whole(Vec<u8>),
    /// Pieces, some of which come late; empty ones, too.
    Pieces(Vec<(Vec<u8>, bool)>),
}

/// What the handler says of its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Declared {
    Nothing,
    Right,
    /// So much more or less.
    Wrong(i8),
}

/// Any, with a length that is right or not declared.
pub(super) fn plan() -> impl Strategy<Value = Plan> {
    let status = prop_oneof![
        4 => select(&[200, 201, 206, 302, 404, 500, 503][..]),
        2 => select(&[204, 205, 304][..]),
        1 => 200..600_u16,
    ];
    let status = status.prop_map(|status| StatusCode::from_u16(status).expect("a status"));
    let length = select(&[Declared::Nothing, Declared::Nothing, Declared::Right][..]);
    (
        status,
        vec(field(), 0..5),
        vec(meddling(), 0..4),
        made(),
        length,
        option::weighted(0.3, vec(trailer(), 0..4)),
        any::<bool>(),
    )
        .prop_map(
            |(status, fields, meddling, body, length, trailers, reads)| Plan {
                status,
                fields,
                meddling,
                body,
                length,
                trailers,
                reads,
            },
        )
}

fn made() -> impl Strategy<Value = Made> {
    let piece = (vec(any::<u8>(), 0..40), any::<bool>());
    prop_oneof![
        vec(any::<u8>(), 0..200).prop_map(Made::Whole),
        vec(any::<u8>(), 30_000..40_000).prop_map(Made::Whole),
        vec(piece, 0..6).prop_map(Made::Pieces),
    ]
}

/// Any value that the types let through.
fn value() -> impl Strategy<Value = HeaderValue> {
    vec(value_byte(), 0..20)
        .prop_map(|value| HeaderValue::from_bytes(&value).expect("bytes of a value"))
}

/// Any name that the types let through, and that means nothing to the server.
fn field() -> impl Strategy<Value = Set> {
    let name = prop_oneof![
        "[-!#$%&'*+.^_`|~0-9A-Za-z]{1,12}".prop_map(String::from),
        select(
            &[
                "etag",
                "set-cookie",
                "content-type",
                "location",
                "x-a",
                "server"
            ][..]
        )
        .prop_map(str::to_owned),
    ];
    let name = name.prop_map(|name| {
        name.parse::<HeaderName>()
            .expect("a name")
    });
    (name, value())
}

fn trailer() -> impl Strategy<Value = Set> {
    let name = select(&["x-sum", "x-other", "grpc-status", "content-length", "host"][..]);
    (name.prop_map(HeaderName::from_static), value())
}

fn meddling() -> impl Strategy<Value = Set> {
    let set = |name: &'static str, value: &'static str| {
        (
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        )
    };
    select(vec![
        set("connection", "keep-alive"),
        set("connection", "close"),
        set("connection", "x-a"),
        set("keep-alive", "timeout=1000"),
        set("proxy-connection", "close"),
        set("transfer-encoding", "gzip"),
        set("transfer-encoding", "chunked"),
        set("transfer-encoding", "identity"),
        set("trailer", "x-sum"),
        set("upgrade", "h2c"),
        set("date", "Thu, 01 Jan 1970 00:00:00 GMT"),
    ])
}

impl Plan {
    pub(super) fn content(&self) -> Vec<u8> {
        match &self.body {
            Made::Whole(body) => body.clone(),
            Made::Pieces(pieces) => pieces
                .iter()
                .flat_map(|(piece, _)| piece.clone())
                .collect(),
        }
    }

    /// Whether this status has a body at all (RFC 9110 §6.4.1).
    pub(super) fn has_body(&self) -> bool {
        !matches!(self.status.as_u16(), 204 | 205 | 304)
    }

    /// Whether the handler asks for the close.
    pub(super) fn closes(&self) -> bool {
        self.meddling
            .iter()
            .any(|(name, value)| name == "connection" && value == "close")
    }

    /// What the handler says that the length is.
    pub(super) fn declared(&self) -> Option<usize> {
        let right = self.content().len();
        match self.length {
            Declared::Nothing => None,
            Declared::Right => Some(right),
            Declared::Wrong(by) => Some(right.saturating_add_signed(isize::from(by))),
        }
    }

    /// The reply that the handler gives.
    pub(super) fn response(&self) -> Response<Body> {
        let mut response = Response::new(match &self.body {
            Made::Whole(body) => Body::from(body.clone()),
            Made::Pieces(pieces) => Body::new(Late(pieces.clone().into())),
        });
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        for (name, value) in self.fields.iter().chain(&self.meddling) {
            headers.append(name.clone(), value.clone());
        }
        if let Some(declared) = self.declared() {
            headers.insert(http::header::CONTENT_LENGTH, declared.into());
        }
        if let Some(fields) = &self.trailers {
            let trailers = Trailers::new();
            let mut map = HeaderMap::new();
            for (name, value) in fields {
                map.append(name.clone(), value.clone());
            }
            trailers.set(map);
            response
                .extensions_mut()
                .insert(trailers);
        }
        response
    }
}

/// Pieces, of which some come a poll late.
struct Late(VecDeque<(Vec<u8>, bool)>);

impl Fount for Late {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Bytes, Reason>> {
        match self.0.front_mut() {
            Some((_, late)) if *late => {
                *late = false;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Some(_) => {
                let (piece, _) = self
                    .0
                    .pop_front()
                    .expect("it was there");
                Poll::Ready(Ok(piece.into()))
            }
            None => Poll::Ready(Err(Reason::Finished)),
        }
    }
}
