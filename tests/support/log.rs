//! What is said in the log, and in which spans.

use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// Notes each message with its fields and the spans that it stands in: `message=.. a=1 < span`.
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Mutex<Noted>>);

#[derive(Debug, Default)]
struct Noted {
    /// Each span: what it is, and its parent.
    spans: Vec<(String, Option<u64>)>,
    entered: Vec<u64>,
    messages: Vec<(Level, String)>,
}

impl Log {
    /// Hears all that is said while `act` runs.
    pub fn hear<T>(&self, act: impl FnOnce() -> T) -> T {
        tracing::subscriber::with_default(self.clone(), act)
    }

    /// What was said at this level since the last call; the other levels are forgotten.
    #[must_use]
    pub fn take(&self, level: Level) -> Vec<String> {
        let messages = std::mem::take(&mut self.noted().messages);
        messages
            .into_iter()
            .filter(|(other, _)| *other == level)
            .map(|(_, message)| message)
            .collect()
    }

    /// The levels of what was said since the last call that should wake somebody.
    #[must_use]
    pub fn take_alarms(&self) -> Vec<&'static str> {
        let messages = std::mem::take(&mut self.noted().messages);
        messages
            .into_iter()
            .filter(|(level, _)| *level <= Level::WARN)
            .map(|(level, _)| level.as_str())
            .collect()
    }

    /// What was said since the last call.
    #[must_use]
    pub fn take_all(&self) -> Vec<String> {
        let messages = std::mem::take(&mut self.noted().messages);
        messages
            .into_iter()
            .map(|(_, message)| message)
            .collect()
    }

    /// How many spans are entered.
    #[must_use]
    pub fn entered(&self) -> usize {
        self.noted().entered.len()
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is said while `act` runs, without its spans: level, message, fields.
pub fn log_of(act: impl FnOnce()) -> Vec<String> {
    let log = Log::default();
    log.hear(act);
    let messages = std::mem::take(&mut log.noted().messages);
    let in_short = |(level, line): (Level, String)| {
        let line = line
            .split(" < ")
            .next()
            .unwrap_or_default();
        let line = line
            .strip_prefix("message=")
            .unwrap_or(line);
        format!("{level} {line}")
    };
    messages
        .into_iter()
        .map(in_short)
        .collect()
}

/// The fields of a span or a message in a row.
struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let blank = if self.0.is_empty() { "" } else { " " };
        write!(self.0, "{blank}{}={value:?}", field.name()).expect("a string takes all");
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields(span.metadata().name().to_owned());
        span.record(&mut fields);
        let mut noted = self.noted();
        noted
            .spans
            .push((fields.0, span.parent().map(Id::into_u64)));
        Id::from_u64(noted.spans.len() as u64)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields(String::new());
        event.record(&mut fields);
        let mut line = fields.0;
        let mut noted = self.noted();
        let mut next = noted.entered.last().copied();
        while let Some(id) = next {
            let number = usize::try_from(id).expect("few spans");
            let (span, parent) = &noted.spans[number - 1];
            write!(line, " < {span}").expect("a string takes all");
            next = *parent;
        }
        noted
            .messages
            .push((*event.metadata().level(), line));
    }

    fn enter(&self, id: &Id) {
        self.noted().entered.push(id.into_u64());
    }

    fn exit(&self, id: &Id) {
        let left = self.noted().entered.pop();
        assert_eq!(left, Some(id.into_u64()), "spans are left in order");
    }
}
