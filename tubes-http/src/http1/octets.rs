//! Which bytes may stand in a line of a head, and what ends it.

use crate::kind::Kind;
use crate::strictness::{Deviation, Strictness};

/// What ends a line.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineEnd {
    CrLf,
    /// RFC 9112 §2.2: LF, with or without CR.
    Lf,
}

impl LineEnd {
    pub(crate) fn of(strictness: Strictness) -> Self {
        if strictness.accepts(Deviation::BareLf) {
            Self::Lf
        } else {
            Self::CrLf
        }
    }

    /// Whether these bytes may stand in a line, and at its end.
    pub(crate) fn check(self, before: Option<&u8>, fresh: &[u8]) -> Result<(), Kind> {
        match self {
            Self::CrLf => check(before, fresh),
            Self::Lf => check_but_lf(before, fresh),
        }
    }
}

/// RFC 9112 §2.2: CR and LF stand together or not at all; RFC 9110 §5.5: no other control but TAB.
///
/// The kind of the first byte that is wrong.
pub(crate) fn check(before: Option<&u8>, fresh: &[u8]) -> Result<(), Kind> {
    let Some((&first, behind)) = fresh.split_first() else {
        return Ok(());
    };
    let mut bad = is_bad(before.copied().unwrap_or(0), first);
    // No way out of the loop and nothing carried through it, so that it runs in vectors.
    for (&previous, &byte) in fresh.iter().zip(behind) {
        bad |= is_bad(previous, byte);
    }
    if bad {
        Err(blame(before, fresh))
    } else {
        Ok(())
    }
}

/// The same where a bare LF ends a line.
fn check_but_lf(before: Option<&u8>, fresh: &[u8]) -> Result<(), Kind> {
    let mut previous = before.copied().unwrap_or(0);
    for &byte in fresh {
        if byte != b'\n' && is_bad(previous, byte) {
            return Err(Kind::ForbiddenByte);
        }
        previous = byte;
    }
    Ok(())
}

#[inline]
fn is_bad(previous: u8, byte: u8) -> bool {
    let control = (byte < b' ') & (byte != b'\t') & (byte != b'\r') & (byte != b'\n');
    ((previous == b'\r') ^ (byte == b'\n')) | control | (byte == 0x7f)
}

/// The kind of the first byte that is wrong.
#[cold]
pub(crate) fn blame(before: Option<&u8>, fresh: &[u8]) -> Kind {
    let mut previous = before.copied().unwrap_or(0);
    for &byte in fresh {
        match (previous, byte) {
            (b'\r', b'\n') => {}
            (b'\r', _) => return Kind::ForbiddenByte,
            (_, b'\n') => return Kind::BareLf,
            (_, b'\t' | b'\r') => {}
            (_, ..b' ' | 0x7f) => return Kind::ForbiddenByte,
            _ => {}
        }
        previous = byte;
    }
    Kind::ForbiddenByte
}
