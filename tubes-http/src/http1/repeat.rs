//! A client that asks again mostly says the same fields: they are compared, not parsed once more.
//!
//! ```text
//!   GET /a HTTP/1.1⏎      GET /b HTTP/1.1⏎       GET /c HTTP/1.1⏎
//!   Host: ..              Host: ..               Host: ..            the same bytes:
//!   Accept: ..⏎⏎          Accept: ..⏎⏎           Accept: ..⏎⏎        what they mean is known
//!     Once ────────────────► Known ─────────────────►
//! ```
//!
//! Only for one connection: what one client says is never compared with what another said.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request};

use crate::http1::fields::{Fields, Found};
use crate::http1::start::Start;
use crate::strictness::Strictness;

/// What the field lines of the requests before were.
#[derive(Debug, Default)]
pub(crate) struct Repeat {
    seen: Seen,
}

#[derive(Debug, Default)]
enum Seen {
    #[default]
    Nothing,
    /// What was said last, in short: enough to make keeping it worthwhile if it comes again.
    Once(Print),
    /// It came again.
    Known(Box<Known>),
}

/// Field lines, and what they mean; and the whole head that they were last seen in.
#[derive(Debug)]
pub(crate) struct Known {
    /// A copy, so that no read buffer lives on.
    head: Bytes,
    /// Where the field lines begin in it; they end with the empty line.
    lines: usize,
    /// Its values are parts of `head`.
    headers: HeaderMap,
    fields: Fields,
    start: Start,
    /// What the whole head says, if nothing is to be changed in its fields.
    found: Option<Found>,
}

/// Tells most different field lines apart; those that it does not are compared anyway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Print {
    length: usize,
    middle: u64,
    last: u64,
}

impl Repeat {
    /// What came twice, if anything did.
    #[inline]
    pub(crate) fn known(&self) -> Option<&Known> {
        match &self.seen {
            Seen::Known(known) => Some(known),
            Seen::Nothing | Seen::Once(_) => None,
        }
    }

    /// Takes note of field lines that had to be parsed.
    pub(crate) fn note(
        &mut self,
        head: &[u8],
        start: &Start,
        headers: &HeaderMap,
        fields: &Fields,
        strictness: Strictness,
    ) {
        let lines = start.length();
        let print = Print::of(&head[lines..]);
        self.seen = match &self.seen {
            Seen::Once(before) if *before == print => {
                match Known::new(head, start, headers, fields, strictness) {
                    Some(known) => Seen::Known(Box::new(known)),
                    None => Seen::Nothing,
                }
            }
            Seen::Nothing | Seen::Once(_) | Seen::Known(_) => Seen::Once(print),
        };
    }

    /// Gives back the memory.
    pub(crate) fn forget(&mut self) {
        self.seen = Seen::Nothing;
    }
}

impl Known {
    fn new(
        head: &[u8],
        start: &Start,
        headers: &HeaderMap,
        fields: &Fields,
        strictness: Strictness,
    ) -> Option<Self> {
        if head.len() > MOST {
            return None;
        }
        let place = head.as_ptr().addr();
        let head = Bytes::copy_from_slice(head);
        let mut own = HeaderMap::with_capacity(headers.len());
        for (name, value) in headers {
            let at = value
                .as_bytes()
                .as_ptr()
                .addr()
                .checked_sub(place)?;
            let end = at + value.len();
            let value = (end <= head.len()).then(|| head.slice(at..end))?;
            let value = match common(&value) {
                Some(common) => HeaderValue::from_static(common),
                None => HeaderValue::from_maybe_shared(value).ok()?,
            };
            own.try_append(name, value).ok()?;
        }
        Some(Self {
            found: start.concluded(fields, strictness),
            start: start.within(&head)?,
            lines: start.length(),
            head,
            headers: own,
            fields: fields.clone(),
        })
    }

    /// If `bytes` begin with the same head, nothing of which is to be changed: the same request,
    /// and the length of the head.
    #[inline]
    pub(crate) fn repeated(
        &self,
        bytes: &[u8],
        request: &mut Request<()>,
    ) -> Option<(Found, usize)> {
        let found = self.found?;
        if !bytes.starts_with(&self.head) {
            return None;
        }
        self.start
            .write(self.headers.clone(), request);
        Some((found, self.head.len()))
    }

    /// Whether `bytes` begin with the same field lines; then how long they are.
    #[inline]
    pub(crate) fn leads(&self, bytes: &[u8]) -> Option<usize> {
        let lines = &self.head[self.lines..];
        bytes
            .starts_with(lines)
            .then_some(lines.len())
    }

    pub(crate) fn headers(&self) -> HeaderMap {
        self.headers.clone()
    }

    pub(crate) fn fields(&self) -> Fields {
        self.fields.clone()
    }
}

impl Print {
    fn of(lines: &[u8]) -> Self {
        Self {
            length: lines.len(),
            middle: word(lines, lines.len() / 2),
            // Before the two CRLF at the end.
            last: word(lines, lines.len().saturating_sub(12)),
        }
    }
}

/// The same value, if nearly everybody says it: nobody counts who holds it.
fn common(value: &[u8]) -> Option<&'static str> {
    COMMON
        .into_iter()
        .find(|common| common.as_bytes() == value)
}

/// What browsers and libraries say by default.
const COMMON: [&str; 24] = [
    "*/*",
    "1",
    "?0",
    "?1",
    "application/json",
    "application/x-www-form-urlencoded",
    "close",
    "cors",
    "document",
    "empty",
    "en-US,en;q=0.5",
    "en-US,en;q=0.9",
    "gzip",
    "gzip, deflate",
    "gzip, deflate, br",
    "gzip, deflate, br, zstd",
    "identity",
    "keep-alive",
    "max-age=0",
    "navigate",
    "no-cache",
    "none",
    "same-origin",
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
];

fn word(bytes: &[u8], at: usize) -> u64 {
    bytes
        .get(at..)
        .and_then(<[u8]>::first_chunk)
        .map_or(0, |word| u64::from_ne_bytes(*word))
}

/// Longer field lines are not kept: a connection is to be cheap.
const MOST: usize = 4096;

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Request;

    use super::{MOST, Repeat};
    use crate::http1::parse::leading_request;
    use crate::limits::Limits;

    /// Parses heads one after another; whether the last one's fields were known before.
    fn parsed(repeat: &mut Repeat, head: &str) -> Request<()> {
        let mut request = Request::new(());
        let bytes = Bytes::from(head.to_owned());
        let found = leading_request(&bytes, &Limits::default(), repeat, &mut request);
        assert_eq!(found.map(|(_, length)| length), Some(head.len()));
        request
    }

    #[test]
    fn what_comes_again_means_the_same_as_what_is_parsed() {
        let fields = "Host: a\r\nX: 1\r\nCookie: a=b\r\nX: 2\r\n\r\n";
        let mut repeat = Repeat::default();
        let mut heads = Vec::new();
        for target in ["/1", "/2", "/3", "/2", "http://b/4", "/5", "/2?a"] {
            let known = repeat.known().is_some();
            let head = format!("GET {target} HTTP/1.1\r\n{fields}");
            heads.push((known, parsed(&mut repeat, &head), head));
        }
        let known: Vec<_> = heads
            .iter()
            .map(|(known, ..)| *known)
            .collect();
        assert_eq!(known, [false, false, true, true, true, true, true]);
        for (_, repeated, head) in heads {
            let fresh = parsed(&mut Repeat::default(), &head);
            assert_eq!(format!("{repeated:?}"), format!("{fresh:?}"));
        }
    }

    #[test]
    fn a_value_that_everybody_says_is_the_same_and_another_is_not() {
        let head = "GET / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\nX: */*;\r\n\r\n";
        let mut repeat = Repeat::default();
        for _ in 0..4 {
            let request = parsed(&mut repeat, head);
            let fields = [&request.headers()["accept"], &request.headers()["x"]];
            assert_eq!(fields, ["*/*", "*/*;"]);
        }
        assert!(repeat.known().is_some());
    }

    #[test]
    fn fields_that_differ_in_one_byte_are_not_the_same() {
        let head = |value: &str| format!("GET / HTTP/1.1\r\nHost: a\r\nX: {value}\r\n\r\n");
        let mut repeat = Repeat::default();
        for value in ["b", "b", "b"] {
            assert_eq!(parsed(&mut repeat, &head(value)).headers()["x"], value);
        }
        for value in ["c", "cc", "b", "b"] {
            assert_eq!(parsed(&mut repeat, &head(value)).headers()["x"], value);
        }
    }

    #[test]
    fn nothing_large_is_kept_and_nothing_after_it_is_forgotten() {
        let large = format!(
            "GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n",
            "x".repeat(MOST)
        );
        let mut repeat = Repeat::default();
        for _ in 0..4 {
            parsed(&mut repeat, &large);
            assert!(repeat.known().is_none());
        }
        for _ in 0..2 {
            parsed(&mut repeat, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        }
        assert!(repeat.known().is_some());
        repeat.forget();
        assert!(repeat.known().is_none());
    }
}
