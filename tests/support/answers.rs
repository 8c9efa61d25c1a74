//! What a client makes of the bytes of a server: a strict reader of its own, that shares no code.

use std::fmt;

/// One message of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The field lines, names in lower case.
    pub fields: Vec<(String, String)>,
    /// The content.
    pub body: Vec<u8>,
    /// The trailer lines.
    pub trailers: Vec<(String, String)>,
    /// Whether all of it is there.
    pub end: End,
}

/// How a message ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// As its framing says.
    Whole,
    /// Before that.
    Cut,
    /// Where the connection ends.
    WithConnection,
}

impl Answer {
    /// The value of a field that stands there once.
    ///
    /// # Panics
    ///
    /// If it stands there twice.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        let mut values = self
            .fields
            .iter()
            .filter(|(other, _)| other == name)
            .map(|(_, value)| value.as_str());
        let value = values.next();
        assert_eq!(values.next(), None, "{name} twice");
        value
    }

    /// Whether it says that the connection closes.
    #[must_use]
    pub fn closes(&self) -> bool {
        self.field("connection") == Some("close")
    }
}

/// `status body`, with `..` behind a cut one and `$` behind one that ends with the connection.
impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = match self.end {
            End::Whole => "",
            End::Cut => "..",
            End::WithConnection => "$",
        };
        write!(f, "{} {}{end}", self.status, self.body.escape_ascii())
    }
}

/// Reads the answers to GET requests.
#[must_use]
pub fn answers(bytes: &[u8]) -> Vec<Answer> {
    answers_to(&[], bytes)
}

/// Reads the answers to requests with these methods, and to GET behind them.
///
/// # Panics
///
/// If they break a rule of RFC 9112.
#[must_use]
pub fn answers_to(methods: &[&str], bytes: &[u8]) -> Vec<Answer> {
    let mut rest = Reader(bytes);
    let mut methods = methods.iter().copied();
    let mut answers = Vec::new();
    while !rest.0.is_empty() {
        let Some(mut answer) = head(&mut rest) else {
            answers.push(Answer {
                status: 0,
                fields: Vec::new(),
                body: rest.0.to_vec(),
                trailers: Vec::new(),
                end: End::Cut,
            });
            break;
        };
        if answer.status >= 200 {
            content(&mut answer, methods.next().unwrap_or("GET"), &mut rest);
        }
        answers.push(answer);
    }
    answers
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// A line without its CRLF.
    fn line(&mut self) -> Option<&'a [u8]> {
        let end = self
            .0
            .windows(2)
            .position(|two| two == b"\r\n")?;
        let line = &self.0[..end];
        assert!(
            !line.contains(&b'\n') && !line.contains(&b'\r'),
            "a line break of its own kind in {:?}",
            line.escape_ascii().to_string()
        );
        self.0 = &self.0[end + 2..];
        Some(line)
    }

    fn take(&mut self, most: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(most.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// Field lines up to the empty line.
    fn fields(&mut self) -> Option<Vec<(String, String)>> {
        let mut fields = Vec::new();
        loop {
            let line = String::from_utf8_lossy(self.line()?).into_owned();
            if line.is_empty() {
                return Some(fields);
            }
            let (name, value) = line
                .split_once(": ")
                .expect("a colon and a blank");
            assert_eq!(name, name.to_ascii_lowercase());
            fields.push((name.to_owned(), value.to_owned()));
        }
    }
}

fn head(rest: &mut Reader<'_>) -> Option<Answer> {
    let mut here = Reader(rest.0);
    let line = String::from_utf8_lossy(here.line()?).into_owned();
    let status = line
        .strip_prefix("HTTP/1.1 ")
        .and_then(|line| line.get(..3))
        .and_then(|status| status.parse().ok())
        .unwrap_or_else(|| panic!("no status line: {line:?}"));
    let fields = here.fields()?;
    *rest = here;
    Some(Answer {
        status,
        fields,
        body: Vec::new(),
        trailers: Vec::new(),
        end: End::Whole,
    })
}

fn content(answer: &mut Answer, method: &str, rest: &mut Reader<'_>) {
    assert!(answer.field("date").is_some(), "no date in {answer:?}");
    let length = answer
        .field("content-length")
        .map(|length| {
            length
                .parse::<usize>()
                .expect("a number")
        });
    let chunked = answer
        .field("transfer-encoding")
        .map(|coding| assert_eq!(coding, "chunked"));
    assert!(length.is_none() || chunked.is_none(), "two framings");
    let bodiless = matches!(answer.status, 204 | 304);
    if bodiless || method == "HEAD" {
        assert!(answer.status != 204 || length.is_none() && chunked.is_none());
        return;
    }
    answer.end = match (length, chunked) {
        (Some(length), _) => {
            answer.body = rest.take(length).to_vec();
            if answer.body.len() == length {
                End::Whole
            } else {
                End::Cut
            }
        }
        (None, Some(())) => match chunks(answer, rest) {
            Some(()) => End::Whole,
            None => End::Cut,
        },
        (None, None) => {
            assert!(answer.closes(), "no framing, and no close: {answer:?}");
            answer.body = rest.take(usize::MAX).to_vec();
            End::WithConnection
        }
    };
}

/// `None`: cut.
fn chunks(answer: &mut Answer, rest: &mut Reader<'_>) -> Option<()> {
    loop {
        let Some(line) = rest.line() else {
            rest.0 = &[];
            return None;
        };
        let size = String::from_utf8_lossy(line).into_owned();
        let size = usize::from_str_radix(&size, 16).expect("a chunk size");
        if size == 0 {
            let trailers = rest.fields();
            if trailers.is_none() {
                rest.0 = &[];
            }
            answer.trailers = trailers?;
            return Some(());
        }
        let data = rest.take(size);
        answer.body.extend_from_slice(data);
        let end = rest.take(2);
        if data.len() < size || end.len() < 2 {
            return None;
        }
        assert_eq!(end, b"\r\n");
    }
}
