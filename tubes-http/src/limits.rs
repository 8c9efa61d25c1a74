//! Every number and every timer, each with its precedent; what a stranger can use up is bounded.

use std::time::Duration;

use crate::strictness::Strictness;

/// How much a stranger may send, and how long it may take.
///
/// All are finite but two, which depend on what is served: how large a body may be, and how long
/// an exchange may last.
///
/// | number | default | elsewhere | what happens beyond it |
/// |---|---|---|---|
/// | [`request_line`](Self::request_line) | 16 KiB | RFC 9112 at least 8,000; nginx 8 KiB | 414, [`TargetTooLong`](crate::Kind::TargetTooLong) |
/// | [`method`](Self::method) | 64 | the longest registered has 17 | 501, [`MethodTooLong`](crate::Kind::MethodTooLong) |
/// | [`empty_lines`](Self::empty_lines) before a request | 4 | RFC 9112 at least 1 | 400, [`TooManyEmptyLines`](crate::Kind::TooManyEmptyLines) |
/// | [`head`](Self::head) | 64 KiB | ntex 64, actix 128, hyper 408 KiB | 431, [`HeadTooLong`](crate::Kind::HeadTooLong) |
/// | [`fields`](Self::fields) | 100 | hyper 100, actix 96 | 431, [`TooManyHeaders`](crate::Kind::TooManyHeaders) |
/// | [`body`](Self::body) | none | nginx 1 MiB | 413, [`BodyTooLarge`](crate::Kind::BodyTooLarge) |
/// | [`chunk_extensions`](Self::chunk_extensions) | 16 KiB | hyper 16 KiB | 400, [`ChunkExtensionsTooLong`](crate::Kind::ChunkExtensionsTooLong) |
/// | [`trailers`](Self::trailers) | 16 KiB | hyper 16 KiB | 431, [`TrailersTooLong`](crate::Kind::TrailersTooLong) |
/// | [`trailer_fields`](Self::trailer_fields) | 100 | hyper 100 | 431, [`TrailersTooLong`](crate::Kind::TrailersTooLong) |
/// | [`discard`](Self::discard) of a body nobody reads | 64 KiB | Go 256 KiB | closes after the reply |
/// | [`linger`](Self::linger) before a close | 1 MiB | nginx by time | closes |
/// | [`ahead`](Self::ahead) of who pulls | 64 KiB | hyper 408 KiB | is not read from |
/// | [`held`](Self::held) by all connections | 64 MiB | - | is not read from, and takes no more of a reply |
/// | connections of a server: `drains::spawn(..).at_most(..)` | 1,000 | nginx 512 a worker | wait to be accepted |
/// | connections of an address: `net::listen(..).await?.at_most_per_address(..)` | 500 | - | are reset |
/// | [`body_rate`](Self::body_rate) | 256 B/s | Kestrel 240 B/s | see `body_time` |
/// | [`write_rate`](Self::write_rate) | 256 B/s | Kestrel 240 B/s | see `write_time` |
///
/// | timer | default | elsewhere | what happens when it has passed |
/// |---|---|---|---|
/// | [`first_time`](Self::first_time) to the first byte | 30 s | hyper 30 s | closes |
/// | [`head_time`](Self::head_time) from its first byte | 30 s | hyper 30, nginx 60 s | 408, [`HeadTimeout`](crate::Kind::HeadTimeout) |
/// | [`idle_time`](Self::idle_time) between exchanges | 75 s | nginx 75 s | closes |
/// | [`body_time`](Self::body_time), waited for in all | 30 s | nginx 60 s for each read | 408, [`BodyTimeout`](crate::Kind::BodyTimeout) |
/// | [`write_time`](Self::write_time), waited for in all | 30 s | nginx 60 s for each write | is cut, [`ReplyTimeout`](crate::Kind::ReplyTimeout) |
/// | [`half_closed_time`](Self::half_closed_time) of a peer that only reads, without a piece for it | 30 s | - | is cut, [`HalfClosed`](crate::Kind::HalfClosed) |
/// | [`exchange_time`](Self::exchange_time) | none | Go, for the reply | 408, [`BodyTimeout`](crate::Kind::BodyTimeout); 503 or is cut, [`ExchangeTimeout`](crate::Kind::ExchangeTimeout) |
/// | [`stall_time`](Self::stall_time) of the peer, or of a handler | 10 s | - | a warning in the log |
/// | [`discard_time`](Self::discard_time) of a body nobody reads | 1 s | - | closes after the reply |
/// | [`linger_time`](Self::linger_time) before a close | 5 s | nginx 5 s | closes |
///
/// What a connection holds of bodies besides is bounded by the flow that it is made of: an echo whose
/// peer takes nothing has one segment under way and 64 KiB, which over TCP are 128 KiB at first and
/// 576 KiB behind some MiB (`tubes::io::read` says how segments grow;
/// `flow.fount.with_buffer(..)` bounds them), and another body one piece, 32 KiB, and what the drain
/// of the flow gathers (512 KiB; `flow.drain.with_bound(..)`).
///
/// What stands under *elsewhere* are defaults: of hyper 1.12, ntex 4.5 and actix-http 3.20, and of
/// nginx, Go, Apache and Kestrel as their manuals have them.
///
/// A status is answered where the head of a reply has not left, else the reply is cut; either way
/// the connection closes. How many connections there may be is for whoever takes them in, and is
/// said there.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tubes_http::Limits;
///
/// let limits = Limits::default().with_head(16 * 1024).with_fields(50);
/// assert_eq!(limits.fields(), 50);
/// assert_eq!(limits.request_line(), 16 * 1024);
///
/// let small_and_quick = limits
///     .with_body(1024 * 1024)
///     .with_exchange_time(Duration::from_secs(60));
/// assert_eq!(small_and_quick.body(), Some(1024 * 1024));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    pub(crate) numbers: Numbers,
    pub(crate) times: Times,
    strictness: Strictness,
}

/// Each as its getter in [`Limits`] says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Numbers {
    pub(crate) request_line: usize,
    pub(crate) head: usize,
    pub(crate) fields: usize,
    pub(crate) method: usize,
    pub(crate) empty_lines: usize,
    pub(crate) chunk_extensions: usize,
    pub(crate) trailers: usize,
    pub(crate) trailer_fields: usize,
    pub(crate) body: Option<u64>,
    pub(crate) discard: u64,
    pub(crate) linger: u64,
    pub(crate) ahead: usize,
    pub(crate) held: usize,
    pub(crate) body_rate: u64,
    pub(crate) write_rate: u64,
}

/// Each as its getter in [`Limits`] says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) first_time: Duration,
    pub(crate) head_time: Duration,
    pub(crate) idle_time: Duration,
    pub(crate) body_time: Duration,
    pub(crate) write_time: Duration,
    pub(crate) half_closed_time: Duration,
    pub(crate) exchange_time: Option<Duration>,
    pub(crate) stall_time: Duration,
    pub(crate) discard_time: Duration,
    pub(crate) linger_time: Duration,
}

/// What is accepted within them. The numbers are in `limit_numbers.rs`, the timers in
/// `limit_times.rs`.
impl Limits {
    /// What is accepted although no sender may send it: nothing.
    #[must_use]
    #[inline]
    pub fn strictness(&self) -> Strictness {
        self.strictness
    }

    /// Sets what is accepted although no sender may send it.
    #[must_use]
    pub fn with_strictness(mut self, strictness: Strictness) -> Self {
        self.strictness = strictness;
        self
    }

    /// The parser keeps its fields on the stack.
    pub(crate) const MOST_FIELDS: usize = 100;
}

impl Default for Numbers {
    fn default() -> Self {
        Self {
            request_line: 16 * 1024,
            head: 64 * 1024,
            fields: Limits::MOST_FIELDS,
            method: 64,
            empty_lines: 4,
            chunk_extensions: 16 * 1024,
            trailers: 16 * 1024,
            trailer_fields: Limits::MOST_FIELDS,
            body: None,
            discard: 64 * 1024,
            linger: 1024 * 1024,
            ahead: 64 * 1024,
            held: 64 * 1024 * 1024,
            body_rate: 256,
            write_rate: 256,
        }
    }
}

impl Default for Times {
    fn default() -> Self {
        Self {
            first_time: Duration::from_secs(30),
            head_time: Duration::from_secs(30),
            idle_time: Duration::from_secs(75),
            body_time: Duration::from_secs(30),
            write_time: Duration::from_secs(30),
            half_closed_time: Duration::from_secs(30),
            exchange_time: None,
            stall_time: Duration::from_secs(10),
            discard_time: Duration::from_secs(1),
            linger_time: Duration::from_secs(5),
        }
    }
}
