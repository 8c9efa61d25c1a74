//! The two halves of an exchange, as they are held outside: its body and its reply.

use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::response::Parts;
use http::{Extensions, HeaderMap, Response};
use tubes::{Drain, Fount, Reason};

use crate::body::Receive;
use crate::error::Error;
use crate::flush::News;
use crate::half::{Answer, End, Gone, Label, Wanted};
use crate::http1::after::Ends;
use crate::http1::link::Link;
use crate::http1::replying::poll_left;
use crate::http1::shared::Shared;
use crate::http1::turn::Half;
use crate::http1::waiters::Waiter;
use crate::kind::Kind;
use crate::roster::Roster;
use crate::site::OnDisconnect;
use crate::upgrade::{UpgradedFlow, upgraded};
use crate::verdict::{Refused, verdict};

impl<F, D> Receive for Shared<F, D>
where
    F: Fount<Item = Bytes> + Send + 'static,
    D: Drain<Bytes> + Send + 'static,
{
    fn poll_data(&self, exchange: u64, cx: &mut Context<'_>) -> Poll<Result<Bytes, Reason>> {
        let Some(mut link) = self.lock_for(exchange) else {
            return Poll::Ready(Err(self.over(exchange)));
        };
        let data = link.poll_data(cx);
        match &data {
            Poll::Pending => link.keep(Waiter::Reader, cx),
            Poll::Ready(_) => {
                link.forget(Waiter::Reader);
                // He may not come back, and what he has taken makes room for who reads ahead.
                link.wake_watchers();
                link.wake_relying();
            }
        }
        drop(link);
        data.map_err(Error::of_connection)
    }

    fn progress(&self, exchange: u64, cx: &mut Context<'_>) {
        if let Some(mut link) = self.lock_for(exchange) {
            // Who reads has no room now, and does not wait for more: that is no fault of the peer.
            link.end_reading();
            link.forget_reader();
            link.poll_fount_progress(cx);
            drop(link.poll_help(cx));
            link.note_wait();
        }
    }

    fn trailers(&self, exchange: u64) -> Option<HeaderMap> {
        let trailers = self
            .lock_for(exchange)?
            .account
            .as_mut()?
            .trailers
            .take();
        trailers.map(|trailers| *trailers)
    }

    fn release(&self, exchange: u64, why: Option<&Reason>) {
        let refused = match why {
            Some(Reason::Failed(error)) => Some(Refused::by(error)),
            Some(Reason::Finished | Reason::Enough) | None => None,
        };
        if let Some(mut link) = self.lock_for(exchange) {
            link.leave_body(why, refused);
        }
    }
}

impl<F, D> Answer for Shared<F, D>
where
    F: Fount<Item = Bytes> + Send + 'static,
    D: Drain<Bytes> + Send + 'static,
{
    fn poll_room(&self, exchange: u64, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        let Some(mut link) = self.lock_for(exchange) else {
            return Poll::Ready(Err(self.over(exchange)));
        };
        let polled = link.poll_room(cx);
        link.keep_writer(&polled, cx);
        polled
    }

    fn poll_flush(&self, exchange: u64, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        let Some(mut link) = self.lock_for(exchange) else {
            return Poll::Ready(Err(self.over(exchange)));
        };
        let polled = link.poll_flush(cx);
        link.keep_writer(&polled, cx);
        polled
    }

    fn poll_quiet(&self, exchange: u64, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        let Some(mut link) = self.lock_for(exchange) else {
            return Poll::Ready(Err(self.over(exchange)));
        };
        let flushed = link.poll_flush(cx);
        link.keep_writer(&flushed, cx);
        ready!(flushed)?;
        Poll::Ready(link.look_while_quiet(cx))
    }

    fn look_while_gathering(
        &self,
        exchange: u64,
        news: News,
        cx: &mut Context<'_>,
    ) -> Result<(), Reason> {
        let Some(mut link) = self.lock_for(exchange) else {
            return Err(self.over(exchange));
        };
        if news == News::Some {
            link.end_quiet();
        }
        link.look_while_quiet(cx)
    }

    fn give_up(&self, exchange: u64) {
        if let Some(mut link) = self.lock_for(exchange)
            && link.waiters.is_writing()
        {
            link.forget(Waiter::Writer);
            link.end_writing();
            // The drain knows who is gone: it is asked in the name of another.
            link.wake(Waiter::Exchanges);
        }
    }

    fn interim(&self, exchange: u64, head: &Response<()>) -> Result<(), Error> {
        let mut link = self
            .lock_for(exchange)
            .ok_or(Kind::Closed)?;
        link.stir();
        link.engine
            .interim(head.status(), head.headers())
    }

    fn poll_whole(
        &self,
        exchange: u64,
        head: &mut Parts,
        length: Option<u64>,
        body: &mut Bytes,
        cx: &mut Context<'_>,
    ) -> Poll<Result<End, Error>> {
        let mut link = self
            .lock_for(exchange)
            .ok_or_else(|| Error::of_transport(self.over(exchange)))?;
        let room = link.poll_room(cx);
        link.keep_writer(&room, cx);
        ready!(room).map_err(Error::of_transport)?;
        let found = length.unwrap_or(body.len() as u64);
        link.start(head, Some(found), length, body)?;
        link.finish(None)?;
        match poll_left(link, cx) {
            Poll::Ready(left) => Poll::Ready(
                left.map(|()| End::Over)
                    .map_err(Error::of_transport),
            ),
            Poll::Pending => Poll::Ready(Ok(End::Said)),
        }
    }

    fn note_extensions(&self, exchange: u64, extensions: &mut Extensions) {
        if self.site().observer.is_none() {
            return;
        }
        if let Some(mut link) = self.lock_for(exchange) {
            link.note_extensions(extensions);
        }
    }

    // A parameter is dropped behind the lock: the owner of a piece may come back here.
    fn start(
        &self,
        exchange: u64,
        head: &mut Parts,
        length: Option<u64>,
        mut first: Bytes,
    ) -> Result<Wanted, Error> {
        let mut link = self
            .lock_for(exchange)
            .ok_or(Kind::Closed)?;
        link.start(head, length, length, &mut first)
    }

    fn send(&self, exchange: u64, mut piece: Bytes) -> Result<(), Error> {
        let mut link = self
            .lock_for(exchange)
            .ok_or(Kind::Closed)?;
        link.end_quiet();
        link.engine.send(&mut piece)
    }

    fn finish(&self, exchange: u64, trailers: Option<HeaderMap>) -> Result<(), Error> {
        let mut link = self
            .lock_for(exchange)
            .ok_or(Kind::Closed)?;
        link.finish(trailers.as_ref())
    }

    fn poll_left(&self, exchange: u64, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        match self.lock_for(exchange) {
            Some(link) => poll_left(link, cx),
            None => Poll::Ready(Err(self.over(exchange))),
        }
    }

    fn let_go(&self, exchange: u64) {
        if let Some(mut link) = self.lock_for(exchange) {
            link.let_go(Half::Reply);
        }
    }

    fn cut(&self, exchange: u64, error: &Error) {
        let Some(mut link) = self.lock_for(exchange) else {
            return;
        };
        let error = match (link.broken.take(), error.kind()) {
            (Some(broken), _) => broken,
            // RFC 9110 §15.6.1: the peer is told that it was not its fault.
            (None, Kind::Abandoned) => Kind::Handler.into(),
            (None, _) => error.clone(),
        };
        link.refuse_reply(&error);
        link.broken = Some(error);
        link.wake(Waiter::Reader);
        // Whoever still holds the body does not keep the cut from being shown.
        link.let_go(Half::Body);
        link.let_go(Half::Reply);
    }

    fn poll_gone(
        &self,
        exchange: u64,
        number: &mut Option<u64>,
        cx: &mut Context<'_>,
    ) -> Poll<Gone> {
        let Some(mut link) = self.lock_for(exchange) else {
            return Poll::Ready(self.lock().over(exchange));
        };
        // First, so that what is read from rings for him and for all others.
        let number = link.watch(number, cx);
        let gone = link.poll_gone(cx);
        if gone.is_ready() {
            link.unwatch(number);
        }
        gone.map(Gone::Lost)
    }

    fn note_wait(&self, exchange: u64) {
        if let Some(mut link) = self.lock_for(exchange) {
            link.note_wait();
        }
    }

    fn unwatch(&self, number: u64) {
        self.lock().unwatch(number);
    }

    fn on_disconnect(&self) -> OnDisconnect {
        self.site().on_disconnect
    }

    fn roster(&self) -> Arc<Roster> {
        Arc::clone(&self.site().roster)
    }

    fn label(&self, exchange: u64) -> Option<Label> {
        let link = self.lock();
        (link.exchange == exchange)
            .then(|| link.label())
            .flatten()
    }

    fn address(&self) -> Option<SocketAddr> {
        self.lock().peer
    }

    fn is_lost(&self, exchange: u64) -> bool {
        self.lock_for(exchange)
            .is_none_or(|link| link.engine.is_cut())
    }

    fn is_refused(&self, exchange: u64) -> bool {
        let link = self.lock();
        link.exchange == exchange && link.engine.is_refused()
    }

    fn verdict(&self, exchange: u64, failure: &tubes::Error) -> Error {
        let evidence = self.lock().evidence(exchange);
        verdict(failure, &evidence)
    }

    fn fault(&self, exchange: u64) -> Option<Kind> {
        self.lock().evidence(exchange).broken
    }

    fn offers_switch(&self, exchange: u64) -> bool {
        self.lock_for(exchange)
            .is_some_and(|link| link.engine.offers_switch())
    }

    fn switch(&self, exchange: u64, head: &Parts) -> Result<(), Error> {
        let mut link = self
            .lock_for(exchange)
            .ok_or(Kind::Closed)?;
        let now = link.site.clock.wall();
        link.engine.switch(head, now)?;
        link.answered(Some(head.status));
        Ok(())
    }

    fn hand_on(&self, exchange: u64) -> Result<UpgradedFlow, Error> {
        let mut link = self
            .lock_for(exchange)
            .ok_or(Kind::Closed)?;
        let remainder = link.engine.take_remainder();
        let Some(Ends { fount, drain }) = link.ends.take() else {
            return Err(Kind::Closed.into());
        };
        let tally = Arc::new(link.site.roster.tally());
        link.end_upgraded();
        link.wake(Waiter::Exchanges);
        Ok(upgraded(remainder, fount, drain, tally))
    }
}

impl<F, D> Link<F, D>
where
    F: Fount<Item = Bytes>,
    D: Drain<Bytes>,
{
    /// Nobody waits for a piece of the body: whoever is polled keeps the fount moving, and who
    /// waits for the peer to go reads on. He is told once: he may be the same task, which says this
    /// whenever it is polled.
    #[inline]
    fn forget_reader(&mut self) {
        if self.waiters.is_reading() {
            self.forget(Waiter::Reader);
            self.wake_watchers();
            self.wake_relying();
        }
    }

    /// Remembers who waits for the peer to go, under his number.
    fn watch(&mut self, number: &mut Option<u64>, cx: &Context<'_>) -> u64 {
        let (number, before) = self.waiters.watch(number, cx.waker());
        if let Some(before) = before {
            self.after().gone.push(before);
        }
        number
    }

    /// Who waited under this number waits no more.
    fn unwatch(&mut self, number: u64) {
        if let Some(before) = self.waiters.unwatch(number) {
            self.after().gone.push(before);
        }
    }
}

impl<F, D> Shared<F, D> {
    /// What a handle hears whose exchange is over.
    #[cold]
    fn over(&self, exchange: u64) -> Reason {
        let gone = Error::from(self.lock().over(exchange));
        Error::of_connection(gone.into_reason())
    }
}
