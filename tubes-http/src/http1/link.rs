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

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use bytes::Bytes;
use http::HeaderMap;
use tubes::clock::SharedClock;
use tubes::{Drain, Fount, Reason};

use crate::error::Error;
use crate::http1::connection::Connection;
use crate::http1::event::Event;
use crate::http1::length::BodyLength;
use crate::http1::state::Persistence;
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
    fount: Pin<Box<F>>,
    drain: Pin<Box<D>>,
    pub(super) turn: Turn,
    /// The number of the exchange that is served, or was last.
    pub(super) exchange: u64,
    /// Who waits for the exchange to end.
    pub(super) waiting: Option<Waker>,
    /// Who waits for the request's body.
    pub(super) reader: Option<Waker>,
    /// Who waits for the drain, to reply.
    pub(super) writer: Option<Waker>,
    /// Trailers of the request, until somebody asks for them.
    pub(super) trailers: Option<HeaderMap>,
    /// What made the request's body unreadable: answered instead of the reply.
    pub(super) broken: Option<Error>,
    write: Write,
    pub(super) reading: Watch,
    writing: Watch,
}

/// What the connection is about.
#[derive(Debug)]
pub(crate) enum Turn {
    /// The head of a request is awaited.
    Between(Awaited),
    /// An exchange has been handed out.
    Serving { body: Held, reply: Held },
    /// The rest of a body that nobody reads is thrown away.
    Discarding,
    /// Last bytes go out, last bytes come in.
    Closing(Closing),
    /// Nothing more will happen.
    Over(Reason),
}

/// What is awaited between two exchanges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Awaited {
    /// The first byte.
    Anything,
    /// The rest of a head.
    Rest,
}

/// Whether somebody outside holds a half of the exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    Out,
    LetGo,
}

/// A half of an exchange.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Half {
    Body,
    Reply,
}

/// How far the end of the connection has come (RFC 9112 §9.6).
#[derive(Debug)]
pub(crate) enum Closing {
    /// What is written goes out.
    Write(Reason),
    /// Our direction is closed.
    Stop(Reason),
    /// What the peer still sends is read and thrown away, so that it reads our last answer.
    Linger { left: u64 },
}

/// Whether bytes can leave.
#[derive(Debug)]
enum Write {
    Open,
    Ended(Reason),
}

impl<F, D> Link<F, D> {
    /// Cuts the exchange; both its halves hear of it.
    pub(super) fn give_up(&mut self) {
        self.engine.abort();
        for waker in [self.reader.take(), self.writer.take()] {
            waker.into_iter().for_each(Waker::wake);
        }
    }

    /// Nobody serves the connection any more.
    pub(super) fn abandon(&mut self) {
        if !matches!(self.turn, Turn::Over(_)) {
            self.give_up();
            self.turn = Turn::Over(Reason::abandoned());
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
            fount: Box::pin(fount),
            drain: Box::pin(drain),
            turn: Turn::Between(Awaited::Anything),
            exchange: 0,
            waiting: None,
            reader: None,
            writer: None,
            trailers: None,
            broken: None,
            write: Write::Open,
            reading: Watch::new(&clock),
            writing: Watch::new(&clock),
            clock,
        }
    }

    /// Takes in one segment, or the end of the peer's direction.
    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        match ready!(self.fount.as_mut().poll_next(cx)) {
            Ok(segment) => self.engine.received(segment),
            Err(Reason::Finished | Reason::Enough) => self.engine.received_end(),
            Err(failed) => return Poll::Ready(Err(failed)),
        }
        Poll::Ready(Ok(()))
    }

    /// Hands what is written to the drain, for as long as it has room.
    fn poll_hand_over(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        while self.engine.output_len() > 0 {
            if let Write::Ended(reason) = &self.write {
                return Poll::Ready(Err(reason.clone()));
            }
            let handed = match self.drain.as_mut().poll_ready(cx) {
                Poll::Ready(Ok(())) => match self.engine.take_output() {
                    Some(bytes) => self.drain.as_mut().receive(bytes),
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
        match self.drain.as_mut().poll_flush(cx) {
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
        if self.writer.is_some() {
            return Poll::Pending;
        }
        self.poll_flush(cx)
    }

    /// The peer takes nothing: not for ever.
    fn poll_write_deadline(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.writing
            .begin(self.limits.write_time());
        ready!(self.writing.poll(cx));
        let reason = Error::from(Kind::ReplyTimeout).into_reason();
        Poll::Ready(Err(self.end_write(reason)))
    }

    /// Nothing can leave any more.
    fn end_write(&mut self, reason: Reason) -> Reason {
        let reason = match reason {
            Reason::Failed(_) => reason,
            // The peer takes no more, and half a reply is none.
            Reason::Finished | Reason::Enough => Error::from(Kind::Closed).into_reason(),
        };
        self.give_up();
        self.write = Write::Ended(reason.clone());
        reason
    }

    /// Whether bytes of a next request are there already.
    pub(super) fn has_next(&self) -> bool {
        self.engine.is_request_over() && self.engine.has_input() && !self.engine.is_cut()
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
                None if self.engine.is_request_over() => return Poll::Ready(Err(self.lost())),
                None => match self.poll_read(cx) {
                    Poll::Ready(Ok(())) => self.reading.end(),
                    Poll::Ready(Err(reason)) => {
                        let error = Error::from(self.engine.truncated())
                            .with_source(Error::from_reason(reason));
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

    /// Why nothing more of the request will come, although it is not whole.
    fn lost(&self) -> Reason {
        match (&self.write, &self.broken) {
            (Write::Ended(reason), _) => reason.clone(),
            (Write::Open, Some(error)) => error.clone().into_reason(),
            (Write::Open, None) => Error::from(Kind::Closed).into_reason(),
        }
    }

    /// Somebody let go of a half of the exchange. Gives who waits for its end, to be woken.
    pub(super) fn let_go(&mut self, half: Half) -> Option<Waker> {
        let Turn::Serving { body, reply } = &mut self.turn else {
            return None;
        };
        match half {
            Half::Body => {
                *body = Held::LetGo;
                self.engine.discard_body();
                // Who waited for a piece waits no more.
                self.reading.end();
                self.reader = None;
            }
            Half::Reply => {
                *reply = Held::LetGo;
                self.writer = None;
            }
        }
        if (*body, *reply) == (Held::LetGo, Held::LetGo) {
            self.turn = Turn::Discarding;
            return self.waiting.take();
        }
        match half {
            Half::Body => None,
            // The end of the reply is to leave, even if the request goes on.
            Half::Reply => self.waiting.take(),
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
            Persistence::Close if cut => {
                let reason = self
                    .broken
                    .take()
                    .unwrap_or_else(|| Kind::Abandoned.into());
                Turn::Closing(Closing::Write(reason.into_reason()))
            }
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
                    let closed = match self
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
                        self.fount.as_mut().stop(&end);
                        self.turn = Turn::Over(Reason::Finished);
                        return Poll::Ready(Reason::Finished);
                    }
                }
                Closing::Linger { left } => {
                    self.reading
                        .begin(self.limits.linger_time());
                    match self.fount.as_mut().poll_next(cx) {
                        Poll::Ready(Ok(bytes)) if bytes.len() as u64 <= *left => {
                            *left -= bytes.len() as u64;
                            continue;
                        }
                        Poll::Ready(_) => {}
                        Poll::Pending => ready!(self.reading.poll(cx)),
                    }
                    self.fount
                        .as_mut()
                        .stop(&Reason::Enough);
                    self.turn = Turn::Over(Reason::Finished);
                    return Poll::Ready(Reason::Finished);
                }
            }
        }
    }
}

/// The length of a body, where it is declared.
pub(super) fn declared(length: BodyLength) -> Option<u64> {
    match length {
        BodyLength::Empty => Some(0),
        BodyLength::Known(bytes) => Some(bytes),
        BodyLength::Chunked => None,
    }
}
