//! Bytes to a checked head. Alone names `httparse`, and checks all that it lets through.

use std::mem::MaybeUninit;

use bytes::Bytes;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, AUTHORIZATION, CACHE_CONTROL, CONNECTION,
    CONTENT_LENGTH, CONTENT_TYPE, COOKIE, EXPECT, HOST, ORIGIN, REFERER, TRANSFER_ENCODING,
    UPGRADE, USER_AGENT,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, Version};

use crate::http1::fields::{Fields, Found};
use crate::http1::host::{is_host, is_host_and_port};
use crate::http1::input::check;
use crate::http1::repeat::{Known, Repeat};
use crate::kind::Kind;
use crate::limits::Limits;

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
            let start = Start::of(head, &raw, limits)?;
            let fields = fields(head, raw.headers, request.headers_mut())?;
            start.conclude(fields, request)
        }
        Ok(httparse::Status::Partial) => Err(Kind::BadRequestLine),
        Err(error) => Err(refusal(head, error)),
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
    let start = Start::of(bytes, &raw, limits).ok()?;
    let fields = fields(bytes, raw.headers, request.headers_mut()).ok()?;
    repeat.note(&head[first_line + 2..], request.headers(), &fields);
    let found = start.conclude(fields, request).ok()?;
    Some((found, length))
}

/// The same for a head whose field lines are those of a head before: only its first line is read.
fn repeated_request(
    bytes: &Bytes,
    limits: &Limits,
    known: &Known,
    request: &mut Request<()>,
) -> Option<(Found, usize)> {
    let mut raw = httparse::Request::new(&mut []);
    // It has no room for fields, so it stops behind the first line.
    let _too_many_headers = raw.parse(bytes);
    let method = raw.method?;
    let first_line = method.len() + raw.path?.len() + "  HTTP/1.1".len();
    let lines = first_line + 2;
    let fits = first_line <= limits.request_line()
        && bytes.starts_with(method.as_bytes())
        && bytes.get(first_line..lines)? == b"\r\n";
    let length = lines + known.leads(&bytes[lines..])?;
    if !fits || length > limits.head() {
        return None;
    }
    let start = Start::of(bytes, &raw, limits).ok()?;
    *request.headers_mut() = known.headers();
    let found = start
        .conclude(known.fields(), request)
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

/// The first line, checked.
struct Start {
    method: Method,
    uri: Uri,
    version: Version,
}

impl Start {
    /// Checks what `httparse` lets through; `bytes` begin with the head.
    fn of(bytes: &Bytes, raw: &httparse::Request<'_, '_>, limits: &Limits) -> Result<Self, Kind> {
        let (Some(name), Some(target), Some(minor)) = (raw.method, raw.path, raw.version) else {
            return Err(Kind::BadRequestLine);
        };
        if name.len() > limits.method() {
            return Err(Kind::MethodTooLong);
        }
        let method = Method::from_bytes(name.as_bytes()).map_err(|_| Kind::BadRequestLine)?;
        let uri = uri(bytes, target, &method)?;
        let version = if minor == 0 {
            Version::HTTP_10
        } else {
            Version::HTTP_11
        };
        Ok(Self {
            method,
            uri,
            version,
        })
    }

    /// Completes a request that has its fields already.
    fn conclude(self, fields: Fields, request: &mut Request<()>) -> Result<Found, Kind> {
        let found = fields.of_request(&self.method, self.version)?;
        rewrite_host(request.headers_mut(), &self.uri, &self.method)?;
        *request.method_mut() = self.method;
        *request.uri_mut() = self.uri;
        *request.version_mut() = self.version;
        Ok(found)
    }
}

/// Parses a trailer section, its empty line included, and leaves out what has no place there.
pub(crate) fn trailers(section: &Bytes, limits: &Limits) -> Result<HeaderMap, Kind> {
    let mut lines = [httparse::EMPTY_HEADER; Limits::MOST_FIELDS];
    let lines = &mut lines[..limits.trailer_fields()];
    let lines = match httparse::parse_headers(section, lines) {
        Ok(httparse::Status::Complete((_, lines))) => lines,
        Ok(httparse::Status::Partial) => return Err(Kind::TrailersInvalid),
        Err(error) => return Err(trailer_refusal(section, error)),
    };
    let mut trailers = HeaderMap::with_capacity(lines.len());
    for line in lines {
        let name = HeaderName::from_bytes(line.name.as_bytes());
        let name = name.map_err(|_| Kind::TrailersInvalid)?;
        if may_trail(&name) {
            let value = HeaderValue::from_maybe_shared(section.slice_ref(line.value));
            let value = value.map_err(|_| Kind::TrailersInvalid)?;
            append(&mut trailers, name, value).map_err(|_| Kind::TrailersTooLong)?;
        }
    }
    Ok(trailers)
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
    headers: &mut HeaderMap,
) -> Result<Fields, Kind> {
    headers.reserve(lines.len());
    let mut fields = Fields::new();
    for line in lines {
        let name = field_name(line.name.as_bytes())?;
        // The length tells most names apart without a comparison.
        match line.name.len() {
            4 if name == HOST => fields.host(line.value)?,
            6 if name == EXPECT => fields.expect(line.value)?,
            7 if name == UPGRADE => fields.upgrade(line.value),
            10 if name == CONNECTION => fields.connection(line.value),
            14 if name == CONTENT_LENGTH => fields
                .framing
                .content_length(line.value)?,
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

/// RFC 9112 §3.2: the four forms of a target, each with its methods.
fn uri(head: &Bytes, target: &str, method: &Method) -> Result<Uri, Kind> {
    let raw = target.as_bytes();
    // `Uri` drops a fragment without a word and lets bytes above ASCII pass.
    if !target.is_ascii() || raw.contains(&b'#') {
        return Err(Kind::TargetInvalid);
    }
    let form_is_allowed = match raw {
        _ if *method == Method::CONNECT => is_host_and_port(raw),
        b"*" => *method == Method::OPTIONS,
        _ => true,
    };
    if !form_is_allowed {
        return Err(Kind::TargetInvalid);
    }
    let uri = Uri::from_maybe_shared(head.slice_ref(raw)).map_err(|_| Kind::TargetInvalid)?;
    let origin_form = raw[0] == b'/' || raw == b"*" || *method == Method::CONNECT;
    if !origin_form && !is_absolute(&uri) {
        return Err(Kind::TargetInvalid);
    }
    Ok(uri)
}

/// RFC 9112 §3.2.2, and RFC 9110 §4.2.4: with a host and without userinfo.
fn is_absolute(uri: &Uri) -> bool {
    match (uri.scheme_str(), uri.authority()) {
        (Some(scheme), Some(authority)) => {
            is_scheme(scheme.as_bytes())
                && !authority.host().is_empty()
                && is_host(authority.as_str().as_bytes())
        }
        _ => false,
    }
}

/// RFC 3986 §3.1. `Uri` takes an empty one, too, and other bytes in it.
fn is_scheme(scheme: &[u8]) -> bool {
    scheme
        .first()
        .is_some_and(u8::is_ascii_alphabetic)
        && scheme
            .iter()
            .all(|&b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
}

/// RFC 9112 §3.2.2: the authority of an absolute target replaces the Host that came with it.
fn rewrite_host(headers: &mut HeaderMap, uri: &Uri, method: &Method) -> Result<(), Kind> {
    match uri.authority() {
        Some(authority) if *method != Method::CONNECT => {
            let host = HeaderValue::from_str(authority.as_str());
            headers.insert(HOST, host.map_err(|_| Kind::TargetInvalid)?);
            Ok(())
        }
        _ => Ok(()),
    }
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
