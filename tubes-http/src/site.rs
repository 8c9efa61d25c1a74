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
/// A peer is gone when its connection is reset or lost, and when it has closed its direction: that
/// is how a client goes that is closed or cancelled. Some close their direction and still read the
/// reply (`nc -N` does), which is written unless [`Cancel`](Self::Cancel) ends it.
///
/// # Examples
///
/// ```
/// use tubes_http::{OnDisconnect, server};
///
/// // What is only computed to be shown need not be finished for nobody.
/// let http = server().on_disconnect(OnDisconnect::Cancel);
/// assert_eq!(http.handle().snapshot().connections.len(), 0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnDisconnect {
    /// It runs to its end: work that was accepted is not lost. It hears of the end when it next
    /// reads or writes, and by [`Peer::closed`](crate::Peer::closed). A response whose body gives nothing
    /// is no work: it is cut when its peer is reset, or has closed its direction
    /// [`half_closed_time`](crate::Limits::half_closed_time) ago.
    #[default]
    RunToEnd,
    /// It is dropped when the peer is gone, as by Go and by hyper. That shows when the peer is read
    /// from: one that has sent more than [`ahead`](crate::Limits::ahead) which nobody has read, and is
    /// gone, is noticed when its bytes are read, or when it does not take the reply.
    Cancel,
    /// It is dropped when the peer is gone, but one that has closed its direction behind a whole
    /// request is taken for there, also by [`Peer::closed`](crate::Peer::closed). That it is reset
    /// later shows when something is written to it, and not before: a response that gives nothing for
    /// [`half_closed_time`](crate::Limits::half_closed_time) is cut.
    CancelOnReset,
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
