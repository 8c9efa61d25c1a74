//! Heads to bytes. The framing is ours: what the application says of it is a wish.

use std::time::SystemTime;

use http::header::{CONNECTION, CONTENT_LENGTH, DATE, TRAILER, TRANSFER_ENCODING, UPGRADE};
use http::response::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version};

use crate::body::Trailers;
use crate::http1::date;
use crate::http1::encode_body::Encoder;
use crate::http1::length::decimal;
use crate::http1::output::Output;
use crate::http1::parse::may_trail;
use crate::http1::state::Persistence;
use crate::http1::status;
use crate::kind::Kind;

/// What in a request decides on the form of its reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) method: Asking,
    pub(crate) version: Version,
}

/// The methods that decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asking {
    Head,
    Connect,
    Other,
}

/// How a body is framed, and what the head says about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Frame {
    /// No body; its length may be told all the same.
    Bodiless(Option<u64>),
    Length(u64),
    Chunked,
    UntilClose,
}

impl From<&Method> for Asking {
    fn from(method: &Method) -> Self {
        match *method {
            Method::HEAD => Self::Head,
            Method::CONNECT => Self::Connect,
            _ => Self::Other,
        }
    }
}

/// Writes a final head; says how its body goes on, and whether the connection can live on.
#[inline]
pub(crate) fn head(
    output: &mut Output,
    head: &Parts,
    length: Option<u64>,
    asked: Asked,
    persistence: Persistence,
    now: SystemTime,
) -> (Encoder, Persistence) {
    let frame = frame(head, length, asked);
    let wish = begin(output, head.status, &head.headers, now);
    let persistence = match frame {
        // RFC 9112 §6.3 step 8: the end of the connection is the end of the body.
        Frame::UntilClose => Persistence::Close,
        _ if wish == Persistence::Close => Persistence::Close,
        _ => persistence,
    };
    let encoder = frame.write(output);
    if let (Encoder::Chunked, Some(trailers)) = (encoder, head.extensions.get::<Trailers>()) {
        announce(output, &head.headers, trailers);
    }
    match persistence {
        Persistence::Close => output.write(b"connection: close\r\n"),
        // RFC 9112 §9.3: an HTTP/1.0 client wants to be told.
        Persistence::Keep if asked.version == Version::HTTP_10 => {
            output.write(b"connection: keep-alive\r\n");
        }
        Persistence::Keep => {}
    }
    output.write(b"\r\n");
    (encoder, persistence)
}

/// Writes the head that ends HTTP on this connection: 101, or 2xx to `CONNECT`.
pub(crate) fn switch(output: &mut Output, head: &Parts, now: SystemTime) {
    let _ = begin(output, head.status, &head.headers, now);
    output.write(b"\r\n");
}

/// Writes a 1xx head.
pub(crate) fn interim(output: &mut Output, status: StatusCode, headers: &HeaderMap) {
    status::write(output, status);
    for (name, value) in headers {
        if !is_ours(name) {
            output.field(name, value);
        }
    }
    output.write(b"\r\n");
}

/// Writes the answer to a refusal: a sentence, and the connection closes.
pub(crate) fn refusal(
    output: &mut Output,
    status: StatusCode,
    text: &str,
    method: Asking,
    now: SystemTime,
) {
    let _ = begin(output, status, &HeaderMap::new(), now);
    output.write(b"connection: close\r\ncontent-type: text/plain; charset=utf-8\r\n");
    if status == StatusCode::METHOD_NOT_ALLOWED {
        // RFC 9110 §15.5.6 and §10.2.1: it is there; nothing in it means that no method is allowed.
        output.write(b"allow: \r\n");
    }
    content_length(output, text.len() as u64);
    output.write(b"\r\n");
    if method != Asking::Head {
        output.write(text.as_bytes());
    }
}

impl Frame {
    fn write(self, output: &mut Output) -> Encoder {
        match self {
            Self::Bodiless(length) => {
                if let Some(length) = length {
                    content_length(output, length);
                }
                Encoder::Nothing
            }
            Self::Length(length) => {
                content_length(output, length);
                Encoder::Known {
                    declared: length,
                    left: length,
                }
            }
            Self::Chunked => {
                output.write(b"transfer-encoding: chunked\r\n");
                Encoder::Chunked
            }
            Self::UntilClose => Encoder::UntilClose,
        }
    }
}

/// RFC 9110 §6.6.2: names the trailers that are known already, unless the application has done so.
#[cold]
fn announce(output: &mut Output, headers: &HeaderMap, trailers: &Trailers) {
    if headers.contains_key(TRAILER) {
        return;
    }
    let mut before: &[u8] = b"trailer: ";
    for name in trailers.names() {
        if may_trail(&name) {
            output.write(before);
            output.write(name.as_str().as_bytes());
            before = b", ";
        }
    }
    if before == b", " {
        output.write(b"\r\n");
    }
}

/// RFC 9110 §8.6 and RFC 9112 §6: what body this response has.
fn frame(head: &Parts, length: Option<u64>, asked: Asked) -> Frame {
    match head.status {
        StatusCode::NO_CONTENT => return Frame::Bodiless(None),
        // RFC 9110 §15.3.6: a 205 has no content, and says so.
        StatusCode::RESET_CONTENT => return Frame::Bodiless(Some(0)),
        StatusCode::NOT_MODIFIED => return Frame::Bodiless(declared(&head.headers)),
        _ => {}
    }
    if asked.method == Asking::Head {
        // RFC 9110 §9.3.2: as for GET. That a body is given empty says nothing about its length.
        let length = length.filter(|&length| length > 0);
        return Frame::Bodiless(declared(&head.headers).or(length));
    }
    match length.or_else(|| declared(&head.headers)) {
        Some(length) => Frame::Length(length),
        // RFC 9112 §6.1: chunked is not for HTTP/1.0.
        None if asked.version == Version::HTTP_10 => Frame::UntilClose,
        None => Frame::Chunked,
    }
}

/// Whether the handler says how the body is framed, and is held to it: by its length, or in
/// chunks.
#[inline]
pub(crate) fn declares_length(head: &Parts) -> bool {
    // A look at each of a few costs less than two look-ups.
    head.headers
        .keys()
        .any(|name| *name == CONTENT_LENGTH || *name == TRANSFER_ENCODING)
}

/// A body whose length is known has that which the head declares, where it has a body at all:
/// `HEAD` is answered with the length of another one.
#[cold]
pub(crate) fn check_declared(head: &Parts, known: u64, asked: Asked) -> Result<(), Kind> {
    let bodiless = matches!(
        head.status,
        StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED
    );
    match declared(&head.headers) {
        _ if bodiless || asked.method == Asking::Head => Ok(()),
        Some(declared) if known > declared => Err(Kind::BodyTooLong { declared }),
        Some(declared) if known < declared => Err(Kind::BodyTooShort {
            declared,
            sent: known,
        }),
        Some(_) | None => Ok(()),
    }
}

/// The one `Content-Length` that the application set; what is no such thing is not used.
fn declared(headers: &HeaderMap) -> Option<u64> {
    let mut all = headers.get_all(CONTENT_LENGTH).iter();
    match (all.next(), all.next()) {
        (Some(value), None) => decimal(value.as_bytes()),
        _ => None,
    }
}

/// Status line, fields and `Date`; whether the application asked to close.
fn begin(
    output: &mut Output,
    status: StatusCode,
    headers: &HeaderMap,
    now: SystemTime,
) -> Persistence {
    output.reserve(HEAD_BYTES + FIELD_BYTES * headers.len());
    if headers.is_empty() && status == StatusCode::OK {
        date::write_ok(output, now);
        return Persistence::Keep;
    }
    status::write(output, status);
    let mut wish = Persistence::Keep;
    let mut dated = Said::No;
    let mut upgrade = Said::No;
    for (name, value) in headers {
        match name.as_str().len() {
            // RFC 9110 §5.3: no list, so that a second one would be one too many.
            4 if name == DATE && dated == Said::Yes => continue,
            4 if name == DATE => dated = Said::Yes,
            // RFC 9110 §7.8: who sends Upgrade lists it in Connection.
            7 if name == UPGRADE && upgrade == Said::No => {
                upgrade = Said::Yes;
                output.write(b"connection: upgrade\r\n");
            }
            10 if name == CONNECTION && has_close(value) => wish = Persistence::Close,
            _ => {}
        }
        if !is_ours(name) {
            output.field(name, value);
        }
    }
    if dated == Said::No {
        date::write(output, now);
    }
    wish
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Said {
    Yes,
    No,
}

/// The fields that say how messages are cut: written by us, or not at all.
fn is_ours(name: &HeaderName) -> bool {
    match name.as_str().len() {
        10 => name == CONNECTION || name == "keep-alive",
        14 => name == CONTENT_LENGTH,
        16 => name == "proxy-connection",
        17 => name == TRANSFER_ENCODING,
        _ => false,
    }
}

fn has_close(value: &HeaderValue) -> bool {
    value
        .as_bytes()
        .split(|&b| b == b',')
        .any(|option| {
            option
                .trim_ascii()
                .eq_ignore_ascii_case(b"close")
        })
}

#[inline]
fn content_length(output: &mut Output, length: u64) {
    output.write(b"content-length: ");
    output.write(
        itoa::Buffer::new()
            .format(length)
            .as_bytes(),
    );
    output.write(b"\r\n");
}

/// Status line, date, length and connection.
const HEAD_BYTES: usize = 160;

/// hyper's guess at an average field line is 30.
const FIELD_BYTES: usize = 40;
