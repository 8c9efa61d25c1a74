//! The first line of a request, checked: method, target and version.

use std::mem;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST};
use http::uri::Scheme;
use http::{HeaderMap, HeaderValue, Method, Request, Uri, Version};

use crate::http1::fields::{Fields, Found};
use crate::http1::host::{is_host, is_host_and_port};
use crate::http1::length::Mended;
use crate::kind::Kind;
use crate::limits::Limits;
use crate::strictness::Strictness;

/// The first line of a request.
#[derive(Clone, Debug)]
pub(crate) struct Start {
    method: Method,
    uri: Uri,
    version: Version,
    /// Where the target stands, and how long it is.
    target: (usize, usize),
}

impl Start {
    /// `name` and `target` are parts of `bytes`, which begin with the line.
    pub(crate) fn new(
        bytes: &Bytes,
        name: &str,
        target: &str,
        version: Version,
        limits: &Limits,
    ) -> Result<Self, Kind> {
        if name.len() > limits.method() {
            return Err(Kind::MethodTooLong);
        }
        let method = Method::from_bytes(name.as_bytes()).map_err(|_| Kind::BadRequestLine)?;
        let target = target.as_bytes();
        let uri = uri(bytes, target, &method)?;
        Ok(Self {
            method,
            uri,
            version,
            target: (name.len() + 1, target.len()),
        })
    }

    /// What it asks for.
    pub(crate) fn into_asked(self) -> (Method, Uri, Version) {
        (self.method, self.uri, self.version)
    }

    /// How long the line is, its CRLF included, if nothing stands in front of it.
    pub(crate) fn length(&self) -> usize {
        let (at, length) = self.target;
        at + length + " HTTP/1.1\r\n".len()
    }

    /// The same line, as a part of `head`.
    pub(crate) fn within(&self, head: &Bytes) -> Option<Self> {
        let (at, length) = self.target;
        let target = head.get(at..at + length)?;
        Some(Self {
            uri: uri(head, target, &self.method).ok()?,
            ..self.clone()
        })
    }

    /// What a head with these fields says, if none of them is to be changed.
    pub(crate) fn concluded(&self, fields: &Fields, strictness: Strictness) -> Option<Found> {
        let unchanged = fields.framing.mended().is_none() && self.uri.authority().is_none();
        let fields = unchanged.then(|| fields.clone())?;
        fields
            .of_request(&self.method, self.version, strictness)
            .ok()
    }

    /// Writes this line into a new request, and the fields.
    #[inline]
    pub(crate) fn write(&self, headers: HeaderMap, request: &mut Request<()>) {
        *request.method_mut() = self.method.clone();
        *request.version_mut() = self.version;
        // What a new request has owns nothing, and takes many steps to be dropped.
        mem::forget(mem::replace(request.uri_mut(), self.uri.clone()));
        mem::forget(mem::replace(request.headers_mut(), headers));
    }

    /// Completes a request that has its fields already.
    pub(crate) fn conclude(
        self,
        fields: Fields,
        strictness: Strictness,
        request: &mut Request<()>,
    ) -> Result<Found, Kind> {
        let mended = fields.framing.mended();
        let found = fields.of_request(&self.method, self.version, strictness)?;
        if let Some(mended) = mended {
            mend_length(request.headers_mut(), mended);
        }
        rewrite_host(request.headers_mut(), &self.uri, &self.method)?;
        *request.method_mut() = self.method;
        *request.uri_mut() = self.uri;
        *request.version_mut() = self.version;
        Ok(found)
    }
}

/// RFC 9112 §6.3: what is forwarded has one length, said once.
#[cold]
fn mend_length(headers: &mut HeaderMap, mended: Mended) {
    match mended {
        Mended::Once(length) => drop(headers.insert(CONTENT_LENGTH, length.into())),
        Mended::Left => drop(headers.remove(CONTENT_LENGTH)),
    }
}

/// RFC 9112 §3.2: the four forms of a target, each with its methods.
fn uri(head: &Bytes, raw: &[u8], method: &Method) -> Result<Uri, Kind> {
    // `Uri` drops a fragment without a word and lets bytes above ASCII pass.
    if !raw.is_ascii() || raw.contains(&b'#') {
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
    if origin_form {
        return Ok(uri);
    }
    if !is_absolute(&uri) {
        return Err(Kind::TargetInvalid);
    }
    // RFC 9110 §7.4: a server need not know whether there is TLS below it, but that this is HTTP.
    match uri.scheme() {
        Some(scheme) if *scheme == Scheme::HTTP || *scheme == Scheme::HTTPS => Ok(uri),
        _ => Err(Kind::SchemeUnsupported),
    }
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
