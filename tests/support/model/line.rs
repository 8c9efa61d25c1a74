//! Lines: what stands before a CRLF (RFC 9112 §2.2).

/// The next line.
pub(super) enum Line<'a> {
    /// Without its CRLF.
    Whole(&'a [u8]),
    /// It ends in a bare LF.
    Broken,
    /// It does not end.
    Cut(&'a [u8]),
}

/// Takes the next line off `rest`; one that does not end stays there.
pub(super) fn next<'a>(rest: &mut &'a [u8]) -> Line<'a> {
    let Some(end) = rest
        .iter()
        .position(|byte| *byte == b'\n')
    else {
        return Line::Cut(rest);
    };
    let (line, behind) = rest.split_at(end);
    *rest = &behind[1..];
    match line.strip_suffix(b"\r") {
        Some(line) => Line::Whole(line),
        None => Line::Broken,
    }
}

/// `tchar` of RFC 9110 §5.6.2.
pub(super) fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// `token` of RFC 9110 §5.6.2.
pub(super) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty()
        && bytes
            .iter()
            .all(|byte| is_token_byte(*byte))
}

/// Without the blanks around it (`OWS` of RFC 9110 §5.6.3).
pub(super) fn trimmed(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', behind @ ..] = bytes {
        bytes = behind;
    }
    while let [before @ .., b' ' | b'\t'] = bytes {
        bytes = before;
    }
    bytes
}
