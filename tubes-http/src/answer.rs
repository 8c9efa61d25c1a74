//! A drain of exchanges: a function answers each by hand.

use std::fmt;
use std::future::Future;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project::{pin_project, pinned_drop};
use tubes::{BoxError, Drain, Reason};

use crate::exchange::Exchange;
use crate::failing::log_failure;
use crate::in_work::InWork;
use crate::peer::Peer;
use crate::serving::{log_gone, log_panic};
use crate::span::Span;

/// A drain of exchanges that gives each to `answer`, which answers it with its
/// [`Reply`](crate::Reply): for interim responses, upgrades, and whatever [`respond`](crate::respond)
/// is too simple for.
///
/// # Flow control, stopping, cancel safety
///
/// As [`respond`](crate::respond).
///
/// # Errors
///
/// A failure or a panic of `answer` is said in the log (of the `tracing` crate), with method and
/// target, and ends its exchange: a reply that was dropped with it is answered with 500 if its
/// head has not left, else cut. Who wants what [`respond`](crate::respond) would answer, as where one route of
/// many upgrades, hands the failure to [`Reply::fail`](crate::Reply::fail); who wants another status sends it himself.
/// The failure of a body that is sent ends its reply as with [`respond`](crate::respond).
///
/// # Examples
///
/// ```no_run
/// use http::{HeaderValue, Response, StatusCode, header};
/// use tubes::net::{self, TcpFlow};
/// use tubes::{Error, Fount, drains};
/// use tubes_http::{Body, Exchange, answer, server};
///
/// async fn page(exchange: Exchange) -> Result<(), Error> {
///     let (_request, mut reply) = exchange.into_parts();
///     let mut hints = Response::new(());
///     *hints.status_mut() = StatusCode::EARLY_HINTS;
///     let link = HeaderValue::from_static("</style.css>; rel=preload");
///     hints.headers_mut().insert(header::LINK, link);
///     reply.interim(&hints).await?;
///     reply.send(Response::new(Body::from("a page"))).await
/// }
///
/// # async fn serve() -> Result<(), Error> {
/// net::listen("127.0.0.1:8080")
///     .await?
///     .flow_to(drains::spawn(|flow: TcpFlow| flow.through(server()).flow_to(answer(page))))
///     .await?;
/// # Ok(()) }
/// ```
pub fn answer<H, Fut, E>(answer: H) -> Answer<H, Fut>
where
    H: FnMut(Exchange) -> Fut,
    Fut: Future<Output = Result<(), E>>,
    E: Into<BoxError>,
{
    Answer {
        answer,
        in_work: InWork::new(),
    }
}

/// The drain of [`answer`].
#[must_use = "nothing is answered before exchanges flow to it"]
pub struct Answer<H, Fut> {
    answer: H,
    in_work: InWork<Answering<Fut>>,
}

// The function is called, never polled; what is polled is boxed.
impl<H, Fut> Unpin for Answer<H, Fut> {}

impl<H, Fut> Answer<H, Fut> {
    /// At most so many exchanges at once.
    pub fn at_most(mut self, count: NonZeroUsize) -> Self {
        self.in_work.set_at_most(count);
        self
    }
}

impl<H, Fut, E> Drain<Exchange> for Answer<H, Fut>
where
    H: FnMut(Exchange) -> Fut,
    Fut: Future<Output = Result<(), E>>,
    E: Into<BoxError>,
{
    type Output = ();

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.in_work.poll_room(cx).map(Ok)
    }

    fn receive(mut self: Pin<&mut Self>, exchange: Exchange) -> Result<(), Reason> {
        let this = &mut *self;
        this.in_work.note_server(&exchange);
        if let Some(answering) = Answering::begin(exchange, &mut this.answer) {
            this.in_work.begin(answering);
        }
        Ok(())
    }

    /// What is being answered goes on while no exchange comes.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.in_work.poll_all(cx).map(Ok)
    }

    fn poll_stopped(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        reason: &Reason,
    ) -> Poll<Result<(), tubes::Error>> {
        ready!(self.in_work.poll_last(cx));
        Poll::Ready(reason.clone().into_result())
    }
}

/// One exchange on its way.
#[pin_project(PinnedDrop)]
struct Answering<Fut> {
    #[pin]
    answer: Fut,
    peer: Peer,
    span: Span,
    /// Under which the connection knows that we wait for the peer to go.
    watch: Option<u64>,
}

impl<Fut> Answering<Fut> {
    /// Calls the function; nothing is left to do if it panics.
    fn begin<H>(exchange: Exchange, answer: &mut H) -> Option<Self>
    where
        H: FnMut(Exchange) -> Fut,
    {
        let peer = exchange.peer();
        let span = exchange.span();
        let called = span.within(|| catch_unwind(AssertUnwindSafe(|| answer(exchange))));
        match called {
            Ok(answer) => Some(Self {
                answer,
                peer,
                span,
                watch: None,
            }),
            Err(panic) => {
                log_panic(&peer, &*panic);
                None
            }
        }
    }
}

impl<Fut, E> Future for Answering<Fut>
where
    Fut: Future<Output = Result<(), E>>,
    E: Into<BoxError>,
{
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        let polled = this
            .span
            .within(|| catch_unwind(AssertUnwindSafe(|| this.answer.poll(cx))));
        match polled {
            Ok(Poll::Ready(Ok(()))) => {}
            Ok(Poll::Ready(Err(error))) => {
                log_failure(this.peer, &tubes::Error::user(error));
            }
            // Dropping its future, as whoever polls it does now, drops its reply.
            Ok(Poll::Pending) => {
                let gone = ready!(this.peer.poll_cancelled(this.watch, cx));
                log_gone(this.peer, &gone);
            }
            Err(panic) => log_panic(this.peer, &*panic),
        }
        Poll::Ready(())
    }
}

#[pinned_drop]
impl<Fut> PinnedDrop for Answering<Fut> {
    fn drop(self: Pin<&mut Self>) {
        self.peer.unwatch(self.watch);
    }
}

impl<H, Fut> fmt::Debug for Answer<H, Fut> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "answer({:?})", self.in_work)
    }
}
