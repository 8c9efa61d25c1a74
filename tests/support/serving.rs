//! An HTTP server on a pair: its peer, its clock and its tasks in one hand.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use tubes::testing::ManualClock;
use tubes::{BoxError, Error, Fount, Reason};
use tubes_http::{Body, Exchange, Handle, Limits, Report, Server};

use crate::answers::{Answer, answers};
use crate::pair::{Inlet, Outlet, Peer, pair};
use crate::tasks::{Output, Tasks};

/// The fount of exchanges of a server on a pair.
pub type Exchanges = tubes_http::Exchanges<Inlet, Outlet>;

/// What a server is made with.
#[derive(Default)]
pub struct Setup {
    limits: Limits,
    /// Where its tasks run.
    pub tasks: Tasks,
    /// What time it is for it.
    pub clock: ManualClock,
    until: Option<tokio::sync::oneshot::Receiver<()>>,
    with: Option<Box<dyn FnOnce(Server) -> Server>>,
}

impl Setup {
    /// With default limits.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With these limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// With a server that is changed like this.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(Server) -> Server + 'static) -> Self {
        self.with = Some(Box::new(change));
        self
    }

    /// Until the sender says so, or is dropped; what is being done then has all the time it wants.
    #[must_use]
    pub fn until(mut self) -> (Self, tokio::sync::oneshot::Sender<()>) {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        self.until = Some(receiver);
        (self, sender)
    }

    /// A server that answers with `handler`.
    pub fn respond<H, Fut, B, E>(self, handler: H) -> Served
    where
        H: FnMut(Request<Body>) -> Fut + 'static,
        Fut: Future<Output = Result<Response<B>, E>> + 'static,
        B: Fount<Item = Bytes> + 'static,
        E: Into<BoxError> + 'static,
    {
        self.serve(|exchanges| exchanges.flow_to(tubes_http::respond(handler)))
    }

    /// A server whose exchanges are answered by hand.
    pub fn answer<H, Fut, E>(self, handler: H) -> Served
    where
        H: FnMut(Exchange) -> Fut + 'static,
        Fut: Future<Output = Result<(), E>> + 'static,
        E: Into<BoxError> + 'static,
    {
        self.serve(|exchanges| exchanges.flow_to(tubes_http::answer(handler)))
    }

    /// A server whose exchanges are treated by hand.
    pub fn serve<S, Fut>(mut self, serve: S) -> Served
    where
        S: FnOnce(Exchanges) -> Fut,
        Fut: Future<Output = Result<(), Error>> + 'static,
    {
        let until = self.until.take();
        let site = self.site();
        let (flow, peer) = pair();
        let handle = site.server.handle();
        let output = site
            .tasks
            .spawn(serve(flow.through(&site.server)));
        if let Some(until) = until {
            let handle = handle.clone();
            site.tasks.spawn(async move {
                drop(until.await);
                handle.shutdown(Duration::MAX).await
            });
        }
        Served {
            peer,
            handle,
            clock: site.clock,
            tasks: site.tasks,
            output,
        }
    }

    /// A server for many connections.
    #[must_use]
    pub fn site(self) -> Site {
        let clock = Arc::new(self.clock.clone());
        let server = tubes_http::server_on(clock).limits(self.limits);
        Site {
            server: match self.with {
                Some(change) => change(server),
                None => server,
            },
            clock: self.clock,
            tasks: self.tasks,
        }
    }
}

/// A server for many connections, all of which have its clock and its tasks.
#[derive(Debug)]
pub struct Site {
    /// The stage.
    pub server: Server,
    /// Its clock.
    pub clock: ManualClock,
    /// Its tasks.
    pub tasks: Tasks,
}

impl Site {
    /// A connection whose exchanges are answered with `handler`.
    pub fn respond<H, Fut, B, E>(&self, handler: H) -> Served
    where
        H: FnMut(Request<Body>) -> Fut + 'static,
        Fut: Future<Output = Result<Response<B>, E>> + 'static,
        B: Fount<Item = Bytes> + 'static,
        E: Into<BoxError> + 'static,
    {
        self.serve(|exchanges| exchanges.flow_to(tubes_http::respond(handler)))
    }

    /// A connection whose exchanges are answered by hand.
    pub fn answer<H, Fut, E>(&self, handler: H) -> Served
    where
        H: FnMut(Exchange) -> Fut + 'static,
        Fut: Future<Output = Result<(), E>> + 'static,
        E: Into<BoxError> + 'static,
    {
        self.serve(|exchanges| exchanges.flow_to(tubes_http::answer(handler)))
    }

    /// A connection whose exchanges are treated by hand.
    pub fn serve<S, Fut>(&self, serve: S) -> Served
    where
        S: FnOnce(Exchanges) -> Fut,
        Fut: Future<Output = Result<(), Error>> + 'static,
    {
        let (flow, peer) = pair();
        let output = self
            .tasks
            .spawn(serve(flow.through(&self.server)));
        Served {
            peer,
            handle: self.server.handle(),
            clock: self.clock.clone(),
            tasks: self.tasks.clone(),
            output,
        }
    }

    /// What holds it from outside.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.server.handle()
    }

    /// Shuts it down, with so much time for what is left.
    pub fn shut_down(&self, grace: Duration) -> Output<Report> {
        let handle = self.server.handle();
        let report = self
            .tasks
            .spawn(async move { handle.shutdown(grace).await });
        self.tasks.run();
        report
    }
}

/// A server on a pair.
#[derive(Debug)]
pub struct Served {
    /// The client.
    pub peer: Peer,
    /// The handle of its server.
    pub handle: Handle,
    /// Its clock.
    pub clock: ManualClock,
    /// Its tasks; the first is the connection.
    pub tasks: Tasks,
    output: Output<Result<(), Error>>,
}

impl Served {
    /// Lets everybody work who was woken, and checks that nobody missed a wake: to be polled
    /// once more changes nothing.
    ///
    /// # Panics
    ///
    /// If it does, or if somebody spins.
    pub fn run(&self) -> &Self {
        self.tasks.run();
        let before = self.progress();
        self.tasks.disturb();
        self.tasks.run();
        assert_eq!(self.progress(), before, "a wake was lost");
        self
    }

    /// One segment from the client, and what follows from it.
    pub fn send(&self, segment: impl AsRef<[u8]>) -> &Self {
        self.peer.feed(segment);
        self.run()
    }

    /// The client closes its direction.
    pub fn finish(&self) -> &Self {
        self.peer.finish();
        self.run()
    }

    /// Time passes.
    pub fn advance(&self, time: Duration) -> &Self {
        self.clock.advance(time);
        self.run()
    }

    /// What a client has read so far.
    #[must_use]
    pub fn answers(&self) -> Vec<Answer> {
        answers(&self.peer.read())
    }

    /// The same, each in a line.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.answers()
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    /// The ends: fount, drain, and whether the connection's future is over.
    #[must_use]
    pub fn ends(&self) -> (&'static str, &'static str, &'static str) {
        let connection = match &*self.output.peek() {
            None => "runs",
            Some(Ok(())) => "over",
            Some(Err(_)) => "failed",
        };
        (
            self.peer.inlet().word(),
            self.peer.outlet().word(),
            connection,
        )
    }

    fn progress(&self) -> impl PartialEq + fmt::Debug + use<> {
        (
            self.peer.read().len(),
            self.peer.held(),
            self.peer.pulls(),
            self.tasks.running(),
            self.ends(),
        )
    }
}

/// Why a flow ended, in a word: a kind of HTTP if there is one, else of the flow.
#[must_use]
pub fn why(reason: &Reason) -> String {
    match reason {
        Reason::Finished => "finished".to_owned(),
        Reason::Enough => "enough".to_owned(),
        Reason::Failed(error) => why_failed(error),
    }
}

/// Why something failed, in a word: a kind of HTTP if there is one, else of the flow.
#[must_use]
pub fn why_failed(error: &Error) -> String {
    match error.find::<tubes_http::Error>() {
        Some(own) => format!("{:?}", own.kind()),
        None => format!("{:?}", error.kind()),
    }
}

impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "setup({:?})", self.limits)
    }
}
