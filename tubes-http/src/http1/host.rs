//! What may stand in `Host` and in an authority: `uri-host [ ":" port ]` (RFC 9110 §7.2).

/// Whether it is a host, maybe with a port; no userinfo, nothing else.
pub(crate) fn is_host(text: &[u8]) -> bool {
    split(text).is_some()
}

/// Whether it is `host ":" port` with a port that can be connected to (RFC 9112 §3.2.3).
pub(crate) fn is_host_and_port(text: &[u8]) -> bool {
    match split(text) {
        Some((host, Some(port))) => !host.is_empty() && !matches!(number(port), None | Some(0)),
        _ => false,
    }
}

/// Host and port, checked (RFC 3986 §3.2.2 and §3.2.3).
fn split(text: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
    let end = if text.first() == Some(&b'[') {
        text.iter().position(|&b| b == b']')? + 1
    } else {
        text.iter()
            .position(|&b| b == b':')
            .unwrap_or(text.len())
    };
    let (host, rest) = text.split_at(end);
    let host_is_valid = match host {
        [b'[', literal @ .., b']'] => is_ip_literal(literal),
        name => is_name(name),
    };
    let port = match rest {
        [] => None,
        // An empty port is the default one: `port = *DIGIT`.
        [b':', port @ ..] if port.is_empty() || number(port).is_some() => Some(port),
        _ => return None,
    };
    host_is_valid.then_some((host, port))
}

/// RFC 3986 §3.2.2: `reg-name`, of which an IPv4 address is a case.
fn is_name(name: &[u8]) -> bool {
    if name
        .iter()
        .all(|&b| NAME[usize::from(b)])
    {
        return true;
    }
    let mut bytes = name.iter();
    while let Some(&byte) = bytes.next() {
        let valid = match byte {
            b'%' => {
                let mut hex = || {
                    bytes
                        .next()
                        .is_some_and(u8::is_ascii_hexdigit)
                };
                hex() && hex()
            }
            _ => NAME[usize::from(byte)],
        };
        if !valid {
            return false;
        }
    }
    true
}

/// RFC 3986 §3.2.2: an IPv6 address, or `"v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )`.
fn is_ip_literal(literal: &[u8]) -> bool {
    if let [b'v' | b'V', future @ ..] = literal {
        let digits = future
            .iter()
            .take_while(|b| b.is_ascii_hexdigit())
            .count();
        return match &future[digits..] {
            [b'.', address @ ..] => {
                digits > 0
                    && !address.is_empty()
                    && address
                        .iter()
                        .all(|&b| NAME[usize::from(b)] || b == b':')
            }
            _ => false,
        };
    }
    std::str::from_utf8(literal).is_ok_and(|text| {
        text.parse::<std::net::Ipv6Addr>()
            .is_ok()
    })
}

/// A port; leading zeros are digits like others.
fn number(port: &[u8]) -> Option<u16> {
    port.iter()
        .try_fold(0_u16, |number, digit| {
            let digit = digit.wrapping_sub(b'0');
            if digit > 9 {
                return None;
            }
            number
                .checked_mul(10)?
                .checked_add(u16::from(digit))
        })
}

/// RFC 3986 §2.2 and §2.3: `unreserved` and `sub-delims` without the comma. A comma is how a
/// proxy joins two Host lines, and no host has one.
const NAME: [bool; 256] = {
    let mut table = [false; 256];
    let others = b"-._~!$&'()*+;=";
    let mut at = 0;
    while at < others.len() {
        table[others[at] as usize] = true;
        at += 1;
    }
    let mut byte = 0;
    while byte < 128_u8 {
        if byte.is_ascii_alphanumeric() {
            table[byte as usize] = true;
        }
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::{is_host, is_host_and_port};

    #[test]
    fn hosts_are_told_from_what_only_looks_like_one() {
        let cases = [
            ("", true, false),
            ("a", true, false),
            ("a:", true, false),
            ("a:80", true, true),
            ("a:080", true, true),
            ("a:0", true, false),
            ("a:65535", true, true),
            ("a:65536", false, false),
            (":80", true, false),
            ("a:x", false, false),
            ("a:80:80", false, false),
            ("a b", false, false),
            ("a/b", false, false),
            ("a,b", false, false),
            ("u@a", false, false),
            ("a?b", false, false),
            ("a\\b", false, false),
            ("127.0.0.1:8080", true, true),
            ("[::1]", true, false),
            ("[::1]:80", true, true),
            ("[::1", false, false),
            ("[::1]x", false, false),
            ("[]", false, false),
            ("[1.2.3.4]", false, false),
            ("[v1.a:b]:1", true, true),
            ("[v.a]", false, false),
            ("::1", false, false),
            ("a%20b", true, false),
            ("a%2", false, false),
            ("a%zz", false, false),
            ("\u{e9}", false, false),
        ];
        for (text, host, host_and_port) in cases {
            assert_eq!(is_host(text.as_bytes()), host, "{text}");
            assert_eq!(is_host_and_port(text.as_bytes()), host_and_port, "{text}");
        }
    }
}
