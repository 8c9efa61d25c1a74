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

/// Whether a client can tell that an answer is cut, by how it ends and by how the drain did: its
/// framing shows it, or a reset does.
#[must_use]
pub fn shows_cut(end: End, drain: &str) -> bool {
    match drain {
        "failed" | "dropped" => true,
        "finished" => end == End::Cut,
        _ => false,
    }
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

    /// Whether it says that the connection closes, once.
    ///
    /// # Panics
    ///
    /// If one of its options stands there twice.
    #[must_use]
    pub fn closes(&self) -> bool {
        let mut options: Vec<&str> = self
            .fields
            .iter()
            .filter(|(name, _)| name == "connection")
            .flat_map(|(_, options)| options.split(", "))
            .collect();
        options.sort_unstable();
        let count = options.len();
        options.dedup();
        assert_eq!(options.len(), count, "an option twice in {self:?}");
        options.contains(&"close")
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
        } else {
            // RFC 9110 §8.6, RFC 9112 §6.1: no framing where there is no content.
            let framing = ["content-length", "transfer-encoding"];
            assert!(
                framing
                    .iter()
                    .all(|name| answer.field(name).is_none()),
                "{answer:?}"
            );
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
            let line = text(self.line()?);
            if line.is_empty() {
                return Some(fields);
            }
            let (name, value) = line
                .split_once(": ")
                .expect("a colon and a blank");
            let is_part_of_name = |c: char| {
                "!#$%&'*+-.^_`|~".contains(c) || c.is_ascii_lowercase() || c.is_ascii_digit()
            };
            assert!(
                !name.is_empty() && name.chars().all(is_part_of_name),
                "{line:?}"
            );
            assert!(
                value
                    .chars()
                    .all(|c| c == '\t' || !c.is_ascii_control()),
                "{line:?}"
            );
            fields.push((name.to_owned(), value.to_owned()));
        }
    }
}

/// One character for each byte, so that nothing is lost.
fn text(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| char::from(*byte))
        .collect()
}

/// `HTTP/1.1 SP 3DIGIT SP [reason]` (RFC 9112 §4).
fn status(line: &str) -> Option<u16> {
    let (status, reason) = line
        .strip_prefix("HTTP/1.1 ")?
        .split_once(' ')?;
    let is_number = status.len() == 3
        && status
            .bytes()
            .all(|byte| byte.is_ascii_digit());
    let is_reason = reason
        .bytes()
        .all(|byte| (b' '..0x7f).contains(&byte));
    let status = status
        .parse()
        .ok()
        .filter(|status| *status >= 100);
    status.filter(|_| is_number && is_reason)
}

fn head(rest: &mut Reader<'_>) -> Option<Answer> {
    let mut here = Reader(rest.0);
    let line = text(here.line()?);
    let status = status(&line).unwrap_or_else(|| panic!("no status line: {line:?}"));
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
            assert!(
                length
                    .bytes()
                    .all(|byte| byte.is_ascii_digit()),
                "{length:?}"
            );
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
        let digits = text(line);
        let size = usize::from_str_radix(&digits, 16).expect("a chunk size");
        assert_eq!(
            digits.to_ascii_lowercase(),
            format!("{size:x}"),
            "digits that nobody needs"
        );
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
