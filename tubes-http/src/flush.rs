//! When what is written of a response leaves.

use bytes::{Bytes, BytesMut};

/// When what is written of a response leaves. To be put into the extensions of the response.
///
/// Whatever it is: what waits is bounded, and all of it leaves at the end of the body.
///
/// # Examples
///
/// ```
/// use bytes::Bytes;
/// use http::Response;
/// use tubes::{Fount, founts};
/// use tubes_http::{Body, Flush};
///
/// // Events: none waits for another.
/// let events = founts::iter(["data: 1\n\n", "data: 2\n\n"]).map(Bytes::from);
/// let mut response = Response::new(Body::new(events));
/// response.extensions_mut().insert(Flush::Immediate);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flush {
    /// Each piece of the body leaves before the next is pulled, the head with the first; a body of
    /// one piece then leaves in chunks, unless its length is known before.
    Immediate,
    /// Pieces gather while the body has more at once, and leave when it has nothing right now, or
    /// when 32 KiB wait; a body of one piece leaves with its length.
    #[default]
    WhenIdle,
    /// Pieces gather until they are so many bytes (64 KiB at most, whatever is said here), however
    /// long that takes, and the head with them; a body that ends before leaves with its length. One
    /// piece more than so many bytes may wait. For a body that is made of many small pieces with pauses between, and that nobody
    /// reads while it is made.
    Bytes(usize),
}

/// What a reply does about it.
#[derive(Debug)]
pub(crate) enum Flushing {
    WhenIdle,
    Immediate(Waiting),
    Gather(Box<Gathered>),
}

/// Whether something is written that is to leave before more is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waiting {
    Nothing,
    Something,
}

/// Whether a body has given something since it was last quiet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    None,
    Some,
}

/// Pieces that wait for more.
#[derive(Debug)]
pub(crate) struct Gathered {
    /// What waits is less, or it is taken at once.
    most: usize,
    /// The first piece, untouched while it is alone.
    first: Bytes,
    /// All pieces, once there are two.
    joined: BytesMut,
    /// How much waited when the body had nothing for the last time.
    seen: usize,
    pub(crate) waiting: Waiting,
}

impl From<Option<&Flush>> for Flushing {
    fn from(flush: Option<&Flush>) -> Self {
        match flush {
            None | Some(Flush::WhenIdle) => Self::WhenIdle,
            Some(Flush::Immediate) => Self::Immediate(Waiting::Nothing),
            Some(Flush::Bytes(most)) => Self::Gather(Box::new(Gathered {
                most: (*most).min(MOST),
                first: Bytes::new(),
                joined: BytesMut::new(),
                seen: 0,
                waiting: Waiting::Nothing,
            })),
        }
    }
}

impl Flushing {
    /// Whether something is to leave before more is taken.
    pub(crate) fn waiting(&self) -> Waiting {
        match self {
            Self::WhenIdle => Waiting::Nothing,
            Self::Immediate(waiting) => *waiting,
            Self::Gather(gathered) => gathered.waiting,
        }
    }

    /// It has left, or there is something now.
    pub(crate) fn set_waiting(&mut self, now: Waiting) {
        match self {
            Self::WhenIdle => {}
            Self::Immediate(waiting) => *waiting = now,
            Self::Gather(gathered) => gathered.waiting = now,
        }
    }
}

impl Gathered {
    /// Takes a piece; all that wait, in one, once they are enough.
    pub(crate) fn gather(&mut self, piece: Bytes) -> Option<Bytes> {
        if self.length() == 0 {
            self.first = piece;
        } else {
            self.joined
                .extend_from_slice(&std::mem::take(&mut self.first));
            self.joined.extend_from_slice(&piece);
        }
        if self.length() < self.most {
            return None;
        }
        self.take()
    }

    /// The body has nothing right now: whether it had since the last time.
    pub(crate) fn news(&mut self) -> News {
        let length = self.length();
        if std::mem::replace(&mut self.seen, length) == length {
            News::None
        } else {
            News::Some
        }
    }

    /// All that wait, in one.
    pub(crate) fn take(&mut self) -> Option<Bytes> {
        let all = if self.joined.is_empty() {
            std::mem::take(&mut self.first)
        } else {
            std::mem::take(&mut self.joined).freeze()
        };
        (!all.is_empty()).then_some(all)
    }

    /// One of the two is empty.
    fn length(&self) -> usize {
        self.first.len() + self.joined.len()
    }
}

/// What gathers is not seen by [`Limits::held`](crate::Limits::held), so that it is to be little.
const MOST: usize = 64 * 1024;
