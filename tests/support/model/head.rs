//! Heads: the request line, the fields, and what they say together (RFC 9112 §2 to §7).

use super::Failure;
use super::field::{self, Field, list, values};
use super::framing::{Framing, framing};
use super::host::is_host_and_port;
use super::line::{self, Line, is_token};
use super::target;

/// The limits of rules 3, 5, 7 and 8.
pub(super) const EMPTY_LINES: usize = 4;
const METHOD: usize = 64;
const REQUEST_LINE: usize = 16 * 1024;
const HEAD: usize = 64 * 1024;
const FIELDS: usize = 100;

/// The head of a request.
pub(super) struct Head {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) fields: Vec<Field>,
    pub(super) framing: Framing,
    /// Another request may follow.
    pub(super) stays: bool,
}

/// What the request line says, before anybody asks whether that makes sense.
struct RequestLine<'a> {
    method: &'a [u8],
    target: &'a [u8],
    version: &'a [u8],
}

/// Takes the next head off `rest`; `None`: there is nothing.
pub(super) fn read(rest: &mut &[u8]) -> Result<Option<Head>, Failure> {
    let whole = *rest;
    while let [b'\r', b'\n', behind @ ..] = rest {
        *rest = behind;
    }
    if whole.len() - rest.len() > 2 * EMPTY_LINES {
        return Err(Failure::Refused(vec![400]));
    }
    if rest.is_empty() {
        return Ok(None);
    }
    let mut wrong = Vec::new();
    let line = match line::next(rest) {
        Line::Whole(line) => match request_line(line, &mut wrong) {
            Some(line) if wrong.is_empty() => line,
            // Whatever comes behind it.
            _ => return Err(Failure::Refused(wrong)),
        },
        // Nobody knows where this head ends, so nobody waits for that.
        Line::Broken => return Err(Failure::Refused(vec![400, 414])),
        Line::Cut(begun) if begun.len() > REQUEST_LINE + 1 => {
            return Err(Failure::Refused(request_line_begun(begun)));
        }
        Line::Cut(begun) => return Err(Failure::Cut(request_line_begun(begun))),
    };
    let fields = fields(whole.len(), rest, &mut wrong)?;
    if !wrong.is_empty() {
        return Err(Failure::Refused(wrong));
    }
    meaning(&line, fields)
        .map(Some)
        .map_err(Failure::Refused)
}

/// `method SP request-target SP HTTP-version`.
fn request_line<'a>(line: &'a [u8], wrong: &mut Vec<u16>) -> Option<RequestLine<'a>> {
    if line.len() > REQUEST_LINE {
        wrong.push(414);
    }
    let parts: Vec<&[u8]> = line
        .split(|byte| *byte == b' ')
        .collect();
    if parts[0].len() > METHOD {
        wrong.push(501);
    }
    let [method, target, version] = parts[..] else {
        wrong.push(400);
        return None;
    };
    if !is_token(method) || target::parse(method, target).is_none() {
        wrong.push(400);
    } else if target::is_foreign(target) && method != b"CONNECT" {
        wrong.push(421);
    }
    match version {
        b"HTTP/1.1" | b"HTTP/1.0" => {}
        _ if is_version(version) => wrong.push(505),
        _ => wrong.push(400),
    }
    Some(RequestLine {
        method,
        target,
        version,
    })
}

/// `HTTP/` digit `.` digit.
fn is_version(version: &[u8]) -> bool {
    let Some([major, b'.', minor]) = version.strip_prefix(b"HTTP/") else {
        return false;
    };
    major.is_ascii_digit() && minor.is_ascii_digit()
}

/// What may be wrong already with a request line that has begun like this.
fn request_line_begun(begun: &[u8]) -> Vec<u16> {
    let mut wrong = Vec::new();
    if begun.len() > REQUEST_LINE {
        wrong.push(414);
    }
    let parts: Vec<&[u8]> = begun
        .split(|byte| *byte == b' ')
        .collect();
    if parts[0].len() > METHOD {
        wrong.push(501);
    }
    let is_begun = |version: &[u8]| {
        let version = version
            .strip_suffix(b"\r")
            .unwrap_or(version);
        b"HTTP/1.0".starts_with(version) || b"HTTP/1.1".starts_with(version)
    };
    let fits = match parts[..] {
        [b"" | b"\r"] => true,
        [method] => is_token(method),
        [method, target] => {
            is_token(method)
                && target
                    .iter()
                    .all(|byte| (0x21..0x7f).contains(byte))
        }
        [method, target, version] => {
            let is_target = target::parse(method, target).is_some();
            if !is_begun(version) {
                wrong.push(505);
            }
            is_token(method) && is_target && is_begun(version)
        }
        _ => false,
    };
    if !fits {
        wrong.push(400);
    }
    wrong
}

/// The field lines up to the empty line, which all count against the limits.
fn fields(whole: usize, rest: &mut &[u8], wrong: &mut Vec<u16>) -> Result<Vec<Field>, Failure> {
    let mut fields = Vec::new();
    let mut count = 0;
    loop {
        let line = line::next(rest);
        if whole - rest.len() > HEAD {
            wrong.push(431);
            return Err(Failure::Refused(wrong.clone()));
        }
        match line {
            Line::Whole(b"") => return Ok(fields),
            Line::Whole(line) => match field::parse(line) {
                Some(field) => fields.push(field),
                None => wrong.push(400),
            },
            Line::Broken => {
                wrong.push(400);
                return Err(Failure::Refused(wrong.clone()));
            }
            Line::Cut(begun) => return Err(cut(whole, begun, wrong)),
        }
        count += 1;
        if count > FIELDS {
            wrong.push(431);
        }
    }
}

/// A head whose last line has begun like this, and does not end.
fn cut(whole: usize, begun: &[u8], wrong: &mut Vec<u16>) -> Failure {
    if !field::can_become_one(begun) {
        wrong.push(400);
    }
    if whole > HEAD {
        wrong.push(431);
        return Failure::Refused(wrong.clone());
    }
    Failure::Cut(wrong.clone())
}

/// What a head that is well-formed says, or what is wrong with that.
fn meaning(line: &RequestLine<'_>, fields: Vec<Field>) -> Result<Head, Vec<u16>> {
    let is_1_0 = line.version == b"HTTP/1.0";
    let mut wrong = Vec::new();
    let hosts = values(&fields, "host");
    let is_one = hosts.len() == 1 || (is_1_0 && hosts.is_empty());
    if !is_one
        || !hosts
            .iter()
            .all(|host| is_host_and_port(host))
    {
        wrong.push(400);
    }
    let framing = framing(&fields, line.version, line.method, &mut wrong);
    let expected = list(&fields, "expect");
    if expected.is_some_and(|expected| expected != [b"100-continue"]) {
        wrong.push(417);
    }
    if wrong.is_empty() && line.method == b"CONNECT" {
        wrong.push(405);
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let options = list(&fields, "connection").unwrap_or_default();
    let says = |option: &[u8]| {
        options
            .iter()
            .any(|other| other == option)
    };
    let target = target::parse(line.method, line.target).ok_or_else(|| vec![400])?;
    // RFC 9112 §3.2.2: the host of an absolute target counts, whatever `Host` says.
    let fields = match target::authority(line.target) {
        Some(authority) => with_host(fields, authority),
        None => fields,
    };
    Ok(Head {
        method: String::from_utf8_lossy(line.method).into_owned(),
        target,
        framing,
        stays: !says(b"close") && (!is_1_0 || says(b"keep-alive")),
        fields,
    })
}

fn with_host(mut fields: Vec<Field>, host: &[u8]) -> Vec<Field> {
    fields.retain(|(name, _)| name != "host");
    fields.push(("host".to_owned(), host.to_vec()));
    fields
}
