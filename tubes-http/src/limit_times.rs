//! The limits that are timers.

use std::time::Duration;

use crate::limits::Limits;

/// The timers.
impl Limits {
    /// Time for the first byte of a connection: 30 s, as in hyper.
    #[must_use]
    pub fn first_time(&self) -> Duration {
        self.times.first_time
    }

    /// Time for a head, from its first byte: 30 s, as in hyper.
    #[must_use]
    pub fn head_time(&self) -> Duration {
        self.times.head_time
    }

    /// Time between two exchanges: 75 s, as in nginx.
    #[must_use]
    pub fn idle_time(&self) -> Duration {
        self.times.idle_time
    }

    /// How long a peer may keep a body waiting that is pulled: 30 s, then 408. nginx has 60 s.
    /// Each second costs one of them; what comes gives them back at
    /// [`body_rate`](Self::body_rate), so that a slow peer has time and one that drips has not.
    ///
    /// While the application pulls nothing, nothing counts, however long that is: the peer may not
    /// even send then. It waits from a pull that finds nothing up to the next piece, or until it
    /// says that it has no room (`poll_progress`, as every stage does). Whoever gives up a pull
    /// without a word, as in a `select`, counts as waiting until his next one: if that comes when
    /// the time is over, a peer that has sent nothing was too slow, and one that has sent something
    /// is charged nothing.
    #[must_use]
    pub fn body_time(&self) -> Duration {
        self.times.body_time
    }

    /// How long a peer may keep a reply waiting: 30 s, then the connection is cut. nginx has 60 s.
    /// What it takes gives time back at [`write_rate`](Self::write_rate).
    #[must_use]
    pub fn write_time(&self) -> Duration {
        self.times.write_time
    }

    /// How long the body of a response may give nothing to a peer that has closed its direction:
    /// 30 s, then that peer is taken for gone, whatever [`OnDisconnect`](crate::OnDisconnect) says: the
    /// reply is cut and its body is stopped. Each piece begins that time anew, so that a client which
    /// closes its direction and reads on is served as long as there is something to read. No
    /// precedent. A peer that is reset is gone at once; and a handler that has not answered yet goes on.
    ///
    /// Both show only when the peer is read from. What it sends behind a request that nobody reads to
    /// its end is thrown away. Requests that wait behind this one, as many as are read
    /// [ahead](Self::ahead), give way after that time: they are not served, and the connection closes
    /// behind the reply. Only a body that the application holds, and does not read, hides the end
    /// of its peer.
    #[must_use]
    pub fn half_closed_time(&self) -> Duration {
        self.times.half_closed_time
    }

    /// Time for a whole exchange, from its head to the end of its reply: no limit, for a stream may
    /// last. Then the body of the request ends with a failure. A reply whose head has not left is
    /// answered for the handler: with 408 if the handler waits for the body of the request, which
    /// is the fault of the peer, else with 503, which is none of it (RFC 9110 §15.5.9, §15.6.4).
    /// Any other is cut: if all of it that was written has left, the connection closes in order. The handler goes on or is dropped as after a peer that is gone, see
    /// [`OnDisconnect`](crate::OnDisconnect). Whoever takes exchanges one by one with
    /// [`Fount::next`](tubes::Fount::next) looks at this time only when he polls the body or the reply. Apache has it by `mod_reqtimeout`, for the request
    /// only; Go has one for the reply.
    #[must_use]
    pub fn exchange_time(&self) -> Option<Duration> {
        self.times.exchange_time
    }

    /// How long the peer may take nothing of a response, or the application pull nothing of a request's
    /// body that is still to come, before the log says so: 10 s. No precedent.
    ///
    /// Of the peer it is said once in an exchange, of the application once each time that it has not
    /// pulled for so long, unless meanwhile the peer is waited for.
    #[must_use]
    pub fn stall_time(&self) -> Duration {
        self.times.stall_time
    }

    /// Time to discard a body that nobody reads: 1 s.
    #[must_use]
    pub fn discard_time(&self) -> Duration {
        self.times.discard_time
    }

    /// Time to read on before a close: 5 s, as in nginx.
    #[must_use]
    pub fn linger_time(&self) -> Duration {
        self.times.linger_time
    }

    /// Sets the time for the first byte of a connection.
    #[must_use]
    pub fn with_first_time(mut self, time: Duration) -> Self {
        self.times.first_time = time;
        self
    }

    /// Sets the time for a head.
    #[must_use]
    pub fn with_head_time(mut self, time: Duration) -> Self {
        self.times.head_time = time;
        self
    }

    /// Sets the time between two exchanges.
    #[must_use]
    pub fn with_idle_time(mut self, time: Duration) -> Self {
        self.times.idle_time = time;
        self
    }

    /// Sets how long a body that is pulled is waited for in all; what it brings gives time back
    /// ([`with_body_rate`](Self::with_body_rate)).
    #[must_use]
    pub fn with_body_time(mut self, time: Duration) -> Self {
        self.times.body_time = time;
        self
    }

    /// Sets how long the peer is waited for in all to take what is written; what it takes gives
    /// time back ([`with_write_rate`](Self::with_write_rate)).
    #[must_use]
    pub fn with_write_time(mut self, time: Duration) -> Self {
        self.times.write_time = time;
        self
    }

    /// Sets how long the body of a response may give nothing to a peer that has closed its direction.
    #[must_use]
    pub fn with_half_closed_time(mut self, time: Duration) -> Self {
        self.times.half_closed_time = time;
        self
    }

    /// Sets the time for a whole exchange.
    #[must_use]
    pub fn with_exchange_time(mut self, time: Duration) -> Self {
        self.times.exchange_time = Some(time);
        self
    }

    /// Sets how long the peer may take nothing, or the application pull nothing, before the log says so.
    #[must_use]
    pub fn with_stall_time(mut self, time: Duration) -> Self {
        self.times.stall_time = time;
        self
    }

    /// Sets the time to discard a body that nobody reads.
    #[must_use]
    pub fn with_discard_time(mut self, time: Duration) -> Self {
        self.times.discard_time = time;
        self
    }

    /// Sets the time to read on before a close.
    #[must_use]
    pub fn with_linger_time(mut self, time: Duration) -> Self {
        self.times.linger_time = time;
        self
    }
}
