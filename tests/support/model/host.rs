//! `uri-host [":" port]` (RFC 9110 §7.2, RFC 3986 §3.2.2), letter by letter.

use std::net::Ipv6Addr;

/// Whether it is a host, and perhaps a port; the host may be empty.
pub(super) fn is_host_and_port(value: &[u8]) -> bool {
    split(value).is_some_and(|(host, port)| {
        is_host(host) && port.is_none_or(|port| port.is_empty() || number(port).is_some())
    })
}

/// Whether it is a host that is not empty, and a port that is a number TCP has.
pub(super) fn is_authority_of_connect(value: &[u8]) -> bool {
    split(value).is_some_and(|(host, port)| {
        !host.is_empty()
            && is_host(host)
            && port.is_some_and(|port| number(port).is_some_and(|port| port > 0))
    })
}

/// A port that TCP has: the grammar has no bound, and no host listens beyond it.
fn number(port: &[u8]) -> Option<u16> {
    let is_number = port.iter().all(u8::is_ascii_digit);
    let port = std::str::from_utf8(port).ok()?;
    is_number
        .then(|| port.parse().ok())
        .flatten()
}

/// At the colon behind the host.
fn split(value: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
    let end = if value.starts_with(b"[") {
        value
            .iter()
            .position(|byte| *byte == b']')?
            + 1
    } else {
        value
            .iter()
            .position(|byte| *byte == b':')
            .unwrap_or(value.len())
    };
    match &value[end..] {
        [] => Some((value, None)),
        [b':', port @ ..] => Some((&value[..end], Some(port))),
        _ => None,
    }
}

fn is_host(host: &[u8]) -> bool {
    match host {
        [b'[', literal @ .., b']'] => std::str::from_utf8(literal).is_ok_and(is_literal),
        _ => is_name(host),
    }
}

/// `IPv6address / IPvFuture`.
fn is_literal(literal: &str) -> bool {
    let future = || {
        let (version, address) = literal
            .strip_prefix(['v', 'V'])?
            .split_once('.')?;
        let fits = !version.is_empty()
            && version
                .bytes()
                .all(|byte| byte.is_ascii_hexdigit())
            && !address.is_empty()
            && address
                .bytes()
                .all(|byte| byte == b':' || is_plain(byte));
        fits.then_some(())
    };
    literal.parse::<Ipv6Addr>().is_ok() || future().is_some()
}

/// `reg-name`: unreserved, sub-delims, and percent codes.
fn is_name(name: &[u8]) -> bool {
    let mut bytes = name.iter();
    while let Some(byte) = bytes.next() {
        let mut is_digit = || {
            bytes
                .next()
                .is_some_and(u8::is_ascii_hexdigit)
        };
        let fits = match byte {
            b'%' => is_digit() && is_digit(),
            _ => is_plain(*byte),
        };
        if !fits {
            return false;
        }
    }
    true
}

/// `unreserved / sub-delims`, but no comma: it is how two lines are joined, and no host has one.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+;=".contains(&byte)
}
