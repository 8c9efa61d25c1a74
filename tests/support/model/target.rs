//! The four forms of a target, and which method may have which (RFC 9112 §3.2).

use http::Uri;

use super::host::{is_authority_of_connect, is_host_and_port};

/// The target as `http::Uri` writes it, if this method may have it.
pub(super) fn parse(method: &[u8], target: &[u8]) -> Option<String> {
    if target.contains(&b'#')
        || !target
            .iter()
            .all(|byte| (0x21..0x7f).contains(byte))
    {
        return None;
    }
    // What `http::Uri` does not take, no handler can be given: rule 10.
    let uri = Uri::try_from(target).ok()?;
    let fits = if method == b"CONNECT" {
        is_authority_of_connect(target)
    } else if target == b"*" {
        method == b"OPTIONS"
    } else {
        target.starts_with(b"/") || is_absolute(target)
    };
    fits.then(|| uri.to_string())
}

/// Whether an absolute target is of another scheme than HTTP's (RFC 9110 §7.4).
pub(super) fn is_foreign(target: &[u8]) -> bool {
    let scheme = target
        .split(|byte| *byte == b':')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    is_absolute(target) && scheme != b"http" && scheme != b"https"
}

/// The authority of a target that is absolute.
pub(super) fn authority(target: &[u8]) -> Option<&[u8]> {
    if target.starts_with(b"/") {
        return None;
    }
    let colon = target
        .windows(3)
        .position(|three| three == b"://")?;
    let behind = &target[colon + 3..];
    let end = behind
        .iter()
        .position(|byte| b"/?".contains(byte));
    Some(&behind[..end.unwrap_or(behind.len())])
}

/// `scheme "://" authority [path] ["?" query]`, without userinfo, with a host.
fn is_absolute(target: &[u8]) -> bool {
    let scheme = target
        .split(|byte| *byte == b':')
        .next()
        .unwrap_or_default();
    let is_scheme = scheme
        .first()
        .is_some_and(u8::is_ascii_alphabetic)
        && scheme
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte));
    is_scheme
        && target[scheme.len()..].starts_with(b"://")
        && authority(target).is_some_and(|authority| {
            !authority.is_empty() && !authority.starts_with(b":") && is_host_and_port(authority)
        })
}
