//! Field lines (RFC 9112 §5), in heads and behind chunks.

use super::line::{is_token, is_token_byte, trimmed};

/// A field: its name in lower case, its value without the blanks around it.
pub type Field = (String, Vec<u8>);

/// `None`: it is no field line.
pub(super) fn parse(line: &[u8]) -> Option<Field> {
    let colon = line
        .iter()
        .position(|byte| *byte == b':')?;
    let (name, value) = (&line[..colon], trimmed(&line[colon + 1..]));
    if !is_token(name)
        || !value
            .iter()
            .all(|byte| is_value_byte(*byte))
    {
        return None;
    }
    let name = String::from_utf8_lossy(name).to_ascii_lowercase();
    Some((name, value.to_vec()))
}

/// Whether a line that has begun like this can still become a field line, or the empty line.
pub(super) fn can_become_one(begun: &[u8]) -> bool {
    // The last byte may be the CR of its CRLF.
    let begun = begun
        .strip_suffix(b"\r")
        .unwrap_or(begun);
    match begun
        .iter()
        .position(|byte| *byte == b':')
    {
        Some(colon) => {
            is_token(&begun[..colon])
                && begun[colon + 1..]
                    .iter()
                    .all(|byte| is_value_byte(*byte))
        }
        None => begun
            .iter()
            .all(|byte| is_token_byte(*byte)),
    }
}

/// The tokens or other elements of a list over all lines of this name (RFC 9110 §5.6.1), blanks
/// removed, empty ones kept. `None`: there is no such line.
pub(super) fn list(fields: &[Field], name: &str) -> Option<Vec<Vec<u8>>> {
    let lines = values(fields, name);
    if lines.is_empty() {
        return None;
    }
    let joined = lines.join(&b","[..]);
    let elements = joined.split(|byte| *byte == b',');
    Some(
        elements
            .map(|element| trimmed(element).to_ascii_lowercase())
            .collect(),
    )
}

/// The value of each line of this name.
pub(super) fn values<'a>(fields: &'a [Field], name: &str) -> Vec<&'a [u8]> {
    fields
        .iter()
        .filter(|(other, _)| other == name)
        .map(|(_, value)| value.as_slice())
        .collect()
}

/// `field-content` of RFC 9110 §5.5: HTAB, SP, visible ASCII, and what is beyond ASCII.
fn is_value_byte(byte: u8) -> bool {
    byte == b'\t' || (byte >= b' ' && byte != 0x7f)
}
