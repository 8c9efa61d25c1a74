//! How long a body is, as the fields say (RFC 9112 §6.3).

use super::field::{Field, list, values};
use super::line::is_token;

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
