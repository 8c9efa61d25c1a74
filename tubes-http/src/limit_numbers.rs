//! The limits that are numbers: of bytes, of lines, of bytes a second.

use crate::limits::Limits;

/// The numbers.
impl Limits {
    /// Bytes of the request line, its CRLF apart: 16 KiB. RFC 9112 §3 wants 8000 at least, nginx
    /// has 8 KiB.
    #[must_use]
    pub fn request_line(&self) -> usize {
        self.numbers.request_line
    }

    /// Bytes of the whole head: 64 KiB. ntex has the same, actix 128 KiB, hyper 408 KiB.
    #[must_use]
    pub fn head(&self) -> usize {
        self.numbers.head
    }

    /// Field lines of a head: 100, and never more. hyper has the same.
    #[must_use]
    pub fn fields(&self) -> usize {
        self.numbers.fields
    }

    /// Bytes of the method: 64. The longest registered one has 17.
    #[must_use]
    pub fn method(&self) -> usize {
        self.numbers.method
    }

    /// Empty lines before a request line: 4. RFC 9112 §2.2 wants one at least.
    #[must_use]
    pub fn empty_lines(&self) -> usize {
        self.numbers.empty_lines
    }

    /// Bytes of all chunk extensions of one message: 16 KiB, as in hyper.
    #[must_use]
    pub fn chunk_extensions(&self) -> usize {
        self.numbers.chunk_extensions
    }

    /// Bytes of the trailers: 16 KiB, as in hyper.
    #[must_use]
    pub fn trailers(&self) -> usize {
        self.numbers.trailers
    }

    /// Field lines of the trailers: 100, and never more.
    #[must_use]
    pub fn trailer_fields(&self) -> usize {
        self.numbers.trailer_fields
    }

    /// Bytes of a whole body: no limit, for a body flows, and who gathers one says how much
    /// ([`Body::collect`](crate::Body::collect)). nginx has 1 MiB, for it stores bodies.
    #[must_use]
    pub fn body(&self) -> Option<u64> {
        self.numbers.body
    }

    /// Bytes of a body nobody reads that are discarded to keep the connection: 64 KiB. Go has
    /// 256 KiB.
    ///
    /// Beyond it, as long as a reply is quiet or its peer is watched, what the peer sends is still
    /// read and dropped as it comes, none of it held, for that is how it shows that the peer is gone.
    #[must_use]
    pub fn discard(&self) -> u64 {
        self.numbers.discard
    }

    /// Bytes read and thrown away before a close, so that the peer reads our last answer: 1 MiB.
    /// One that still sends then has half a second more, in which nothing is read, as in Go.
    #[must_use]
    pub fn linger(&self) -> u64 {
        self.numbers.linger
    }

    /// Bytes that are read before anybody pulls them, while an exchange waits to hear whether its
    /// peer is gone: 64 KiB. No precedent: hyper reads on until its buffer is full (408 KiB).
    #[must_use]
    pub fn ahead(&self) -> usize {
        self.numbers.ahead
    }

    /// Bytes that all connections of a server hold together, of heads that are not complete, of
    /// requests that are pipelined, and of replies on their way, in the drains of their flows
    /// too ([`Drain::held`](tubes::Drain::held)): 64 MiB. What is left of a segment counts as all of
    /// it, as long as it keeps that in memory. While they hold more, a connection that
    /// holds more than 8 KiB of a reply takes no more of it until that has left. One that holds more
    /// than 8 KiB of what its peer has sent is not read from while all hold so much of what has come:
    /// who sends does not wait for those who do not read their replies, so that both together may
    /// come to twice this. That time is not charged to the peer; what takes too long by it is
    /// answered with 503 ([`Kind::MemoryTimeout`](crate::Kind::MemoryTimeout)). nginx bounds each
    /// connection only.
    #[must_use]
    pub fn held(&self) -> usize {
        self.numbers.held
    }

    /// How many bytes of a body are worth a second of waiting: 256. Kestrel has 240 a second.
    #[must_use]
    pub fn body_rate(&self) -> u64 {
        self.numbers.body_rate
    }

    /// How many bytes of a reply, taken by the peer, are worth a second of waiting: 256. Kestrel
    /// has 240 a second.
    #[must_use]
    pub fn write_rate(&self) -> u64 {
        self.numbers.write_rate
    }

    /// Sets the bytes of the request line: at most 65,534, for a longer target is no [`Uri`](http::Uri).
    #[must_use]
    pub fn with_request_line(mut self, bytes: usize) -> Self {
        self.numbers.request_line = bytes.min(LONGEST_LINE);
        self
    }

    /// Sets the bytes of the head.
    #[must_use]
    pub fn with_head(mut self, bytes: usize) -> Self {
        self.numbers.head = bytes;
        self
    }

    /// Sets the field lines of a head; more than 100 count as 100.
    #[must_use]
    pub fn with_fields(mut self, lines: usize) -> Self {
        self.numbers.fields = lines.min(Self::MOST_FIELDS);
        self
    }

    /// Sets the bytes of the method.
    #[must_use]
    pub fn with_method(mut self, bytes: usize) -> Self {
        self.numbers.method = bytes;
        self
    }

    /// Sets how many empty lines are skipped before a request line.
    #[must_use]
    pub fn with_empty_lines(mut self, lines: usize) -> Self {
        self.numbers.empty_lines = lines;
        self
    }

    /// Sets the bytes of all chunk extensions of one message.
    #[must_use]
    pub fn with_chunk_extensions(mut self, bytes: usize) -> Self {
        self.numbers.chunk_extensions = bytes;
        self
    }

    /// Sets the bytes of the trailers.
    #[must_use]
    pub fn with_trailers(mut self, bytes: usize) -> Self {
        self.numbers.trailers = bytes;
        self
    }

    /// Sets the field lines of the trailers; more than 100 count as 100.
    #[must_use]
    pub fn with_trailer_fields(mut self, lines: usize) -> Self {
        self.numbers.trailer_fields = lines.min(Self::MOST_FIELDS);
        self
    }

    /// Sets the bytes of a whole body.
    #[must_use]
    pub fn with_body(mut self, bytes: u64) -> Self {
        self.numbers.body = Some(bytes);
        self
    }

    /// Sets how much of a body that nobody reads is discarded.
    #[must_use]
    pub fn with_discard(mut self, bytes: u64) -> Self {
        self.numbers.discard = bytes;
        self
    }

    /// Sets how much is read and thrown away before a close.
    #[must_use]
    pub fn with_linger(mut self, bytes: u64) -> Self {
        self.numbers.linger = bytes;
        self
    }

    /// Sets how many bytes are read before anybody pulls them.
    #[must_use]
    pub fn with_ahead(mut self, bytes: usize) -> Self {
        self.numbers.ahead = bytes;
        self
    }

    /// Sets the bytes that all connections of a server hold together.
    #[must_use]
    pub fn with_held(mut self, bytes: usize) -> Self {
        self.numbers.held = bytes;
        self
    }

    /// Sets how many bytes of a body are worth a second of waiting.
    #[must_use]
    pub fn with_body_rate(mut self, bytes: u64) -> Self {
        self.numbers.body_rate = bytes;
        self
    }

    /// Sets how many bytes of a reply are worth a second of waiting.
    #[must_use]
    pub fn with_write_rate(mut self, bytes: u64) -> Self {
        self.numbers.write_rate = bytes;
        self
    }
}

/// No target that is longer fits an `http::Uri`.
const LONGEST_LINE: usize = 65_534;
