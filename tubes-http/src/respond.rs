//! A drain of exchanges: a handler answers each.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::stream::{FuturesUnordered, Stream};
use http::{Method, Request, Response, StatusCode, Uri};
use pin_project::pin_project;
use tubes::{BoxError, Drain, Fount, Reason};

use crate::body::Body;
use crate::error::Error;
use crate::exchange::Exchange;
use crate::kind::Kind;
use crate::reply::{Reply, Sending};

/// A drain of exchanges that answers each with what `handler` makes of its request.
///
/// The handler is called when the head of the request is there; its body arrives while the
/// handler pulls it, and may flow straight into the body of the response.
///
/// # Flow control
///
/// Answers at most 100 exchanges at once, or what [`at_most`](Respond::at_most) says. Over
/// HTTP/1.1 there is only one at a time; its future lives in place, without an allocation.
///
/// # Stopping
///
/// When the flow ends, the exchanges that are being answered are finished first.
///
/// # Errors
///
/// A handler that fails is answered with the status of the [`Error`] in its failure (413 for
/// [`Kind::BodyTooLarge`]), else with 500; one that panics, with 500 and the connection closes.
/// After the head has left, the reply is cut instead. Each is said in the log (of the `tracing`
/// crate: install a subscriber to see it), with method and target; neither ends the server. What
/// the pipeline over a request's body refuses is the peer's fault: a limit is answered with 413, a
/// malformed body with 400.
///
/// # Cancel safety
///
/// Dropping the flow drops the handlers that run and cuts their replies.
///
/// # Examples
///
/// ```no_run
/// use http::{Request, Response};
/// use tubes::net::{self, TcpFlow};
/// use tubes::{Fount, drains};
/// use tubes_http::{Body, Error};
///
/// async fn hello(_request: Request<Body>) -> Result<Response<Body>, Error> {
///     Ok(Response::new(Body::from("Hello, World!")))
/// }
///
/// # async fn serve() -> Result<(), tubes::Error> {
/// net::listen("127.0.0.1:8080")
///     .await?
///     .flow_to(drains::spawn(|flow: TcpFlow| {
///         flow.through(tubes_http::server())
///             .flow_to(tubes_http::respond(hello))
///     }))
///     .await?;
/// # Ok(()) }
/// ```
///
/// A handler with shared state is a closure that clones it for each request; the error type of
/// choice is [`BoxError`](tubes::BoxError), into which every error turns by `?`:
///
/// ```no_run
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// use http::{Request, Response};
/// use tubes::net::{self, TcpFlow};
/// use tubes::{BoxError, Fount, drains};
/// use tubes_http::{Body, respond, server};
///
/// async fn count(seen: Arc<AtomicU64>, request: Request<Body>) -> Result<Response<Body>, BoxError> {
///     let words = request.into_body().collect(1024).await?;
///     let text = std::str::from_utf8(&words)?;
///     let number = seen.fetch_add(1, Ordering::Relaxed);
///     Ok(Response::new(format!("{number}: {text}\n").into()))
/// }
///
/// # async fn serve() -> Result<(), tubes::Error> {
/// let seen = Arc::new(AtomicU64::new(0));
/// let connection = move |flow: TcpFlow| {
///     let seen = seen.clone();
///     flow.through(server())
///         .flow_to(respond(move |request| count(seen.clone(), request)))
/// };
/// net::listen("127.0.0.1:8080")
///     .await?
///     .flow_to(drains::spawn(connection).on_failure(|error| eprintln!("connection: {error}")))
///     .await?;
/// # Ok(()) }
/// ```
pub fn respond<H, Fut, B, E>(handler: H) -> Respond<H, Fut, B>
where
    H: FnMut(Request<Body>) -> Fut,
    Fut: Future<Output = Result<Response<B>, E>>,
    B: Fount<Item = Bytes>,
    E: Into<BoxError>,
{
    Respond {
        handler,
        first: None,
        others: FuturesUnordered::new(),
        at_most: AT_MOST,
    }
}

/// As many streams as HTTP/2 servers allow by default.
const AT_MOST: NonZeroUsize = NonZeroUsize::new(100).expect("100 is not 0");

/// The drain of [`respond`].
#[pin_project]
#[must_use = "nothing is answered before exchanges flow to it"]
pub struct Respond<H, Fut, B: Fount<Item = Bytes>> {
    handler: H,
    /// One exchange in place; over HTTP/1.1 there is no other.
    #[pin]
    first: Option<Serving<Fut, B>>,
    /// The others, each woken by itself: `others.len() < at_most`
    others: FuturesUnordered<Serving<Fut, B>>,
    at_most: NonZeroUsize,
}

impl<H, Fut, B: Fount<Item = Bytes>> Respond<H, Fut, B> {
    /// At most so many exchanges at once.
    pub fn at_most(mut self, count: NonZeroUsize) -> Self {
        self.at_most = count;
        self
    }
}

impl<H, Fut, B, E> Respond<H, Fut, B>
where
    Fut: Future<Output = Result<Response<B>, E>>,
    B: Fount<Item = Bytes>,
    E: Into<BoxError>,
{
    /// Goes on with what is being answered; ready when no more than `allowed` are left.
    fn poll_served(self: Pin<&mut Self>, cx: &mut Context<'_>, allowed: usize) -> Poll<()> {
        let mut this = self.project();
        if let Some(serving) = this.first.as_mut().as_pin_mut()
            && serving.poll(cx).is_ready()
        {
            this.first.set(None);
        }
        while !this.others.is_empty() {
            if Pin::new(&mut *this.others)
                .poll_next(cx)
                .is_pending()
            {
                break;
            }
        }
        if usize::from(this.first.is_some()) + this.others.len() > allowed {
            return Poll::Pending;
        }
        Poll::Ready(())
    }
}

impl<H, Fut, B, E> Drain<Exchange> for Respond<H, Fut, B>
where
    H: FnMut(Request<Body>) -> Fut,
    Fut: Future<Output = Result<Response<B>, E>>,
    B: Fount<Item = Bytes>,
    E: Into<BoxError>,
{
    type Output = ();

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        let allowed = self.at_most.get() - 1;
        self.poll_served(cx, allowed).map(Ok)
    }

    fn receive(self: Pin<&mut Self>, exchange: Exchange) -> Result<(), Reason> {
        let mut this = self.project();
        let serving = Serving::begin(exchange, this.handler);
        if this.first.is_none() {
            this.first.set(Some(serving));
        } else {
            this.others.push(serving);
        }
        Ok(())
    }

    /// What is being answered goes on while no exchange comes.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.poll_served(cx, 0).map(Ok)
    }

    fn poll_stopped(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        reason: &Reason,
    ) -> Poll<Result<(), tubes::Error>> {
        ready!(self.poll_served(cx, 0));
        Poll::Ready(reason.clone().into_result())
    }
}

impl<H, Fut, B: Fount<Item = Bytes>> fmt::Debug for Respond<H, Fut, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = usize::from(self.first.is_some()) + self.others.len();
        write!(f, "respond({count} of {})", self.at_most)
    }
}

/// One exchange on its way: the handler, then its reply.
#[pin_project]
struct Serving<Fut, B: Fount<Item = Bytes>> {
    #[pin]
    step: Step<Fut, B>,
    asked: Asked,
}

#[pin_project(project = StepNow)]
enum Step<Fut, B: Fount<Item = Bytes>> {
    Handling {
        #[pin]
        handler: Fut,
        reply: Option<Reply>,
    },
    Replying(#[pin] Sending<B>),
    Failing(#[pin] Sending<Body>),
    Done,
}

/// What was asked, for the log.
struct Asked {
    method: Method,
    target: Uri,
}

impl<Fut, B: Fount<Item = Bytes>> Serving<Fut, B> {
    fn begin<H>(exchange: Exchange, handler: &mut H) -> Self
    where
        H: FnMut(Request<Body>) -> Fut,
    {
        let (request, reply) = exchange.into_parts();
        let asked = Asked {
            method: request.method().clone(),
            target: request.uri().clone(),
        };
        let step = match catch_unwind(AssertUnwindSafe(|| handler(request))) {
            Ok(handler) => Step::Handling {
                handler,
                reply: Some(reply),
            },
            Err(panic) => {
                asked.log_panic(&*panic);
                reply.refuse(&Kind::Handler.into());
                Step::Done
            }
        };
        Self { step, asked }
    }
}

impl<Fut, B, E> Future for Serving<Fut, B>
where
    Fut: Future<Output = Result<Response<B>, E>>,
    B: Fount<Item = Bytes>,
    E: Into<BoxError>,
{
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        let asked = this.asked;
        let mut step = this.step.as_mut();
        // A panic of the handler, or of a stage in its body, ends this exchange and no other.
        let polled = catch_unwind(AssertUnwindSafe(|| step.as_mut().poll(cx, asked)));
        match polled {
            Ok(polled) => polled,
            Err(panic) => {
                asked.log_panic(&*panic);
                if let StepNow::Handling { reply, .. } = this.step.as_mut().project()
                    && let Some(reply) = reply.take()
                {
                    reply.refuse(&Kind::Handler.into());
                }
                // Dropping a reply that has begun cuts it.
                this.step.set(Step::Done);
                Poll::Ready(())
            }
        }
    }
}

impl<Fut, B, E> Step<Fut, B>
where
    Fut: Future<Output = Result<Response<B>, E>>,
    B: Fount<Item = Bytes>,
    E: Into<BoxError>,
{
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>, asked: &Asked) -> Poll<()> {
        loop {
            match self.as_mut().project() {
                StepNow::Handling { handler, reply } => {
                    let answer = ready!(handler.poll(cx));
                    let reply = reply.take();
                    match (reply, answer) {
                        (Some(reply), Ok(response)) => {
                            self.set(Self::Replying(reply.send(response)));
                        }
                        (Some(reply), Err(error)) => {
                            let response = asked.failure(error.into());
                            self.set(Self::Failing(reply.send(response)));
                        }
                        (None, _) => self.set(Self::Done),
                    }
                }
                StepNow::Replying(sending) => {
                    let sent = ready!(sending.poll(cx));
                    asked.log_cut(sent);
                    self.set(Self::Done);
                }
                StepNow::Failing(sending) => {
                    let sent = ready!(sending.poll(cx));
                    asked.log_cut(sent);
                    self.set(Self::Done);
                }
                StepNow::Done => return Poll::Ready(()),
            }
        }
    }
}

impl Asked {
    /// What is answered to a failed handler.
    fn failure(&self, error: BoxError) -> Response<Body> {
        let error = Error::from_flow(tubes::Error::user(error));
        let status = error
            .status()
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let Self { method, target } = self;
        if error.status() == Some(StatusCode::INTERNAL_SERVER_ERROR) {
            tracing::error!(%method, %target, ?error, "handler failed");
        } else {
            // The peer's fault, or the transport's: not worth an alarm.
            tracing::info!(%method, %target, %error, "handler gave up");
        }
        let reason = status
            .canonical_reason()
            .unwrap_or("error");
        let mut response = Response::new(Body::from(format!("{reason}\n")));
        *response.status_mut() = status;
        response
    }

    fn log_cut(&self, sent: Result<(), tubes::Error>) {
        if let Err(error) = sent {
            let Self { method, target } = self;
            tracing::info!(%method, %target, %error, cause = ?error, "reply cut");
        }
    }

    fn log_panic(&self, panic: &(dyn Any + Send)) {
        let text = panic
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| {
                panic
                    .downcast_ref::<String>()
                    .map(String::as_str)
            })
            .unwrap_or("no message");
        let Self { method, target } = self;
        tracing::error!(%method, %target, panic = text, "handler panicked");
    }
}
