//! The fields behind chunks, and which of them may stand there (RFC 9112 §7.1.2).

use super::field;
use super::line::{self, Line};
use super::{Failure, Request};

/// The limits of rule 28, the empty line apart.
const TRAILERS: usize = 16 * 1024;
const TRAILER_FIELDS: usize = 100;

/// The trailer section and its empty line.
pub(super) fn trailers(rest: &mut &[u8], request: &mut Request) -> Result<(), Failure> {
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
    !name.starts_with(NEVER_TRAILING_BEGINS) && !NEVER_TRAILING.contains(&name)
}

/// How fields begin that are for browsers, and never stand behind a body.
pub const NEVER_TRAILING_BEGINS: &str = "access-control-";

/// The others that never stand there.
pub const NEVER_TRAILING: &[&str] = &[
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
];
