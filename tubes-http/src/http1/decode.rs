//! Bytes to body: a known length, or chunks with all their traps (RFC 9112 §7.1).
//!
//! ```text
//!   Size ──n > 0──► Data ──n bytes──► DataEnd ──CRLF──► Size
//!     └───── 0 ───────────────────────────────► Trailers ──empty line──► Over
//! ```

use bytes::Bytes;
use http::HeaderMap;

use crate::http1::input::Input;
use crate::http1::length::{BodyLength, is_tchar};
use crate::http1::lenient;
use crate::http1::octets::check;
use crate::http1::parse;
use crate::kind::Kind;
use crate::limits::Limits;
use crate::strictness::{Deviation, Strictness};

/// The body of one message, on its way in.
#[derive(Clone, Debug)]
pub(crate) struct Decoder {
    place: Place,
    /// Bytes of body handed out.
    got: u64,
    /// Trailers that may not stand there.
    dropped: usize,
}

/// Where in the body the next byte is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In a body of known length; `left > 0`.
    Known {
        left: u64,
    },
    /// At the size line of a chunk; `extensions`: bytes of them in all chunks before.
    Size {
        extensions: usize,
    },
    /// In the data of a chunk; `left > 0`.
    Data {
        left: u64,
        extensions: usize,
    },
    /// Behind the data of a chunk.
    DataEnd {
        extensions: usize,
    },
    /// Between CR and LF behind the data of a chunk.
    DataEndLf {
        extensions: usize,
    },
    /// Behind the last chunk.
    Trailers,
    Over,
}

/// What the decoder found.
#[derive(Debug)]
pub(crate) enum Piece {
    Data(Bytes),
    End(Option<Box<HeaderMap>>),
}

/// How much of a body has not been handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rest {
    Nothing,
    Known(u64),
    Unknown,
}

impl Decoder {
    pub(crate) fn new(length: BodyLength) -> Self {
        let place = match length {
            BodyLength::Empty | BodyLength::Known(0) => Place::Over,
            BodyLength::Known(left) => Place::Known { left },
            BodyLength::Chunked => Place::Size { extensions: 0 },
        };
        Self {
            place,
            got: 0,
            dropped: 0,
        }
    }

    /// Takes the next piece out of the input; `None`: it needs more bytes.
    pub(crate) fn decode(
        &mut self,
        input: &mut Input,
        limits: &Limits,
    ) -> Result<Option<Piece>, Kind> {
        loop {
            let next = match self.place {
                Place::Over => return Ok(Some(Piece::End(None))),
                Place::Known { left } | Place::Data { left, .. } => {
                    return Ok(self.data(left, input).map(Piece::Data));
                }
                Place::Trailers => return self.trailers(input, limits),
                Place::Size { extensions } => size(input, extensions, limits)?,
                Place::DataEnd { extensions } => {
                    expect(input, b'\r', Place::DataEndLf { extensions })?
                }
                Place::DataEndLf { extensions } => {
                    expect(input, b'\n', Place::Size { extensions })?
                }
            };
            match next {
                Some(place) => self.place = place,
                None => return Ok(None),
            }
        }
    }

    /// Bytes of body handed out.
    pub(crate) fn got(&self) -> u64 {
        self.got
    }

    /// Trailers that may not stand there.
    pub(crate) fn dropped_trailers(&self) -> usize {
        self.dropped
    }

    /// The peer ended: what that means here.
    pub(crate) fn ended(&self) -> Kind {
        let expected = match self.place {
            Place::Known { left } => Some(self.got.saturating_add(left)),
            _ => None,
        };
        Kind::Truncated {
            expected,
            got: self.got,
        }
    }

    /// Whether any of it was looked at.
    pub(crate) fn has_begun(&self) -> bool {
        self.got > 0
            || !matches!(
                self.place,
                Place::Known { .. } | Place::Size { extensions: 0 }
            )
    }

    /// How much has not been handed out.
    pub(crate) fn rest(&self) -> Rest {
        match self.place {
            Place::Over => Rest::Nothing,
            Place::Known { left } => Rest::Known(left),
            _ => Rest::Unknown,
        }
    }

    fn data(&mut self, left: u64, input: &mut Input) -> Option<Bytes> {
        let data = input.take(left)?;
        let length = data.len() as u64;
        self.got = self.got.saturating_add(length);
        self.place = match (self.place, left - length) {
            (Place::Data { extensions, .. }, 0) => Place::DataEnd { extensions },
            (Place::Data { extensions, .. }, left) => Place::Data { left, extensions },
            (_, 0) => Place::Over,
            (_, left) => Place::Known { left },
        };
        Some(data)
    }

    fn trailers(&mut self, input: &mut Input, limits: &Limits) -> Result<Option<Piece>, Kind> {
        let Some(section) = input.trailers(limits)? else {
            return Ok(None);
        };
        let section = lenient::trailers(section, limits.strictness());
        let (trailers, dropped) = parse::trailers(&section, limits)?;
        self.dropped = dropped;
        self.place = Place::Over;
        Ok(Some(Piece::End(
            (!trailers.is_empty()).then(|| Box::new(trailers)),
        )))
    }
}

/// RFC 9112 §7.1: exactly CRLF behind the data.
fn expect(input: &mut Input, byte: u8, then: Place) -> Result<Option<Place>, Kind> {
    match input.peek() {
        None => Ok(None),
        Some(found) if found == byte => {
            drop(input.take(1));
            Ok(Some(then))
        }
        Some(_) => Err(Kind::BadChunkEnd),
    }
}

/// `chunk = chunk-size [ chunk-ext ] CRLF`.
fn size(input: &mut Input, extensions: usize, limits: &Limits) -> Result<Option<Place>, Kind> {
    let most = limits
        .chunk_extensions()
        .saturating_sub(extensions);
    let bound = SIZE_DIGITS.saturating_add(most);
    let Some(line) = input.line(bound, Kind::ChunkExtensionsTooLong)? else {
        return Ok(None);
    };
    let digits = line
        .iter()
        .take_while(|b| b.is_ascii_hexdigit())
        .count();
    let (digits, rest) = line.split_at(digits);
    if rest != b"\r\n" {
        check(None, rest)?;
    }
    let rest = &rest[..rest.len() - 2];
    if rest.len() > most {
        return Err(Kind::ChunkExtensionsTooLong);
    }
    let left = hex(digits).ok_or(Kind::BadChunkSize)?;
    if !rest.is_empty() {
        check_extensions(rest, limits.strictness())?;
    }
    let extensions = extensions + rest.len();
    Ok(Some(match left {
        0 => Place::Trailers,
        left => Place::Data { left, extensions },
    }))
}

/// 1 to 16 hex digits, which always fit.
fn hex(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits.len() > SIZE_DIGITS {
        return None;
    }
    digits
        .iter()
        .try_fold(0, |size, &digit| {
            let digit = char::from(digit).to_digit(16)?;
            Some(size << 4 | u64::from(digit))
        })
}

/// `chunk-ext = *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] )`, but no blank
/// between the size and the first `;`, unless that is accepted: others read it as part of the size.
fn check_extensions(rest: &[u8], strictness: Strictness) -> Result<(), Kind> {
    let mut rest = rest;
    if strictness.accepts(Deviation::BlankBeforeExtension) {
        rest = rest.trim_ascii_start();
    }
    if !rest.starts_with(b";") {
        return Err(Kind::BadChunkSize);
    }
    while let Some(extension) = rest.strip_prefix(b";") {
        rest = skip_token(extension.trim_ascii_start())?.trim_ascii_start();
        if let Some(value) = rest.strip_prefix(b"=") {
            let value = value.trim_ascii_start();
            rest = match value.strip_prefix(b"\"") {
                Some(quoted) => skip_quoted(quoted)?,
                None => skip_token(value)?,
            };
            rest = rest.trim_ascii_start();
        }
    }
    if rest.is_empty() {
        Ok(())
    } else {
        Err(Kind::BadChunkExtension)
    }
}

fn skip_token(text: &[u8]) -> Result<&[u8], Kind> {
    match text
        .iter()
        .take_while(|&&b| is_tchar(b))
        .count()
    {
        0 => Err(Kind::BadChunkExtension),
        length => Ok(&text[length..]),
    }
}

/// Behind the closing quote; a backslash takes the next byte with it.
fn skip_quoted(text: &[u8]) -> Result<&[u8], Kind> {
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return Ok(bytes.as_slice()),
            b'\\' => drop(bytes.next()),
            _ => {}
        }
    }
    Err(Kind::BadChunkExtension)
}

/// All that fit 64 bits, leading zeros counted.
const SIZE_DIGITS: usize = 16;
