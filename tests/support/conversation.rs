//! What a client sends, however it is cut, and all that came of it: what the handlers saw, what was
//! answered, how the connection stands.

use std::cell::RefCell;
use std::fmt::{self, Write};
use std::rc::Rc;
use std::time::Duration;

use http::{HeaderMap, Request, Response};
use tubes::{Error, Fount, Reason};
use tubes_http::{Body, Limits, Strictness};

use crate::answers::{End, answers_to};
use crate::chance::Chance;
use crate::model::{self, Field};
use crate::serving::{Served, Setup, why};

/// How bytes are cut into segments.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Cut {
    /// Not at all.
    Whole,
    /// Byte by byte.
    Bytes,
    /// At random, by this seed.
    Random(u64),
}

/// What the handler does with a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Habit {
    /// Reads it to its end, and answers with it.
    Reads,
    /// Answers without a look at it.
    Ignores,
}

/// A request as a handler saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The method.
    pub method: String,
    /// The target.
    pub target: String,
    /// The fields, names in lower case.
    pub fields: Vec<Field>,
    /// What came of the body.
    pub body: Vec<u8>,
    /// The trailers.
    pub trailers: Vec<Field>,
    /// Why the body ended: `finished`, or a kind; `None` while it has not.
    pub end: Option<String>,
}

/// A client that has sent, and a server that has done what it could.
#[derive(Debug)]
pub struct Conversation {
    /// The server.
    pub served: Served,
    seen: Rc<RefCell<Vec<Seen>>>,
    /// What is asked for where no handler saw a request, if there is a second opinion.
    refused: Option<&'static str>,
}

/// What came of it so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The requests, in order.
    pub requests: Vec<Seen>,
    /// The final statuses, in order.
    pub statuses: Vec<u16>,
    /// The interim ones.
    pub interim: Vec<u16>,
    /// Whether the last answer says that the connection closes.
    pub says_close: bool,
    /// What has become of the connection: its fount, its drain, its future.
    pub ends: (&'static str, &'static str, &'static str),
}

impl Conversation {
    /// Sends all of it, and lets the server work.
    #[must_use]
    pub fn hold(bytes: &[u8], cut: Cut, habit: Habit) -> Self {
        Self::hold_within(Limits::default(), bytes, cut, habit)
    }

    /// The same, with limits.
    #[must_use]
    pub fn hold_within(limits: Limits, bytes: &[u8], cut: Cut, habit: Habit) -> Self {
        let is_strict = limits.strictness() == Strictness::default();
        let seen = Rc::new(RefCell::new(Vec::new()));
        let served = Setup::new().limits(limits).respond({
            let seen = Rc::clone(&seen);
            move |request| answer(Rc::clone(&seen), request, habit)
        });
        match cut {
            Cut::Whole => served.peer.feed(bytes),
            Cut::Bytes => served.peer.feed_bytes(bytes),
            Cut::Random(seed) => served
                .peer
                .feed_cut(bytes, &mut Chance::new(seed)),
        }
        served.run();
        let refused = match model::read(bytes).asks_head {
            _ if !is_strict => None,
            true => Some("HEAD"),
            false => Some("GET"),
        };
        Self {
            served,
            seen,
            refused,
        }
    }

    /// What came of it so far.
    ///
    /// # Panics
    ///
    /// If an answer is no valid message, or does not carry the body that it should.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        let requests = self.seen.borrow().clone();
        let methods: Vec<&str> = requests
            .iter()
            .map(|seen| seen.method.as_str())
            .chain([self.refused.unwrap_or("GET")])
            .collect();
        let mut answers = answers_to(&methods, &self.served.peer.read());
        if let (None, Some(last)) = (self.refused, answers.last_mut())
            && (last.end, last.body.len()) == (End::Cut, 0)
        {
            // To HEAD, which the model does not see where deviations are accepted.
            last.end = End::Whole;
        }
        let (interim, answers): (Vec<_>, Vec<_>) = answers
            .iter()
            .partition(|answer| answer.status < 200);
        for (answer, seen) in answers.iter().zip(&requests) {
            let echoes = answer.status == 200 && seen.method != "HEAD";
            assert!(!echoes || answer.body == seen.body, "{seen:?} {answer:?}");
        }
        assert!(
            answers
                .iter()
                .all(|answer| answer.end != End::Cut),
            "{answers:?}"
        );
        Outcome {
            requests,
            statuses: answers
                .iter()
                .map(|answer| answer.status)
                .collect(),
            interim: interim
                .iter()
                .map(|answer| answer.status)
                .collect(),
            says_close: answers
                .last()
                .is_some_and(|answer| answer.closes()),
            ends: self.served.ends(),
        }
    }

    /// The client says that it has said all, and all timers pass.
    ///
    /// # Panics
    ///
    /// If the connection does not end.
    pub fn finish(&self) {
        self.served
            .finish()
            .advance(Duration::from_secs(10));
        let ends = self.served.ends();
        assert!(ends.1 != "open" && ends.2 != "runs", "{ends:?}");
    }
}

/// Notes a request, and all that is read of it.
async fn answer(
    seen: Rc<RefCell<Vec<Seen>>>,
    request: Request<Body>,
    habit: Habit,
) -> Result<Response<Body>, Error> {
    let number = seen.borrow().len();
    seen.borrow_mut().push(Seen {
        method: request.method().to_string(),
        target: request.uri().to_string(),
        fields: fields(request.headers()),
        body: Vec::new(),
        trailers: Vec::new(),
        end: None,
    });
    if habit == Habit::Ignores {
        return Ok(Response::new(Body::empty()));
    }
    let mut body = request.into_body();
    let trailers = body.trailers();
    loop {
        let next = body.next_or_reason().await;
        let here = &mut seen.borrow_mut()[number];
        match next {
            Ok(piece) => here.body.extend_from_slice(&piece),
            Err(reason) => {
                here.end = Some(why(&reason));
                here.trailers = fields(&trailers.take().unwrap_or_default());
                if let Reason::Failed(error) = reason {
                    return Err(error);
                }
                return Ok(Response::new(Body::from(here.body.clone())));
            }
        }
    }
}

fn fields(map: &HeaderMap) -> Vec<Field> {
    map.iter()
        .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
        .collect()
}

impl Seen {
    /// Whether its body came to its end.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.end.as_deref() == Some("finished")
    }
}

impl Outcome {
    /// Whether the server has said that it reads no more.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.ends.1 != "open"
    }
}

/// `method target (fields that begin with x) [body] {trailers} !why`, what is not there left out.
impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, short(self.target.as_bytes()))?;
        let ours = |(name, _): &&Field| name.starts_with('x');
        let ours: Vec<&Field> = self
            .fields
            .iter()
            .filter(ours)
            .collect();
        if !ours.is_empty() {
            write!(f, " ({})", list(ours))?;
        }
        match self.end.as_deref() {
            Some("finished") if !self.body.is_empty() => write!(f, " [{}]", short(&self.body))?,
            Some("finished") => {}
            // How much of it came depends on the cuts.
            Some(why) => write!(f, " !{why}")?,
            None => f.write_str(" ..")?,
        }
        if !self.trailers.is_empty() {
            write!(f, " {{{}}}", list(&self.trailers))?;
        }
        Ok(())
    }
}

/// `requests => statuses end`, where the end is `open` or `close`.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, seen) in self.requests.iter().enumerate() {
            write!(f, "{}{seen}", if number > 0 { "; " } else { "" })?;
        }
        f.write_str(if self.requests.is_empty() {
            "=>"
        } else {
            " =>"
        })?;
        for status in &self.statuses {
            write!(f, " {status}")?;
        }
        f.write_str(if self.is_closed() { " close" } else { " open" })
    }
}

fn list<'a>(fields: impl IntoIterator<Item = &'a Field>) -> String {
    let mut list = String::new();
    for (name, value) in fields {
        let comma = if list.is_empty() { "" } else { ", " };
        write!(list, "{comma}{name}: {}", short(value)).expect("a string takes all");
    }
    list
}

fn short(bytes: &[u8]) -> String {
    if bytes.len() > 64 {
        return format!("<{} bytes>", bytes.len());
    }
    let escaped = bytes.escape_ascii().to_string();
    escaped
        .replace("\\'", "'")
        .replace("\\\"", "\"")
}
