//! Every number and every timer, each with its precedent; none is infinite.

use std::time::Duration;

/// How much a stranger may send, and how long it may take.
///
/// Plain numbers, all finite.
///
/// # Examples
///
/// ```
/// use tubes_http::Limits;
///
/// let limits = Limits::default().with_head(16 * 1024).with_fields(50);
/// assert_eq!(limits.fields(), 50);
/// assert_eq!(limits.request_line(), 16 * 1024);
/// ```
// Sixteen fields: they are a table, and only here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    request_line: usize,
    head: usize,
    fields: usize,
    method: usize,
    empty_lines: usize,
    chunk_extensions: usize,
    trailers: usize,
    trailer_fields: usize,
    discard: u64,
    discard_time: Duration,
    linger: u64,
    linger_time: Duration,
    head_time: Duration,
    idle_time: Duration,
    body_time: Duration,
    write_time: Duration,
    ahead: usize,
    held: usize,
    first_time: Duration,
    body_rate: u64,
    write_rate: u64,
    stall_time: Duration,
}

/// The numbers.
impl Limits {
    /// Bytes of the request line, its CRLF apart: 16 KiB. RFC 9112 §3 wants 8000 at least, nginx
    /// has 8 KiB.
    #[must_use]
    pub fn request_line(&self) -> usize {
        self.request_line
    }

    /// Bytes of the whole head: 64 KiB. ntex has the same, actix 128 KiB, hyper 408 KiB.
    #[must_use]
    pub fn head(&self) -> usize {
        self.head
    }

    /// Field lines of a head: 100, and never more. hyper has the same.
    #[must_use]
    pub fn fields(&self) -> usize {
        self.fields
    }

    /// Bytes of the method: 64. The longest registered one has 17.
    #[must_use]
    pub fn method(&self) -> usize {
        self.method
    }

    /// Empty lines before a request line: 4. RFC 9112 §2.2 wants one at least.
    #[must_use]
    pub fn empty_lines(&self) -> usize {
        self.empty_lines
    }

    /// Bytes of all chunk extensions of one message: 16 KiB, as in hyper.
    #[must_use]
    pub fn chunk_extensions(&self) -> usize {
        self.chunk_extensions
    }

    /// Bytes of the trailers: 16 KiB, as in hyper.
    #[must_use]
    pub fn trailers(&self) -> usize {
        self.trailers
    }

    /// Field lines of the trailers: 100, and never more.
    #[must_use]
    pub fn trailer_fields(&self) -> usize {
        self.trailer_fields
    }

    /// Bytes of a body nobody reads that are discarded to keep the connection: 64 KiB. Go has
    /// 256 KiB.
    #[must_use]
    pub fn discard(&self) -> u64 {
        self.discard
    }

    /// Bytes read and thrown away before a close, so that the peer reads our last answer: 1 MiB.
    #[must_use]
    pub fn linger(&self) -> u64 {
        self.linger
    }

    /// Bytes that are read before anybody pulls them, while an exchange waits to hear whether its
    /// peer is gone: 64 KiB. No precedent: hyper reads on until its buffer is full (408 KiB).
    #[must_use]
    pub fn ahead(&self) -> usize {
        self.ahead
    }

    /// Bytes that all connections of a server hold together, of heads that are not complete, of
    /// requests that are pipelined, and of replies on their way to the transport: 64 MiB. While
    /// they hold more, a connection that holds more than 8 KiB of what its peer has sent is not
    /// read from. nginx bounds each connection only.
    #[must_use]
    pub fn held(&self) -> usize {
        self.held
    }

    /// Sets how many bytes are read before anybody pulls them.
    #[must_use]
    pub fn with_ahead(mut self, bytes: usize) -> Self {
        self.ahead = bytes;
        self
    }

    /// Sets the bytes that all connections of a server hold together.
    #[must_use]
    pub fn with_held(mut self, bytes: usize) -> Self {
        self.held = bytes;
        self
    }

    /// Sets the bytes of the request line.
    #[must_use]
    pub fn with_request_line(mut self, bytes: usize) -> Self {
        self.request_line = bytes;
        self
    }

    /// Sets the bytes of the head.
    #[must_use]
    pub fn with_head(mut self, bytes: usize) -> Self {
        self.head = bytes;
        self
    }

    /// Sets the field lines of a head; more than 100 count as 100.
    #[must_use]
    pub fn with_fields(mut self, lines: usize) -> Self {
        self.fields = lines.min(Self::MOST_FIELDS);
        self
    }

    /// Sets the bytes of the method.
    #[must_use]
    pub fn with_method(mut self, bytes: usize) -> Self {
        self.method = bytes;
        self
    }

    /// Sets how many empty lines are skipped before a request line.
    #[must_use]
    pub fn with_empty_lines(mut self, lines: usize) -> Self {
        self.empty_lines = lines;
        self
    }

    /// Sets the bytes of all chunk extensions of one message.
    #[must_use]
    pub fn with_chunk_extensions(mut self, bytes: usize) -> Self {
        self.chunk_extensions = bytes;
        self
    }

    /// Sets the bytes of the trailers.
    #[must_use]
    pub fn with_trailers(mut self, bytes: usize) -> Self {
        self.trailers = bytes;
        self
    }

    /// Sets the field lines of the trailers; more than 100 count as 100.
    #[must_use]
    pub fn with_trailer_fields(mut self, lines: usize) -> Self {
        self.trailer_fields = lines.min(Self::MOST_FIELDS);
        self
    }

    /// Sets how much of a body that nobody reads is discarded.
    #[must_use]
    pub fn with_discard(mut self, bytes: u64) -> Self {
        self.discard = bytes;
        self
    }

    /// Sets how much is read and thrown away before a close.
    #[must_use]
    pub fn with_linger(mut self, bytes: u64) -> Self {
        self.linger = bytes;
        self
    }

    /// The parser keeps its fields on the stack.
    pub(crate) const MOST_FIELDS: usize = 100;
}

/// The timers.
impl Limits {
    /// Time for a head, from its first byte: 30 s, as in hyper.
    #[must_use]
    pub fn head_time(&self) -> Duration {
        self.head_time
    }

    /// Time between two exchanges: 75 s, as in nginx.
    #[must_use]
    pub fn idle_time(&self) -> Duration {
        self.idle_time
    }

    /// Time to discard a body that nobody reads: 1 s.
    #[must_use]
    pub fn discard_time(&self) -> Duration {
        self.discard_time
    }

    /// Time to read on before a close: 5 s, as in nginx.
    #[must_use]
    pub fn linger_time(&self) -> Duration {
        self.linger_time
    }

    /// Time for the first byte of a connection: 30 s, as in hyper.
    #[must_use]
    pub fn first_time(&self) -> Duration {
        self.first_time
    }

    /// How long a peer may keep a body waiting that is pulled: 30 s, then 408. nginx has 60 s.
    /// Each second costs one of them; what comes gives them back at
    /// [`body_rate`](Self::body_rate), so that a slow peer has time and one that drips has not.
    #[must_use]
    pub fn body_time(&self) -> Duration {
        self.body_time
    }

    /// How many bytes of a body are worth a second of waiting: 256. Kestrel has 240 a second.
    #[must_use]
    pub fn body_rate(&self) -> u64 {
        self.body_rate
    }

    /// How many bytes of a reply, taken by the peer, are worth a second of waiting: 256. Kestrel
    /// has 240 a second.
    #[must_use]
    pub fn write_rate(&self) -> u64 {
        self.write_rate
    }

    /// How long the peer may take nothing before the log says so: 10 s. No precedent.
    #[must_use]
    pub fn stall_time(&self) -> Duration {
        self.stall_time
    }

    /// Sets the time for the first byte of a connection.
    #[must_use]
    pub fn with_first_time(mut self, time: Duration) -> Self {
        self.first_time = time;
        self
    }

    /// Sets how many bytes of a body are worth a second of waiting.
    #[must_use]
    pub fn with_body_rate(mut self, bytes: u64) -> Self {
        self.body_rate = bytes;
        self
    }

    /// Sets how many bytes of a reply are worth a second of waiting.
    #[must_use]
    pub fn with_write_rate(mut self, bytes: u64) -> Self {
        self.write_rate = bytes;
        self
    }

    /// Sets how long the peer may take nothing before the log says so.
    #[must_use]
    pub fn with_stall_time(mut self, time: Duration) -> Self {
        self.stall_time = time;
        self
    }

    /// How long a peer may keep a reply waiting: 30 s, then the connection is cut. nginx has 60 s.
    /// What it takes gives time back at [`write_rate`](Self::write_rate).
    #[must_use]
    pub fn write_time(&self) -> Duration {
        self.write_time
    }

    /// Sets the time for a head.
    #[must_use]
    pub fn with_head_time(mut self, time: Duration) -> Self {
        self.head_time = time;
        self
    }

    /// Sets the time between two exchanges.
    #[must_use]
    pub fn with_idle_time(mut self, time: Duration) -> Self {
        self.idle_time = time;
        self
    }

    /// Sets the time to discard a body that nobody reads.
    #[must_use]
    pub fn with_discard_time(mut self, time: Duration) -> Self {
        self.discard_time = time;
        self
    }

    /// Sets the time to read on before a close.
    #[must_use]
    pub fn with_linger_time(mut self, time: Duration) -> Self {
        self.linger_time = time;
        self
    }

    /// Sets how long a body that is pulled may bring nothing.
    #[must_use]
    pub fn with_body_time(mut self, time: Duration) -> Self {
        self.body_time = time;
        self
    }

    /// Sets how long the peer may take nothing of what is written.
    #[must_use]
    pub fn with_write_time(mut self, time: Duration) -> Self {
        self.write_time = time;
        self
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request_line: 16 * 1024,
            head: 64 * 1024,
            fields: Self::MOST_FIELDS,
            method: 64,
            empty_lines: 4,
            chunk_extensions: 16 * 1024,
            trailers: 16 * 1024,
            trailer_fields: Self::MOST_FIELDS,
            discard: 64 * 1024,
            discard_time: Duration::from_secs(1),
            linger: 1024 * 1024,
            linger_time: Duration::from_secs(5),
            head_time: Duration::from_secs(30),
            idle_time: Duration::from_secs(75),
            body_time: Duration::from_secs(30),
            write_time: Duration::from_secs(30),
            ahead: 64 * 1024,
            held: 64 * 1024 * 1024,
            first_time: Duration::from_secs(30),
            body_rate: 256,
            write_rate: 256,
            stall_time: Duration::from_secs(10),
        }
    }
}
