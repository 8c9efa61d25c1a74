//! What went wrong, whose fault it is, and which status says so to the peer.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use http::StatusCode;

use crate::kind::Kind;
use crate::origin::Origin;

/// What went wrong in an exchange or on its connection.
///
/// One word, cheap to clone: the same error ends a body, is told to the handler and is logged.
/// What happened is its [`kind`](Self::kind); the cause on a lower floor, if any, is its source.
///
/// A handler that fails with one that it has made means its [`status`](Self::status). One that came out of
/// a body means something to the peer whose body that is, and to others is a 500; so is any other
/// failure (see [`respond`](crate::respond())).
///
/// # Examples
///
/// ```
/// use tubes_http::{Error, Kind};
///
/// let error = Error::new(Kind::MissingHost);
/// assert_eq!(error.kind(), Kind::MissingHost);
/// assert_eq!(error.status(), Some(http::StatusCode::BAD_REQUEST));
/// ```
#[derive(Clone)]
pub struct Error(Arc<Cause>);

struct Cause {
    kind: Kind,
    origin: Origin,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    /// Makes the error of a kind.
    #[must_use]
    pub fn new(kind: Kind) -> Self {
        Self(Arc::new(Cause {
            kind,
            origin: Origin::Application,
            source: None,
        }))
    }

    /// Names the cause, for instance what the socket said.
    #[must_use]
    pub fn with_source(self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self(Arc::new(Cause {
            kind: self.0.kind,
            origin: self.0.origin,
            source: Some(source.into().into()),
        }))
    }

    /// What happened.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The status that answers it, `None` where nothing can be answered.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.0.kind.status()
    }
}

/// Where it was raised.
impl Error {
    pub(crate) fn origin(&self) -> Origin {
        self.0.origin
    }

    /// The same error, raised there.
    pub(crate) fn raised_by(mut self, origin: Origin) -> Self {
        if self.0.origin != origin {
            match Arc::get_mut(&mut self.0) {
                Some(cause) => cause.origin = origin,
                None => {
                    self.0 = Arc::new(Cause {
                        kind: self.0.kind,
                        origin,
                        source: self.0.source.clone(),
                    });
                }
            }
        }
        self
    }
}

/// To and from the failures of a flow.
impl Error {
    /// The error of HTTP in a failed flow, or that the application failed. Whose fault that is says
    /// [`verdict`](crate::verdict::verdict).
    pub(crate) fn from_flow(error: tubes::Error) -> Self {
        match error.find::<Self>() {
            Some(own) => own.clone(),
            None => Self::new(Kind::Handler).with_source(error),
        }
    }

    /// The transport failed or has ended: only who holds it can say so.
    pub(crate) fn of_transport(reason: tubes::Reason) -> Self {
        match reason {
            tubes::Reason::Failed(error) => match error.find::<Self>() {
                Some(own) => own.clone(),
                None => Self::new(Kind::Closed).with_source(error),
            },
            tubes::Reason::Finished | tubes::Reason::Enough => Kind::Closed.into(),
        }
    }

    /// What ended a body that came from a connection: it is that of its peer, if of any.
    pub(crate) fn of_connection(reason: tubes::Reason) -> tubes::Reason {
        match reason {
            tubes::Reason::Failed(_) => Self::of_transport(reason)
                .raised_by(Origin::Connection)
                .into_reason(),
            tubes::Reason::Finished | tubes::Reason::Enough => reason,
        }
    }

    /// As the failure of a flow, with this error as its cause.
    pub(crate) fn into_flow(self) -> tubes::Error {
        let kind = match self.kind() {
            Kind::BodyTooLarge { limit } => tubes::Kind::Limit {
                what: "body",
                limit: usize::try_from(limit).unwrap_or(usize::MAX),
            },
            Kind::BodyBeyondLimit { what, limit } => tubes::Kind::Limit { what, limit },
            Kind::HeadTimeout
            | Kind::BodyTimeout
            | Kind::ExchangeTimeout
            | Kind::MemoryTimeout
            | Kind::ReplyTimeout
            | Kind::HalfClosed => tubes::Kind::Timeout,
            Kind::Closed | Kind::ShutDown => tubes::Kind::Io(std::io::ErrorKind::ConnectionAborted),
            Kind::Abandoned => tubes::Kind::Abandoned,
            Kind::Handler | Kind::Overloaded => tubes::Kind::User,
            _ => tubes::Kind::Malformed("an HTTP message"),
        };
        tubes::Error::new(kind)
            .at("http")
            .caused_by(self)
    }

    /// As the end of a flow.
    pub(crate) fn into_reason(self) -> tubes::Reason {
        tubes::Reason::Failed(self.into_flow())
    }
}

/// The error of HTTP in a failed flow, or [`Kind::Handler`] with the failure as its source.
impl From<tubes::Error> for Error {
    fn from(error: tubes::Error) -> Self {
        Self::from_flow(error)
    }
}

/// As the failure of a flow, with this error as its source: `?` in a function of either error.
impl From<Error> for tubes::Error {
    fn from(error: Error) -> Self {
        error.into_flow()
    }
}

impl From<Kind> for Error {
    fn from(kind: Kind) -> Self {
        Self::new(kind)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.kind.fmt(f)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut error = f.debug_tuple("Error");
        error.field(&self.0.kind);
        if let Some(source) = &self.0.source {
            error.field(source);
        }
        error.finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0.source {
            Some(source) => Some(&**source),
            None => None,
        }
    }
}
