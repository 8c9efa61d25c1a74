//! What went wrong, whose fault it was, and in which stage.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::panic::Location;
use std::sync::Arc;

/// Any error: what fallible closures of users may fail with.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why a flow failed.
///
/// Cheap to clone (one reference count), because a failure is heard by everybody along a flow.
/// [`kind`](Self::kind) says whose fault it was and can be compared in a test,
/// [`stage`](Self::stage) and [`place`](Self::place) say where it arose, and `source()` has the
/// cause, if there is one. `{}` is one line without the place; `{:#}` has the place, too, and the
/// chain of causes; so does `{:?}`, which is what a `main` that fails prints.
///
/// # Examples
///
/// ```
/// use tubes::{Error, Kind};
///
/// let error = Error::new(Kind::Limit { what: "line", limit: 80 }).at("lines");
/// assert_eq!(error.to_string(), "lines: a line is longer than its limit of 80");
/// assert_eq!(error.kind(), Kind::Limit { what: "line", limit: 80 });
/// ```
#[derive(Clone)]
pub struct Error {
    cause: Arc<Cause>,
}

#[derive(Clone)]
struct Cause {
    kind: Kind,
    /// What was being done, the outermost first.
    doing: Option<Cow<'static, str>>,
    stage: Option<Cow<'static, str>>,
    /// Where that stage was put into its pipe.
    place: Option<&'static Location<'static>>,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

/// Whose fault an [`Error`] was, one variant a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// The program: an end was dropped in silence, without saying that it had finished.
    Abandoned,
    /// The program: a drain or a future was used again after it had given its output.
    UsedAfterEnd,
    /// The program: an item names an address at which nobody is.
    UnknownAddress,
    /// The program: a function of the user failed; `source()` has its error.
    User,
    /// The program: a function of the user panicked.
    Panicked,
    /// The outside world: input or output failed; `source()` has the [`io::Error`].
    Io(io::ErrorKind),
    /// The peer: its bytes do not follow the format that the stage reads.
    Malformed(&'static str),
    /// What flows is too large: `what` would have been larger than `limit` (bytes or items).
    Limit {
        /// What was too large.
        what: &'static str,
        /// The bound that was in force.
        limit: usize,
    },
    /// What flows comes too fast: the place where it waits, `what`, was full with `limit` of it.
    Full {
        /// What was full.
        what: &'static str,
        /// The bound that was in force.
        limit: usize,
    },
    /// A wait was longer than its limit.
    Timeout,
    /// The program: an item was for a branch that there is not.
    NoBranch {
        /// The number of the branch, counted from 0.
        branch: usize,
        /// How many branches there are.
        branches: usize,
    },
}

impl Error {
    /// Makes an error of this kind.
    #[must_use]
    pub fn new(kind: Kind) -> Self {
        Self::from_parts(kind, None)
    }

    /// Wraps an error of the user's, without wrapping twice what already is an [`Error`](struct@Error).
    pub fn user(error: impl Into<BoxError>) -> Self {
        match error.into().downcast::<Self>() {
            Ok(own) => *own,
            Err(foreign) => Self::from_parts(Kind::User, Some(foreign)),
        }
    }

    /// The same error, with the name of the stage in which it arose.
    ///
    /// The first name stays: stages that merely hear of a failure do not rename it.
    #[must_use]
    pub fn at(self, stage: impl Into<Cow<'static, str>>) -> Self {
        self.arisen(stage, None)
    }

    /// The same error, with the name and the place of the stage in which it arose; the first
    /// name stays, and the first place.
    #[must_use]
    pub(crate) fn arisen(
        self,
        stage: impl Into<Cow<'static, str>>,
        place: Option<&'static Location<'static>>,
    ) -> Self {
        let known = &self.cause;
        // One that others hold, too, stays as they know it.
        if known.stage.is_some()
            && (known.place.is_some() || place.is_none() || Arc::strong_count(known) > 1)
        {
            return self;
        }
        let mut cause = Arc::unwrap_or_clone(self.cause);
        cause
            .stage
            .get_or_insert_with(|| stage.into());
        cause.place = cause.place.or(place);
        Self::from_cause(cause)
    }

    /// The same error, as one that stands for `other`: it arose where that did, unless it knows
    /// better.
    #[must_use]
    pub(crate) fn instead_of(self, other: &Self) -> Self {
        match other.cause.stage.clone() {
            Some(stage) => self.arisen(stage, other.place()),
            None => self,
        }
    }

    /// The same error, with what was being done when it arose, in front of its message.
    ///
    /// Kind, stage, place and source stay. Put around one another, the outermost stands first.
    ///
    /// # Examples
    ///
    /// ```
    /// use tubes::{Error, Kind};
    ///
    /// let error = Error::new(Kind::Timeout).context("reading the config").context("starting");
    /// assert_eq!(
    ///     error.to_string(),
    ///     "starting: reading the config: a wait was longer than its time limit"
    /// );
    /// assert_eq!(error.kind(), Kind::Timeout);
    /// ```
    #[must_use]
    pub fn context(self, doing: impl Into<Cow<'static, str>>) -> Self {
        let mut cause = Arc::unwrap_or_clone(self.cause);
        let outer = doing.into();
        cause.doing = Some(match cause.doing {
            None => outer,
            Some(inner) => format!("{outer}: {inner}").into(),
        });
        Self::from_cause(cause)
    }

    /// The same error, with what caused it as its `source()`.
    #[must_use]
    pub fn caused_by(self, source: impl Into<BoxError>) -> Self {
        let mut cause = Arc::unwrap_or_clone(self.cause);
        cause.source = Some(Arc::from(source.into()));
        Self::from_cause(cause)
    }

    /// Whether it is this very error, or a clone of it.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.cause, &other.cause)
    }

    /// Whose fault it was.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.cause.kind
    }

    /// The name of the stage in which it arose, if that is known.
    #[must_use]
    pub fn stage(&self) -> Option<&str> {
        self.cause.stage.as_deref()
    }

    /// Where in the program that stage was put into its pipe, if that is known.
    #[must_use]
    pub fn place(&self) -> Option<&'static Location<'static>> {
        self.cause.place
    }

    /// The cause, if it is an `E`: looks through all sources.
    #[must_use]
    pub fn find<E: std::error::Error + 'static>(&self) -> Option<&E> {
        let mut next = std::error::Error::source(self);
        while let Some(error) = next {
            if let Some(found) = error.downcast_ref() {
                return Some(found);
            }
            next = error.source();
        }
        None
    }

    fn from_parts(kind: Kind, source: Option<BoxError>) -> Self {
        Self::from_cause(Cause {
            kind,
            doing: None,
            stage: None,
            place: None,
            source: source.map(Arc::from),
        })
    }

    fn from_cause(cause: Cause) -> Self {
        Self {
            cause: Arc::new(cause),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause
            .source
            .as_deref()
            .map(|source| source as _)
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::from_parts(Kind::Io(error.kind()), Some(Box::new(error)))
    }
}

impl From<Kind> for Error {
    fn from(kind: Kind) -> Self {
        Self::new(kind)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(doing) = &self.cause.doing {
            write!(f, "{doing}: ")?;
        }
        if let Some(stage) = self.stage() {
            f.write_str(stage)?;
            if let (true, Some(place)) = (f.alternate(), self.place()) {
                write!(f, " at {place}")?;
            }
            f.write_str(": ")?;
        }
        let (told, mut cause) = match (self.kind(), &self.cause.source) {
            (Kind::User | Kind::Io(_), Some(source)) => {
                fmt::Display::fmt(source, f)?;
                (Some(source), source.source())
            }
            (kind, source) => {
                fmt::Display::fmt(&kind, f)?;
                (
                    None,
                    source
                        .as_deref()
                        .map(|source| source as _),
                )
            }
        };
        if !f.alternate() {
            return Ok(());
        }
        // Many errors tell their cause themselves: it is not told twice.
        let mut said = told.map_or_else(String::new, ToString::to_string);
        while let Some(error) = cause {
            let text = error.to_string();
            if !said.ends_with(&text) {
                write!(f, ": {text}")?;
            }
            (said, cause) = (text, error.source());
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut all = f.debug_struct("Error");
        if let Some(doing) = &self.cause.doing {
            all.field("doing", doing);
        }
        all.field("kind", &self.kind())
            .field("stage", &self.stage());
        if let Some(place) = self.place() {
            all.field("place", &format_args!("{place}"));
        }
        all.field("source", &self.cause.source)
            .finish()
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Abandoned => {
                f.write_str("abandoned: an end was dropped without saying that it had finished")
            }
            Self::UsedAfterEnd => f.write_str("used again after its output was handed over"),
            Self::UnknownAddress => f.write_str("an item names an address at which nobody is"),
            Self::User => f.write_str("a function of the user failed"),
            Self::Panicked => f.write_str("a function of the user panicked"),
            Self::Io(kind) => write!(f, "input or output failed: {kind}"),
            Self::Malformed(what) => write!(f, "malformed input: {what}"),
            Self::Limit { what, limit } => {
                write!(f, "a {what} is longer than its limit of {limit}")
            }
            Self::Full { what, limit } => write!(f, "a {what} is full with its limit of {limit}"),
            Self::Timeout => f.write_str("a wait was longer than its time limit"),
            Self::NoBranch { branch, branches } => {
                write!(
                    f,
                    "an item was for branch {branch} of {branches}, counted from 0"
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Error, Kind};
    use std::io;

    #[test]
    fn the_first_name_stays_and_a_shared_error_keeps_its_cause() {
        let error = Error::from(io::Error::other("disk on fire"));
        let other = error.clone();
        let named = error.at("read");
        assert_eq!(named.clone().at("later").stage(), Some("read"));
        assert_eq!(
            named
                .find::<io::Error>()
                .unwrap()
                .to_string(),
            "disk on fire"
        );
        assert_eq!(other.stage(), None);
        assert_eq!(named.to_string(), "read: disk on fire");
    }

    #[test]
    fn an_error_of_ours_is_not_wrapped_by_user() {
        let ours = Error::new(Kind::Timeout);
        assert_eq!(Error::user(ours).kind(), Kind::Timeout);
        assert_eq!(Error::user("no number").kind(), Kind::User);
        assert_eq!(Error::user("no number").to_string(), "no number");
    }
}
