//! A second reader of HTTP/1 requests: slow, strict, and written from RFC 9110 and 9112 alone.
//!
//! It reads all bytes of a connection at once, goes over them as often as it likes, and says what
//! a strict server has to make of them. It shares no code with the one that it is held against.
//! Rules that are numbered are those of `tests/http1_vectors/rules.rs`.

mod body;
mod field;
mod framing;
mod head;
mod host;
mod judge;
mod line;
mod target;
mod trailers;

pub use field::Field;
use framing::Framing;
pub use trailers::{NEVER_TRAILING, NEVER_TRAILING_BEGINS};

/// What a strict server makes of the bytes of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The requests, in order; the body of the last may be unfinished.
    pub requests: Vec<Request>,
    /// What is behind them.
    pub end: End,
    /// Whether what is no whole head asks for an answer without content.
    pub asks_head: bool,
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: String,
    /// The target, as `http::Uri` writes it.
    pub target: String,
    /// The fields, names in lower case.
    pub fields: Vec<Field>,
    /// The body, without its framing.
    pub body: Vec<u8>,
    /// The fields behind it that may stand there.
    pub trailers: Vec<Field>,
}

/// How a reading ends.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// All is read, and the next request may come.
    Open,
    /// The last request was to be the last: what is behind it is not read.
    Closed,
    /// What is behind them is no head: refused with one of these.
    Refused(Vec<u16>),
    /// The last request's body is broken: refused with one of these.
    Broken(Vec<u16>),
    /// The bytes end inside a head; what may be wrong with it already.
    CutHead(Vec<u16>),
    /// The bytes end inside the last request's body; what may be wrong with it already.
    CutBody(Vec<u16>),
}

/// How a part of a message fails to be whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Refused with one of these.
    Refused(Vec<u16>),
    /// The bytes end before it does; a server may have refused it with one of these already.
    Cut(Vec<u16>),
}

/// Reads all that was sent on a connection.
#[must_use]
pub fn read(bytes: &[u8]) -> Reading {
    let mut reading = Reading {
        requests: Vec::new(),
        end: End::Open,
        asks_head: false,
    };
    let mut rest = bytes;
    loop {
        let start = rest;
        let head = match head::read(&mut rest) {
            Ok(Some(head)) => head,
            Ok(None) => return reading,
            Err(failure) => {
                reading.asks_head = asks_head(start);
                reading.end = match failure {
                    Failure::Refused(statuses) => End::Refused(statuses),
                    Failure::Cut(statuses) => End::CutHead(statuses),
                };
                return reading;
            }
        };
        let stays = head.stays;
        let framing = head.framing;
        let mut request = Request::from(head);
        let body = match framing {
            Framing::Length(length) => body::sized(&mut rest, length, &mut request),
            Framing::Chunked => body::chunked(&mut rest, &mut request),
        };
        reading.requests.push(request);
        reading.end = match body {
            Ok(()) if stays => continue,
            Ok(()) => End::Closed,
            Err(Failure::Refused(statuses)) => End::Broken(statuses),
            Err(Failure::Cut(statuses)) => End::CutBody(statuses),
        };
        return reading;
    }
}

/// Whether the first word behind a few empty lines is `HEAD` (RFC 9110 §9.3.2).
fn asks_head(mut bytes: &[u8]) -> bool {
    for _ in 0..head::EMPTY_LINES {
        bytes = bytes
            .strip_prefix(b"\r\n")
            .unwrap_or(bytes);
    }
    bytes.starts_with(b"HEAD ")
}

impl From<head::Head> for Request {
    fn from(head: head::Head) -> Self {
        Self {
            method: head.method,
            target: head.target,
            fields: head.fields,
            body: Vec::new(),
            trailers: Vec::new(),
        }
    }
}
