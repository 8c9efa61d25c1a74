//! Bodies: how long they are, chunks, and the fields behind them (RFC 9112 §6 and §7).

use super::field::{self, Field, list, values};
use super::line::{self, Line, is_token, is_token_byte};
use super::{Failure, Request};

/// The limits of http-rules.md, rules 23, 25 and 28.
const SIZE_DIGITS: usize = 16;
const EXTENSIONS: usize = 16 * 1024;
const TRAILERS: usize = 16 * 1024;
const TRAILER_FIELDS: usize = 100;

/// How long a body is.
#[derive(Clone, Copy)]
pub(super) enum Framing {
    Length(u64),
    Chunked,
}

/// What the fields say of the body (RFC 9112 §6.3), no two readers of which may differ.
pub(super) fn framing(
    fields: &[Field],
    version: &[u8],
    method: &[u8],
    wrong: &mut Vec<u16>,
) -> Framing {
    let lengths = values(fields, "content-length");
    let codings = list(fields, "transfer-encoding");
    if !lengths.is_empty() && codings.is_some() {
        wrong.push(400);
    }
    if method == b"CONNECT" && (!lengths.is_empty() || codings.is_some()) {
        wrong.push(400);
    }
    if let Some(codings) = codings {
        if version == b"HTTP/1.0" {
            wrong.push(400);
        }
        coding(&codings, wrong);
        return Framing::Chunked;
    }
    match lengths[..] {
        [] => Framing::Length(0),
        [length] if length.iter().all(u8::is_ascii_digit) => {
            let number = std::str::from_utf8(length).ok();
            let number = number.and_then(|number| number.parse().ok());
            if number.is_none() {
                wrong.push(400);
            }
            Framing::Length(number.unwrap_or(0))
        }
        _ => {
            wrong.push(400);
            Framing::Length(0)
        }
    }
}

/// Exactly `chunked`; 501 for what names other codings below one `chunked` at the end.
fn coding(codings: &[Vec<u8>], wrong: &mut Vec<u16>) {
    let chunked = |coding: &&Vec<u8>| coding.as_slice() == b"chunked";
    if codings.len() == 1
        && codings
            .iter()
            .all(|coding| chunked(&coding))
    {
        return;
    }
    let is_known_form = codings
        .iter()
        .all(|coding| is_token(coding))
        && codings.iter().filter(chunked).count() == 1
        && codings
            .last()
            .is_some_and(|last| chunked(&last));
    wrong.push(if is_known_form { 501 } else { 400 });
}

/// A body of so many bytes.
pub(super) fn sized(rest: &mut &[u8], length: u64, request: &mut Request) -> Result<(), Failure> {
    let there = rest.len() as u64;
    let (body, behind) = rest.split_at(usize::try_from(length.min(there)).unwrap_or(rest.len()));
    request.body = body.to_vec();
    *rest = behind;
    if length > there {
        return Err(Failure::Cut(Vec::new()));
    }
    Ok(())
}

/// A body in chunks, and its trailers.
pub(super) fn chunked(rest: &mut &[u8], request: &mut Request) -> Result<(), Failure> {
    let mut extensions = 0;
    loop {
        let size = size_line(rest, &mut extensions)?;
        if size == 0 {
            return trailers(rest, request);
        }
        let there = rest.len() as u64;
        let (data, behind) = rest.split_at(usize::try_from(size.min(there)).unwrap_or(rest.len()));
        request.body.extend_from_slice(data);
        *rest = behind;
        if size > there {
            return Err(Failure::Cut(Vec::new()));
        }
        for expected in *b"\r\n" {
            expect(rest, expected)?;
        }
    }
}

/// A size line; who reads whole lines may wait for the end of one that is broken.
fn size_line(rest: &mut &[u8], extensions: &mut usize) -> Result<u64, Failure> {
    let has_end = rest.contains(&b'\n');
    match size(rest, extensions) {
        Err(Failure::Refused(statuses)) if !has_end && *extensions <= EXTENSIONS => {
            Err(Failure::Cut(statuses))
        }
        other => other,
    }
}

/// `chunk-size [chunk-ext] CRLF`, byte by byte.
fn size(rest: &mut &[u8], extensions: &mut usize) -> Result<u64, Failure> {
    let digits = rest
        .iter()
        .take_while(|byte| byte.is_ascii_hexdigit())
        .count();
    let (size, behind) = rest.split_at(digits);
    if digits > SIZE_DIGITS {
        return Err(Failure::Refused(vec![400]));
    }
    *rest = behind;
    if rest.is_empty() {
        return Err(Failure::Cut(Vec::new()));
    }
    let size = std::str::from_utf8(size).ok();
    let size = size.and_then(|size| u64::from_str_radix(size, 16).ok());
    let size = size.ok_or_else(|| Failure::Refused(vec![400]))?;
    let before = rest.len();
    let mut read = Ok(());
    while read.is_ok() && rest.starts_with(b";") {
        read = extension(rest);
    }
    *extensions += before - rest.len();
    if *extensions > EXTENSIONS {
        return Err(Failure::Refused(vec![400]));
    }
    read?;
    expect(rest, b'\r')?;
    expect(rest, b'\n')?;
    Ok(size)
}

/// `";" BWS chunk-ext-name [BWS "=" BWS chunk-ext-val] BWS` (RFC 9112 §7.1.1).
fn extension(rest: &mut &[u8]) -> Result<(), Failure> {
    expect(rest, b';')?;
    blanks(rest);
    token(rest)?;
    blanks(rest);
    if !rest.starts_with(b"=") {
        return Ok(());
    }
    expect(rest, b'=')?;
    blanks(rest);
    if rest.starts_with(b"\"") {
        quoted(rest)?;
    } else {
        token(rest)?;
    }
    blanks(rest);
    Ok(())
}

/// `quoted-string` of RFC 9110 §5.6.4.
fn quoted(rest: &mut &[u8]) -> Result<(), Failure> {
    expect(rest, b'"')?;
    loop {
        let Some((byte, behind)) = rest.split_first() else {
            return Err(Failure::Cut(Vec::new()));
        };
        *rest = behind;
        let escaped = *byte == b'\\';
        let byte = match (escaped, rest.split_first()) {
            (false, _) => *byte,
            (true, Some((byte, behind))) => {
                *rest = behind;
                *byte
            }
            (true, None) => return Err(Failure::Cut(Vec::new())),
        };
        if !(byte == b'\t' || (byte >= b' ' && byte != 0x7f)) {
            return Err(Failure::Refused(vec![400]));
        }
        if byte == b'"' && !escaped {
            return Ok(());
        }
    }
}

/// At least one byte of a token, up to its end.
fn token(rest: &mut &[u8]) -> Result<(), Failure> {
    let length = rest
        .iter()
        .take_while(|byte| is_token_byte(**byte))
        .count();
    *rest = &rest[length..];
    if rest.is_empty() {
        return Err(Failure::Cut(Vec::new()));
    }
    if length == 0 {
        return Err(Failure::Refused(vec![400]));
    }
    Ok(())
}

fn blanks(rest: &mut &[u8]) {
    while let [b' ' | b'\t', behind @ ..] = rest {
        *rest = behind;
    }
}

fn expect(rest: &mut &[u8], expected: u8) -> Result<(), Failure> {
    match rest.split_first() {
        None => Err(Failure::Cut(Vec::new())),
        Some((byte, behind)) if *byte == expected => {
            *rest = behind;
            Ok(())
        }
        Some(_) => Err(Failure::Refused(vec![400])),
    }
}

/// The trailer section and its empty line.
fn trailers(rest: &mut &[u8], request: &mut Request) -> Result<(), Failure> {
    let whole = rest.len();
    let mut trailers = Vec::new();
    let mut wrong = Vec::new();
    let mut count = 0;
    loop {
        let line = line::next(rest);
        let is_cut = matches!(line, Line::Cut(_));
        let length = if is_cut { whole } else { whole - rest.len() };
        let is_long = length > TRAILERS + b"\r\n".len();
        if is_long {
            wrong.push(431);
        }
        match line {
            Line::Whole(b"") if wrong.is_empty() => break,
            Line::Whole(b"") => return Err(Failure::Refused(wrong)),
            Line::Whole(line) => match field::parse(line) {
                Some(field) => trailers.push(field),
                None => wrong.push(400),
            },
            Line::Broken => {
                wrong.push(400);
                return Err(Failure::Refused(wrong));
            }
            Line::Cut(begun) => {
                if !field::can_become_one(begun) {
                    wrong.push(400);
                }
                return Err(if is_long {
                    Failure::Refused(wrong)
                } else {
                    Failure::Cut(wrong)
                });
            }
        }
        count += 1;
        if count > TRAILER_FIELDS {
            wrong.push(431);
        }
    }
    trailers.retain(|(name, _)| may_be_a_trailer(name));
    request.trailers = trailers;
    Ok(())
}

/// Not what frames, routes, controls, authenticates, or says how to read a message
/// (RFC 9110 §6.5.1).
fn may_be_a_trailer(name: &str) -> bool {
    !name.starts_with("access-control-")
        && ![
            "content-length",
            "transfer-encoding",
            "trailer",
            "te",
            "connection",
            "keep-alive",
            "upgrade",
            "proxy-connection",
            "host",
            "expect",
            "max-forwards",
            "cache-control",
            "pragma",
            "range",
            "if-match",
            "if-none-match",
            "if-modified-since",
            "if-unmodified-since",
            "if-range",
            "authorization",
            "proxy-authorization",
            "www-authenticate",
            "proxy-authenticate",
            "cookie",
            "set-cookie",
            "age",
            "expires",
            "date",
            "location",
            "retry-after",
            "vary",
            "warning",
            "content-encoding",
            "content-type",
            "content-range",
            "content-disposition",
            "content-language",
            "content-location",
            "content-security-policy",
            "allow",
            "alt-svc",
            "clear-site-data",
            "strict-transport-security",
            "via",
            "forwarded",
            "x-forwarded-for",
            "x-forwarded-host",
            "x-forwarded-proto",
        ]
        .contains(&name)
}
