//! What arrives on a connection: segments, pieces of a body, and that the peer is gone.

use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use tubes::{Drain, Fount, Reason, budget};

use crate::error::Error;
use crate::http1::after::Note;
use crate::http1::deadlines::{For, With};
use crate::http1::event::Event;
use crate::http1::link::{FLOOR, Link, Write};
use crate::http1::state::Persistence;
use crate::http1::turn::{Awaited, Closing, Held, Turn};
use crate::http1::waiters::Waiter;
use crate::kind::Kind;
use crate::origin::Origin;
use crate::roster::Share;
use crate::site::OnDisconnect;

impl<F, D> Link<F, D>
where
    F: Fount<Item = Bytes>,
    D: Drain<Bytes>,
{
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
    #[inline]
    pub(super) fn poll_segment(&mut self, cx: &mut Context<'_>) -> Poll<Result<Bytes, Reason>> {
        if self.engine.input_len() > FLOOR || self.deadlines.is_thirsty() {
            ready!(self.poll_thirst());
        }
        let Some(ends) = &mut self.ends else {
            return Poll::Ready(Err(Error::from(Kind::Closed).into_reason()));
        };
        if !budget::spend() {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let mut cx = Context::from_waker(match &self.bell {
            // The fount knows one waker: who reads and all who watch hear it by the bell.
            Some(bell) if self.waiters.is_looking() => bell,
            _ => cx.waker(),
        });
        ends.fount.as_mut().poll_next(&mut cx)
    }

    /// Waits to read while all connections together hold too much of what has come. That is no fault
    /// of the peer, who gets the time back.
    fn poll_thirst(&mut self) -> Poll<()> {
        if self.engine.input_len() > FLOOR
            && self
                .poll_memory(Share::Input)
                .is_pending()
        {
            self.deadlines.thirst();
            return Poll::Pending;
        }
        self.deadlines.quench();
        Poll::Ready(())
    }

    /// Waits while all connections together hold too much; then everybody here is woken.
    pub(super) fn poll_memory(&self, share: Share) -> Poll<()> {
        match self.seat {
            Some(seat) if self.is_short_of_memory(share) => {
                let bound = self.limits().held();
                self.site
                    .roster
                    .wait_for_memory(seat, share, bound)
            }
            _ => Poll::Ready(()),
        }
    }

    /// Whether all connections together hold too much.
    #[inline]
    pub(super) fn is_short_of_memory(&self, share: Share) -> bool {
        let bound = self.limits().held();
        self.site.roster.holds(share, bound)
    }

    /// Whose fault it is that nothing has come for too long: the peer's, unless nobody has read.
    pub(super) fn late(&self, peer: Kind) -> Kind {
        if self.deadlines.is_thirsty() {
            Kind::MemoryTimeout
        } else {
            peer
        }
    }

    /// The flow's own fount keeps moving while nobody reads, unless somebody waits for it.
    pub(super) fn poll_fount_progress(&mut self, cx: &mut Context<'_>) {
        let waits = self.waiters.is_reading() || self.waiters.is_looking();
        if let (Some(ends), false) = (&mut self.ends, waits) {
            let _ = ends.fount.as_mut().poll_progress(cx);
        }
    }

    /// The next piece of the request's body.
    pub(super) fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Result<Bytes, Reason>> {
        self.pulled();
        if self.engine.expects_continue() {
            let head = HeaderMap::new();
            // A 100 that cannot be written is left out: the peer then waits for its own timer.
            drop(
                self.engine
                    .interim(StatusCode::CONTINUE, &head),
            );
            drop(self.poll_help(cx));
        }
        loop {
            let event = match self.engine.next_event(&mut None) {
                Ok(event) => event,
                Err(error) => return Poll::Ready(Err(self.break_body(error))),
            };
            if event.is_none() {
                self.make_way(cx);
            }
            match event {
                Some(Event::Data(data)) => {
                    self.request_moved(data.len() as u64);
                    return Poll::Ready(Ok(data));
                }
                Some(Event::End(trailers)) => {
                    self.end_reading();
                    self.note_dropped_trailers();
                    if let Some(account) = &mut self.account {
                        account.trailers = trailers;
                    }
                    return Poll::Ready(Err(Reason::Finished));
                }
                Some(Event::Head(_) | Event::Closed) => {
                    return Poll::Ready(Err(Error::from(Kind::OutOfTurn).into_reason()));
                }
                None if self.engine.is_request_over() => {
                    // The connection may have closed behind it before its end was told.
                    if self.engine.is_request_whole() {
                        self.end_reading();
                        return Poll::Ready(Err(Reason::Finished));
                    }
                    return Poll::Ready(Err(self.lost(Kind::Closed)));
                }
                None => match self.poll_read(cx) {
                    Poll::Ready(Ok(())) => {}
                    Poll::Ready(Err(reason)) => {
                        return Poll::Ready(Err(self.cut_off(reason).into_reason()));
                    }
                    Poll::Pending => return self.poll_body_overdue(cx),
                },
            }
        }
    }

    /// RFC 9110 §6.5.1: who forwards or logs trailers is not to be deceived by them.
    fn note_dropped_trailers(&mut self) {
        let dropped = self.engine.dropped_trailers();
        if dropped > 0
            && let Some(label) = self.label()
        {
            self.note(Note::TrailersDropped(label, dropped));
        }
    }

    /// Bytes of the body came, whoever read them: the peer gets time for each.
    fn request_moved(&mut self, bytes: u64) {
        let waited = self.deadlines.end_timed(For::Reading);
        // Whoever waits for so long is told; who comes later had given up, and waited for nothing.
        let (rate, most) = (self.limits().body_rate(), self.limits().body_time());
        if waited < self.deadlines.left(With::Request, most) {
            self.note_reading(waited);
        }
        self.deadlines
            .earn(With::Request, bytes, rate, most);
    }

    /// No byte of the body comes: not for ever.
    fn poll_body_overdue(&mut self, cx: &mut Context<'_>) -> Poll<Result<Bytes, Reason>> {
        if let Poll::Ready(Err(reason)) = self.poll_help(cx) {
            return Poll::Ready(Err(reason));
        }
        let most = self.limits().body_time();
        let left = self.deadlines.left(With::Request, most);
        self.deadlines.begin(For::Reading, left);
        ready!(self.poll_overdue(For::Reading));
        let error = Error::from(self.late(Kind::BodyTimeout)).raised_by(Origin::Connection);
        self.broken = Some(error.clone());
        Poll::Ready(Err(error.into_reason()))
    }

    /// The transport failed, in the middle of a body or behind the request.
    pub(super) fn cut_off(&mut self, reason: Reason) -> Error {
        let failed = Error::of_transport(reason);
        let error = if self.engine.is_request_over() {
            failed
        } else {
            Error::from(self.engine.truncated()).with_source(failed)
        };
        let error = error.raised_by(Origin::Connection);
        self.broken
            .get_or_insert_with(|| error.clone());
        // Nor can anything reach the peer.
        self.end_write(error.clone().into_reason());
        error
    }

    /// The request makes no sense from here on: so says the reply, or it is cut.
    fn break_body(&mut self, error: Error) -> Reason {
        if self.engine.is_answered() && error.status().is_some() {
            self.engine
                .refuse(&error, self.site.clock.wall());
        }
        let error = error.raised_by(Origin::Connection);
        self.broken = Some(error.clone());
        error.into_reason()
    }

    /// Ready when the peer is gone. Reads ahead, for that is how it shows; no more than the limit.
    pub(super) fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<Error> {
        loop {
            // A reply that was whole before the transport failed is not cut.
            if matches!(self.write, Write::Ended(_)) || self.engine.is_cut() {
                return Poll::Ready(Error::of_transport(self.lost(Kind::Closed)));
            }
            if self.engine.has_ended() {
                return self.ended();
            }
            self.throw_away();
            if self.engine.input_len() >= self.limits().ahead() {
                return Poll::Pending;
            }
            match ready!(self.poll_read(cx)) {
                // What came is for who reads the body.
                Ok(()) => self.wake(Waiter::Reader),
                Err(reason) => drop(self.cut_off(reason)),
            }
        }
    }

    /// What is there of a body that nobody will read does not keep its peer from being read from.
    pub(super) fn throw_away(&mut self) {
        if let Turn::Serving {
            body: Held::LetGo, ..
        } = self.turn
        {
            // Where it makes no sense, the connection closes behind the reply: see `poll_discarded`.
            while let Ok(Some(_)) = self.engine.next_event(&mut None) {}
        }
    }

    /// What it means for who watches the peer that it has closed its direction.
    fn ended(&mut self) -> Poll<Error> {
        let cut_short = match &self.broken {
            Some(error) if matches!(error.kind(), Kind::Truncated { .. }) => Some(error.clone()),
            _ => self.engine.cut_short().map(Error::from),
        };
        match (cut_short, self.site.on_disconnect) {
            (Some(error), _) => Poll::Ready(error),
            (None, OnDisconnect::CancelOnReset) => Poll::Pending,
            (None, _) => Poll::Ready(Kind::Closed.into()),
        }
    }

    /// How the drain ends behind a reply that was cut. RFC 9112 §8: a reset, which may destroy
    /// what left before, only where the peer would take the end of the connection for the end of
    /// the reply, or is gone, or has been waited for long enough.
    fn cut_end(&self) -> Reason {
        let late = matches!(&self.broken, Some(error) if error.kind() == Kind::BodyTimeout);
        match self.write {
            Write::Open { .. } | Write::Full if self.engine.shows_cut() && !late => {
                Reason::Finished
            }
            Write::Open { .. } | Write::Full | Write::Ended(_) => self.lost(Kind::Abandoned),
        }
    }

    /// Throws away the rest of a body, within bounds; then the next exchange, or the end.
    pub(super) fn poll_discarded(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while !self.engine.is_cut() && !self.engine.is_request_over() {
            match self.engine.next_event(&mut None) {
                Ok(Some(_)) => {}
                Err(_) => {
                    self.forgive_unread();
                    break;
                }
                // There was too much of it.
                Ok(None) if self.engine.is_request_over() => {}
                // Waiting for the rest must not keep back the reply.
                Ok(None) => {
                    drop(self.poll_flush(cx));
                    match self.poll_read(cx) {
                        Poll::Ready(Ok(())) => {}
                        Poll::Ready(Err(reason)) => {
                            drop(self.cut_off(reason));
                            self.forgive_unread();
                            break;
                        }
                        Poll::Pending => {
                            let time = self.limits().discard_time();
                            self.deadlines.begin(For::Reading, time);
                            ready!(self.poll_overdue(For::Reading));
                            break;
                        }
                    }
                }
            }
        }
        self.deadlines.end(For::Reading);
        self.note_unread();
        self.conclude();
        let cut = self.engine.is_cut();
        self.turn = match self.engine.next_exchange() {
            Persistence::Keep => Turn::Between(Awaited::Anything),
            Persistence::Close if cut => Turn::Closing(Closing::Write(self.cut_end())),
            Persistence::Close => Turn::Closing(Closing::Write(Reason::Finished)),
        };
        // Who still holds a half of the last exchange is to hear why it ended.
        if let Turn::Between(_) = self.turn {
            self.broken = None;
        }
        if let Some(account) = &mut self.account {
            account.trailers = None;
        }
        Poll::Ready(())
    }
}
