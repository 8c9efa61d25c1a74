//! When many sources together have ended, and why.

use crate::reason::Reason;

/// What the end of one source means for all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Policy {
    /// Goes on with the others after a clean end, not after a failure.
    #[default]
    WithAll,
    /// The first end is that of all.
    WithFirst,
    /// Goes on with the others, whatever one ends with.
    FailingLast,
}

/// Counts the ends of many sources together.
///
/// | one ends with | `WithAll` | `WithFirst` | `FailingLast` |
/// |---|---|---|---|
/// | `Finished`, `Enough` | others go on | end | others go on |
/// | `Failed` | end | end | others go on |
/// | anything, as the last | end | end | end |
#[derive(Debug)]
pub(super) struct Ends {
    pub(super) policy: Policy,
    so_far: Reason,
}

impl Ends {
    pub(super) fn new() -> Self {
        Self {
            policy: Policy::default(),
            so_far: Reason::Finished,
        }
    }

    /// One has ended, so many are left: the end of all, if it is.
    pub(super) fn on(&mut self, reason: Reason, left: usize) -> Option<Reason> {
        let is_over = match self.policy {
            Policy::WithAll => left == 0 || !reason.is_clean(),
            Policy::WithFirst => true,
            Policy::FailingLast => left == 0,
        };
        self.join(reason);
        is_over.then(|| self.so_far.clone())
    }

    /// An end that comes behind those that are left, whatever it is.
    pub(super) fn last(&mut self, reason: Reason, left: usize) -> Option<Reason> {
        self.join(reason);
        (left == 0).then(|| self.so_far.clone())
    }

    fn join(&mut self, reason: Reason) {
        let before = std::mem::replace(&mut self.so_far, Reason::Finished);
        self.so_far = before.joined(reason);
    }

    /// What all said together, if they have.
    pub(super) fn so_far(&self) -> Reason {
        self.so_far.clone()
    }

    /// What the others hear, when all have ended with this.
    pub(super) fn for_the_others(end: &Reason) -> Reason {
        match end {
            Reason::Finished | Reason::Enough => Reason::Enough,
            Reason::Failed(_) => end.clone(),
        }
    }
}
