//! Who holds a valve shut, and why.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::panic::Location;

use crate::flag::Flag;

/// Who holds a [`Valve`](super::Valve) shut: why, and where in the program.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PausedBy {
    /// What the pause was taken for.
    pub reason: Cow<'static, str>,
    /// Where it was taken.
    pub place: &'static Location<'static>,
}

/// The guards of a valve by number, so in the order in which they were taken: as many as are held.
#[derive(Default)]
pub(super) struct Pauses {
    taken: u64,
    pub(super) held: BTreeMap<u64, PausedBy>,
}

/// Up while the valve is shut.
pub(super) type Shut = Flag<Pauses>;

impl Pauses {
    pub(super) fn take(&mut self, by: PausedBy) -> u64 {
        self.taken += 1;
        self.held.insert(self.taken, by);
        self.taken
    }
}

/// Writes `valve(open)`, or who holds it shut.
pub(super) fn fmt_valve(shut: &Shut, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let held = shut.read(|pauses| pauses.held.clone());
    if held.is_empty() {
        return f.write_str("valve(open)");
    }
    f.write_str("valve(paused by ")?;
    for (index, by) in held.values().enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        fmt::Debug::fmt(by, f)?;
    }
    f.write_str(")")
}

impl fmt::Debug for PausedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} at {}", self.reason, self.place)
    }
}

impl fmt::Display for PausedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.reason, self.place)
    }
}
