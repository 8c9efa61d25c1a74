//! The protocols that a peer offers to switch to (RFC 9110 §7.8).

use http::header::UPGRADE;
use http::{HeaderMap, HeaderValue};

/// What stands in the `Upgrade` lines of a request.
#[derive(Debug)]
pub(crate) struct Offered(Vec<HeaderValue>);

impl Offered {
    pub(crate) fn of(request: &HeaderMap) -> Self {
        Self(
            request
                .get_all(UPGRADE)
                .iter()
                .cloned()
                .collect(),
        )
    }

    /// RFC 9110 §7.8: who switches names the protocols, at least one, and none that was not
    /// offered. A name without a version stands for each of them. RFC 9113 §3.1: h2c is obsolete.
    pub(crate) fn allows(&self, head: &HeaderMap) -> bool {
        let mut named = protocols(head.get_all(UPGRADE)).peekable();
        named.peek().is_some()
            && named.all(|named| {
                !named.eq_ignore_ascii_case(b"h2c")
                    && protocols(&self.0).any(|offered| is_same(offered, named))
            })
    }
}

fn protocols<'a>(
    lines: impl IntoIterator<Item = &'a HeaderValue>,
) -> impl Iterator<Item = &'a [u8]> {
    lines
        .into_iter()
        .flat_map(|line| line.as_bytes().split(|&b| b == b','))
        .map(<[u8]>::trim_ascii)
        .filter(|protocol| !protocol.is_empty())
}

/// Names are the same in any case, versions only as they are.
fn is_same(offered: &[u8], named: &[u8]) -> bool {
    let (offered_name, offered_version) = split(offered);
    let (name, version) = split(named);
    offered_name.eq_ignore_ascii_case(name) && (version.is_none() || version == offered_version)
}

fn split(protocol: &[u8]) -> (&[u8], Option<&[u8]>) {
    match protocol.iter().position(|&b| b == b'/') {
        Some(at) => (&protocol[..at], Some(&protocol[at + 1..])),
        None => (protocol, None),
    }
}
