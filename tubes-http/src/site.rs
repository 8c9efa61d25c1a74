//! What all connections of one server have in common.

use std::fmt;
use std::sync::Arc;

use tubes::clock::SharedClock;

use crate::limits::Limits;
use crate::record::Observer;
use crate::roster::Roster;

/// What all connections of one server have in common.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) limits: Arc<Limits>,
    pub(crate) clock: SharedClock,
    pub(crate) roster: Arc<Roster>,
    pub(crate) on_disconnect: OnDisconnect,
    pub(crate) tunnels: Tunnels,
    pub(crate) observer: Option<Observer>,
}

/// What becomes of an exchange whose peer is gone, while its handler runs or its response is
/// being made.
///
/// A peer is gone when its connection is reset or lost. One that has closed its direction only
/// may still read the reply: most clients that close mean to be gone, some do not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnDisconnect {
    /// It runs to its end: work that was accepted is not lost. It hears of the end when it next
    /// reads or writes, and by [`Peer::closed`](crate::Peer::closed).
    #[default]
    RunToEnd,
    /// It is dropped when the peer is gone.
    Cancel,
    /// It is dropped when the peer is gone, and when it has closed its direction.
    CancelOnHalfClose,
}

/// Whether `CONNECT` reaches the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tunnels {
    Refused,
    Accepted,
}

impl Site {
    pub(crate) fn new(clock: SharedClock) -> Self {
        Self {
            limits: Arc::default(),
            clock,
            roster: Arc::default(),
            on_disconnect: OnDisconnect::default(),
            tunnels: Tunnels::Refused,
            observer: None,
        }
    }
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "site({:?})", self.roster)
    }
}
