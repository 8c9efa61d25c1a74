//! LF or CRLF lines.

use std::fmt;
use std::ops::ControlFlow;

use bytes::{Buf, Bytes, BytesMut};
use memchr::memchr;

use crate::budget;
use crate::error::{Error, Kind};
use crate::reason::Reason;
use crate::tube::{Outputs, Tube};

/// A tube that cuts segments into lines: each is given without the LF or CRLF that ends it.
///
/// Lines are bytes, whatever is in them; a CR that no LF follows is part of its line. A line that
/// lies in one segment is a view into it (and keeps its memory alive), one that spans several is
/// copied once. No byte is looked at twice.
///
/// A line has at most 8 KiB (what web servers allow a line of a request), its end not counted:
/// [`at_most`](Lines::at_most) says otherwise.
///
/// # Flow control
///
/// Holds the rest of one segment, and the beginning of one line that spans segments, at most as
/// long as a line may be. A pause takes effect between two lines.
///
/// # Stopping
///
/// After a clean end, what follows the last LF is a line too, unless it is empty. After a failure
/// it is not: it may be half of one. What was received and not given out is the
/// [remainder](Lines::into_remainder).
///
/// # Errors
///
/// [`Kind::Limit`] as soon as a line is known to be too long, behind the lines before it.
///
/// # Examples
///
/// ```
/// use bytes::Bytes;
/// use tubes::{Fount, drains, founts, framing};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let segments = ["to b", "e\r\nor not\nto ", "be"];
/// let lines = founts::iter(segments.map(Bytes::from))
///     .through(framing::lines())
///     .flow_to(drains::collect(10))
///     .await?;
/// assert_eq!(lines, ["to be", "or not", "to be"]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[inline]
pub fn lines() -> Lines {
    Lines {
        joined: BytesMut::new(),
        view: Bytes::new(),
        segment: Bytes::new(),
        limit: LIMIT,
        rest: Rest::Open,
    }
}

/// The tube of [`lines`].
#[must_use = "a stage does nothing before it is attached"]
pub struct Lines {
    /// With `view` behind it the beginning of a line: no LF, at most `limit` bytes and a CR.
    joined: BytesMut,
    /// The newest part of that beginning, not copied yet: its line may have no more parts.
    view: Bytes,
    /// What comes next; not looked at yet.
    segment: Bytes,
    limit: usize,
    rest: Rest,
}

/// What it means that the last line has no end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    /// More will come.
    Open,
    /// Nothing: upstream said all, so it is whole.
    Whole,
    /// Something failed, so it may be cut.
    Cut,
}

impl Lines {
    /// Sets how many bytes a line may have, its end not counted.
    #[inline]
    pub fn at_most(mut self, bytes: usize) -> Self {
        self.limit = bytes;
        self
    }

    /// What was received and not given out as lines, as it came: for whoever reads on behind the
    /// last line.
    ///
    /// # Examples
    ///
    /// ```
    /// use bytes::Bytes;
    /// use tubes::{Fount, drains, founts, framing};
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let mut lines = framing::lines();
    /// let head = founts::iter([Bytes::from_static(b"HELO\r\n\0\r\n\x07")])
    ///     .through(&mut lines)
    ///     .take(1)
    ///     .flow_to(drains::collect(1))
    ///     .await?;
    /// assert_eq!(head, ["HELO"]);
    /// assert_eq!(lines.into_remainder(), &b"\0\r\n\x07"[..]);
    /// # Ok::<_, tubes::Error>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn into_remainder(mut self) -> Bytes {
        if self.begun() == 0 {
            return self.segment;
        }
        let segment = std::mem::take(&mut self.segment);
        self.join(&segment)
    }

    /// How much there is of a line that has begun in earlier segments.
    #[inline]
    fn begun(&self) -> usize {
        self.joined.len() + self.view.len()
    }

    /// Cuts the next line off the segment; without one, keeps the segment.
    fn cut(&mut self) -> Result<Option<Bytes>, Reason> {
        let begun = self.begun();
        let Some(Cut { text, next }) = Cut::find(&self.segment, longest(self.limit) - begun) else {
            return self.keep().map(|()| None);
        };
        let cr_before = next == 1 && self.view.ends_with(b"\r");
        if begun - usize::from(cr_before) + text > self.limit {
            return Err(too_long(self.limit));
        }
        if cr_before {
            self.view.truncate(self.view.len() - 1);
        }
        let text = self.segment.slice(..text);
        self.segment = behind(std::mem::take(&mut self.segment), next);
        Ok(Some(if begun == 0 { text } else { self.join(&text) }))
    }

    /// Takes the segment, in which no line ends, to what has begun of a line.
    #[inline]
    fn keep(&mut self) -> Result<(), Reason> {
        let begun = self.begun();
        let seen = self
            .segment
            .len()
            .min(longest(self.limit) - begun);
        let cr = self.segment[..seen].ends_with(b"\r");
        if begun + seen - usize::from(cr) > self.limit {
            return Err(too_long(self.limit));
        }
        if seen > 0 {
            self.joined
                .extend_from_slice(&self.view);
            self.view = std::mem::take(&mut self.segment);
        }
        Ok(())
    }

    /// Passes on the lines that lie in the segment, in one loop, and keeps what is behind them.
    #[inline]
    fn run_of<O>(&mut self, outputs: &mut O) -> Result<ControlFlow<O::Full>, Reason>
    where
        O: Outputs<Bytes>,
    {
        // Out of `self` while the run lasts, so that it can live in registers.
        let segment = std::mem::take(&mut self.segment);
        let mut at = 0;
        let put = loop {
            let mut left = budget::RUN;
            let put = outputs.put_all(Cuts {
                segment: &segment,
                limit: self.limit,
                at: &mut at,
                left: &mut left,
            });
            if put.is_break() || left > 0 {
                break put;
            }
            if !budget::spend() {
                break ControlFlow::Break(outputs.spent());
            }
        };
        self.segment = behind(segment, at);
        if put.is_break() {
            return Ok(put);
        }
        self.keep()?;
        Ok(if budget::spend() {
            put
        } else {
            ControlFlow::Break(outputs.spent())
        })
    }

    /// The beginning of a line and the rest of it in one.
    fn join(&mut self, rest: &[u8]) -> Bytes {
        let view = std::mem::take(&mut self.view);
        if self.joined.is_empty() && rest.is_empty() {
            return view;
        }
        let mut line = std::mem::take(&mut self.joined);
        line.reserve(view.len() + rest.len());
        line.extend_from_slice(&view);
        line.extend_from_slice(rest);
        line.freeze()
    }

    /// What follows the last LF.
    fn last_line(&mut self) -> Result<Option<Bytes>, Reason> {
        match self.begun() {
            0 => Ok(None),
            // With a CR that no LF has followed.
            length if length > self.limit => Err(too_long(self.limit)),
            _ => Ok(Some(self.join(&[]))),
        }
    }
}

impl Tube<Bytes> for Lines {
    type Out = Bytes;

    #[inline]
    fn received(&mut self, segment: Bytes) -> Result<Option<Bytes>, Reason> {
        self.segment = segment;
        self.emit()
    }

    #[inline]
    fn emit(&mut self) -> Result<Option<Bytes>, Reason> {
        if !self.segment.is_empty()
            && let Some(line) = self.cut()?
        {
            return Ok(Some(line));
        }
        match self.rest {
            Rest::Whole => self.last_line(),
            Rest::Open | Rest::Cut => Ok(None),
        }
    }

    #[inline]
    fn run<I, O>(&mut self, mut items: I, outputs: &mut O) -> Result<ControlFlow<O::Full>, Reason>
    where
        I: Iterator<Item = Bytes>,
        O: Outputs<Bytes>,
    {
        loop {
            // A line that has begun in an earlier segment.
            if self.begun() > 0
                && let Some(line) = self.emit()?
                && let ControlFlow::Break(full) = outputs.put(line)
            {
                return Ok(ControlFlow::Break(full));
            }
            if !self.segment.is_empty() {
                let put = self.run_of(outputs)?;
                if put.is_break() {
                    return Ok(put);
                }
            }
            let Some(segment) = items.next() else {
                return Ok(ControlFlow::Continue(()));
            };
            self.segment = segment;
        }
    }

    #[inline]
    fn stopped(&mut self, reason: &Reason) -> Result<(), Reason> {
        self.rest = if reason.is_clean() {
            Rest::Whole
        } else {
            Rest::Cut
        };
        Ok(())
    }

    #[inline]
    fn kind(&self) -> &'static str {
        "lines"
    }
}

/// The lines that lie in one segment, a bounded number of them; ends before a line that does not
/// end there, or is too long.
struct Cuts<'a> {
    segment: &'a Bytes,
    limit: usize,
    /// Where the next line begins.
    at: &'a mut usize,
    /// How many more may be cut.
    left: &'a mut usize,
}

impl Iterator for Cuts<'_> {
    type Item = Bytes;

    #[inline]
    fn next(&mut self) -> Option<Bytes> {
        if *self.left == 0 {
            return None;
        }
        let at = *self.at;
        let Cut { text, next } = Cut::find(&self.segment[at..], longest(self.limit))?;
        if text > self.limit {
            return None;
        }
        *self.at = at + next;
        *self.left -= 1;
        Some(self.segment.slice(at..at + text))
    }

    /// As by `next`, but each line is made where it is used. Handed on in an `Option`, it is read
    /// in wider pieces than it has just been written in, and to wait for these writes takes
    /// longer than all the rest (measured: 20 ns a line, not 10).
    #[inline]
    fn fold<A, F>(self, mut value: A, mut f: F) -> A
    where
        F: FnMut(A, Bytes) -> A,
    {
        while *self.left > 0
            && let Some(Cut { text, next }) =
                Cut::find(&self.segment[*self.at..], longest(self.limit))
            && text <= self.limit
        {
            let at = *self.at;
            *self.at = at + next;
            *self.left -= 1;
            value = f(value, self.segment.slice(at..at + text));
        }
        value
    }
}

/// Where a line ends.
struct Cut {
    /// The length of its text.
    text: usize,
    /// Where the next line begins.
    next: usize,
}

impl Cut {
    /// Looks for an end in the first `most` of `bytes`.
    #[inline]
    fn find(bytes: &[u8], most: usize) -> Option<Self> {
        let end = memchr(b'\n', &bytes[..bytes.len().min(most)])?;
        let text = match bytes[..end] {
            [.., b'\r'] => end - 1,
            _ => end,
        };
        Some(Self {
            text,
            next: end + 1,
        })
    }
}

/// What is left of `segment` behind its first `at` bytes; lets go of its memory if that is nothing.
#[inline]
fn behind(mut segment: Bytes, at: usize) -> Bytes {
    if at == segment.len() {
        return Bytes::new();
    }
    segment.advance(at);
    segment
}

/// How far the end of a line may be: with a CR and an LF behind it.
#[inline]
fn longest(limit: usize) -> usize {
    limit.saturating_add(2)
}

#[cold]
fn too_long(limit: usize) -> Reason {
    let what = "line";
    Error::new(Kind::Limit { what, limit })
        .at("lines")
        .into()
}

/// As Apache's `LimitRequestLine` and nginx's header buffers.
const LIMIT: usize = 8 * 1024;

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "lines({} of {}", self.begun(), self.limit)?;
        match self.segment.len() {
            0 => f.write_str(")"),
            more => write!(f, ", {more} to come)"),
        }
    }
}
