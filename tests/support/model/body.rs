//! Bodies: so many bytes, or chunks (RFC 9112 §6 and §7.1).

use super::line::is_token_byte;
use super::trailers::trailers;
use super::{Failure, Request};

/// The limits of rules 23 and 25.
const SIZE_DIGITS: usize = 16;
const EXTENSIONS: usize = 16 * 1024;

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
