//! A flow of bytes as a fount of exchanges, in HTTP/1.1 and 1.0.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use tubes::{Drain, Flow, Fount, Reason, Run, budget};

use crate::body::{Body, Receive};
use crate::exchange::Exchange;
use crate::half::Answer;
use crate::http1::deadlines::For;
use crate::http1::event::Event;
use crate::http1::length::BodyLength;
use crate::http1::link::Link;
use crate::http1::shared::Shared;
use crate::http1::turn::{Awaited, Closing, Held, Pulls, Turn};
use crate::http1::waiters::Waiter;
use crate::kind::Kind;
use crate::reply::Reply;
use crate::roster::Phase;
use crate::site::Site;

/// How long a connection is busy after its last exchange.
const SETTLE: Duration = Duration::from_secs(1);

/// An exchange that has begun: its number, and how long the body is.
type Begun = (u64, BodyLength);

/// The fount of the exchanges of one connection.
pub(crate) struct Exchanges<F, D> {
    shared: Arc<Shared<F, D>>,
}

impl<F, D> Exchanges<F, D>
where
    F: Fount<Item = Bytes> + Send + 'static,
    D: Drain<Bytes> + Send + 'static,
{
    pub(crate) fn new(flow: Flow<F, D>, site: Arc<Site>, peer: Option<SocketAddr>) -> Self {
        let roster = Arc::clone(&site.roster);
        let link = Link::new(flow.fount, flow.drain, site, peer);
        let shared = Arc::new(Shared::new(link));
        let member: Weak<Shared<F, D>> = Arc::downgrade(&shared);
        let seat = roster.join(member);
        {
            let mut link = shared.lock();
            link.bell = Some(Waker::from(Arc::clone(&shared)));
            link.seat = Some(seat);
            // A server that is shut down serves nobody who comes now.
            if roster.phase() != Phase::Open {
                link.shut_down();
            }
        }
        Self { shared }
    }

    /// The next exchange; its head is written into `request`.
    fn poll_begun(
        &mut self,
        request: &mut Option<Request<()>>,
        cx: &mut Context<'_>,
        pulls: Pulls,
    ) -> Poll<Result<Begun, Reason>> {
        let shared = &*self.shared;
        shared.span().within(|| {
            let mut link = shared.lock();
            link.pulls = pulls;
            let next = link.poll_exchange(request, cx);
            if next.is_pending() {
                link.keep(Waiter::Exchanges, cx);
            } else {
                link.forget(Waiter::Exchanges);
            }
            next
        })
    }
}

impl<F, D> Fount for Exchanges<F, D>
where
    F: Fount<Item = Bytes> + Send + 'static,
    D: Drain<Bytes> + Send + 'static,
{
    type Item = Exchange;

    /// What was answered before has left when this gives an exchange.
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Exchange, Reason>> {
        let mut request = None;
        let (number, length) = ready!(self.poll_begun(&mut request, cx, Pulls::Hand))?;
        Poll::Ready(Ok(self.exchange(number, request, length)))
    }

    /// Answers to requests that have arrived together leave together: whoever drives this looks
    /// at the connection again while an exchange is served. An exchange is large, and is handed
    /// over as it is made.
    fn poll_flow<To>(mut self: Pin<&mut Self>, cx: &mut Context<'_>, mut drain: Pin<&mut To>) -> Run
    where
        To: Drain<Exchange>,
    {
        while budget::spend() {
            match drain.as_mut().poll_ready(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(reason)) => return Run::Refused(reason),
                Poll::Pending => return Run::Blocked,
            }
            let mut request = None;
            let (number, length) = match self.poll_begun(&mut request, cx, Pulls::Driver) {
                Poll::Ready(Ok(begun)) => begun,
                Poll::Ready(Err(reason)) => return Run::Ended(reason),
                Poll::Pending => return Run::Starved,
            };
            let received = drain
                .as_mut()
                .receive(self.exchange(number, request, length));
            if let Err(reason) = received {
                return Run::Refused(reason);
            }
        }
        Run::Spent
    }

    /// What is written goes out, and a shutdown is heard. After a stop the connection is brought
    /// to its end: replies, last bytes, our direction closed, a while of listening.
    fn poll_progress(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut link = self.shared.lock();
        let progress = link.poll_turn(cx);
        // Between two exchanges, too: a deadline, a shutdown or memory is to be heard.
        link.keep(Waiter::Exchanges, cx);
        progress
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
        self.shared
            .lock()
            .abandon(Kind::Abandoned);
    }
}

impl<F, D> Exchanges<F, D>
where
    F: Fount<Item = Bytes> + Send + 'static,
    D: Drain<Bytes> + Send + 'static,
{
    #[inline]
    fn exchange(&self, number: u64, request: Option<Request<()>>, length: BodyLength) -> Exchange {
        // It is there: an exchange has begun.
        let request = request.unwrap_or_default();
        let body = match length {
            BodyLength::Empty => Body::empty(),
            length => {
                let link: Arc<dyn Receive> = Arc::<Shared<F, D>>::clone(&self.shared);
                Body::incoming(link, number, length.declared())
            }
        };
        let link: Arc<dyn Answer> = Arc::<Shared<F, D>>::clone(&self.shared);
        let span = self
            .shared
            .span()
            .exchange(request.method(), request.uri());
        Exchange::new(request.map(|()| body), Reply::new(link, number, span))
    }
}

impl<F, D> Link<F, D>
where
    F: Fount<Item = Bytes>,
    D: Drain<Bytes>,
{
    /// The next exchange; its head is written into `request`.
    fn poll_exchange(
        &mut self,
        request: &mut Option<Request<()>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Begun, Reason>> {
        loop {
            match &self.turn {
                Turn::Between(_) => {
                    if self.pulls == Pulls::Hand || self.leaving.is_full() {
                        match self.poll_flush(cx) {
                            Poll::Ready(Ok(())) => {}
                            // Nobody can be answered any more.
                            Poll::Ready(Err(reason)) => {
                                self.turn = Turn::Closing(Closing::Write(reason));
                                continue;
                            }
                            Poll::Pending => {
                                self.poll_fount_progress(cx);
                                return Poll::Pending;
                            }
                        }
                    }
                    if let Some(begun) = ready!(self.poll_head(request, cx)) {
                        return Poll::Ready(Ok(begun));
                    }
                }
                Turn::Serving { .. } => {
                    if self.poll_exchange_overdue().is_ready() {
                        continue;
                    }
                    self.look_for_writer();
                    self.note_wait();
                    self.poll_fount_progress(cx);
                    // What an earlier exchange, or a half of this one, has left to be written.
                    drop(self.poll_help(cx));
                    return Poll::Pending;
                }
                Turn::Discarding => ready!(self.poll_discarded(cx)),
                Turn::Closing(_) => return self.poll_closed(cx).map(Err),
                Turn::Over(reason) => return Poll::Ready(Err(reason.clone())),
            }
        }
    }

    /// Goes on with what the connection is about, and takes in no head; ready when there is
    /// nothing to be done.
    fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            match &self.turn {
                Turn::Between(_) => {
                    drop(self.poll_help(cx));
                    self.poll_fount_progress(cx);
                    return Poll::Ready(());
                }
                Turn::Serving { .. } => {
                    if self.poll_exchange_overdue().is_ready() {
                        continue;
                    }
                    self.look_for_writer();
                    self.note_wait();
                    drop(self.poll_help(cx));
                    self.poll_fount_progress(cx);
                    return Poll::Pending;
                }
                Turn::Discarding => ready!(self.poll_discarded(cx)),
                Turn::Closing(_) => {
                    // Heard by whoever pulls next.
                    let _reason = ready!(self.poll_closed(cx));
                }
                Turn::Over(_) => return Poll::Ready(()),
            }
        }
    }

    /// The next head; `None`: look at the turn again.
    fn poll_head(
        &mut self,
        request: &mut Option<Request<()>>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Begun>> {
        match self.engine.next_event(request) {
            Ok(Some(Event::Head(found))) => {
                let request = request.get_or_insert_default();
                return Poll::Ready(self.begin(request, found.body));
            }
            Ok(Some(_)) => self.turn = Turn::Closing(Closing::Write(Reason::Finished)),
            Err(error) => self.refuse(error, None),
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
                    Poll::Ready(Ok(())) | Poll::Pending => ready!(self.poll_head_deadline()),
                },
            },
        }
        Poll::Ready(None)
    }

    /// A head is there: an exchange begins, unless it is refused.
    fn begin(&mut self, request: &mut Request<()>, length: BodyLength) -> Option<Begun> {
        if let Err(kind) = self.check_wanted(request, length) {
            let request = std::mem::take(request);
            self.refuse(kind, Some(request.into_parts().0));
            return None;
        }
        self.deadlines.end(For::Reading);
        let number = self.serve(request.method(), request.uri(), length.held());
        Some((number, length))
    }

    /// Nothing comes: not for ever. From its first byte on, a head has less time than an idle
    /// connection.
    fn poll_head_deadline(&mut self) -> Poll<()> {
        // Kept from the second exchange on: what all who ask once give back later is holes.
        if self.exchange == 1 && self.has_left() {
            self.give_back();
        }
        let before = match self.turn {
            Turn::Between(before) => before,
            _ => Awaited::Anything,
        };
        let awaited = match before {
            _ if self.engine.has_begun_head() => Awaited::Rest,
            Awaited::Settled => Awaited::Settled,
            _ if self.exchange == 0 => Awaited::First,
            _ => Awaited::Anything,
        };
        if before != awaited {
            self.deadlines.end(For::Reading);
            self.turn = Turn::Between(awaited);
        }
        let time = match awaited {
            Awaited::First => self.limits().first_time(),
            Awaited::Anything => SETTLE.min(self.limits().idle_time()),
            Awaited::Settled => self
                .limits()
                .idle_time()
                .saturating_sub(SETTLE),
            Awaited::Rest => self.limits().head_time(),
        };
        self.deadlines.begin(For::Reading, time);
        ready!(self.poll_overdue(For::Reading));
        match awaited {
            Awaited::Anything => self.settle(),
            Awaited::First | Awaited::Settled => {
                self.turn = Turn::Closing(Closing::Write(Reason::Finished));
            }
            // Empty lines are no question.
            Awaited::Rest if !self.engine.has_input() => {
                self.turn = Turn::Closing(Closing::Write(Reason::Finished));
            }
            Awaited::Rest => self.refuse(self.late(Kind::HeadTimeout), None),
        }
        Poll::Ready(())
    }

    /// The connection is idle: what only makes the next exchange cheaper is given up.
    fn settle(&mut self) {
        self.engine.settle();
        self.give_back();
        self.turn = Turn::Between(Awaited::Settled);
        let waited = self.deadlines.end_timed(For::Reading);
        let left = self
            .limits()
            .idle_time()
            .saturating_sub(waited);
        self.deadlines.begin(For::Reading, left);
    }
}

impl BodyLength {
    /// Whether somebody holds a body of this length.
    fn held(self) -> Held {
        match self {
            Self::Empty => Held::LetGo,
            Self::Known(_) | Self::Chunked => Held::Out,
        }
    }
}
