//! What a stage is called, and where it was put into its pipe.

use std::borrow::Cow;
use std::fmt;
use std::panic::Location;

use crate::reason::Reason;

/// The name and the place of one stage: for errors and for `Debug`, never on an item's way.
///
/// Counters of a live view will hang here, too: one run is one addition.
#[derive(Clone)]
pub(crate) struct Label {
    /// What the user calls it; its kind if there is none.
    name: Option<Cow<'static, str>>,
    place: &'static Location<'static>,
}

impl Label {
    /// A label with the place of the caller, which is the user's: every function between is
    /// `#[track_caller]`.
    #[inline]
    #[track_caller]
    pub(crate) fn here() -> Self {
        Self {
            name: None,
            place: Location::caller(),
        }
    }

    #[inline]
    pub(crate) fn rename(&mut self, name: impl Into<Cow<'static, str>>) {
        self.name = Some(name.into());
    }

    /// The same reason; if it is a failure that arose in this stage, it says so.
    #[cold]
    pub(crate) fn arisen(&self, kind: &'static str, reason: Reason) -> Reason {
        match reason {
            Reason::Failed(error) => {
                let name = self.name.clone();
                let name = name.unwrap_or(Cow::Borrowed(kind));
                Reason::Failed(error.arisen(name, Some(self.place)))
            }
            Reason::Finished | Reason::Enough => reason,
        }
    }

    /// Writes `upstream -> stage "name"`; one stage a line, with its place, if `{:#?}` asks.
    pub(crate) fn fmt_pipe(
        &self,
        f: &mut fmt::Formatter<'_>,
        upstream: &dyn fmt::Debug,
        stage: &dyn fmt::Debug,
    ) -> fmt::Result {
        let newline = if f.alternate() { "\n" } else { " " };
        fmt::Debug::fmt(upstream, f)?;
        write!(f, "{newline}-> ")?;
        self.fmt_stage(f, stage)
    }

    /// Writes `stage "name"`, with its place if `{:#?}` asks.
    pub(crate) fn fmt_stage(
        &self,
        f: &mut fmt::Formatter<'_>,
        stage: &dyn fmt::Debug,
    ) -> fmt::Result {
        fmt::Debug::fmt(stage, f)?;
        if let Some(name) = &self.name {
            write!(f, " {name:?}")?;
        }
        if f.alternate() {
            write!(f, " at {}", self.place)?;
        }
        Ok(())
    }
}
