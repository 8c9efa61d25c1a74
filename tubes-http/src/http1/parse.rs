//! Bytes to a checked head. Alone names `httparse`, and checks all that it lets through.

use std::mem::MaybeUninit;

use bytes::Bytes;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, AUTHORIZATION, CACHE_CONTROL, CONNECTION,
    CONTENT_LENGTH, CONTENT_TYPE, COOKIE, EXPECT, HOST, ORIGIN, REFERER, TRANSFER_ENCODING,
    UPGRADE, USER_AGENT,
};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Version};
use memchr::memchr;

use crate::http1::fields::{Fields, Found};
use crate::http1::octets::check;
use crate::http1::repeat::{Known, Repeat};
use crate::http1::start::Start;
use crate::kind::Kind;
use crate::limits::Limits;
use crate::strictness::Strictness;

/// Parses a whole head, its empty line included, into a new `request`: in place, since it is
/// large and would be moved several times.
pub(crate) fn request(
    head: &Bytes,
    limits: &Limits,
    request: &mut Request<()>,
) -> Result<Found, Kind> {
    let mut lines = [const { MaybeUninit::uninit() }; Limits::MOST_FIELDS];
    let lines = &mut lines[..limits.fields()];
    let mut raw = httparse::Request::new(&mut []);
    match raw.parse_with_uninit_headers(head, lines) {
        Ok(httparse::Status::Complete(_)) => {
            let start = start(head, &raw, limits)?;
            let strictness = limits.strictness();
            let fields = fields(head, raw.headers, strictness, request.headers_mut())?;
            start.conclude(fields, strictness, request)
        }
        Ok(httparse::Status::Partial) => Err(Kind::BadRequestLine),
        Err(error) => Err(refusal(head, error)),
    }
}

/// Parses the first line of a head alone, with its CRLF: what is wrong with it is the same whether
/// or not the rest has come.
pub(crate) fn first_line(line: &Bytes, limits: &Limits) -> Result<Start, Kind> {
    let mut raw = httparse::Request::new(&mut []);
    match raw.parse(line) {
        // There is nothing behind it, so that it never completes.
        Ok(_partial) => start(line, &raw, limits),
        Err(error) => Err(refusal(line, error)),
    }
}

/// Parses the head that `bytes` begin with, and says its length: in one go what [`Input::head`]
/// and [`request`] do together, for the head that is whole and faultless, as nearly all are.
///
/// `None`: it is not, and `request` is spoilt. What is wrong with it, if anything, is for those
/// two to say.
///
/// [`Input::head`]: crate::http1::input::Input::head
pub(crate) fn leading_request(
    bytes: &Bytes,
    limits: &Limits,
    repeat: &mut Repeat,
    request: &mut Request<()>,
) -> Option<(Found, usize)> {
    if let Some(known) = repeat.known()
        && let Some(found) = repeated_request(bytes, limits, known, request)
    {
        return Some(found);
    }
    let mut lines = [const { MaybeUninit::uninit() }; Limits::MOST_FIELDS];
    let lines = &mut lines[..limits.fields()];
    let mut raw = httparse::Request::new(&mut []);
    let Ok(httparse::Status::Complete(length)) = raw.parse_with_uninit_headers(bytes, lines) else {
        return None;
    };
    let head = &bytes[..length];
    let first_line = raw.method?.len() + raw.path?.len() + "  HTTP/1.1".len();
    let faultless = length <= limits.head()
        && first_line <= limits.request_line()
        && head.starts_with(raw.method?.as_bytes())
        && has_crlf_only(head, raw.headers);
    if !faultless {
        return None;
    }
    let start = start(bytes, &raw, limits).ok()?;
    let strictness = limits.strictness();
    let fields = fields(bytes, raw.headers, strictness, request.headers_mut()).ok()?;
    repeat.note(head, &start, request.headers(), &fields, strictness);
    let found = start
        .conclude(fields, strictness, request)
        .ok()?;
    Some((found, length))
}

/// The same for a head whose field lines are those of a head before: only its first line is read,
/// and that only if it is another.
fn repeated_request(
    bytes: &Bytes,
    limits: &Limits,
    known: &Known,
    request: &mut Request<()>,
) -> Option<(Found, usize)> {
    if let Some(found) = known.repeated(bytes, request) {
        return Some(found);
    }
    let end = memchr(b'\n', bytes)? + 1;
    let length = end + known.leads(&bytes[end..])?;
    let mut raw = httparse::Request::new(&mut []);
    // There is nothing behind the first line, so that it never completes.
    let _partial = raw.parse(&bytes[..end]);
    let start = start(bytes, &raw, limits).ok()?;
    let faultless = length <= limits.head()
        && start.length() - 2 <= limits.request_line()
        && start.length() == end
        && bytes.starts_with(raw.method?.as_bytes())
        && bytes[..end].ends_with(b"\r\n");
    if !faultless {
        return None;
    }
    *request.headers_mut() = known.headers();
    let found = start
        .conclude(known.fields(), limits.strictness(), request)
        .ok()?;
    Some((found, length))
}

/// RFC 9112 §2.2: whether each line ends with CRLF. `httparse` takes a bare LF, too.
fn has_crlf_only(head: &[u8], lines: &[httparse::Header<'_>]) -> bool {
    let start = head.as_ptr().addr();
    let is_behind_crlf = |line: &httparse::Header<'_>| {
        let at = line.name.as_ptr().addr() - start;
        head[..at].ends_with(b"\r\n")
    };
    lines.iter().all(is_behind_crlf) && head.ends_with(b"\r\n\r\n")
}

/// Checks what `httparse` lets through of the first line; `bytes` begin with the head.
fn start(bytes: &Bytes, raw: &httparse::Request<'_, '_>, limits: &Limits) -> Result<Start, Kind> {
    let (Some(name), Some(target), Some(minor)) = (raw.method, raw.path, raw.version) else {
        return Err(Kind::BadRequestLine);
    };
    let version = if minor == 0 {
        Version::HTTP_10
    } else {
        Version::HTTP_11
    };
    Start::new(bytes, name, target, version, limits)
}

/// Parses a trailer section, its empty line included, and leaves out what has no place there; how many that
/// were is said.
pub(crate) fn trailers(section: &Bytes, limits: &Limits) -> Result<(HeaderMap, usize), Kind> {
    let mut lines = [httparse::EMPTY_HEADER; Limits::MOST_FIELDS];
    let lines = &mut lines[..limits.trailer_fields()];
    let lines = match httparse::parse_headers(section, lines) {
        Ok(httparse::Status::Complete((_, lines))) => lines,
        Ok(httparse::Status::Partial) => return Err(Kind::TrailersInvalid),
        Err(error) => return Err(trailer_refusal(section, error)),
    };
    let mut trailers = HeaderMap::with_capacity(lines.len());
    let mut dropped = 0;
    for line in lines {
        let name = HeaderName::from_bytes(line.name.as_bytes());
        let name = name.map_err(|_| Kind::TrailersInvalid)?;
        if may_trail(&name) {
            let value = HeaderValue::from_maybe_shared(section.slice_ref(line.value));
            let value = value.map_err(|_| Kind::TrailersInvalid)?;
            append(&mut trailers, name, value).map_err(|_| Kind::TrailersTooLong)?;
        } else {
            dropped += 1;
        }
    }
    Ok((trailers, dropped))
}

/// RFC 9110 §6.5.1: no framing, routing, authentication, control or content field in trailers.
pub(crate) fn may_trail(name: &HeaderName) -> bool {
    let name = name.as_str();
    !NEVER_TRAILING.contains(&name) && !name.starts_with("access-control-")
}

/// The one walk over the fields.
fn fields(
    head: &Bytes,
    lines: &[httparse::Header<'_>],
    strictness: Strictness,
    headers: &mut HeaderMap,
) -> Result<Fields, Kind> {
    headers.reserve(lines.len());
    let mut fields = Fields::new();
    for line in lines {
        let name = field_name(line.name.as_bytes())?;
        // The length tells most names apart without a comparison.
        match line.name.len() {
            4 if name == HOST => fields.host(line.value)?,
            6 if name == EXPECT => fields.expect(line.value, strictness)?,
            7 if name == UPGRADE => fields.upgrade(line.value),
            10 if name == CONNECTION => fields.connection(line.value),
            14 if name == CONTENT_LENGTH => fields
                .framing
                .content_length(line.value, strictness)?,
            17 if name == TRANSFER_ENCODING => fields
                .framing
                .transfer_encoding(line.value),
            _ => {}
        }
        let value = HeaderValue::from_maybe_shared(head.slice_ref(line.value));
        let value = value.map_err(|_| Kind::HeaderInvalid)?;
        append(headers, name, value).map_err(|_| Kind::TooManyHeaders)?;
    }
    Ok(fields)
}

/// The names that most requests have, as browsers and libraries write them, are not looked up
/// byte by byte.
fn field_name(name: &[u8]) -> Result<HeaderName, Kind> {
    Ok(match name {
        b"Host" | b"host" => HOST,
        b"Accept" | b"accept" => ACCEPT,
        b"Accept-Encoding" | b"accept-encoding" => ACCEPT_ENCODING,
        b"Accept-Language" | b"accept-language" => ACCEPT_LANGUAGE,
        b"Authorization" | b"authorization" => AUTHORIZATION,
        b"Cache-Control" | b"cache-control" => CACHE_CONTROL,
        b"Connection" | b"connection" => CONNECTION,
        b"Content-Length" | b"content-length" => CONTENT_LENGTH,
        b"Content-Type" | b"content-type" => CONTENT_TYPE,
        b"Cookie" | b"cookie" => COOKIE,
        b"Origin" | b"origin" => ORIGIN,
        b"Referer" | b"referer" => REFERER,
        b"User-Agent" | b"user-agent" => USER_AGENT,
        other => HeaderName::from_bytes(other).map_err(|_| Kind::HeaderInvalid)?,
    })
}

fn append(
    headers: &mut HeaderMap,
    name: HeaderName,
    value: HeaderValue,
) -> Result<bool, http::header::MaxSizeReached> {
    headers.try_append(name, value)
}

#[cold]
fn refusal(head: &[u8], error: httparse::Error) -> Kind {
    // The same answer as to a head that arrives in pieces.
    if let Err(kind) = check(None, head) {
        return kind;
    }
    match error {
        httparse::Error::TooManyHeaders => Kind::TooManyHeaders,
        httparse::Error::HeaderName | httparse::Error::HeaderValue => Kind::HeaderInvalid,
        httparse::Error::Version if has_version(head) => Kind::UnsupportedVersion,
        _ => Kind::BadRequestLine,
    }
}

#[cold]
fn trailer_refusal(section: &[u8], error: httparse::Error) -> Kind {
    match (check(None, section), error) {
        (Err(kind), _) => kind,
        (Ok(()), httparse::Error::TooManyHeaders) => Kind::TrailersTooLong,
        (Ok(()), _) => Kind::TrailersInvalid,
    }
}

/// Whether the request line is whole but for a version that is not ours (RFC 9112 §2.3).
fn has_version(head: &[u8]) -> bool {
    let line = head
        .split(|&b| b == b'\r')
        .next()
        .unwrap_or(head);
    let mut words = line.split(|&b| b == b' ').skip(2);
    match (words.next(), words.next()) {
        (Some([b'H', b'T', b'T', b'P', b'/', major, b'.', minor]), None) => {
            major.is_ascii_digit() && minor.is_ascii_digit()
        }
        _ => false,
    }
}

const NEVER_TRAILING: [&str; 48] = [
    "age",
    "allow",
    "alt-svc",
    "authorization",
    "cache-control",
    "clear-site-data",
    "connection",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-length",
    "content-location",
    "content-range",
    "content-security-policy",
    "content-type",
    "cookie",
    "date",
    "expect",
    "expires",
    "forwarded",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "keep-alive",
    "location",
    "max-forwards",
    "pragma",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "range",
    "retry-after",
    "set-cookie",
    "strict-transport-security",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "vary",
    "via",
    "warning",
    "www-authenticate",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
];

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Request;

    use super::leading_request;
    use crate::http1::repeat::Repeat;
    use crate::limits::Limits;

    #[test]
    fn only_a_faultless_head_takes_the_short_way() {
        let cases: [(&[u8], Option<usize>); 13] = [
            (b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET", Some(27)),
            (b"GET / HTTP/1.0\r\n\r\n", Some(18)),
            (b"GET / HTTP/1.1\r\nHost: a\r\n\r", None),
            (b"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", None),
            (b"\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", None),
            (b"GET / HTTP/1.1\nHost: a\r\n\r\n", None),
            (b"GET / HTTP/1.1\r\nHost: a\nB: c\r\n\r\n", None),
            (b"GET / HTTP/1.1\r\nHost: a\n\r\n\r\n", None),
            (b"GET / HTTP/1.1\r\nHost: a\r\n\n\r\n", None),
            (b"GET / HTTP/1.0\n\r\n\r\n", None),
            (b"GET / HTTP/1.1\r\nHost: a\rB: c\r\n\r\n", None),
            (b"GET / HTTP/1.1\r\nHost: a\r\n\tb\r\n\r\n", None),
            (b"GET /123456789012345 HTTP/1.0\r\n\r\n", None),
        ];
        let limits = Limits::default().with_request_line(28);
        for (bytes, expected) in cases {
            let mut request = Request::new(());
            let length = leading_request(
                &Bytes::from_static(bytes),
                &limits,
                &mut Repeat::default(),
                &mut request,
            )
            .map(|(_, length)| length);
            assert_eq!(length, expected, "{}", bytes.escape_ascii());
        }
    }
}
