//! A connection with its flow of bytes: what the exchanges, their bodies and replies share.
//!
//! ```text
//!   Between ──head──► Serving ──both halves let go──► Discarding ──► Between
//!      │                                                   │
//!      └──────────── end, refusal, shutdown ───────────────┴──► Closing ──► Over
//! ```
//!
//! Whoever needs progress drives the flow: the fount of exchanges between two of them, a body
//! while it is pulled, a reply while it is sent. Nobody reads the socket for anybody else.

use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use bytes::Bytes;
use http::HeaderMap;
use tubes::clock::SharedClock;
use tubes::{Drain, Fount, Reason, budget};

use crate::error::Error;
use crate::http1::after::{After, Ends};
use crate::http1::connection::Connection;
use crate::http1::event::Event;
use crate::http1::state::Persistence;
use crate::http1::turn::{Awaited, Closing, Half, Held, Turn, Waiter};
use crate::http1::watch::Watch;
use crate::kind::Kind;
use crate::limits::Limits;

/// Bytes that wait in the engine before they are handed to the drain: small replies of pipelined
/// requests leave in one write.
const HIGH_WATER: usize = 32 * 1024;

/// A connection and the two directions of its flow.
pub(crate) struct Link<F, D> {
    pub(super) engine: Connection,
    pub(super) clock: SharedClock,
    pub(super) limits: Arc<Limits>,
    /// There until the connection is over.
    ends: Option<Ends<F, D>>,
    /// For whoever holds the lock, to be done when it is free.
    pub(super) after: Option<Box<After<F, D>>>,
    pub(super) turn: Turn,
    /// The number of the exchange that is served, or was last.
    pub(super) exchange: u64,
    waiters: Waiters,
    /// Trailers of the request, until somebody asks for them.
    pub(super) trailers: Option<HeaderMap>,
    /// What made the request's body unreadable: answered instead of the reply.
    pub(super) broken: Option<Error>,
    write: Write,
    pub(super) reading: Watch,
    writing: Watch,
    /// What the drain had passed on when it was last looked at.
    moved: u64,
}

/// Who waits for what.
#[derive(Default)]
struct Waiters {
    /// For the exchange to end.
    exchanges: Option<Waker>,
    /// For the request's body.
    reader: Option<Waker>,
    /// For the drain, to reply.
    writer: Option<Waker>,
}

/// Whether bytes can leave.
#[derive(Debug)]
enum Write {
    Open,
    Ended(Reason),
}

impl<F, D> Link<F, D> {
    /// Cuts the exchange; both its halves hear of it.
    fn give_up(&mut self) {
        self.engine.abort();
        self.wake(Waiter::Reader);
        self.wake(Waiter::Writer);
    }

    /// Nobody serves the connection any more: it is cut.
    pub(super) fn abandon(&mut self) {
        if !matches!(self.turn, Turn::Over(_)) {
            self.give_up();
            self.end(Reason::abandoned());
        }
    }

    /// Nothing more will happen: the flow of bytes is let go, whoever still holds a half.
    fn end(&mut self, reason: Reason) {
        self.turn = Turn::Over(reason);
        self.after().ends = self.ends.take();
    }

    fn after(&mut self) -> &mut After<F, D> {
        self.after.get_or_insert_default()
    }

    fn waiter(&mut self, who: Waiter) -> &mut Option<Waker> {
        match who {
            Waiter::Exchanges => &mut self.waiters.exchanges,
            Waiter::Reader => &mut self.waiters.reader,
            Waiter::Writer => &mut self.waiters.writer,
        }
    }

    /// Remembers who waits.
    pub(super) fn keep(&mut self, who: Waiter, cx: &Context<'_>) {
        let place = self.waiter(who);
        if place
            .as_ref()
            .is_some_and(|waker| waker.will_wake(cx.waker()))
        {
            return;
        }
        if let Some(before) = place.replace(cx.waker().clone()) {
            self.after().gone.push(before);
        }
    }

    /// Nobody waits for this any more.
    pub(super) fn forget(&mut self, who: Waiter) {
        if let Some(before) = self.waiter(who).take() {
            self.after().gone.push(before);
        }
    }

    /// What was waited for is there.
    pub(super) fn wake(&mut self, who: Waiter) {
        if let Some(waker) = self.waiter(who).take() {
            self.after().wake.push(waker);
        }
    }
}

impl<F, D> Link<F, D>
where
    F: Fount<Item = Bytes>,
    D: Drain<Bytes>,
{
    pub(crate) fn new(fount: F, drain: D, limits: Arc<Limits>, clock: SharedClock) -> Self {
        Self {
            engine: Connection::new(Arc::clone(&limits)),
            limits,
            ends: Some(Ends {
                fount: Box::pin(fount),
                drain: Box::pin(drain),
            }),
            after: None,
            turn: Turn::Between(Awaited::Anything),
            exchange: 0,
            waiters: Waiters::default(),
            trailers: None,
            broken: None,
            write: Write::Open,
            reading: Watch::new(&clock),
            writing: Watch::new(&clock),
            moved: 0,
            clock,
        }
    }

    /// Takes in one segment, or the end of the peer's direction.
    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        match ready!(self.poll_segment(cx)) {
            Ok(segment) => self.engine.received(segment),
            Err(Reason::Finished | Reason::Enough) => self.engine.received_end(),
            Err(failed) => return Poll::Ready(Err(failed)),
        }
        Poll::Ready(Ok(()))
    }

    /// The next bytes of the peer. Each costs a unit of the budget, for they may be few or none.
    fn poll_segment(&mut self, cx: &mut Context<'_>) -> Poll<Result<Bytes, Reason>> {
        let Some(ends) = &mut self.ends else {
            return Poll::Ready(Err(Error::from(Kind::Closed).into_reason()));
        };
        if !budget::spend() {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        ends.fount.as_mut().poll_next(cx)
    }

    /// The flow's own fount keeps moving while nobody reads, unless somebody waits for it.
    pub(super) fn poll_fount_progress(&mut self, cx: &mut Context<'_>) {
        if let (Some(ends), None) = (&mut self.ends, &self.waiters.reader) {
            let _ = ends.fount.as_mut().poll_progress(cx);
        }
    }

    /// Hands what is written to the drain, for as long as it has room.
    fn poll_hand_over(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        while self.engine.output_len() > 0 {
            if let Write::Ended(reason) = &self.write {
                return Poll::Ready(Err(reason.clone()));
            }
            let Some(ends) = &mut self.ends else {
                return Poll::Ready(Err(self.end_write(Reason::abandoned())));
            };
            let handed = match ends.drain.as_mut().poll_ready(cx) {
                Poll::Ready(Ok(())) => match self.engine.take_output() {
                    Some(bytes) => ends.drain.as_mut().receive(bytes),
                    None => break,
                },
                Poll::Ready(Err(reason)) => Err(reason),
                Poll::Pending => return self.poll_write_deadline(cx),
            };
            if let Err(reason) = handed {
                return Poll::Ready(Err(self.end_write(reason)));
            }
            self.writing.end();
        }
        Poll::Ready(Ok(()))
    }

    /// Room for more to be written.
    pub(super) fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        if let Write::Ended(reason) = &self.write {
            return Poll::Ready(Err(reason.clone()));
        }
        if self.engine.output_len() < HIGH_WATER {
            return Poll::Ready(Ok(()));
        }
        self.poll_hand_over(cx)
    }

    /// Everything that is written leaves.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        ready!(self.poll_hand_over(cx))?;
        if let Write::Ended(reason) = &self.write {
            return Poll::Ready(Err(reason.clone()));
        }
        let Some(ends) = &mut self.ends else {
            return Poll::Ready(Err(self.end_write(Reason::abandoned())));
        };
        match ends.drain.as_mut().poll_flush(cx) {
            Poll::Ready(Ok(())) => {
                self.writing.end();
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(reason)) => Poll::Ready(Err(self.end_write(reason))),
            Poll::Pending => self.poll_write_deadline(cx),
        }
    }

    /// What is written leaves, for whoever happens to be polled. The drain knows only who asked
    /// last: while who replies waits for it, nobody else may ask.
    pub(super) fn poll_help(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        if self.waiters.writer.is_some() {
            return Poll::Pending;
        }
        self.poll_flush(cx)
    }

    /// The peer takes nothing: not for ever.
    fn poll_write_deadline(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        let moved = match &self.ends {
            Some(ends) => ends.drain.moved(),
            None => 0,
        };
        if moved != self.moved {
            // Slow is not dead.
            self.moved = moved;
            self.writing.end();
        }
        self.writing
            .begin(self.limits.write_time());
        ready!(self.writing.poll(cx));
        let reason = Error::from(Kind::ReplyTimeout).into_reason();
        Poll::Ready(Err(self.end_write(reason)))
    }

    /// Nothing can leave any more.
    fn end_write(&mut self, reason: Reason) -> Reason {
        // The peer takes no more, and half a reply is none.
        let reason = Error::of_transport(reason).into_reason();
        self.give_up();
        self.write = Write::Ended(reason.clone());
        reason
    }

    /// Whether the reply to a next request will follow, whose bytes are there already.
    pub(super) fn has_next(&self) -> bool {
        self.engine.is_request_over() && self.engine.has_input() && self.engine.may_go_on()
    }

    /// The next piece of the request's body.
    pub(super) fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Result<Bytes, Reason>> {
        if self.engine.expects_continue() {
            let head = HeaderMap::new();
            // A 100 that cannot be written is left out: the peer then waits for its own timer.
            drop(
                self.engine
                    .interim(http::StatusCode::CONTINUE, &head),
            );
            drop(self.poll_help(cx));
        }
        loop {
            let event = match self.engine.next_event() {
                Ok(event) => event,
                Err(error) => return Poll::Ready(Err(self.break_body(error))),
            };
            match event {
                Some(Event::Data(data)) => {
                    self.reading.end();
                    return Poll::Ready(Ok(data));
                }
                Some(Event::End(trailers)) => {
                    self.reading.end();
                    self.trailers = trailers;
                    return Poll::Ready(Err(Reason::Finished));
                }
                Some(Event::Head(..) | Event::Closed) => {
                    return Poll::Ready(Err(Error::from(Kind::OutOfTurn).into_reason()));
                }
                None if self.engine.is_request_over() => {
                    return Poll::Ready(Err(self.lost(Kind::Closed)));
                }
                None => match self.poll_read(cx) {
                    Poll::Ready(Ok(())) => self.reading.end(),
                    Poll::Ready(Err(reason)) => {
                        let error = Error::from(self.engine.truncated())
                            .with_source(Error::of_transport(reason));
                        self.engine.abort();
                        return Poll::Ready(Err(error.into_reason()));
                    }
                    Poll::Pending => {
                        if let Poll::Ready(Err(reason)) = self.poll_help(cx) {
                            return Poll::Ready(Err(reason));
                        }
                        self.reading
                            .begin(self.limits.body_time());
                        ready!(self.reading.poll(cx));
                        let error = Error::from(Kind::BodyTimeout);
                        self.broken = Some(error.clone());
                        return Poll::Ready(Err(error.into_reason()));
                    }
                },
            }
        }
    }

    /// The request makes no sense from here on: so says the reply, or it is cut.
    fn break_body(&mut self, error: Error) -> Reason {
        if self.engine.is_answered() && error.status().is_some() {
            self.engine
                .refuse(&error, self.clock.wall());
        }
        self.broken = Some(error.clone());
        error.into_reason()
    }

    /// Why the exchange is not whole: by the transport, by the request, else by `kind`.
    fn lost(&self, kind: Kind) -> Reason {
        match (&self.write, &self.broken) {
            (Write::Ended(reason), _) => reason.clone(),
            (Write::Open, Some(error)) => error.clone().into_reason(),
            (Write::Open, None) => Error::from(kind).into_reason(),
        }
    }

    /// Somebody let go of a half of the exchange.
    pub(super) fn let_go(&mut self, half: Half) {
        let Turn::Serving { body, reply } = &mut self.turn else {
            return;
        };
        match half {
            Half::Body => {
                *body = Held::LetGo;
                self.engine.discard_body();
                // Who waited for a piece waits no more.
                self.reading.end();
            }
            Half::Reply => *reply = Held::LetGo,
        }
        let over = (*body, *reply) == (Held::LetGo, Held::LetGo);
        if over {
            self.turn = Turn::Discarding;
        }
        match half {
            Half::Body => self.forget(Waiter::Reader),
            Half::Reply => self.forget(Waiter::Writer),
        }
        // The end of the reply is to leave, even if the request goes on.
        if over || matches!(half, Half::Reply) {
            self.wake(Waiter::Exchanges);
        }
    }

    /// Throws away the rest of a body, within bounds; then the next exchange, or the end.
    pub(super) fn poll_discarded(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while !self.engine.is_cut() && !self.engine.is_request_over() {
            match self.engine.next_event() {
                Ok(Some(_)) => {}
                Err(_) => break,
                // There was too much of it.
                Ok(None) if self.engine.is_request_over() => {}
                // Waiting for the rest must not keep back the reply.
                Ok(None) => {
                    drop(self.poll_flush(cx));
                    match self.poll_read(cx) {
                        Poll::Ready(Ok(())) => {}
                        Poll::Ready(Err(_)) => break,
                        Poll::Pending => {
                            self.reading
                                .begin(self.limits.discard_time());
                            ready!(self.reading.poll(cx));
                            break;
                        }
                    }
                }
            }
        }
        self.reading.end();
        let cut = self.engine.is_cut();
        self.turn = match self.engine.next_exchange() {
            Persistence::Keep => Turn::Between(Awaited::Anything),
            Persistence::Close if cut => Turn::Closing(Closing::Write(self.lost(Kind::Abandoned))),
            Persistence::Close => Turn::Closing(Closing::Write(Reason::Finished)),
        };
        self.broken = None;
        self.trailers = None;
        Poll::Ready(())
    }

    /// Ends the connection: last bytes out, our direction closed, then a while of listening.
    pub(super) fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<Reason> {
        loop {
            let Turn::Closing(closing) = &mut self.turn else {
                return Poll::Ready(Reason::Finished);
            };
            match closing {
                Closing::Write(reason) => {
                    let reason = reason.clone();
                    let flushed = ready!(self.poll_flush(cx));
                    let end = match flushed {
                        Ok(()) => reason,
                        Err(own) => reason.or_failure(own),
                    };
                    self.turn = Turn::Closing(Closing::Stop(end));
                }
                Closing::Stop(end) => {
                    let end = end.clone();
                    let Some(ends) = &mut self.ends else {
                        return Poll::Ready(end);
                    };
                    let closed = match ends
                        .drain
                        .as_mut()
                        .poll_stopped(cx, &end)
                    {
                        Poll::Ready(closed) => closed.map(drop).map_err(Reason::from),
                        Poll::Pending => ready!(self.poll_write_deadline(cx)),
                    };
                    let end = match closed {
                        Ok(()) => end,
                        Err(own) => end.or_failure(own),
                    };
                    if end.is_clean() {
                        let left = self.limits.linger();
                        self.reading.end();
                        self.turn = Turn::Closing(Closing::Linger { left });
                    } else {
                        return Poll::Ready(self.stop_fount(&end.clone(), end));
                    }
                }
                Closing::Linger { left } => {
                    self.reading
                        .begin(self.limits.linger_time());
                    let left = *left;
                    match self.poll_segment(cx) {
                        Poll::Ready(Ok(bytes)) if bytes.len() as u64 <= left => {
                            let left = left - bytes.len() as u64;
                            self.turn = Turn::Closing(Closing::Linger { left });
                            continue;
                        }
                        Poll::Ready(_) => {}
                        Poll::Pending => ready!(self.reading.poll(cx)),
                    }
                    return Poll::Ready(self.stop_fount(&Reason::Enough, Reason::Finished));
                }
            }
        }
    }
}

impl<F: Fount, D> Link<F, D> {
    /// The connection is over; its fount hears `why`.
    fn stop_fount(&mut self, why: &Reason, end: Reason) -> Reason {
        if let Some(ends) = &mut self.ends {
            ends.fount.as_mut().stop(why);
        }
        self.end(end.clone());
        end
    }
}
