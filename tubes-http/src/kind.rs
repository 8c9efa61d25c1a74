//! Every refusal, one variant each: its clause, its status, its sentence.

use std::fmt;

use http::StatusCode;

/// What went wrong, grouped by whose fault it is; in brackets the clause, and the status that answers it.
///
/// Two statuses for refusals are not among them, and a server never sends them by itself: 411, since a
/// request that declares no length has no body (RFC 9112 §6.3), and 426, since no other protocol is asked for here.
/// A handler may send both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    // The peer: its head.
    /// The request line is not `method SP target SP version` (RFC 9112 §3; 400).
    BadRequestLine,
    /// More empty lines before the request line than we skip (RFC 9112 §2.2; 400).
    TooManyEmptyLines,
    /// A method longer than any that we know (RFC 9110 §9.1; 501).
    MethodTooLong,
    /// A well-formed version that is neither HTTP/1.0 nor HTTP/1.1 (RFC 9110 §15.6.6; 505).
    UnsupportedVersion,
    /// The target has a form that its method does not allow, or is no target (RFC 9112 §3.2; 400).
    TargetInvalid,
    /// The request line passed its limit (RFC 9112 §3; 414).
    TargetTooLong,
    /// An absolute target of another scheme than `http` and `https` (RFC 9110 §7.4; 421).
    SchemeUnsupported,
    /// A line ends in LF without CR (RFC 9112 §2.2; 400).
    BareLf,
    /// A bare CR or another control byte in a line (RFC 9110 §5.5; 400).
    ForbiddenByte,
    /// A field line is not `name ":" value`, or is folded (RFC 9112 §5; 400).
    HeaderInvalid,
    /// The head passed its limit (RFC 6585 §5; 431).
    HeadTooLong,
    /// More field lines than the limit (RFC 6585 §5; 431).
    TooManyHeaders,
    /// HTTP/1.1 without `Host` (RFC 9112 §3.2; 400).
    MissingHost,
    /// More than one `Host` line (RFC 9112 §3.2; 400).
    SeveralHosts,
    /// A `Host` that is no `uri-host [":" port]` (RFC 9110 §7.2; 400).
    InvalidHost,
    /// An expectation other than one `100-continue` (RFC 9110 §10.1.1; 417).
    BadExpectation,

    // The peer: its framing.
    /// A `Content-Length` that is no number, or does not fit 64 bits (RFC 9110 §8.6; 400).
    BadContentLength,
    /// More than one `Content-Length` value, equal ones too (RFC 9112 §6.3; 400).
    SeveralContentLengths,
    /// `Content-Length` and `Transfer-Encoding` together (RFC 9112 §6.1; 400).
    BothFramings,
    /// A transfer coding that does not end in exactly one `chunked` (RFC 9112 §6.3; 400).
    BadTransferCoding,
    /// A transfer coding that we lack, below `chunked` (RFC 9112 §6.1; 501).
    UnsupportedCoding,
    /// `Transfer-Encoding` in HTTP/1.0 (RFC 9112 §6.1; 400).
    CodingInHttp10,
    /// A `CONNECT` that declares a body (RFC 9110 §9.3.6; 400).
    BodyInConnect,
    /// A chunk size that is not 1 to 16 hex digits (RFC 9112 §7.1; 400).
    BadChunkSize,
    /// A chunk extension without a name or with a broken value (RFC 9112 §7.1.1; 400).
    BadChunkExtension,
    /// The chunk extensions of a message passed their limit (RFC 9112 §7.1.1; 400).
    ChunkExtensionsTooLong,
    /// No CRLF behind the data of a chunk (RFC 9112 §7.1; 400).
    BadChunkEnd,
    /// A trailer line is not `name ":" value` (RFC 9112 §7.1.2; 400).
    TrailersInvalid,
    /// The trailers passed their limit of bytes or of lines (RFC 6585 §5; 431).
    TrailersTooLong,
    /// The peer ended inside a message (RFC 9112 §8; no answer).
    Truncated {
        /// How long the body was to be, if it was said.
        expected: Option<u64>,
        /// How many bytes of it arrived.
        got: u64,
    },

    // A limit of ours.
    /// The request body passed the limit of the server, or of who reads it (RFC 9110 §15.5.14; 413).
    BodyTooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// The pipeline over the request's body has met a limit of its own: a `what` in it is longer than
    /// `limit`, in its own unit (RFC 9110 §15.5.14; 413).
    BodyBeyondLimit {
        /// What was too large.
        what: &'static str,
        /// The limit that was in force.
        limit: usize,
    },
    /// The head did not arrive in time (RFC 9110 §15.5.9; 408).
    HeadTimeout,
    /// The request body arrives too slowly (RFC 9110 §15.5.9; 408).
    BodyTimeout,
    /// The exchange took too long, and not for the peer's request (RFC 9110 §15.6.4; 503).
    ExchangeTimeout,
    /// Nothing of the request was read for too long, because all connections together hold too much
    /// ([`Limits::held`](crate::Limits::held); RFC 9110 §15.6.4; 503).
    MemoryTimeout,
    /// The peer takes the reply too slowly (RFC 9112 §9.5; no answer).
    ReplyTimeout,
    /// The peer has closed its direction, and the body of the reply gave it nothing for too long (no
    /// answer).
    HalfClosed,

    // The application.
    // The first three and `BodyForbidden` are what the engine says to a caller that keeps no order.
    // The types of `Reply` do, so that nobody else can hear them.
    /// A reply where no request waits for one: cannot be with a [`Reply`](crate::Reply) (misuse; 500).
    NothingToAnswer,
    /// A final head after the final head: cannot be with a [`Reply`](crate::Reply) (misuse; 500).
    HeadTwice,
    /// Body or end before the final head, or after the end: cannot be with a [`Reply`](crate::Reply) (misuse; 500).
    OutOfTurn,
    /// A status that cannot be a final response here: 1xx, 600 and above, or 2xx to `CONNECT` (RFC 9110 §15; misuse; 500).
    InvalidStatus,
    /// An interim status that is no 1xx, or is 101 (RFC 9110 §15.2; misuse; 500).
    InvalidInterim,
    /// More interim responses than the peer has taken (misuse; 500).
    InterimTooLong,
    /// A protocol switch that the request did not ask for, or to another protocol (RFC 9110 §7.8; misuse; 500).
    InvalidSwitch,
    /// The body ended before its declared length (RFC 9112 §6.2; misuse; 500).
    BodyTooShort {
        /// The declared length.
        declared: u64,
        /// The bytes given.
        sent: u64,
    },
    /// The body went on beyond its declared length (RFC 9112 §6.2; misuse; 500).
    BodyTooLong {
        /// The declared length.
        declared: u64,
    },
    /// A body where none may be: `HEAD`, 204, 205, 304. A [`Reply`](crate::Reply) leaves it out and stops it
    /// instead (RFC 9110 §6.4.1; misuse; 500).
    BodyForbidden,

    /// The body is not what the handler's pipeline reads; the source says how (400).
    BodyInvalid,
    /// `CONNECT`, which nobody here serves (RFC 9110 §9.3.6; 405).
    ConnectUnsupported,

    /// The handler failed; the source says how (500).
    Handler,
    /// A place where the handler's work waits was full; the source says which (RFC 9110 §15.6.4; 503).
    Overloaded,

    // The transport.
    /// The transport failed or is closed (no answer).
    Closed,
    /// Who was to go on was dropped (no answer).
    Abandoned,
    /// The server was shut down, and its deadline has passed (no answer).
    ShutDown,
}

impl Kind {
    /// The status that answers it, `None` where nothing can be answered.
    pub(crate) fn status(self) -> Option<StatusCode> {
        Some(match self {
            Self::BadRequestLine
            | Self::TooManyEmptyLines
            | Self::TargetInvalid
            | Self::BareLf
            | Self::ForbiddenByte
            | Self::HeaderInvalid
            | Self::MissingHost
            | Self::SeveralHosts
            | Self::InvalidHost
            | Self::BadContentLength
            | Self::SeveralContentLengths
            | Self::BothFramings
            | Self::BadTransferCoding
            | Self::CodingInHttp10
            | Self::BodyInConnect
            | Self::BadChunkSize
            | Self::BadChunkExtension
            | Self::ChunkExtensionsTooLong
            | Self::BadChunkEnd
            | Self::TrailersInvalid
            | Self::BodyInvalid => StatusCode::BAD_REQUEST,
            Self::ConnectUnsupported => StatusCode::METHOD_NOT_ALLOWED,
            Self::MethodTooLong | Self::UnsupportedCoding => StatusCode::NOT_IMPLEMENTED,
            Self::UnsupportedVersion => StatusCode::HTTP_VERSION_NOT_SUPPORTED,
            Self::TargetTooLong => StatusCode::URI_TOO_LONG,
            Self::SchemeUnsupported => StatusCode::MISDIRECTED_REQUEST,
            Self::HeadTooLong | Self::TooManyHeaders | Self::TrailersTooLong => {
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE
            }
            Self::BadExpectation => StatusCode::EXPECTATION_FAILED,
            Self::BodyTooLarge { .. } | Self::BodyBeyondLimit { .. } => {
                StatusCode::PAYLOAD_TOO_LARGE
            }
            Self::HeadTimeout | Self::BodyTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::ExchangeTimeout | Self::MemoryTimeout | Self::Overloaded => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::NothingToAnswer
            | Self::HeadTwice
            | Self::OutOfTurn
            | Self::InvalidStatus
            | Self::InvalidInterim
            | Self::InterimTooLong
            | Self::InvalidSwitch
            | Self::BodyTooShort { .. }
            | Self::BodyTooLong { .. }
            | Self::BodyForbidden
            | Self::Handler => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Truncated { .. }
            | Self::ReplyTimeout
            | Self::HalfClosed
            | Self::Closed
            | Self::Abandoned
            | Self::ShutDown => {
                return None;
            }
        })
    }

    /// Whether it is the fault of the application, and nobody else's.
    pub(crate) fn is_ours(self) -> bool {
        self.status() == Some(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// What is always the same in its sentence.
    fn sentence(self) -> &'static str {
        match self {
            Self::BadRequestLine => "the request line is not `method target version`",
            Self::TooManyEmptyLines => "too many empty lines before the request",
            Self::MethodTooLong => "the method is too long",
            Self::UnsupportedVersion => "only HTTP/1.0 and HTTP/1.1 are spoken here",
            Self::TargetInvalid => "the target is not valid for this method",
            Self::TargetTooLong => "the request line is too long",
            Self::SchemeUnsupported => {
                "of targets with a scheme only `http` and `https` are served here"
            }
            Self::BareLf => "a line ends in LF without CR",
            Self::ForbiddenByte => "a line holds a bare CR or another control byte",
            Self::HeaderInvalid => "a header line is not `name: value`",
            Self::HeadTooLong => "the head is too long",
            Self::TooManyHeaders => "the head has too many header lines",
            Self::MissingHost => "the Host header is missing",
            Self::SeveralHosts => "there is more than one Host header",
            Self::InvalidHost => "the Host header is not `host` or `host:port`",
            Self::BadExpectation => "only the expectation 100-continue can be met",
            Self::BadContentLength => "Content-Length is not a number of 64 bits",
            Self::SeveralContentLengths => "there is more than one Content-Length",
            Self::BothFramings => "Content-Length and Transfer-Encoding exclude each other",
            Self::BadTransferCoding => "the transfer coding does not end in one `chunked`",
            Self::UnsupportedCoding => "of transfer codings only `chunked` is known here",
            Self::CodingInHttp10 => "HTTP/1.0 has no Transfer-Encoding",
            Self::BodyInConnect => "a CONNECT request has no body",
            Self::BadChunkSize => "a chunk size is not 1 to 16 hex digits",
            Self::BadChunkExtension => "a chunk extension is not `;name` or `;name=value`",
            Self::ChunkExtensionsTooLong => "the chunk extensions are too long",
            Self::BadChunkEnd => "no CRLF follows the data of a chunk",
            Self::TrailersInvalid => "a trailer line is not `name: value`",
            Self::TrailersTooLong => "the trailers are too long",
            Self::Truncated { .. } => "the peer ended inside a message",
            Self::BodyTooLarge { .. } => "the body is larger than what is accepted",
            Self::BodyBeyondLimit { .. } => "the body is not accepted",
            Self::HeadTimeout => "the head did not arrive in time",
            Self::BodyTimeout => "the body did not arrive in time",
            Self::ExchangeTimeout => "the exchange took too long",
            Self::MemoryTimeout => "the server had no memory for the rest of the request in time",
            Self::ReplyTimeout => "the peer did not take the reply in time",
            Self::HalfClosed => "the peer sends no more, and had nothing to read for too long",
            Self::NothingToAnswer => "no request waits for a reply",
            Self::HeadTwice => "the final head has been given already",
            Self::OutOfTurn => "a body belongs between its head and its end",
            Self::InvalidStatus => "this status cannot be a final response here",
            Self::InvalidInterim => "an interim status is 1xx and not 101",
            Self::InterimTooLong => "the peer has not taken the interim responses before; wait",
            Self::InvalidSwitch => "the request offered no switch to this protocol",
            Self::BodyTooShort { .. } => "the body ended before its declared length",
            Self::BodyTooLong { .. } => "the body went on beyond its declared length",
            Self::BodyForbidden => "this response has no body; give none",
            Self::BodyInvalid => "the body is not in the format that is read here",
            Self::ConnectUnsupported => "CONNECT is not served here",
            Self::Handler => "the handler failed",
            Self::Overloaded => "the server has too much to do",
            Self::Closed => "the connection is closed",
            Self::Abandoned => "the other end was dropped",
            Self::ShutDown => "the server was shut down before it ended",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sentence())?;
        match *self {
            Self::Truncated {
                expected: Some(expected),
                got,
            } => write!(f, ", after {got} of {expected} bytes"),
            Self::Truncated {
                expected: None,
                got,
            } => write!(f, ", after {got} bytes"),
            Self::BodyTooLarge { limit } => {
                write!(f, ", the limit is {limit} bytes")
            }
            Self::BodyBeyondLimit { what, limit } => {
                write!(f, ": a {what} is longer than its limit of {limit}")
            }
            Self::BodyTooShort { declared, sent } => write!(f, ", {sent} of {declared} bytes"),
            Self::BodyTooLong { declared } => write!(f, " of {declared} bytes"),
            _ => Ok(()),
        }
    }
}
