//! Accepting connections: what every kind of listening socket does alike.

use std::fmt;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use super::backoff::Backoff;
use crate::budget;
use crate::clock::{SharedClock, Timer};
use crate::fount::Fount;
use crate::reason::Reason;

/// How many connections a listener has failed to accept, or
/// [`at_most_per_address`](super::at_most_per_address) has refused; goes on counting while they
/// flow.
///
/// # Examples
///
/// ```
/// use tubes::net;
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let listener = net::listen("127.0.0.1:0").await?;
/// let refused = listener.refused();
/// assert_eq!(refused.count(), 0);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Debug, Default)]
pub struct Refused {
    count: Arc<AtomicU64>,
}

impl Refused {
    pub(super) fn add(&self) {
        self.count
            .fetch_add(1, Ordering::Relaxed);
    }

    /// How many so far.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }
}

/// A listening socket.
pub(super) trait Socket: Unpin {
    /// A connection, with both its directions.
    type Flow;

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Self::Flow>>;
}

/// A fount of the connections of a listening socket.
pub(super) struct Accepting<S> {
    state: State<S>,
    clock: SharedClock,
    backoff: Backoff,
    refused: Refused,
}

enum State<S> {
    /// With a wait, if the last attempt failed for want of room.
    Open(S, Option<Box<dyn Timer>>),
    Over(Reason),
}

impl<S> Accepting<S> {
    pub(super) fn new(socket: S, clock: SharedClock) -> Self {
        Self {
            state: State::Open(socket, None),
            clock,
            backoff: Backoff::new(),
            refused: Refused::default(),
        }
    }

    /// The socket, unless it is over.
    pub(super) fn socket_mut(&mut self) -> Option<&mut S> {
        match &mut self.state {
            State::Open(socket, _) => Some(socket),
            State::Over(_) => None,
        }
    }

    pub(super) fn refused(&self) -> Refused {
        self.refused.clone()
    }
}

impl<S: Socket> Fount for Accepting<S> {
    type Item = S::Flow;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<S::Flow, Reason>> {
        let this = self.get_mut();
        let (socket, wait) = match &mut this.state {
            State::Open(socket, wait) => (socket, wait),
            State::Over(reason) => return Poll::Ready(Err(reason.clone())),
        };
        loop {
            if let Some(timer) = wait {
                ready!(timer.poll_elapsed(cx));
                *wait = None;
            }
            let error = match ready!(socket.poll_accept(cx)) {
                Ok(flow) => {
                    this.backoff.succeeded();
                    return Poll::Ready(Ok(flow));
                }
                Err(error) => error,
            };
            this.refused.add();
            if !is_of_one_connection(error.kind()) {
                let until = this.clock.now() + this.backoff.failed();
                *wait = Some(this.clock.timer(until));
            } else if !budget::spend() {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
    }

    fn stop(mut self: Pin<&mut Self>, reason: &Reason) {
        if let State::Open(..) = self.state {
            self.state = State::Over(reason.clone());
        }
    }
}

impl<S> fmt::Debug for Accepting<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.state {
            State::Open(_, None) => Ok(()),
            State::Open(_, Some(_)) => f.write_str("(waiting for room)"),
            State::Over(_) => f.write_str("(over)"),
        }
    }
}

/// Whether only the connection that was to be accepted has failed, so that the next may be
/// accepted at once. The others are for want of files or memory; those without a kind of their
/// own (EPROTO) are so rare that a wait of 5 ms does no harm.
fn is_of_one_connection(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::ConnectionAborted
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionRefused
            | ErrorKind::Interrupted
            | ErrorKind::PermissionDenied
            | ErrorKind::NetworkDown
            | ErrorKind::NetworkUnreachable
            | ErrorKind::HostUnreachable
            | ErrorKind::TimedOut
    )
}

#[cfg(test)]
mod tests {
    use super::{Accepting, Socket};
    use crate::clock::{Clock, Timer};
    use crate::fount::Fount;
    use crate::reason::Reason;
    use std::io::{self, ErrorKind};
    use std::pin::Pin;
    use std::sync::{Arc, Mutex};
    use std::task::{Context, Poll, Waker};
    use std::time::{Duration, Instant, SystemTime};

    /// Accepts what is written here, from the end; then there is nothing for now.
    type Script = Vec<Result<u8, ErrorKind>>;

    impl Socket for Script {
        type Flow = u8;

        fn poll_accept(&mut self, _cx: &mut Context<'_>) -> Poll<io::Result<u8>> {
            match self.pop() {
                Some(outcome) => Poll::Ready(outcome.map_err(io::Error::from)),
                None => Poll::Pending,
            }
        }
    }

    #[derive(Debug)]
    struct ByHand(Mutex<Instant>);
    #[derive(Debug)]
    struct At(Arc<ByHand>, Instant);

    impl Clock for Arc<ByHand> {
        fn now(&self) -> Instant {
            *self.0.lock().unwrap()
        }
        fn wall(&self) -> SystemTime {
            SystemTime::UNIX_EPOCH
        }
        fn timer(&self, at: Instant) -> Box<dyn Timer> {
            Box::new(At(Self::clone(self), at))
        }
    }

    impl Timer for At {
        fn reset(&mut self, at: Instant) {
            self.1 = at;
        }
        fn poll_elapsed(&mut self, _cx: &mut Context<'_>) -> Poll<()> {
            if self.0.now() < self.1 {
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        }
    }

    fn accepting(mut script: Script) -> (Accepting<Script>, Arc<ByHand>) {
        #[expect(
            clippy::disallowed_methods,
            reason = "the hand-moved clock begins somewhere"
        )]
        let now = Instant::now();
        let clock = Arc::new(ByHand(Mutex::new(now)));
        script.reverse();
        (Accepting::new(script, Arc::new(Arc::clone(&clock))), clock)
    }

    fn poll(accepting: &mut Accepting<Script>) -> Poll<Result<u8, Reason>> {
        Pin::new(accepting).poll_next(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn a_failed_connection_does_not_hold_up_the_next() {
        let failed = [
            ErrorKind::ConnectionAborted,
            ErrorKind::Interrupted,
            ErrorKind::NetworkDown,
        ];
        let script = failed
            .map(Err)
            .into_iter()
            .chain([Ok(1)]);
        let (mut accepting, _clock) = accepting(script.collect());
        assert!(matches!(poll(&mut accepting), Poll::Ready(Ok(1))));
        assert_eq!(accepting.refused().count(), 3);
    }

    #[test]
    fn want_of_room_is_waited_for_and_never_the_end() {
        let full = Err(ErrorKind::OutOfMemory);
        let (mut accepting, clock) = accepting(vec![full, full, Ok(1), full, Ok(2)]);
        for wait in [5, 10] {
            assert!(poll(&mut accepting).is_pending());
            *clock.0.lock().unwrap() += Duration::from_millis(wait - 1);
            assert!(poll(&mut accepting).is_pending());
            *clock.0.lock().unwrap() += Duration::from_millis(1);
        }
        assert!(matches!(poll(&mut accepting), Poll::Ready(Ok(1))));
        assert!(poll(&mut accepting).is_pending());
        *clock.0.lock().unwrap() += Duration::from_millis(5);
        assert!(matches!(poll(&mut accepting), Poll::Ready(Ok(2))));
        assert_eq!(accepting.refused().count(), 3);
    }

    #[test]
    fn a_stop_ends_a_wait_and_drops_the_socket() {
        let (mut accepting, _clock) = accepting(vec![Err(ErrorKind::OutOfMemory), Ok(1)]);
        assert!(poll(&mut accepting).is_pending());
        Pin::new(&mut accepting).stop(&Reason::Enough);
        Pin::new(&mut accepting).stop(&Reason::Finished);
        assert!(matches!(
            poll(&mut accepting),
            Poll::Ready(Err(Reason::Enough))
        ));
        assert_eq!(format!("{accepting:?}"), "(over)");
    }
}
