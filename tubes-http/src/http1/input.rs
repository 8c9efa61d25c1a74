//! What has arrived and is not used yet: cuts out heads and lines, copies only what spans segments.
//!
//! ```text
//!              ┌────────── one head or line ────────┐
//!   held       │ GET / HTTP/1.1⏎ Ho                 │      empty while it begins in `segment`
//!   segment                        │ st: a⏎ ⏎       │ GET /next ..
//!                          line ▲    ▲ scanned
//! ```
//!
//! Each byte is looked at once, however small the segments: the search goes on where it stopped.

use bytes::{Buf, Bytes, BytesMut};
use memchr::{memchr, memchr_iter};

use crate::http1::octets::{LineEnd, blame};
use crate::kind::Kind;
use crate::limits::Limits;

/// The bytes of the peer that are not used yet.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    /// The start of a head or line whose end has not arrived; `held.len() <= scanned`.
    held: BytesMut,
    /// What is left of what arrived last.
    segment: Bytes,
    /// How much memory that keeps: `segment.len() <= kept`, if it can be counted.
    kept: u32,
    /// Where the search for the end goes on; counted from the first byte of `held`.
    scanned: usize,
    /// How far the bytes of a unit without end are known to be allowed; `held.len() <= checked`.
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
            held: BytesMut::new(),
            segment: Bytes::new(),
            kept: 0,
            scanned: 0,
            checked: 0,
            line: 0,
            empty_lines: 0,
            source: Source::Open,
        }
    }

    pub(crate) fn received(&mut self, segment: Bytes) {
        if self.segment.is_empty() {
            self.keep(segment);
        } else if self.scanned == self.len() {
            self.held
                .extend_from_slice(&self.segment);
            self.keep(segment);
        } else {
            // Arrived before it was asked for: pipelined behind a request that is being answered.
            let mut joined = match std::mem::take(&mut self.segment).try_into_mut() {
                Ok(unique) => unique,
                Err(shared) => BytesMut::from(&shared[..]),
            };
            joined.extend_from_slice(&segment);
            self.keep(joined.freeze());
        }
    }

    fn keep(&mut self, segment: Bytes) {
        self.kept = u32::try_from(segment.len()).unwrap_or(u32::MAX);
        self.segment = segment;
    }

    /// Something was cut off: a little that is left of much is copied, for it may stay.
    #[inline]
    fn trim(&mut self) {
        if self.kept > MUCH && self.segment.len() <= LITTLE {
            self.keep(Bytes::copy_from_slice(&self.segment));
        }
    }

    pub(crate) fn received_end(&mut self) {
        self.source = Source::Ended;
    }

    pub(crate) fn source(&self) -> Source {
        self.source
    }

    pub(crate) fn len(&self) -> usize {
        self.held.len() + self.segment.len()
    }

    /// Bytes of memory that what is there keeps.
    pub(crate) fn memory(&self) -> usize {
        let kept = usize::try_from(self.kept).unwrap_or(usize::MAX);
        let segment = if self.segment.is_empty() { 0 } else { kept };
        self.held.len().saturating_add(segment)
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
        let end = |bytes: &[u8]| memchr(b'\n', bytes).map(|at| at + 1);
        if let Some(end) = end(&self.held) {
            return Some(Bytes::copy_from_slice(&self.held[..end]));
        }
        let end = end(&self.segment)?;
        if self.held.is_empty() {
            return Some(self.segment.slice(..end));
        }
        Some(
            [&self.held, &self.segment[..end]]
                .concat()
                .into(),
        )
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
        let here = if self.held.is_empty() {
            self.segment.len()
        } else {
            self.held.len()
        };
        let taken = usize::try_from(most).map_or(here, |most| most.min(here));
        (taken > 0).then(|| self.cut(taken))
    }

    /// What is there, all in one piece, if no byte of it has been searched.
    pub(crate) fn fresh(&self) -> Option<&Bytes> {
        let fresh = self.scanned == 0 && self.empty_lines == 0 && !self.segment.is_empty();
        fresh.then_some(&self.segment)
    }

    /// Drops the first bytes of what is [`fresh`](Self::fresh).
    pub(crate) fn skip(&mut self, length: usize) {
        if length < self.segment.len() {
            self.segment.advance(length);
            self.trim();
        } else {
            // A segment that is used up is memory that an idle connection must not hold.
            self.segment = Bytes::new();
        }
    }

    /// Looks at the next byte.
    pub(crate) fn peek(&self) -> Option<u8> {
        self.held
            .first()
            .or_else(|| self.segment.first())
            .copied()
    }

    /// Whether what is there begins with this.
    pub(crate) fn starts_with(&self, start: &[u8]) -> bool {
        let bytes = self.held.iter().chain(&self.segment);
        bytes.take(start.len()).eq(start)
    }

    /// Whether the LF of the line that ends there has a CR.
    fn is_behind_cr(&self, end: usize) -> bool {
        let Some(at) = end.checked_sub(2) else {
            return false;
        };
        let byte = match at.checked_sub(self.held.len()) {
            Some(at) => self.segment.get(at),
            None => self.held.get(at),
        };
        byte == Some(&b'\r')
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
        let held = self.held.len();
        let before = |at: usize| match at {
            0 => self.held.last(),
            at => self.segment.get(at - 1),
        };
        let from = self.scanned - held;
        let unchecked = self.checked - held;
        for lf in memchr_iter(b'\n', &self.segment[from..]) {
            let at = from + lf;
            let behind_cr = before(at) == Some(&b'\r');
            if !behind_cr && line_end == LineEnd::CrLf {
                return Err(blame(before(unchecked), &self.segment[unchecked..=at]));
            }
            let empty = held + at == self.line + usize::from(behind_cr);
            self.line = held + at + 1;
            if empty || until == Until::Line {
                self.scanned = self.line;
                return Ok(Some(self.scanned));
            }
        }
        // Who reads the whole unit refuses these bytes, too; but it may never become whole.
        line_end.check(before(unchecked), &self.segment[unchecked..])?;
        self.scanned = self.len();
        self.checked = self.scanned;
        Ok(None)
    }

    /// Looks at the bytes before `end` that were not looked at.
    fn check_up_to(&mut self, end: usize, line_end: LineEnd) -> Result<(), Kind> {
        if end > self.checked {
            let (from, to) = (self.checked - self.held.len(), end - self.held.len());
            let before = match from {
                0 => self.held.last(),
                from => self.segment.get(from - 1),
            };
            line_end.check(before, &self.segment[from..to])?;
            self.checked = end;
        }
        Ok(())
    }

    /// Cuts out the first `length` bytes, zero-copy unless they span segments.
    fn cut(&mut self, length: usize) -> Bytes {
        self.scanned = 0;
        self.checked = 0;
        self.line = 0;
        if self.held.is_empty() {
            return self.cut_segment(length);
        }
        if length < self.held.len() {
            // Only if somebody takes bytes of a line that has not ended.
            let mut joined = std::mem::take(&mut self.held);
            joined.extend_from_slice(&self.segment);
            self.keep(joined.freeze());
            return self.cut_segment(length);
        }
        let rest = self.cut_segment(length - self.held.len());
        self.held.extend_from_slice(&rest);
        std::mem::take(&mut self.held).freeze()
    }

    fn cut_segment(&mut self, length: usize) -> Bytes {
        let cut = self.segment.split_to(length);
        self.trim();
        cut
    }
}

/// Of a segment of more than this ..
const MUCH: u32 = 64 * 1024;

/// .. so much, or less, does not keep all of it.
const LITTLE: usize = 8 * 1024;

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
    fn a_segment_that_is_used_up_is_let_go() {
        let segment = Bytes::from(HEAD.to_vec());
        let mut input = Input::new();
        input.received(segment.clone());
        input.skip(HEAD.len() - 1);
        assert_eq!((input.len(), segment.is_unique()), (1, false));
        input.skip(1);
        assert_eq!((input.len(), segment.is_unique()), (0, true));
    }

    #[test]
    fn a_little_that_is_left_of_a_large_segment_does_not_keep_it() {
        for (length, left, memory) in [
            (512 * 1024, 1, 1),
            (512 * 1024, 8 * 1024, 8 * 1024),
            (512 * 1024, 8 * 1024 + 1, 512 * 1024),
            (64 * 1024, 1, 64 * 1024),
        ] {
            let segment = Bytes::from(vec![b'x'; length]);
            let mut input = Input::new();
            input.received(segment.clone());
            assert_eq!(input.memory(), length);
            drop(input.take((length - left) as u64));
            assert_eq!((input.len(), input.memory()), (left, memory));
            assert_eq!(segment.is_unique(), memory == left);
            drop(input.take(left as u64));
            assert_eq!((input.memory(), segment.is_unique()), (0, true));
        }
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
            assert_eq!(input.held.capacity(), 0, "nothing is kept");
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
