//! The peer's direction: its bytes, cut into events, until they end or make no sense.

use bytes::Bytes;
use http::{Method, Request, Uri, Version};

use crate::http1::decode::{Decoder, Piece, Rest};
use crate::http1::encode::Asking;
use crate::http1::event::Event;
use crate::http1::fields::Found;
use crate::http1::input::{Head, Input, Source};
use crate::http1::length::BodyLength;
use crate::http1::lenient;
use crate::http1::parse;
use crate::http1::repeat::Repeat;
use crate::http1::state::{State, Step};
use crate::kind::Kind;
use crate::limits::Limits;

/// What arrives.
#[derive(Debug)]
pub(crate) struct Receiving {
    state: State,
    input: Input,
    decoder: Decoder,
    reader: Reader,
    /// What a head that cannot be read asks for, as far as anybody can tell.
    asking: Asking,
    /// Its method, target and version, if its first line makes sense.
    asked: Option<Box<(Method, Uri, Version)>>,
    repeat: Repeat,
    behind: Behind,
}

/// What is there of a body in chunks, behind whose last byte the peer has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Behind {
    /// Nobody has looked through it.
    Unseen,
    Whole,
    Part,
}

/// Who reads the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reader {
    Somebody,
    /// Nobody; `left`: how much more may be thrown away.
    Nobody {
        left: u64,
    },
}

impl Receiving {
    pub(crate) fn new() -> Self {
        Self {
            state: State::Idle,
            input: Input::new(),
            decoder: Decoder::new(BodyLength::Empty),
            reader: Reader::Somebody,
            asking: Asking::Other,
            asked: None,
            repeat: Repeat::default(),
            behind: Behind::Unseen,
        }
    }

    pub(crate) fn state(&self) -> State {
        self.state
    }

    /// Takes in a segment. What follows a failure has no meaning, and is not kept.
    pub(crate) fn received(&mut self, segment: Bytes) {
        match self.state {
            State::Idle | State::Body | State::Done => self.input.received(segment),
            State::Closed | State::Failed => {}
        }
    }

    pub(crate) fn received_end(&mut self) {
        self.input.received_end();
    }

    /// What is asked for where there is no request, but a part of a head, or one that cannot be
    /// read: an answer without content (RFC 9110 §9.3.2), or with.
    pub(crate) fn asking(&self) -> Asking {
        if self.input.starts_with(HEAD) {
            return Asking::Head;
        }
        self.asking
    }

    /// Method, target and version of a head that is refused, if its first line makes sense.
    pub(crate) fn take_asked(&mut self, limits: &Limits) -> Option<(Method, Uri, Version)> {
        self.note_begun(limits);
        self.asked.take().map(|asked| *asked)
    }

    /// Whether the peer has ended and all that it said has been used.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.input.source() == Source::Ended && self.input.is_empty()
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.input.source() == Source::Ended
    }

    pub(crate) fn has_input(&self) -> bool {
        !self.input.is_empty()
    }

    /// Whether a head has begun to arrive, be it with empty lines.
    pub(crate) fn has_begun_head(&self) -> bool {
        self.state == State::Idle && self.input.has_begun()
    }

    /// Whether nothing more of the message will be handed out.
    pub(crate) fn is_over(&self) -> bool {
        match self.state {
            State::Idle => false,
            State::Body => self.decoder.rest() == Rest::Nothing,
            State::Done | State::Closed | State::Failed => true,
        }
    }

    /// Whether the body has begun to arrive.
    pub(crate) fn has_begun(&self) -> bool {
        self.has_input() || self.decoder.has_begun()
    }

    /// How much of the body has not been handed out.
    pub(crate) fn rest(&self) -> Rest {
        match self.state {
            State::Body => self.decoder.rest(),
            State::Idle | State::Done | State::Closed | State::Failed => Rest::Nothing,
        }
    }

    /// What it means that the rest of the body will not come.
    pub(crate) fn truncated(&self) -> Kind {
        self.decoder.ended()
    }

    /// Of a peer that has ended: what it means that the rest of a body is not even here.
    pub(crate) fn cut_short(&mut self, limits: &Limits) -> Option<Kind> {
        let whole = match self.rest() {
            Rest::Nothing => true,
            Rest::Known(rest) => rest <= self.input.len() as u64,
            Rest::Unknown => self.see_behind(limits) == Behind::Whole,
        };
        (!whole).then(|| self.truncated())
    }

    /// Looks through a body that nobody has read yet, and which stays: once for each, when the peer
    /// has ended, for then nothing is added to it.
    fn see_behind(&mut self, limits: &Limits) -> Behind {
        if self.behind != Behind::Unseen {
            return self.behind;
        }
        let (mut decoder, mut input) = (self.decoder.clone(), self.input.clone());
        let behind = loop {
            match decoder.decode(&mut input, limits) {
                Ok(Some(Piece::Data(_))) => {}
                Ok(Some(Piece::End(_))) => break Behind::Whole,
                Ok(None) | Err(_) => break Behind::Part,
            }
        };
        if self.has_ended() {
            self.behind = behind;
        }
        behind
    }

    /// Whether the next word is with the peer.
    #[inline]
    pub(crate) fn is_waiting(&self) -> bool {
        self.state == State::Idle && !self.has_input() && !self.has_ended()
    }

    /// What the bytes say next; a head is written into `request`, in place. After an error nothing
    /// is looked at any more.
    pub(crate) fn next(
        &mut self,
        limits: &Limits,
        request: &mut Option<Request<()>>,
    ) -> Result<Option<Event>, Kind> {
        let found = match self.state {
            State::Idle => self.next_head(limits, request),
            State::Body => self.next_piece(limits),
            State::Done | State::Closed | State::Failed => Ok(None),
        };
        if found.is_err() {
            self.fail();
        }
        found
    }

    /// The body has no reader any more: what is left is thrown away, up to the limit.
    pub(crate) fn discard(&mut self, limits: &Limits) {
        let left = limits.discard();
        match self.rest() {
            Rest::Nothing => {}
            Rest::Known(rest) if rest > left => self.fail(),
            Rest::Known(_) | Rest::Unknown => self.reader = Reader::Nobody { left },
        }
    }

    /// Goes on to the next message.
    pub(crate) fn turn(&mut self) {
        if self.state == State::Body && self.decoder.rest() == Rest::Nothing {
            self.step(Step::End);
        }
        self.step(Step::Next);
        self.reader = Reader::Somebody;
    }

    /// No message behind this one, which is whole: what follows has no meaning.
    pub(crate) fn close(&mut self) {
        if self.state == State::Body && self.decoder.rest() == Rest::Nothing {
            self.step(Step::End);
        }
        self.step(Step::Close);
        if self.state == State::Closed {
            self.input.clear();
        }
    }

    pub(crate) fn fail(&mut self) {
        self.step(Step::Fail);
        self.input.clear();
    }

    pub(crate) fn take_remainder(&mut self) -> Bytes {
        self.input.remainder()
    }

    pub(crate) fn input_len(&self) -> usize {
        self.input.len()
    }

    pub(crate) fn input_memory(&self) -> usize {
        self.input.memory()
    }

    pub(crate) fn dropped_trailers(&self) -> usize {
        self.decoder.dropped_trailers()
    }

    pub(crate) fn received_bytes(&self) -> u64 {
        self.decoder.got()
    }

    /// Forgets what only makes the next request cheaper.
    pub(crate) fn settle(&mut self) {
        self.repeat.forget();
    }

    fn next_head(
        &mut self,
        limits: &Limits,
        request: &mut Option<Request<()>>,
    ) -> Result<Option<Event>, Kind> {
        if self.input.is_empty() {
            return self.ended_idle();
        }
        if let Some(fresh) = self.input.fresh() {
            *request = Some(Request::new(()));
            if let Some(request) = request
                && let Some((found, length)) =
                    parse::leading_request(fresh, limits, &mut self.repeat, request)
            {
                self.input.skip(length);
                self.begin(found);
                return Ok(Some(Event::Head(found)));
            }
        }
        let head = loop {
            match self.input.head(limits) {
                Ok(Some(Head::FirstLine(line))) => {
                    let line = lenient::head(line, limits.strictness());
                    // Who sends garbage, and then waits, is told so at once.
                    if let Err(kind) = parse::first_line(&line, limits) {
                        self.note_asked(&line, limits);
                        return Err(kind);
                    }
                }
                Ok(Some(Head::Whole(head))) => break lenient::head(head, limits.strictness()),
                Ok(None) => return self.ended_idle(),
                Err(Kind::TooManyEmptyLines) => return Err(Kind::TooManyEmptyLines),
                Err(kind) => {
                    self.note_begun(limits);
                    return Err(kind);
                }
            }
        };
        let request = request.insert(Request::new(()));
        let found = parse::request(&head, limits, request)
            .inspect_err(|_| self.note_asked(&head, limits))?;
        self.begin(found);
        Ok(Some(Event::Head(found)))
    }

    /// Takes note of what is asked for by a head that is not whole: behind a failure the input is
    /// gone.
    #[cold]
    fn note_begun(&mut self, limits: &Limits) {
        self.asking = self.asking();
        if let Some(line) = self.input.first_line() {
            self.note_asked(&lenient::head(line, limits.strictness()), limits);
        }
    }

    /// The same for one that begins like this.
    #[cold]
    fn note_asked(&mut self, head: &Bytes, limits: &Limits) {
        if head.starts_with(HEAD) {
            self.asking = Asking::Head;
        }
        let end = head.iter().position(|&b| b == b'\n');
        let line = head.slice(..end.map_or(head.len(), |at| at + 1));
        self.asked = parse::first_line(&line, limits)
            .ok()
            .map(|start| Box::new(start.into_asked()));
    }

    fn begin(&mut self, found: Found) {
        self.decoder = Decoder::new(found.body);
        self.behind = Behind::Unseen;
        self.step(Step::Head);
    }

    fn ended_idle(&mut self) -> Result<Option<Event>, Kind> {
        match self.input.source() {
            Source::Open => Ok(None),
            Source::Ended if self.input.is_empty() => {
                self.step(Step::Close);
                Ok(Some(Event::Closed))
            }
            Source::Ended => Err(Kind::Truncated {
                expected: None,
                got: self.input.len() as u64,
            }),
        }
    }

    fn next_piece(&mut self, limits: &Limits) -> Result<Option<Event>, Kind> {
        loop {
            match self
                .decoder
                .decode(&mut self.input, limits)?
            {
                Some(Piece::Data(data)) => {
                    check_total(self.decoder.got(), limits)?;
                    self.step(Step::Data);
                    if self.reader == Reader::Somebody {
                        return Ok(Some(Event::Data(data)));
                    }
                    if !self.may_discard(data.len() as u64) {
                        self.fail();
                        return Ok(None);
                    }
                }
                Some(Piece::End(trailers)) => {
                    self.step(Step::End);
                    return Ok(Some(Event::End(trailers)));
                }
                // RFC 9112 §8: a message that ends early is incomplete, whoever reads it.
                None if self.has_ended() => return Err(self.decoder.ended()),
                None => return Ok(None),
            }
        }
    }

    /// Counts what is thrown away.
    fn may_discard(&mut self, bytes: u64) -> bool {
        match &mut self.reader {
            Reader::Nobody { left } if bytes <= *left => {
                *left -= bytes;
                true
            }
            Reader::Nobody { .. } | Reader::Somebody => false,
        }
    }

    /// A step that the table does not know leaves the state as it is.
    fn step(&mut self, step: Step) {
        self.state = self
            .state
            .on(step)
            .unwrap_or(self.state);
    }
}

/// RFC 9110 §15.5.14: a body that is larger than we are willing to process.
pub(crate) fn check_total(bytes: u64, limits: &Limits) -> Result<(), Kind> {
    match limits.body() {
        Some(limit) if bytes > limit => Err(Kind::BodyTooLarge { limit }),
        _ => Ok(()),
    }
}

/// How a request begins that is answered without content.
const HEAD: &[u8] = b"HEAD ";

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::Receiving;
    use crate::kind::Kind;
    use crate::limits::Limits;

    #[test]
    fn what_is_there_behind_the_end_is_looked_through_once() {
        let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        let part = Some(Kind::Truncated {
            expected: None,
            got: 0,
        });
        for (rest, found) in [("1\r\na\r\n0\r\n\r\n", None), ("1\r\na\r\n", part)] {
            let limits = Limits::default();
            let mut receiving = Receiving::new();
            receiving.received(Bytes::from([head, rest].concat()));
            assert!(
                receiving
                    .next(&limits, &mut None)
                    .is_ok()
            );
            receiving.received_end();
            assert_eq!(receiving.cut_short(&limits), found);
            // Whoever looked again would find this.
            let other = if found.is_none() { "1" } else { "0\r\n\r\n" };
            receiving.input.clear();
            receiving
                .input
                .received(Bytes::from(other));
            assert_eq!(receiving.cut_short(&limits), found);
        }
    }
}
