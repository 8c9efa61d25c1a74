//! A flow of bytes as a fount of exchanges, in HTTP/1.1 and 1.0.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{Method, Request};
use tubes::clock::SharedClock;
use tubes::{Drain, Flow, Fount, Reason};

use crate::body::{Body, Receive};
use crate::error::Error;
use crate::exchange::Exchange;
use crate::http1::event::Event;
use crate::http1::length::BodyLength;
use crate::http1::link::Link;
use crate::http1::shared::Shared;
use crate::http1::turn::{Awaited, Closing, Held, Turn, Waiter};
use crate::kind::Kind;
use crate::limits::Limits;
use crate::reply::{Answer, Reply};

/// Ends a server from outside: polled between exchanges.
pub(crate) type Signal = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The fount of the exchanges of one connection.
pub(crate) struct Exchanges<F, D> {
    shared: Arc<Shared<F, D>>,
    until: Option<Signal>,
}

impl<F, D> Exchanges<F, D>
where
    F: Fount<Item = Bytes> + Send + 'static,
    D: Drain<Bytes> + Send + 'static,
{
    pub(crate) fn new(
        flow: Flow<F, D>,
        limits: Arc<Limits>,
        clock: SharedClock,
        until: Option<Signal>,
    ) -> Self {
        let link = Link::new(flow.fount, flow.drain, limits, clock);
        Self {
            shared: Arc::new(Shared::new(link)),
            until,
        }
    }

    /// Whether this connection is told to end; then its exchange is the last.
    fn poll_until(&mut self, cx: &mut Context<'_>) {
        if let Some(until) = &mut self.until
            && until.as_mut().poll(cx).is_ready()
        {
            self.until = None;
            let mut link = self.shared.lock();
            link.engine.close_after_this();
            if let Turn::Between(_) = link.turn {
                link.turn = Turn::Closing(Closing::Write(Reason::Finished));
            }
        }
    }
}

impl<F, D> Fount for Exchanges<F, D>
where
    F: Fount<Item = Bytes> + Send + 'static,
    D: Drain<Bytes> + Send + 'static,
{
    type Item = Exchange;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Exchange, Reason>> {
        self.poll_until(cx);
        let this = &*self;
        let mut link = this.shared.lock();
        loop {
            match &link.turn {
                Turn::Between(_) => {
                    if let Some((request, length)) = ready!(link.poll_head(cx)) {
                        let number = link.serve(length);
                        drop(link);
                        return Poll::Ready(Ok(this.exchange(number, request, length)));
                    }
                }
                Turn::Serving { .. } => {
                    link.keep(Waiter::Exchanges, cx);
                    link.poll_fount_progress(cx);
                    // What an earlier exchange, or a half of this one, has left to be written.
                    drop(link.poll_help(cx));
                    return Poll::Pending;
                }
                Turn::Discarding => ready!(link.poll_discarded(cx)),
                Turn::Closing(_) => {
                    let reason = ready!(link.poll_closed(cx));
                    return Poll::Ready(Err(reason));
                }
                Turn::Over(reason) => return Poll::Ready(Err(reason.clone())),
            }
        }
    }

    /// What is written goes out, and a shutdown is heard. After a stop the connection is brought
    /// to its end: replies, last bytes, our direction closed, a while of listening.
    fn poll_progress(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.poll_until(cx);
        let mut link = self.shared.lock();
        loop {
            match &link.turn {
                Turn::Between(_) => {
                    drop(link.poll_help(cx));
                    link.poll_fount_progress(cx);
                    return Poll::Ready(());
                }
                Turn::Serving { .. } => {
                    link.keep(Waiter::Exchanges, cx);
                    drop(link.poll_help(cx));
                    link.poll_fount_progress(cx);
                    return Poll::Pending;
                }
                Turn::Discarding => ready!(link.poll_discarded(cx)),
                Turn::Closing(_) => {
                    // Heard by whoever pulls next.
                    let _reason = ready!(link.poll_closed(cx));
                }
                Turn::Over(_) => return Poll::Ready(()),
            }
        }
    }

    /// No other exchange: the connection is closed in order, see `poll_progress`.
    fn stop(self: Pin<&mut Self>, reason: &Reason) {
        let mut link = self.shared.lock();
        link.engine.close_after_this();
        if let Turn::Between(_) = link.turn {
            link.turn = Turn::Closing(Closing::Write(reason.clone()));
        }
    }
}

/// The halves of an exchange that live in other tasks do not outlive their connection.
impl<F, D> Drop for Exchanges<F, D> {
    fn drop(&mut self) {
        self.shared.lock().abandon();
    }
}

impl<F, D> Exchanges<F, D>
where
    F: Fount<Item = Bytes> + Send + 'static,
    D: Drain<Bytes> + Send + 'static,
{
    fn exchange(&self, number: u64, request: Request<()>, length: BodyLength) -> Exchange {
        let body = match length {
            BodyLength::Empty => Body::empty(),
            length => {
                let link: Arc<dyn Receive> = Arc::<Shared<F, D>>::clone(&self.shared);
                Body::incoming(link, number, length.declared())
            }
        };
        let link: Arc<dyn Answer> = Arc::<Shared<F, D>>::clone(&self.shared);
        Exchange::new(request.map(|()| body), Reply::new(link, number))
    }
}

impl<F, D> Link<F, D>
where
    F: Fount<Item = Bytes>,
    D: Drain<Bytes>,
{
    /// The next head; `None`: look at the turn again.
    fn poll_head(&mut self, cx: &mut Context<'_>) -> Poll<Option<(Request<()>, BodyLength)>> {
        match self.engine.next_event() {
            Ok(Some(Event::Head(request, found))) => {
                self.reading.end();
                if request.method() == Method::CONNECT {
                    // RFC 9110 §9.3.6: no tunnel is to be opened by accident.
                    self.refuse(&Kind::ConnectUnsupported.into());
                    return Poll::Ready(None);
                }
                return Poll::Ready(Some((request, found.body)));
            }
            Ok(Some(_)) => self.turn = Turn::Closing(Closing::Write(Reason::Finished)),
            Err(error) => self.refuse(&error),
            Ok(None) => match self.poll_read(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(reason)) => {
                    self.turn = Turn::Closing(Closing::Write(reason));
                }
                Poll::Pending => match self.poll_flush(cx) {
                    // Nobody can be answered any more.
                    Poll::Ready(Err(reason)) => {
                        self.turn = Turn::Closing(Closing::Write(reason));
                    }
                    Poll::Ready(Ok(())) | Poll::Pending => ready!(self.poll_head_deadline(cx)),
                },
            },
        }
        Poll::Ready(None)
    }

    /// Nothing comes: not for ever. From its first byte on, a head has less time than an idle
    /// connection.
    fn poll_head_deadline(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let awaited = if self.engine.has_input() {
            Awaited::Rest
        } else {
            Awaited::Anything
        };
        if !matches!(self.turn, Turn::Between(before) if before == awaited) {
            self.reading.end();
            self.turn = Turn::Between(awaited);
        }
        match awaited {
            Awaited::Anything => {
                self.reading
                    .begin(self.limits.idle_time());
                ready!(self.reading.poll(cx));
                self.turn = Turn::Closing(Closing::Write(Reason::Finished));
            }
            Awaited::Rest => {
                self.reading
                    .begin(self.limits.head_time());
                ready!(self.reading.poll(cx));
                self.refuse(&Kind::HeadTimeout.into());
            }
        }
        Poll::Ready(())
    }

    /// Answers what cannot be served, and hears no more.
    fn refuse(&mut self, error: &Error) {
        tracing::debug!(%error, "request refused");
        let now = self.clock.wall();
        self.engine.refuse(error, now);
        self.turn = Turn::Closing(Closing::Write(Reason::Finished));
    }

    /// Begins an exchange, and says its number.
    fn serve(&mut self, length: BodyLength) -> u64 {
        self.exchange += 1;
        let body = match length {
            BodyLength::Empty => Held::LetGo,
            BodyLength::Known(_) | BodyLength::Chunked => Held::Out,
        };
        self.turn = Turn::Serving {
            body,
            reply: Held::Out,
        };
        self.exchange
    }
}
