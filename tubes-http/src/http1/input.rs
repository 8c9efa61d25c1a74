//! What has arrived and is not used yet: looks for the ends of heads and lines, and cuts them out.
//!
//! ```text
//!              ┌────────── one head or line ────────┐
//!   held       │ GET / HTTP/1.1⏎ Ho                 │
//!   segment                        │ st: a⏎ ⏎       │ GET /next ..      see `arrived.rs`
//!                          line ▲    ▲ scanned
//! ```
//!
//! Each byte is looked at once, however small the segments: the search goes on where it stopped.

use bytes::Bytes;
use memchr::{memchr, memchr_iter};

use crate::http1::arrived::{Arrived, Searched};
use crate::http1::octets::{LineEnd, blame};
use crate::kind::Kind;
use crate::limits::Limits;

/// The bytes of the peer that are not used yet.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    /// Its held part is the start of a head or line whose end has not arrived, if it is searched.
    arrived: Arrived,
    /// Where the search for the end goes on; `held <= scanned`.
    scanned: usize,
    /// How far the bytes of a unit without end are known to be allowed; `held <= checked`.
    checked: usize,
    /// Where the line begins that the search is in; `line <= scanned`.
    line: usize,
    /// Empty lines in front of the head that is searched.
    empty_lines: usize,
    source: Source,
}

/// Whether the peer may send more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Open,
    Ended,
}

/// What has arrived of a head.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Head {
    /// Its first line, which stays where it is: said once, before what is behind it is looked at,
    /// so that it is judged alike whether or not more has come.
    FirstLine(Bytes),
    /// All of it, with its empty line, cut out.
    Whole(Bytes),
}

/// What ends a unit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    Line,
    EmptyLine,
}

impl Input {
    pub(crate) fn new() -> Self {
        Self {
            arrived: Arrived::default(),
            scanned: 0,
            checked: 0,
            line: 0,
            empty_lines: 0,
            source: Source::Open,
        }
    }

    pub(crate) fn received(&mut self, segment: Bytes) {
        let searched = if self.scanned == self.len() {
            Searched::Whole
        } else {
            Searched::Not
        };
        self.arrived.push(segment, searched);
    }

    pub(crate) fn received_end(&mut self) {
        self.source = Source::Ended;
    }

    pub(crate) fn source(&self) -> Source {
        self.source
    }

    pub(crate) fn len(&self) -> usize {
        self.arrived.len()
    }

    /// Bytes of memory that what is there keeps.
    pub(crate) fn memory(&self) -> usize {
        self.arrived.memory()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether a head has begun to arrive, be it with empty lines.
    pub(crate) fn has_begun(&self) -> bool {
        !self.is_empty() || self.empty_lines > 0
    }

    /// Throws everything away.
    pub(crate) fn clear(&mut self) {
        let source = self.source;
        *self = Self::new();
        self.source = source;
    }

    /// All that is left, for whom the connection is handed on to.
    pub(crate) fn remainder(&mut self) -> Bytes {
        let all = self.cut(self.len());
        self.clear();
        all
    }

    /// Says the first line of a head, then cuts the head out with its empty line, without the empty
    /// lines in front of it.
    pub(crate) fn head(&mut self, limits: &Limits) -> Result<Option<Head>, Kind> {
        let line_end = LineEnd::of(limits.strictness());
        while self.line == 0 {
            let line = self.scan(Until::Line, line_end)?;
            // Without its line end; of a line that has not ended yet, one byte may be its CR.
            let length = match line {
                Some(end) if self.is_behind_cr(end) => end - 2,
                Some(end) => end - 1,
                None => self.len().saturating_sub(1),
            };
            let most = limits.request_line();
            // Byte by byte, it would have passed the limit with this one.
            self.check_up_to(
                line.unwrap_or(0)
                    .min(most.saturating_add(2)),
                line_end,
            )?;
            if length > most {
                return Err(Kind::TargetTooLong);
            }
            match line {
                None => return Ok(None),
                Some(end) if length == 0 => self.skip_empty_line(end, limits)?,
                Some(_) => return Ok(self.first_line().map(Head::FirstLine)),
            }
        }
        let end = self.scan(Until::EmptyLine, line_end)?;
        let length = end.unwrap_or(self.len()) + 2 * self.empty_lines;
        if length > limits.head() {
            return Err(Kind::HeadTooLong);
        }
        self.empty_lines = if end.is_some() { 0 } else { self.empty_lines };
        Ok(end.map(|end| Head::Whole(self.cut(end))))
    }

    /// The first line of a head that has not been cut out, once it has ended.
    pub(crate) fn first_line(&self) -> Option<Bytes> {
        if self.line == 0 {
            return None;
        }
        let (held, segment) = (self.arrived.held(), self.arrived.segment());
        let end = |bytes: &[u8]| memchr(b'\n', bytes).map(|at| at + 1);
        if let Some(end) = end(held) {
            return Some(Bytes::copy_from_slice(&held[..end]));
        }
        let end = end(segment)?;
        if held.is_empty() {
            return Some(segment.slice(..end));
        }
        Some([held, &segment[..end]].concat().into())
    }

    /// Cuts out a trailer section with its empty line.
    pub(crate) fn trailers(&mut self, limits: &Limits) -> Result<Option<Bytes>, Kind> {
        let line_end = LineEnd::of(limits.strictness());
        let end = self.scan(Until::EmptyLine, line_end)?;
        if end.unwrap_or(self.len()) > limits.trailers().saturating_add(2) {
            return Err(Kind::TrailersTooLong);
        }
        Ok(end.map(|end| self.cut(end)))
    }

    /// Cuts out a line with its CRLF; `too_long` if it passes `bound` bytes without it.
    pub(crate) fn line(&mut self, bound: usize, too_long: Kind) -> Result<Option<Bytes>, Kind> {
        let end = self.scan(Until::Line, LineEnd::CrLf)?;
        let length = end
            .unwrap_or(self.len() + 1)
            .saturating_sub(2);
        if length > bound {
            return Err(too_long);
        }
        Ok(end.map(|end| self.cut(end)))
    }

    /// Cuts out what is there, at most `most` bytes; `None` if nothing is there.
    pub(crate) fn take(&mut self, most: u64) -> Option<Bytes> {
        let here = self.arrived.first_piece().len();
        let taken = usize::try_from(most).map_or(here, |most| most.min(here));
        (taken > 0).then(|| self.cut(taken))
    }

    /// What is there, all in one piece, if no byte of it has been searched.
    pub(crate) fn fresh(&self) -> Option<&Bytes> {
        let segment = self.arrived.segment();
        let fresh = self.scanned == 0 && self.empty_lines == 0 && !segment.is_empty();
        fresh.then_some(segment)
    }

    /// Drops the first bytes of what is [`fresh`](Self::fresh).
    pub(crate) fn skip(&mut self, length: usize) {
        self.arrived.skip(length);
    }

    /// Looks at the next byte.
    pub(crate) fn peek(&self) -> Option<u8> {
        self.arrived
            .first_piece()
            .first()
            .copied()
    }

    /// Whether what is there begins with this.
    pub(crate) fn starts_with(&self, start: &[u8]) -> bool {
        let bytes = self
            .arrived
            .held()
            .iter()
            .chain(self.arrived.segment());
        bytes.take(start.len()).eq(start)
    }

    /// Whether the LF of the line that ends there has a CR.
    fn is_behind_cr(&self, end: usize) -> bool {
        let at = end.checked_sub(2);
        at.and_then(|at| self.arrived.byte(at)) == Some(b'\r')
    }

    fn skip_empty_line(&mut self, end: usize, limits: &Limits) -> Result<(), Kind> {
        drop(self.cut(end));
        self.empty_lines += 1;
        // RFC 9112 §2.2: at least one is to be ignored; robust, not boundless.
        if self.empty_lines > limits.empty_lines() {
            return Err(Kind::TooManyEmptyLines);
        }
        Ok(())
    }

    /// Goes on with the search; the length of the unit once its end is there.
    fn scan(&mut self, until: Until, line_end: LineEnd) -> Result<Option<usize>, Kind> {
        let (held, segment) = (self.arrived.held().len(), self.arrived.segment());
        let from = self.scanned - held;
        let unchecked = self.checked - held;
        for lf in memchr_iter(b'\n', &segment[from..]) {
            let at = from + lf;
            let behind_cr = self.arrived.before(at) == Some(&b'\r');
            if !behind_cr && line_end == LineEnd::CrLf {
                return Err(blame(
                    self.arrived.before(unchecked),
                    &segment[unchecked..=at],
                ));
            }
            let empty = held + at == self.line + usize::from(behind_cr);
            self.line = held + at + 1;
            if empty || until == Until::Line {
                self.scanned = self.line;
                return Ok(Some(self.scanned));
            }
        }
        // Who reads the whole unit refuses these bytes, too; but it may never become whole.
        line_end.check(self.arrived.before(unchecked), &segment[unchecked..])?;
        self.scanned = self.len();
        self.checked = self.scanned;
        Ok(None)
    }

    /// Looks at the bytes before `end` that were not looked at.
    fn check_up_to(&mut self, end: usize, line_end: LineEnd) -> Result<(), Kind> {
        if end > self.checked {
            let held = self.arrived.held().len();
            let (from, to) = (self.checked - held, end - held);
            line_end.check(self.arrived.before(from), &self.arrived.segment()[from..to])?;
            self.checked = end;
        }
        Ok(())
    }

    /// Cuts out the first `length` bytes.
    fn cut(&mut self, length: usize) -> Bytes {
        self.scanned = 0;
        self.checked = 0;
        self.line = 0;
        self.arrived.cut(length)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{Head, Input};
    use crate::kind::Kind;
    use crate::limits::Limits;
    use crate::strictness::{Deviation, Strictness};

    const HEAD: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    /// The next head, whatever its first line is.
    fn head(input: &mut Input, limits: &Limits) -> Result<Option<Bytes>, Kind> {
        loop {
            match input.head(limits)? {
                Some(Head::FirstLine(_)) => {}
                Some(Head::Whole(head)) => return Ok(Some(head)),
                None => return Ok(None),
            }
        }
    }

    #[test]
    fn a_head_in_one_segment_is_not_copied() {
        let segment = Bytes::from([HEAD, b"rest"].concat());
        let start = segment.as_ptr();
        let mut input = Input::new();
        input.received(segment);
        let head = head(&mut input, &Limits::default())
            .unwrap()
            .unwrap();
        assert_eq!(head, HEAD);
        assert_eq!(head.as_ptr(), start);
        assert_eq!(input.remainder(), "rest");
    }

    #[test]
    fn the_search_resumes_where_it_stopped() {
        let strict = Limits::default();
        let lenient = strict
            .clone()
            .with_strictness(Strictness::default().accept(Deviation::BareLf));
        let lines: &[u8] = b"GET / HTTP/1.1\nHost: a\nB: c\r\n\n";
        for (limits, whole) in [(&strict, HEAD), (&lenient, HEAD), (&lenient, lines)] {
            let mut input = Input::new();
            for (at, byte) in whole.iter().enumerate() {
                assert_eq!(
                    input.scanned, at,
                    "every byte before this one is behind the search"
                );
                input.received(Bytes::copy_from_slice(&[*byte]));
                let head = head(&mut input, limits).unwrap();
                assert_eq!(head.is_some(), at + 1 == whole.len());
            }
            assert!(input.is_empty());
            assert_eq!(input.memory(), 0, "nothing is kept");
        }
    }

    #[test]
    fn limits_are_enforced_before_the_head_is_whole() {
        let limits = Limits::default()
            .with_request_line(20)
            .with_head(60);
        let cases: [(&[u8], Result<bool, Kind>); 6] = [
            (b"GET /123456789012345", Ok(false)),
            (b"GET /1234567890123456", Ok(false)),
            (b"GET /12345678901234567", Err(Kind::TargetTooLong)),
            (b"GET / HTTP/1.1\r\n", Ok(false)),
            (
                b"GET / HTTP/1.1\r\nA: 789012345678901234567890123456789012\r\n\r\n",
                Ok(true),
            ),
            (
                b"GET / HTTP/1.1\r\nA: 78901234567890123456789012345678901234567890",
                Err(Kind::HeadTooLong),
            ),
        ];
        for (bytes, expected) in cases {
            let mut input = Input::new();
            input.received(Bytes::from_static(bytes));
            let head = head(&mut input, &limits).map(|head| head.is_some());
            assert_eq!(head, expected, "{:?}", bytes.escape_ascii().to_string());
        }
    }

    #[test]
    fn a_forbidden_byte_is_refused_before_the_head_is_whole() {
        for (bytes, kind) in [
            (&b"GET / HTTP/1.1\r\nA: \0"[..], Kind::ForbiddenByte),
            (b"GET / HTTP/1.1\r\nA: b\rc", Kind::ForbiddenByte),
            (b"GET / HTTP/1.1\r\nA: b\n", Kind::BareLf),
            (b"\n", Kind::BareLf),
            (b"\x7f", Kind::ForbiddenByte),
        ] {
            let mut input = Input::new();
            input.received(Bytes::from_static(bytes));
            assert_eq!(head(&mut input, &Limits::default()), Err(kind));
        }
    }

    #[test]
    fn what_nobody_asked_for_is_joined_in_order() {
        let mut input = Input::new();
        for part in ["ab", "cd", "ef"] {
            input.received(Bytes::from_static(part.as_bytes()));
        }
        assert_eq!(input.take(4).unwrap(), "abcd");
        assert_eq!(input.remainder(), "ef");
    }
}
