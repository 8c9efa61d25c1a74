//! One exchange on its way: the handler, then its reply.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{Request, Response};
use pin_project::{pin_project, pinned_drop};
use tubes::{BoxError, Fount};

use crate::body::Body;
use crate::error::Error;
use crate::exchange::Exchange;
use crate::failing::failure;
use crate::half::Label;
use crate::kind::Kind;
use crate::peer::Peer;
use crate::reply::{Reply, Sending};
use crate::span::Span;

/// One exchange on its way.
#[pin_project(PinnedDrop)]
pub(crate) struct Serving<Fut, B: Fount<Item = Bytes>> {
    #[pin]
    step: Step<Fut, B>,
    peer: Peer,
    span: Span,
    /// Under which the connection knows that we wait for the peer to go.
    watch: Option<u64>,
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

impl<Fut, B: Fount<Item = Bytes>> Serving<Fut, B> {
    /// Calls the handler.
    #[inline]
    pub(crate) fn begin<H>(exchange: Exchange, handler: &mut H) -> Self
    where
        H: FnMut(Request<Body>) -> Fut,
    {
        let (request, reply) = exchange.into_parts();
        let (peer, span) = (reply.peer(), reply.span());
        // Out by reference: what goes through `catch_unwind` by value is moved once more.
        let mut called = None;
        let calling = AssertUnwindSafe(|| called = Some(handler(request)));
        let caught = span.within(|| catch_unwind(calling));
        let step = if let Some(handler) = called {
            Step::Handling {
                handler,
                reply: Some(reply),
            }
        } else {
            if let Err(panic) = caught {
                log_panic(&peer, &*panic);
            }
            reply.refuse(&Kind::Handler.into());
            Step::Done
        };
        Self {
            step,
            peer,
            span,
            watch: None,
        }
    }
}

impl<Fut, B, E> Future for Serving<Fut, B>
where
    Fut: Future<Output = Result<Response<B>, E>>,
    B: Fount<Item = Bytes>,
    E: Into<BoxError>,
{
    type Output = ();

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        let peer = &*this.peer;
        let mut step = this.step.as_mut();
        // A panic of the handler, or of a stage in its body, ends this exchange and no other.
        let polled = this
            .span
            .within(|| catch_unwind(AssertUnwindSafe(|| step.as_mut().poll(cx, peer))));
        match polled {
            Ok(Poll::Ready(())) => return Poll::Ready(()),
            Ok(Poll::Pending) => {
                let gone = ready!(peer.poll_cancelled(this.watch, cx));
                log_gone(peer, &gone);
            }
            Err(panic) => {
                log_panic(peer, &*panic);
                if let StepNow::Handling { reply, .. } = this.step.as_mut().project()
                    && let Some(reply) = reply.take()
                {
                    reply.refuse(&Kind::Handler.into());
                }
            }
        }
        // Dropping a reply that has begun cuts it.
        this.step.set(Step::Done);
        Poll::Ready(())
    }
}

#[pinned_drop]
impl<Fut, B: Fount<Item = Bytes>> PinnedDrop for Serving<Fut, B> {
    fn drop(self: Pin<&mut Self>) {
        self.peer.unwatch(self.watch);
    }
}

impl<Fut, B, E> Step<Fut, B>
where
    Fut: Future<Output = Result<Response<B>, E>>,
    B: Fount<Item = Bytes>,
    E: Into<BoxError>,
{
    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>, peer: &Peer) -> Poll<()> {
        loop {
            match self.as_mut().project() {
                StepNow::Handling { handler, reply } => {
                    let answer = ready!(handler.poll(cx));
                    let Some(reply) = reply.take() else {
                        self.set(Self::Done);
                        continue;
                    };
                    match answer {
                        Ok(response) => self.set(Self::Replying(reply.send(response))),
                        Err(error) => {
                            let response = failure(peer, error.into());
                            self.set(Self::Failing(reply.send(response)));
                        }
                    }
                }
                StepNow::Replying(sending) => {
                    let sent = ready!(sending.poll(cx));
                    log_cut(peer, sent);
                    self.set(Self::Done);
                }
                StepNow::Failing(sending) => {
                    let sent = ready!(sending.poll(cx));
                    log_cut(peer, sent);
                    self.set(Self::Done);
                }
                StepNow::Done => return Poll::Ready(()),
            }
        }
    }
}

fn log_cut(peer: &Peer, sent: Result<(), tubes::Error>) {
    if let Err(error) = sent {
        let misfits = matches!(
            error.find::<Error>().map(Error::kind),
            Some(Kind::BodyTooLong { .. } | Kind::BodyTooShort { .. })
        );
        let (refused, fault, label) = (peer.is_refused(), peer.fault(), peer.label());
        let (Label { method, target, .. }, peer) = (&label, label.peer());
        if misfits {
            // The fault of the application, and of nobody else.
            tracing::error!(peer, %method, %target, %error, cause = ?error, "the body of the response has not the length that was declared");
        } else if fault == Some(Kind::Overloaded) {
            tracing::warn!(peer, %method, %target, %error, cause = ?error, "the response had no room");
        } else if fault.is_some_and(Kind::is_ours) {
            tracing::error!(peer, %method, %target, %error, cause = ?error, "the response failed");
        } else if refused {
            tracing::info!(peer, %method, %target, %error, cause = ?error, "request refused");
        } else {
            tracing::info!(peer, %method, %target, %error, cause = ?error, "reply cut");
        }
    }
}

#[cold]
pub(crate) fn log_gone(peer: &Peer, error: &Error) {
    let label = peer.label();
    let (Label { method, target, .. }, peer) = (&label, label.peer());
    tracing::info!(peer, %method, %target, %error, "the peer is gone, its exchange ends with it");
}

#[cold]
pub(crate) fn log_panic(peer: &Peer, panic: &(dyn Any + Send)) {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| {
            panic
                .downcast_ref::<String>()
                .map(String::as_str)
        })
        .unwrap_or("no message");
    let label = peer.label();
    let (Label { method, target, .. }, peer) = (&label, label.peer());
    tracing::error!(peer, %method, %target, panic = text, "handler panicked");
}
