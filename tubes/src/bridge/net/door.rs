//! A listening TCP socket that does not let one address have all the room there is.

use std::io::{self, ErrorKind};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use tokio::net::TcpListener;

use super::accepting::Socket;
use super::per_address::{Network, Open, Place};
use super::tcp::{TcpFlow, split};
use crate::clock::SharedClock;

/// How many connections of one address may be open, unless it is said otherwise: half of what
/// `drains::spawn` takes. Others have no such bound unless it is asked for.
const MOST: NonZeroUsize = NonZeroUsize::new(500).expect("500 is not 0");

/// A burst of refusals is said once in this time.
const QUIET: Duration = Duration::from_secs(60);

/// A listening socket, and how many connections of each address it has let in.
pub(super) struct Door {
    socket: TcpListener,
    open: Arc<Open>,
    most: NonZeroUsize,
    clock: SharedClock,
    /// When it was said that somebody is refused.
    said: Option<Instant>,
}

impl Door {
    pub(super) fn new(socket: TcpListener, clock: SharedClock) -> Self {
        Self {
            socket,
            open: Arc::default(),
            most: MOST,
            clock,
            said: None,
        }
    }

    pub(super) fn set_most(&mut self, connections: NonZeroUsize) {
        self.most = connections;
    }

    #[cold]
    fn say_refused(&mut self, network: Network) {
        let now = self.clock.now();
        let quiet = self
            .said
            .is_some_and(|said| now.saturating_duration_since(said) < QUIET);
        if !quiet {
            self.said = Some(now);
            tracing::warn!(
                peer = %network,
                most = self.most,
                "too many connections of one address, each one more is reset: Listener::at_most_per_address says how many"
            );
        }
    }
}

impl Socket for Door {
    type Flow = TcpFlow;

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<TcpFlow>> {
        let (stream, peer) = ready!(self.socket.poll_accept(cx))?;
        let network = Network::of(peer.ip());
        let place = Place::take(&self.open, network, self.most, None);
        // Some systems refuse options of a connection that is gone already.
        let mut flow = split(stream, peer).map_err(|_gone| ErrorKind::ConnectionAborted)?;
        let Some(place) = place else {
            // Dropped before its end, it is reset.
            drop(flow);
            self.say_refused(network);
            return Poll::Ready(Err(ErrorKind::ConnectionRefused.into()));
        };
        place.give_to(&mut flow);
        Poll::Ready(Ok(flow))
    }
}
