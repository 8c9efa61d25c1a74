//! How long is this body? RFC 9112 §6.3 in steps.

use http::{Method, Version};

use crate::kind::Kind;
use crate::strictness::{Deviation, Strictness};

/// How long a body is, as its head says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyLength {
    /// There is none.
    Empty,
    /// That many bytes, not 0.
    Known(u64),
    /// Chunks until the last.
    Chunked,
}

impl BodyLength {
    /// In bytes, where it is declared.
    pub(crate) fn declared(self) -> Option<u64> {
        match self {
            Self::Empty => Some(0),
            Self::Known(bytes) => Some(bytes),
            Self::Chunked => None,
        }
    }
}

/// What a `Content-Length` ought to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mended {
    /// Said once.
    Once(u64),
    /// Not said at all, beside the coding that counts.
    Left,
}

/// What the framing fields of one head have said so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Framing {
    length: ContentLength,
    coding: TransferCoding,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ContentLength {
    Absent,
    One(u64),
    /// The same one several times.
    Repeated(u64),
}

/// The codings of all `Transfer-Encoding` lines, taken in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TransferCoding {
    Absent,
    /// Exactly `chunked`.
    Chunked,
    /// Others, and no `chunked` yet.
    Unknown,
    /// Others, then `chunked`.
    UnknownThenChunked,
    Bad,
}

impl Framing {
    /// No field seen.
    pub(crate) const NONE: Self = Self {
        length: ContentLength::Absent,
        coding: TransferCoding::Absent,
    };

    /// Takes in a `Content-Length` line.
    pub(crate) fn content_length(
        &mut self,
        value: &[u8],
        strictness: Strictness,
    ) -> Result<(), Kind> {
        if strictness.accepts(Deviation::RepeatedLength) {
            return self.repeated_length(value);
        }
        if self.length != ContentLength::Absent {
            return Err(Kind::SeveralContentLengths);
        }
        let length = decimal(value).ok_or_else(|| {
            if value.contains(&b',') {
                Kind::SeveralContentLengths
            } else {
                Kind::BadContentLength
            }
        })?;
        self.length = ContentLength::One(length);
        Ok(())
    }

    /// RFC 9112 §6.3 step 5: a list in which all values are valid, and the same.
    fn repeated_length(&mut self, value: &[u8]) -> Result<(), Kind> {
        for value in value.split(|&b| b == b',') {
            let length = decimal(value.trim_ascii()).ok_or(Kind::BadContentLength)?;
            self.length = match self.length {
                ContentLength::Absent => ContentLength::One(length),
                ContentLength::One(same) | ContentLength::Repeated(same) if same == length => {
                    ContentLength::Repeated(same)
                }
                _ => return Err(Kind::SeveralContentLengths),
            };
        }
        Ok(())
    }

    /// What the field `Content-Length` ought to be, where it is something else.
    pub(crate) fn mended(self) -> Option<Mended> {
        match (self.coding, self.length) {
            (_, ContentLength::Absent) | (TransferCoding::Absent, ContentLength::One(_)) => None,
            (TransferCoding::Absent, ContentLength::Repeated(length)) => Some(Mended::Once(length)),
            (_, ContentLength::One(_) | ContentLength::Repeated(_)) => Some(Mended::Left),
        }
    }

    /// Takes in a `Transfer-Encoding` line.
    pub(crate) fn transfer_encoding(&mut self, value: &[u8]) {
        for coding in value.split(|&b| b == b',') {
            self.coding = self.coding.then(coding.trim_ascii());
        }
    }

    /// The length of a request's body.
    pub(crate) fn of_request(
        self,
        method: &Method,
        version: Version,
        strictness: Strictness,
    ) -> Result<BodyLength, Kind> {
        let length = self.of_message(version, strictness)?;
        // RFC 9110 §9.3.6: a CONNECT request has no content; who sends some means a tunnel that
        // is not open yet, or smuggles.
        if *method == Method::CONNECT && self != Self::NONE {
            return Err(Kind::BodyInConnect);
        }
        // RFC 9112 §6.3 step 7: a request without either has no body, whatever its method.
        Ok(length.unwrap_or(BodyLength::Empty))
    }

    /// The steps that requests and responses share; `None`: neither field is there.
    fn of_message(
        self,
        version: Version,
        strictness: Strictness,
    ) -> Result<Option<BodyLength>, Kind> {
        let length = match self.length {
            ContentLength::Absent => None,
            ContentLength::One(length) | ContentLength::Repeated(length) => Some(length),
        };
        match (self.coding, length) {
            // RFC 9112 §6.3 step 6: the decimal value is the length.
            (TransferCoding::Absent, Some(0)) => Ok(Some(BodyLength::Empty)),
            (TransferCoding::Absent, Some(n)) => Ok(Some(BodyLength::Known(n))),
            (TransferCoding::Absent, None) => Ok(None),
            // RFC 9112 §6.1: an HTTP/1.0 peer that frames so has a faulty framing.
            _ if version == Version::HTTP_10 => Err(Kind::CodingInHttp10),
            // RFC 9112 §6.3 step 3: both ought to be handled as an error.
            (_, Some(_)) if !strictness.accepts(Deviation::LengthBesideCoding) => {
                Err(Kind::BothFramings)
            }
            // RFC 9112 §6.3 step 4: chunked is the final coding, or the length is unknown.
            (TransferCoding::Chunked, _) => Ok(Some(BodyLength::Chunked)),
            (TransferCoding::UnknownThenChunked, _) => Err(Kind::UnsupportedCoding),
            (TransferCoding::Unknown | TransferCoding::Bad, _) => Err(Kind::BadTransferCoding),
        }
    }
}

impl TransferCoding {
    fn then(self, coding: &[u8]) -> Self {
        let chunked = coding.eq_ignore_ascii_case(b"chunked");
        match self {
            Self::Absent if chunked => Self::Chunked,
            Self::Unknown if chunked => Self::UnknownThenChunked,
            Self::Absent | Self::Unknown if is_token(coding) => Self::Unknown,
            // RFC 9112 §6.1: nothing is applied on top of chunked, and it is applied once.
            _ => Self::Bad,
        }
    }
}

/// `1*DIGIT` that fits 64 bits; leading zeros are digits like others.
pub(crate) fn decimal(value: &[u8]) -> Option<u64> {
    if value.is_empty() {
        return None;
    }
    value
        .iter()
        .try_fold(0_u64, |number, digit| {
            let digit = digit.wrapping_sub(b'0');
            if digit > 9 {
                return None;
            }
            number
                .checked_mul(10)?
                .checked_add(u64::from(digit))
        })
}

/// `1*tchar` (RFC 9110 §5.6.2).
pub(crate) fn is_token(word: &[u8]) -> bool {
    !word.is_empty() && word.iter().all(|&b| is_tchar(b))
}

/// RFC 9110 §5.6.2.
pub(crate) fn is_tchar(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b)
}
