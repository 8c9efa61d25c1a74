//! What the RFC lets a recipient accept although no sender may send it: each off, each by itself.

use std::fmt;

/// Something that no sender may send and a recipient may accept.
///
/// Each is refused unless it is [accepted](Strictness::accept), and always for the same reason: of two readers of the same bytes, one behind the other, both have to see the same requests.
/// Where one is lenient and the other is not, a request can hide in another one (*request
/// smuggling*). To accept one is right where all clients are known, and no proxy stands between.
///
/// What is accepted is read as if it had been said well: the handler sees the request in its
/// proper form, and so does whoever it is forwarded to.
///
/// | deviation | RFC 9112 | read as | who takes it |
/// |---|---|---|---|
/// | [`BareLf`](Self::BareLf) | §2.2 | CRLF | hyper, Go, nginx |
/// | [`FoldedLines`](Self::FoldedLines) | §5.2 | one line, a blank between its parts | Go |
/// | [`IndentedFirstLine`](Self::IndentedFirstLine) | §2.2 | nothing | - |
/// | [`BlanksInRequestLine`](Self::BlanksInRequestLine) | §3 | one SP | nginx, between words |
/// | [`LaterMinorVersion`](Self::LaterMinorVersion) | RFC 9110 §2.5 | HTTP/1.1 | Go, nginx |
/// | [`RepeatedLength`](Self::RepeatedLength) | §6.3 | said once | hyper, Go |
/// | [`LengthBesideCoding`](Self::LengthBesideCoding) | §6.1 | the coding alone; the last request | Go, hyper |
/// | [`BlankBeforeExtension`](Self::BlankBeforeExtension) | §7.1.1 | none | hyper |
/// | [`OtherExpectations`](Self::OtherExpectations) | RFC 9110 §10.1.1 | not said | hyper, nginx |
///
/// Who takes it is hyper 1.12, and nginx and Go as their sources were in 2025; each may change its mind.
///
/// Everything else stays refused whatever is accepted here: what a recipient has to refuse (blanks
/// before a colon, none or two of `Host`, lengths that differ, a coding that does not end in
/// `chunked` or comes with HTTP/1.0), and what it may mend, but nobody sends by mistake (a bare CR
/// or NUL).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Deviation {
    /// A line of a head or of trailers that ends in LF without CR (RFC 9112 §2.2). The lines
    /// between chunks have no such excuse, and stay strict. Refused: with
    /// [`Kind::BareLf`](crate::Kind::BareLf).
    BareLf,
    /// A field line that goes on in the next, which begins with a blank (*obs-fold*, RFC 9112
    /// §5.2). Refused: with [`Kind::HeaderInvalid`](crate::Kind::HeaderInvalid), or in trailers
    /// [`Kind::TrailersInvalid`](crate::Kind::TrailersInvalid).
    FoldedLines,
    /// Lines that begin with a blank between the request line and the first field: they are left
    /// out (RFC 9112 §2.2). Refused: with [`Kind::HeaderInvalid`](crate::Kind::HeaderInvalid).
    IndentedFirstLine,
    /// More than one blank between the words of a request line, TAB for SP, or blanks around it
    /// (RFC 9112 §3). Of the octets that RFC names, only SP and TAB. Refused: with
    /// [`Kind::BadRequestLine`](crate::Kind::BadRequestLine).
    BlanksInRequestLine,
    /// HTTP/1.2 to HTTP/1.9, which do not exist (RFC 9110 §2.5). Refused: with
    /// [`Kind::UnsupportedVersion`](crate::Kind::UnsupportedVersion).
    LaterMinorVersion,
    /// The same `Content-Length` several times, in several lines or as a list (RFC 9112 §6.3,
    /// RFC 9110 §8.6). Refused: with
    /// [`Kind::SeveralContentLengths`](crate::Kind::SeveralContentLengths).
    RepeatedLength,
    /// A valid `Content-Length` beside `Transfer-Encoding`, which counts alone; the connection
    /// closes after the reply, as RFC 9112 §6.1 wants it. Refused: with
    /// [`Kind::BothFramings`](crate::Kind::BothFramings).
    LengthBesideCoding,
    /// Blanks between the size of a chunk and the `;` of its extension, which RFC 9112 §7.1.1 even
    /// wants parsed; others have read them as a part of the size. Refused: with
    /// [`Kind::BadChunkSize`](crate::Kind::BadChunkSize).
    BlankBeforeExtension,
    /// Expectations other than `100-continue`, which nobody meets (RFC 9110 §10.1.1). Refused:
    /// with [`Kind::BadExpectation`](crate::Kind::BadExpectation).
    OtherExpectations,
}

/// Which [deviations](Deviation) are accepted: none, unless said.
///
/// Part of the [`Limits`](crate::Limits) of a server.
///
/// # Examples
///
/// For sensors that end their lines with LF, on a wire of their own:
///
/// ```
/// use tubes_http::{Deviation, Limits, Strictness};
///
/// let strictness = Strictness::default().accept(Deviation::BareLf);
/// assert!(strictness.accepts(Deviation::BareLf));
/// assert!(!strictness.accepts(Deviation::FoldedLines));
///
/// let limits = Limits::default().with_strictness(strictness);
/// assert_ne!(limits.strictness(), Strictness::default());
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Strictness {
    /// A bit for each deviation that is accepted.
    accepted: u16,
}

impl Strictness {
    /// Accepts this one, too.
    #[must_use]
    pub fn accept(self, deviation: Deviation) -> Self {
        Self {
            accepted: self.accepted | deviation.bit(),
        }
    }

    /// Whether it is accepted.
    #[must_use]
    #[inline]
    pub fn accepts(self, deviation: Deviation) -> bool {
        self.accepted & deviation.bit() != 0
    }

    /// Whether nothing is accepted.
    #[inline]
    pub(crate) fn is_strict(self) -> bool {
        self.accepted == 0
    }
}

impl Deviation {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::BareLf,
        Self::FoldedLines,
        Self::IndentedFirstLine,
        Self::BlanksInRequestLine,
        Self::LaterMinorVersion,
        Self::RepeatedLength,
        Self::LengthBesideCoding,
        Self::BlankBeforeExtension,
        Self::OtherExpectations,
    ];

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

impl fmt::Debug for Strictness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_strict() {
            return f.write_str("strict");
        }
        f.write_str("strict but for ")?;
        f.debug_set()
            .entries(
                Deviation::ALL
                    .into_iter()
                    .filter(|&deviation| self.accepts(deviation)),
            )
            .finish()
    }
}
