//! Whose fault it is that an exchange fails: the peer's only where its request shows it.

use crate::error::Error;
use crate::kind::Kind;
use crate::origin::Origin;

/// What an exchange knows of its request. Kinds only: an error may be foreign, and is neither looked
/// into nor dropped while the connection is locked.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Evidence {
    /// What made its body unreadable, or cut the exchange.
    pub(crate) broken: Option<Kind>,
    /// With what its body was stopped before its end.
    pub(crate) refused: Option<Refused>,
    pub(crate) answerable: Answerable,
}

/// The failure with which a body was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    flow: tubes::Kind,
    /// Of an error of HTTP in it.
    own: Option<Kind>,
}

impl Refused {
    pub(crate) fn by(failure: &tubes::Error) -> Self {
        Self {
            flow: failure.kind(),
            own: failure.find().map(Error::kind),
        }
    }
}

/// Whether somebody can still be answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Answerable {
    #[default]
    Yes,
    No,
}

/// What a failure of the application says to the peer.
///
/// A limit and a malformed item are the peer's fault if they have stopped the request's body, which
/// is told the failure of what stands behind it. All that is not known to be the peer's is ours.
pub(crate) fn verdict(failure: &tubes::Error, request: &Evidence) -> Error {
    let own = failure.find::<Error>();
    if let Some(own) = own
        && own.kind() != Kind::Handler
    {
        return if request.stands_behind(own) {
            own.clone()
        } else {
            Error::new(Kind::Handler).with_source(failure.clone())
        };
    }
    let flow = match failure.kind() {
        tubes::Kind::User => failure.find().unwrap_or(failure),
        _ => failure,
    };
    let is_the_bodys = request
        .refused
        .is_some_and(|refused| refused.flow == flow.kind());
    let kind = match flow.kind() {
        tubes::Kind::Full { .. } => Kind::Overloaded,
        tubes::Kind::Limit { what, limit } if is_the_bodys => Kind::BodyBeyondLimit { what, limit },
        tubes::Kind::Malformed(_) if is_the_bodys => Kind::BodyInvalid,
        _ => Kind::Handler,
    };
    Error::new(kind).with_source(failure.clone())
}

impl Evidence {
    /// Of an exchange that is over and forgotten.
    pub(crate) fn of_the_past() -> Self {
        Self {
            answerable: Answerable::No,
            ..Self::default()
        }
    }

    /// Whether an error of HTTP is one of this exchange, or was made for it.
    fn stands_behind(&self, own: &Error) -> bool {
        match own.origin() {
            Origin::Application => true,
            Origin::Collector => self
                .refused
                .is_some_and(|refused| refused.own == Some(own.kind())),
            // Nobody can tell any more, and it is answered to nobody.
            Origin::Connection if self.answerable == Answerable::No => true,
            Origin::Connection => self.broken == Some(own.kind()),
        }
    }
}
