//! The engine of a server's connection: one exchange at a time, bytes in and out, no I/O.
//!
//! ```text
//!   loop {
//!       match next_event()? {
//!           Head          => a handler answers: interim*, start, send*, finish
//!           Data* End     => its body
//!           Closed        => no other request will come
//!           None          => write take_output()*, then received(read) or received_end()
//!       }
//!       if both directions are done && next_exchange() == Close { flush, linger, close }
//!   }
//!   an error of next_event(): refuse(error), flush, linger, close
//! ```

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http::response::Parts;
use http::{HeaderMap, Method, Request, StatusCode, Uri, Version};

use crate::error::Error;
use crate::http1::decode::Rest;
use crate::http1::encode::{self, Asked, Asking};
use crate::http1::encode_body::Finished;
use crate::http1::event::Event;
use crate::http1::fields::{Expectation, Found, Upgrade};
use crate::http1::offered::Offered;
use crate::http1::output::Output;
use crate::http1::receiving::Receiving;
use crate::http1::sending::Sending;
use crate::http1::state::{Persistence, State};
use crate::kind::Kind;
use crate::limits::Limits;

/// One connection, seen from the server.
///
/// No order of calls panics; one that makes no sense is an error of the application.
#[derive(Debug)]
pub(crate) struct Connection {
    limits: Arc<Limits>,
    receiving: Receiving,
    sending: Sending,
    exchange: Exchange,
    /// There if the peer offers to switch.
    offered: Option<Box<Offered>>,
    persistence: Persistence,
}

/// What is answered.
#[derive(Debug, Clone, Copy)]
enum Exchange {
    None,
    Open {
        asked: Asked,
        expectation: Expectation,
        upgrade: Upgrade,
    },
}

/// What arrives.
impl Connection {
    pub(crate) fn new(limits: impl Into<Arc<Limits>>) -> Self {
        Self {
            limits: limits.into(),
            receiving: Receiving::new(),
            sending: Sending::new(),
            exchange: Exchange::None,
            offered: None,
            persistence: Persistence::Keep,
        }
    }

    /// Takes in the next bytes of the peer.
    ///
    /// To be called when `next_event` said `None`; called earlier, it copies, and what is held is
    /// bounded by the caller alone.
    pub(crate) fn received(&mut self, segment: Bytes) {
        self.receiving.received(segment);
    }

    /// Takes note that the peer will send no more.
    pub(crate) fn received_end(&mut self) {
        self.receiving.received_end();
    }

    /// Says what the bytes so far mean; `None`: more bytes are needed, or `next_exchange`.
    ///
    /// A head is written into `request`: it is large, and would be moved several times.
    #[inline]
    pub(crate) fn next_event(
        &mut self,
        request: &mut Option<Request<()>>,
    ) -> Result<Option<Event>, Error> {
        if self.receiving.is_waiting() {
            return Ok(None);
        }
        self.next_event_there(request)
    }

    fn next_event_there(
        &mut self,
        request: &mut Option<Request<()>>,
    ) -> Result<Option<Event>, Error> {
        let event = self
            .receiving
            .next(&self.limits, request)?;
        if let (Some(Event::Head(found)), Some(request)) = (&event, request) {
            self.open(request, *found);
        }
        Ok(event)
    }

    /// Whether the peer holds its body back until it reads a 100 (RFC 9110 §10.1.1).
    pub(crate) fn expects_continue(&self) -> bool {
        let expected = matches!(
            self.exchange,
            Exchange::Open {
                expectation: Expectation::Continue,
                ..
            }
        );
        expected
            && self.receiving.state() == State::Body
            && self.sending.state() == State::Idle
            && self.request_rest() != Rest::Nothing
            && !self.receiving.has_begun()
    }

    /// Throws the rest of the request's body away as it arrives, for nobody reads it.
    ///
    /// When there is more than the limit allows, or it may never come, the connection closes after
    /// the reply, which says so if its head has not left.
    pub(crate) fn discard_body(&mut self) {
        if self.expects_continue() {
            self.receiving.fail();
        } else {
            self.receiving.discard(&self.limits);
        }
    }

    /// How much of the request's body has not been handed out.
    pub(crate) fn request_rest(&self) -> Rest {
        self.receiving.rest()
    }

    /// How many trailers of the request may not stand there, and were left out.
    pub(crate) fn dropped_trailers(&self) -> usize {
        self.receiving.dropped_trailers()
    }

    /// Whether all of the request has come.
    pub(crate) fn is_request_whole(&self) -> bool {
        self.receiving.state() != State::Failed && self.request_rest() == Rest::Nothing
    }

    /// What it means that the rest of the body will not come.
    pub(crate) fn truncated(&self) -> Kind {
        self.receiving.truncated()
    }

    /// Method, target and version of a head that is refused, if its first line makes sense.
    pub(crate) fn take_asked(&mut self) -> Option<(Method, Uri, Version)> {
        self.receiving.take_asked(&self.limits)
    }

    /// Of a peer that has ended: what it means that the body it has begun will never be whole.
    pub(crate) fn cut_short(&mut self) -> Option<Kind> {
        self.receiving.cut_short(&self.limits)
    }

    /// Whether nothing of this request will follow.
    pub(crate) fn is_request_over(&self) -> bool {
        self.receiving.is_over()
    }

    /// Whether bytes wait that no event has told of: the rest of a body, or a next request.
    pub(crate) fn has_input(&self) -> bool {
        self.receiving.has_input()
    }

    /// Whether the head of a next request has begun to arrive, be it with empty lines.
    pub(crate) fn has_begun_head(&self) -> bool {
        self.receiving.has_begun_head()
    }

    /// Bytes that no event has told of.
    pub(crate) fn input_len(&self) -> usize {
        self.receiving.input_len()
    }

    /// Bytes of memory that these keep.
    pub(crate) fn input_memory(&self) -> usize {
        self.receiving.input_memory()
    }

    /// Whether the peer has said that it will send no more.
    pub(crate) fn has_ended(&self) -> bool {
        self.receiving.has_ended()
    }

    /// Bytes of the request's body that were handed out or thrown away.
    pub(crate) fn received_bytes(&self) -> u64 {
        self.receiving.received_bytes()
    }

    /// Bytes of the reply's body that were written.
    pub(crate) fn sent_bytes(&self) -> u64 {
        self.sending.sent_bytes()
    }

    /// Forgets what only makes the next request cheaper.
    pub(crate) fn settle(&mut self) {
        self.receiving.settle();
    }

    /// Which version the request speaks that is being answered.
    pub(crate) fn version(&self) -> Option<Version> {
        self.asked()
            .ok()
            .map(|asked| asked.version)
    }

    /// Whether the peer offers to switch protocols, or asks for a tunnel.
    pub(crate) fn offers_switch(&self) -> bool {
        match self.exchange {
            Exchange::None => false,
            Exchange::Open { asked, upgrade, .. } => {
                upgrade == Upgrade::Offered || asked.method == Asking::Connect
            }
        }
    }

    fn open(&mut self, request: &Request<()>, found: Found) {
        self.exchange = Exchange::Open {
            asked: Asked {
                method: Asking::from(request.method()),
                version: request.version(),
            },
            expectation: found.expectation,
            upgrade: found.upgrade,
        };
        self.offered = match found.upgrade {
            Upgrade::None => None,
            Upgrade::Offered => Some(Box::new(Offered::of(request.headers()))),
        };
        if found.persistence == Persistence::Close {
            self.persistence = Persistence::Close;
        }
    }
}

/// What leaves.
impl Connection {
    /// Writes an interim response: any 1xx but 101. One that the peer could not use is left out.
    pub(crate) fn interim(&mut self, status: StatusCode, headers: &HeaderMap) -> Result<(), Error> {
        let asked = self.asked()?;
        if !status.is_informational() || status == StatusCode::SWITCHING_PROTOCOLS {
            return Err(Kind::InvalidInterim.into());
        }
        // RFC 9110 §15.2: none to HTTP/1.0; §10.1.1: a 100 may be omitted once the body comes.
        let useless = asked.version == Version::HTTP_10
            || (status == StatusCode::CONTINUE && !self.expects_continue());
        if useless && self.sending.state() == State::Idle {
            return Ok(());
        }
        let bound = self.limits.head();
        self.sending
            .interim(status, headers, bound)?;
        if let (StatusCode::CONTINUE, Exchange::Open { expectation, .. }) =
            (status, &mut self.exchange)
        {
            *expectation = Expectation::None;
        }
        Ok(())
    }

    /// Whether a body of this length is what the head declares: to be asked before it is written.
    pub(crate) fn check_declared(&self, head: &Parts, known: u64) -> Result<(), Error> {
        Ok(encode::check_declared(head, known, self.asked()?)?)
    }

    /// Writes the final head. `length`: how long the body is, if that is known; else a
    /// `Content-Length` in the head is taken at its word, and the body is held to it.
    pub(crate) fn start(
        &mut self,
        head: &Parts,
        length: Option<u64>,
        now: SystemTime,
    ) -> Result<(), Error> {
        let asked = self.asked()?;
        let tunnel = asked.method == Asking::Connect && head.status.is_success();
        // RFC 9110 §15: others have no meaning that a peer could know.
        let known = (200..600).contains(&head.status.as_u16());
        if !known || tunnel {
            return Err(Kind::InvalidStatus.into());
        }
        // RFC 9110 §10.1.1: without a 100 the body comes or not, so nothing can follow it.
        let last = self.expects_continue()
            // RFC 9110 §9.3.6: what the peer sends early is meant for the tunnel, and is no request.
            || asked.method == Asking::Connect
            // RFC 9110 §15.5.14: nobody knows how much follows of what is too much already.
            || (head.status == StatusCode::PAYLOAD_TOO_LARGE
                && self.request_rest() == Rest::Unknown
                && self.cut_short().is_some())
            || self.receiving.state() == State::Failed
            || self.receiving.is_exhausted();
        let persistence = if last {
            Persistence::Close
        } else {
            self.persistence
        };
        self.persistence = self
            .sending
            .start(head, length, asked, persistence, now)?;
        Ok(())
    }

    /// Writes the head that ends HTTP here: 101 to an upgrade that was offered, or 2xx to
    /// `CONNECT`. What the peer has sent behind its request is `take_remainder`.
    pub(crate) fn switch(&mut self, head: &Parts, now: SystemTime) -> Result<(), Error> {
        let tunnel = self.asked()?.method == Asking::Connect;
        let valid = if tunnel {
            head.status.is_success()
        } else {
            head.status == StatusCode::SWITCHING_PROTOCOLS
        };
        let offered = match &self.offered {
            _ if tunnel => true,
            Some(offered) => offered.allows(&head.headers),
            None => false,
        };
        if !valid || !offered {
            return Err(Kind::InvalidSwitch.into());
        }
        self.sending.switch(head, now)?;
        self.persistence = Persistence::Close;
        Ok(())
    }

    /// Whether a body is to be given: not to `HEAD`, not with 204, 205 or 304.
    pub(crate) fn wants_body(&self) -> bool {
        self.sending.wants_body()
    }

    /// Writes a piece of the body. One beyond the declared length is cut, and the connection
    /// closes after the reply. One that is copied, or refused, is for the caller to drop.
    #[inline]
    pub(crate) fn send(&mut self, piece: &mut Bytes) -> Result<(), Error> {
        self.sending
            .send(piece)
            .map_err(|kind| {
                if matches!(kind, Kind::BodyTooLong { .. }) {
                    self.persistence = Persistence::Close;
                }
                kind.into()
            })
    }

    /// Writes the end of the body. After an error the reply is cut: close at once.
    #[inline]
    pub(crate) fn finish(&mut self, trailers: Option<&HeaderMap>) -> Result<Finished, Error> {
        Ok(self.sending.finish(trailers)?)
    }

    /// Answers what cannot be served, if its reply has not begun, and hears no more.
    pub(crate) fn refuse(&mut self, error: &Error, now: SystemTime) {
        let method = match self.exchange {
            Exchange::None => self.receiving.asking(),
            Exchange::Open { asked, .. } => asked.method,
        };
        self.sending.refuse(error, method, now);
        self.receiving.fail();
        self.persistence = Persistence::Close;
    }

    /// Cuts the reply, unless all of it was handed over: its end is never written, and the connection
    /// closes.
    pub(crate) fn abort(&mut self) {
        if self.sending.state() != State::Done || self.sending.output_len() > 0 {
            self.sending.fail();
        }
        self.receiving.fail();
        self.persistence = Persistence::Close;
    }

    /// Hands over the next bytes for the peer.
    pub(crate) fn take_output(&mut self) -> Option<Bytes> {
        self.sending.take_output()
    }

    /// How many bytes wait for the peer.
    pub(crate) fn output_len(&self) -> usize {
        self.sending.output_len()
    }

    /// Whether the final head has been written.
    pub(crate) fn is_answered(&self) -> bool {
        self.sending.state() != State::Idle
    }

    /// Whether a refusal has been written, behind which nothing follows.
    pub(crate) fn is_refused(&self) -> bool {
        self.sending.state() == State::Closed
    }

    /// Whether another exchange may follow this one.
    pub(crate) fn may_go_on(&self) -> bool {
        self.persistence == Persistence::Keep && !self.is_cut()
    }

    /// Whether the reply was cut, so that only closing is left.
    pub(crate) fn is_cut(&self) -> bool {
        self.sending.state() == State::Failed
    }

    /// Whether a peer can tell a reply that was cut from a whole one, however the connection ends.
    pub(crate) fn shows_cut(&self) -> bool {
        self.sending.shows_cut()
    }

    fn asked(&self) -> Result<Asked, Error> {
        match self.exchange {
            Exchange::None => Err(Kind::NothingToAnswer.into()),
            Exchange::Open { asked, .. } => Ok(asked),
        }
    }
}

/// What comes after.
impl Connection {
    /// Makes this exchange the last; its head says so if it has not left.
    pub(crate) fn close_after_this(&mut self) {
        self.persistence = Persistence::Close;
    }

    /// The same behind a request that is whole: what follows it is not heard.
    pub(crate) fn close_behind_this(&mut self) {
        self.receiving.close();
        self.persistence = Persistence::Close;
    }

    /// Whether both directions of the exchange are at their end.
    #[cfg(test)]
    pub(crate) fn is_exchange_over(&self) -> bool {
        self.receiving.is_over() && !matches!(self.sending.state(), State::Idle | State::Body)
    }

    /// Goes on to the next exchange, or says that there is none. To be called when both
    /// directions are at their end; called earlier, it gives the connection up.
    #[inline]
    pub(crate) fn next_exchange(&mut self) -> Persistence {
        // RFC 9112 §9.3: both messages whole, nobody said close, and the peer can still ask.
        let next = self.persistence == Persistence::Keep
            && self.sending.state() == State::Done
            && matches!(self.receiving.state(), State::Body | State::Done)
            && self.receiving.is_over()
            && !self.receiving.is_exhausted();
        if next {
            self.sending.turn();
            self.receiving.turn();
            self.exchange = Exchange::None;
            return Persistence::Keep;
        }
        self.receiving.fail();
        self.persistence = Persistence::Close;
        Persistence::Close
    }

    /// Forgets everything, and gives up what was not handed over.
    pub(crate) fn close(&mut self) -> Output {
        self.receiving.fail();
        self.sending.close()
    }

    /// What the peer has sent behind the request that ended HTTP here.
    pub(crate) fn take_remainder(&mut self) -> Bytes {
        self.receiving.take_remainder()
    }
}
