//! Our direction: one reply after another, and never a clean end to one that was cut.

use std::time::SystemTime;

use bytes::Bytes;
use http::response::Parts;
use http::{HeaderMap, StatusCode};

use crate::error::Error;
use crate::http1::encode::{self, Asked, Asking};
use crate::http1::encode_body::{Encoder, Finished};
use crate::http1::output::Output;
use crate::http1::state::{Persistence, State, Step};
use crate::kind::Kind;

/// What leaves.
#[derive(Debug)]
pub(crate) struct Sending {
    state: State,
    output: Output,
    encoder: Encoder,
    /// Bytes of the body of this reply.
    sent: u64,
}

impl Sending {
    pub(crate) fn new() -> Self {
        Self {
            state: State::Idle,
            output: Output::default(),
            encoder: Encoder::Nothing,
            sent: 0,
        }
    }

    pub(crate) fn sent_bytes(&self) -> u64 {
        self.sent
    }

    pub(crate) fn state(&self) -> State {
        self.state
    }

    pub(crate) fn output_len(&self) -> usize {
        self.output.len()
    }

    pub(crate) fn take_output(&mut self) -> Option<Bytes> {
        self.output.take()
    }

    pub(crate) fn wants_body(&self) -> bool {
        self.state == State::Body && self.encoder != Encoder::Nothing
    }

    /// Writes a 1xx head, unless more than `bound` bytes wait already.
    pub(crate) fn interim(
        &mut self,
        status: StatusCode,
        headers: &HeaderMap,
        bound: usize,
    ) -> Result<(), Kind> {
        let state = self.on(Step::Interim)?;
        if self.output.len() > bound {
            return Err(Kind::InterimTooLong);
        }
        self.state = state;
        encode::interim(&mut self.output, status, headers);
        Ok(())
    }

    /// Writes the final head.
    #[inline]
    pub(crate) fn start(
        &mut self,
        head: &Parts,
        length: Option<u64>,
        asked: Asked,
        persistence: Persistence,
        now: SystemTime,
    ) -> Result<Persistence, Kind> {
        self.state = self.on(Step::Head)?;
        let output = &mut self.output;
        let (encoder, persistence) = encode::head(output, head, length, asked, persistence, now);
        self.encoder = encoder;
        Ok(persistence)
    }

    /// Writes the head behind which another protocol is spoken.
    pub(crate) fn switch(&mut self, head: &Parts, now: SystemTime) -> Result<(), Kind> {
        // It has no end of ours: whoever drops it before it is handed on cuts it.
        self.state = self.on(Step::Head)?;
        self.encoder = Encoder::UntilClose;
        encode::switch(&mut self.output, head, now);
        Ok(())
    }

    #[inline]
    pub(crate) fn send(&mut self, piece: &mut Bytes) -> Result<(), Kind> {
        self.state = self.on(Step::Data)?;
        let length = piece.len() as u64;
        self.encoder
            .send(&mut self.output, piece)
            .inspect_err(|kind| {
                if let Kind::BodyTooLong { declared } = kind {
                    self.sent = *declared;
                }
            })?;
        self.sent += length;
        Ok(())
    }

    #[inline]
    pub(crate) fn finish(&mut self, trailers: Option<&HeaderMap>) -> Result<Finished, Kind> {
        let done = self.on(Step::End)?;
        match self
            .encoder
            .finish(&mut self.output, trailers)
        {
            Ok(finished) => {
                self.state = done;
                Ok(finished)
            }
            Err(kind) => {
                self.fail();
                Err(kind)
            }
        }
    }

    /// Answers a refusal, if no head has left and there is something to say.
    pub(crate) fn refuse(&mut self, error: &Error, method: Asking, now: SystemTime) {
        match (self.state, error.status()) {
            (State::Idle, Some(status)) => {
                let text = format!("{}\n", error.kind());
                if method != Asking::Head {
                    self.sent = text.len() as u64;
                }
                encode::refusal(&mut self.output, status, &text, method, now);
                self.state = State::Closed;
            }
            // The reply was whole before.
            (State::Done | State::Closed, _) => {}
            _ => self.fail(),
        }
    }

    /// Whether a peer can tell a reply that was cut from a whole one, however the connection ends:
    /// by its length, by its last chunk, or since there is nothing of it. Else its end is the end
    /// of the connection.
    pub(crate) fn shows_cut(&self) -> bool {
        self.encoder != Encoder::UntilClose
    }

    pub(crate) fn fail(&mut self) {
        self.state = self
            .on(Step::Fail)
            .unwrap_or(self.state);
    }

    /// Gives up what nobody will take any more.
    pub(crate) fn close(&mut self) -> Output {
        self.fail();
        std::mem::take(&mut self.output)
    }

    /// Goes on to the next message.
    pub(crate) fn turn(&mut self) {
        self.sent = 0;
        self.encoder = Encoder::Nothing;
        self.state = self
            .on(Step::Next)
            .unwrap_or(self.state);
    }

    fn on(&self, step: Step) -> Result<State, Kind> {
        self.state
            .on(step)
            .map_err(|_| match (self.state, step) {
                (State::Closed | State::Failed, _) => Kind::Closed,
                (_, Step::Head | Step::Interim) => Kind::HeadTwice,
                _ => Kind::OutOfTurn,
            })
    }
}
