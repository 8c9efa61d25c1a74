//! How long is this body? RFC 9112 §6.3 in steps.

use http::{Method, Version};

use crate::kind::Kind;

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
    pub(crate) fn content_length(&mut self, value: &[u8]) -> Result<(), Kind> {
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

    /// Takes in a `Transfer-Encoding` line.
    pub(crate) fn transfer_encoding(&mut self, value: &[u8]) {
        for coding in value.split(|&b| b == b',') {
            self.coding = self.coding.then(coding.trim_ascii());
        }
    }

    /// The length of a request's body.
    pub(crate) fn of_request(self, method: &Method, version: Version) -> Result<BodyLength, Kind> {
        let length = self.of_message(version)?;
        // RFC 9110 §9.3.6: a CONNECT request has no content; who sends some means a tunnel that
        // is not open yet, or smuggles.
        if *method == Method::CONNECT && self != Self::NONE {
            return Err(Kind::BodyInConnect);
        }
        // RFC 9112 §6.3 step 7: a request without either has no body, whatever its method.
        Ok(length.unwrap_or(BodyLength::Empty))
    }

    /// The steps that requests and responses share; `None`: neither field is there.
    fn of_message(self, version: Version) -> Result<Option<BodyLength>, Kind> {
        match (self.coding, self.length) {
            // RFC 9112 §6.3 step 6: the decimal value is the length.
            (TransferCoding::Absent, ContentLength::One(0)) => Ok(Some(BodyLength::Empty)),
            (TransferCoding::Absent, ContentLength::One(n)) => Ok(Some(BodyLength::Known(n))),
            (TransferCoding::Absent, ContentLength::Absent) => Ok(None),
            // RFC 9112 §6.1: an HTTP/1.0 peer that frames so has a faulty framing.
            _ if version == Version::HTTP_10 => Err(Kind::CodingInHttp10),
            // RFC 9112 §6.3 step 3: both ought to be handled as an error.
            (_, ContentLength::One(_)) => Err(Kind::BothFramings),
            // RFC 9112 §6.3 step 4: chunked is the final coding, or the length is unknown.
            (TransferCoding::Chunked, ContentLength::Absent) => Ok(Some(BodyLength::Chunked)),
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
