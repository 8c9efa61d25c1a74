//! Heads and trailers that deviate, put into the form that they should have had.
//!
//! Only where deviations are accepted. What comes out is read as strictly as everything else, so
//! that each deviation has this one place, and what is not accepted is refused as ever.

use bytes::Bytes;

use crate::strictness::{Deviation, Strictness};

/// A head with its empty line, as it should have been said.
pub(crate) fn head(head: Bytes, strictness: Strictness) -> Bytes {
    if strictness.is_strict() {
        return head;
    }
    let mut mended = Vec::with_capacity(head.len() + head.len() / 8);
    let mut lines = lines(&head);
    if let Some(line) = lines.next() {
        request_line(line, strictness, &mut mended);
    }
    fields(lines, strictness, Place::FirstOfHead, &mut mended);
    mended.into()
}

/// A trailer section with its empty line, as it should have been said.
pub(crate) fn trailers(section: Bytes, strictness: Strictness) -> Bytes {
    if strictness.is_strict() {
        return section;
    }
    let mut mended = Vec::with_capacity(section.len() + section.len() / 8);
    fields(
        lines(&section),
        strictness,
        Place::FirstOfTrailers,
        &mut mended,
    );
    mended.into()
}

/// Where a field line stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    FirstOfHead,
    FirstOfTrailers,
    BehindAnother,
}

/// RFC 9112 §2.2: the lines without their LF, and without the CR before it.
fn lines(section: &[u8]) -> impl Iterator<Item = &[u8]> {
    section
        .split_inclusive(|&b| b == b'\n')
        .map(|line| {
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            line.strip_suffix(b"\r").unwrap_or(line)
        })
}

fn request_line(line: &[u8], strictness: Strictness, mended: &mut Vec<u8>) {
    if strictness.accepts(Deviation::BlanksInRequestLine) {
        // RFC 9112 §3: parse on whitespace-delimited word boundaries.
        let words = line
            .split(is_blank)
            .filter(|word| !word.is_empty());
        for (number, word) in words.enumerate() {
            if number > 0 {
                mended.push(b' ');
            }
            mended.extend_from_slice(word);
        }
    } else {
        mended.extend_from_slice(line);
    }
    if strictness.accepts(Deviation::LaterMinorVersion)
        && let Some((minor, before)) = mended.split_last_mut()
        && before.ends_with(b" HTTP/1.")
        && matches!(minor, b'2'..=b'9')
    {
        // RFC 9110 §2.5: as if it was the highest minor version that is spoken here.
        *minor = b'1';
    }
    mended.extend_from_slice(b"\r\n");
}

fn fields<'a>(
    lines: impl Iterator<Item = &'a [u8]>,
    strictness: Strictness,
    first: Place,
    mended: &mut Vec<u8>,
) {
    let mut place = first;
    for line in lines {
        // RFC 9112 §2.2: a bare CR is nothing to be swallowed; whoever reads on refuses it.
        if line.first().is_some_and(is_blank) && !line.iter().any(is_control) {
            if place == Place::FirstOfHead && strictness.accepts(Deviation::IndentedFirstLine) {
                // RFC 9112 §2.2: consumed without further processing.
                continue;
            }
            if place == Place::BehindAnother && strictness.accepts(Deviation::FoldedLines) {
                // RFC 9112 §5.2: `obs-fold = OWS CRLF RWS` becomes one SP.
                mended.truncate(mended.len() - 2);
                while mended.last().is_some_and(is_blank) {
                    mended.pop();
                }
                mended.push(b' ');
                let blanks = line
                    .iter()
                    .take_while(|byte| is_blank(byte))
                    .count();
                mended.extend_from_slice(&line[blanks..]);
                mended.extend_from_slice(b"\r\n");
                continue;
            }
        }
        mended.extend_from_slice(line);
        mended.extend_from_slice(b"\r\n");
        place = Place::BehindAnother;
    }
}

fn is_blank(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn is_control(byte: &u8) -> bool {
    byte.is_ascii_control() && *byte != b'\t'
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{head, trailers};
    use crate::strictness::{Deviation, Strictness};

    fn all() -> Strictness {
        Deviation::ALL
            .into_iter()
            .fold(Strictness::default(), Strictness::accept)
    }

    #[test]
    fn what_deviates_is_said_as_it_should_have_been() {
        let cases = [
            ("GET / HTTP/1.1\n\n", "GET / HTTP/1.1\r\n\r\n"),
            ("\tGET  /\t\tHTTP/1.7 \r\n\r\n", "GET / HTTP/1.1\r\n\r\n"),
            ("GET / HTTP/2.0\r\n\r\n", "GET / HTTP/2.0\r\n\r\n"),
            ("A\r\n a: b\r\n\tc: d\r\nE: f\r\n\r\n", "A\r\nE: f\r\n\r\n"),
            ("A\r\nB:c \r\n  d\r\n\t\r\n\r\n", "A\r\nB:c d \r\n\r\n"),
            ("A\r\nB:\r\n c\n\r\n", "A\r\nB: c\r\n\r\n"),
            ("A\r\nB\r\n :c\r\n\r\n", "A\r\nB :c\r\n\r\n"),
            ("A\r\nB: c\r\r\n d\r\n\r\n", "A\r\nB: c\r d\r\n\r\n"),
            ("A\r\nB: \rc\r\n\r\n", "A\r\nB: \rc\r\n\r\n"),
            ("A\r\nB: c\r\r\n\r\n", "A\r\nB: c\r\r\n\r\n"),
        ];
        for (said, mended) in cases {
            assert_eq!(head(Bytes::from(said), all()), mended, "{said:?}");
            let strict = head(Bytes::from(said), Strictness::default());
            assert_eq!(strict, said);
        }
        assert_eq!(
            trailers(Bytes::from("A: b\n c\n\n"), all()),
            "A: b c\r\n\r\n"
        );
        assert_eq!(trailers(Bytes::from(" A: b\n\n"), all()), " A: b\r\n\r\n");
    }
}
