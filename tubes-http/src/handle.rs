//! A server, held from outside: shut it down, see what it does.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tubes::clock::SharedClock;

use crate::roster::{Phase, Roster, Work};
use crate::snapshot::Snapshot;

/// A server, held from outside: made by [`Server::handle`](crate::Server::handle). A clone is the
/// same handle.
///
/// # Examples
///
/// A server that stops in order: no new connections, no new exchanges, ten seconds for those
/// that are being answered.
///
/// ```no_run
/// use std::time::Duration;
///
/// use http::{Request, Response};
/// use tubes::net::{self, TcpFlow};
/// use tubes::{Error, Fount, drains, stages};
/// use tubes_http::{Body, respond};
///
/// async fn hello(_request: Request<Body>) -> Result<Response<Body>, Error> {
///     Ok(Response::new(Body::from("Hello")))
/// }
///
/// async fn serve(stop: impl Future) -> Result<(), Error> {
///     let server = tubes_http::server();
///     let handle = server.handle();
///     let serving = net::listen("127.0.0.1:8080")
///         .await?
///         .through(stages::until(handle.stopping()))
///         .flow_to(drains::spawn(move |flow: TcpFlow| {
///             flow.through(&server).flow_to(respond(hello))
///         }));
///     let report = handle
///         .serve(serving, stop, Duration::from_secs(10))
///         .await?;
///     println!("{report:?}");
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct Handle {
    roster: Arc<Roster>,
    clock: SharedClock,
}

/// What became of the exchanges of a server that was shut down: see [`Handle::shutdown`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// Exchanges that ended whole after the shutdown had begun.
    pub finished: u64,
    /// Exchanges that were cut at the deadline before their reply had begun.
    pub cut: u64,
    /// Exchanges that were cut at the deadline while their reply was being sent.
    pub streaming: u64,
    /// Flows that had gone on as something else and were still there at the deadline: they end then,
    /// with [`Kind::ShutDown`](crate::Kind::ShutDown).
    pub upgraded: u64,
}

impl Handle {
    pub(crate) fn new(roster: Arc<Roster>, clock: SharedClock) -> Self {
        Self { roster, clock }
    }

    /// Ends every connection in order: at once if it is idle, else after the exchange that is
    /// being served, whose reply says so; and after `grace` cuts what is left: handlers and bodies of
    /// replies are dropped, whatever [`OnDisconnect`](crate::OnDisconnect) says, and upgraded flows end.
    /// Ready when nothing is left, and says what became of it.
    ///
    /// Exchanges hear of it by [`Peer::stopping`](crate::Peer::stopping). Connections that come
    /// later are closed at once; that none comes is for the listener (see [`stopping`](Self::stopping)).
    ///
    /// # Cancel safety
    ///
    /// The shutdown goes on when the future is dropped, but nothing is cut; called again, it waits
    /// on, with a new deadline.
    pub async fn shutdown(&self, grace: Duration) -> Report {
        self.roster.begin(Phase::Stopping);
        for member in self.roster.members() {
            member.shut_down();
        }
        let mut report = Report::default();
        if !self.is_empty_within(grace).await {
            for member in self.roster.members() {
                let (work, leaving) = member.cut();
                report.streaming += leaving;
                match work {
                    Work::Nothing => {}
                    Work::Unanswered => report.cut += 1,
                    Work::Streaming => report.streaming += 1,
                }
            }
            report.upgraded = self.roster.upgraded() as u64;
            // Behind that: what ends now does so because it is cut.
            self.roster.begin(Phase::Cut);
        }
        report.finished = self.roster.finished();
        report
    }

    /// Drives `serving`, the flow of connections into their tasks, until `stop` is ready (or
    /// somebody else shuts the server down); then [shuts down](Self::shutdown), and drops `serving`
    /// when the report is there, and with it whatever still runs.
    ///
    /// `serving` may end by itself; that is no shutdown, and the report is empty.
    ///
    /// # Errors
    ///
    /// The failure of `serving`, at once.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops `serving`: its connections are cut.
    pub async fn serve<T, E>(
        &self,
        serving: impl Future<Output = Result<T, E>>,
        stop: impl Future,
        grace: Duration,
    ) -> Result<Report, E> {
        let mut stopping = pin!(async {
            let (mut stop, mut told) = (pin!(stop), self.stopping());
            poll_fn(|cx| match stop.as_mut().poll(cx) {
                Poll::Ready(_) => Poll::Ready(()),
                Poll::Pending => Pin::new(&mut told).poll(cx),
            })
            .await;
            self.shutdown(grace).await
        });
        let mut serving = pin!(serving);
        let mut served = Served::Runs;
        poll_fn(|cx| {
            if let Poll::Ready(report) = stopping.as_mut().poll(cx) {
                return Poll::Ready(Ok(report));
            }
            if let Served::Runs = served {
                ready!(serving.as_mut().poll(cx))?;
                served = Served::Ended;
            }
            // Its listener ends when the shutdown begins, and it may end before the report is there.
            match self.roster.phase() {
                Phase::Open => Poll::Ready(Ok(Report::default())),
                Phase::Stopping | Phase::Cut => Poll::Pending,
            }
        })
        .await
    }

    /// Ready when the shutdown begins: for a listener that is to accept no more
    /// ([`stages::until`](tubes::stages::until)), and for whatever else is to end with it.
    pub fn stopping(&self) -> Stopping {
        Stopping {
            roster: Arc::clone(&self.roster),
            place: None,
        }
    }

    /// What each connection and each exchange does now, and who waits for whom.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            connections: self
                .roster
                .members()
                .iter()
                .filter_map(|member| member.look())
                .collect(),
            upgraded: self.roster.upgraded(),
            held: self.roster.held(),
        }
    }

    async fn is_empty_within(&self, grace: Duration) -> bool {
        let mut timer = None;
        let mut place = Place {
            roster: &self.roster,
            number: None,
        };
        poll_fn(|cx| {
            if self
                .roster
                .poll_empty(cx, &mut place.number)
                .is_ready()
            {
                return Poll::Ready(true);
            }
            let timer = timer.get_or_insert_with(|| {
                let now = self.clock.now();
                let at = now
                    .checked_add(grace)
                    .unwrap_or(now + LONGEST);
                self.clock.timer(at)
            });
            timer.poll_elapsed(cx).map(|()| false)
        })
        .await
    }
}

/// Whether what is served goes on.
enum Served {
    Runs,
    Ended,
}

/// No grace is longer than a year.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A place among those who wait, given up with it.
struct Place<'a> {
    roster: &'a Roster,
    number: Option<u64>,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.roster.forget(self.number);
    }
}

/// The future of [`Handle::stopping`] and [`Peer::stopping`](crate::Peer::stopping).
///
/// # Cancel safety
///
/// Nothing is lost when it is dropped.
#[must_use = "it waits for nothing before it is awaited"]
pub struct Stopping {
    roster: Arc<Roster>,
    place: Option<u64>,
}

impl Stopping {
    pub(crate) fn of(roster: Arc<Roster>) -> Self {
        Self {
            roster,
            place: None,
        }
    }
}

impl Future for Stopping {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Self { roster, place } = &mut *self;
        roster.poll_stopping(cx, place)
    }
}

impl Drop for Stopping {
    fn drop(&mut self) {
        self.roster.forget(self.place);
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "server({:?})", self.roster)
    }
}

impl fmt::Debug for Stopping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("stopping")
    }
}
