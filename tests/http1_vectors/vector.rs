//! What a row of the table is: a clause, a name, the bytes of a client, and what comes of them.

/// The clause that decides it, its name, its bytes, what comes of it.
///
/// The clause names the RFC and section, `9112 5.1`, or a class of attacks, and with `#` one of our
/// [rules](super::rules::RULES). Bytes above ASCII stand as `\u{..}`, one byte each. What comes of it
/// is what [`Outcome`](support::conversation::Outcome) writes: the requests that a handler saw,
/// with the fields that begin with `x`, `[body]`, `{trailers}` and `!why` the body failed; the
/// statuses; whether the connection stays `open`, is told to `close`, or was `cut` inside a message.
pub(super) type Row = (&'static str, &'static str, &'static str, &'static str);

/// Rows that share what stands around their bytes.
pub(super) struct Group {
    /// `{}` is where the bytes of the row stand.
    pub(super) around: &'static str,
    pub(super) rows: &'static [Row],
}

/// One case, with all its bytes.
#[derive(Clone, Debug)]
pub(super) struct Vector {
    pub(super) clause: &'static str,
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
    pub(super) outcome: String,
}

impl Vector {
    /// A case that is made up, not written down.
    pub(super) fn new(
        clause: &'static str,
        name: impl Into<String>,
        text: impl AsRef<str>,
        outcome: impl Into<String>,
    ) -> Self {
        Self {
            clause,
            name: name.into(),
            bytes: latin_1(text.as_ref()),
            outcome: outcome.into(),
        }
    }

    /// Whether another request may follow, and is served.
    pub(super) fn stays_open(&self) -> bool {
        self.outcome.ends_with("open")
    }

    /// Whether it ends inside a message.
    pub(super) fn is_cut(&self) -> bool {
        self.outcome.ends_with("cut")
    }
}

impl Group {
    pub(super) fn vectors(&self) -> impl Iterator<Item = Vector> {
        self.rows
            .iter()
            .map(|(clause, name, text, outcome)| {
                Vector::new(clause, *name, self.around.replacen("{}", text, 1), *outcome)
            })
    }
}

fn latin_1(text: &str) -> Vec<u8> {
    text.chars()
        .map(|c| u8::try_from(u32::from(c)).expect("vectors are written in Latin-1"))
        .collect()
}
