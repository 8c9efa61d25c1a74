//! The exchanges that one connection is answering: one in place, others beside it.

use std::fmt;
use std::future::Future;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::stream::{FuturesUnordered, Stream};

use crate::exchange::Exchange;
use crate::roster::Roster;
use crate::until_cut::UntilCut;

/// As many streams as HTTP/2 servers allow by default.
const AT_MOST: NonZeroUsize = NonZeroUsize::new(100).expect("100 is not 0");

/// Futures that answer exchanges, at most so many at once.
pub(crate) struct InWork<S> {
    /// One exchange; over HTTP/1.1 there is no other. Its place is kept while the connection is
    /// busy, and given up when it is polled and none has begun since it was idle before.
    first: Option<Pin<Box<Option<S>>>>,
    /// Since it was idle.
    begun: Begun,
    pace: Pace,
    /// The others, each woken by itself: `others.len() < at_most`
    others: Option<Box<FuturesUnordered<S>>>,
    at_most: NonZeroUsize,
    /// There once something has begun.
    roster: Option<Arc<Roster>>,
    /// There once something is to end with the server.
    cut: Option<Box<UntilCut>>,
}

/// What was begun.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Begun {
    Nothing,
    Something,
}

/// Whether one exchange follows another. Where none does, no place is worth keeping.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pace {
    Idle,
    One,
    Busy,
}

impl<S> InWork<S> {
    pub(crate) fn new() -> Self {
        Self {
            first: None,
            begun: Begun::Nothing,
            pace: Pace::Idle,
            others: None,
            at_most: AT_MOST,
            roster: None,
            cut: None,
        }
    }

    pub(crate) fn set_at_most(&mut self, count: NonZeroUsize) {
        self.at_most = count;
    }

    fn len(&self) -> usize {
        let first = self
            .first
            .as_ref()
            .is_some_and(|first| first.is_some());
        usize::from(first)
            + self
                .others
                .as_ref()
                .map_or(0, |others| others.len())
    }
}

impl<S: Future<Output = ()>> InWork<S> {
    /// Takes note of the server that is to be shut down.
    #[inline]
    pub(crate) fn note_server(&mut self, exchange: &Exchange) {
        if self.roster.is_none() {
            self.roster = Some(exchange.roster());
        }
    }

    /// Begins one more; there is room for it.
    pub(crate) fn begin(&mut self, serving: S) {
        self.begun = Begun::Something;
        self.pace = match self.pace {
            Pace::Idle => Pace::One,
            Pace::One | Pace::Busy => Pace::Busy,
        };
        match &mut self.first {
            None => self.first = Some(Box::pin(Some(serving))),
            Some(first) if first.is_none() => first.set(Some(serving)),
            Some(_) => self
                .others
                .get_or_insert_default()
                .push(serving),
        }
    }

    /// Goes on with what is being answered; ready when there is room for one more.
    #[inline]
    pub(crate) fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.poll_served(cx);
        if self.len() < self.at_most.get() {
            Poll::Ready(())
        } else {
            self.poll_cut(cx)
        }
    }

    /// No exchange will come: goes on; ready when all are answered, or dropped at the deadline of a
    /// shutdown.
    pub(crate) fn poll_last(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self.poll_all(cx) {
            Poll::Ready(()) => Poll::Ready(()),
            Poll::Pending => self.poll_cut(cx),
        }
    }

    /// Whoever still answers behind the deadline of a shutdown does so for nobody.
    fn poll_cut(&mut self, cx: &Context<'_>) -> Poll<()> {
        let Some(roster) = &self.roster else {
            return Poll::Pending;
        };
        let cut = self
            .cut
            .get_or_insert_with(|| Box::new(UntilCut::of(Arc::clone(roster))));
        ready!(cut.poll(cx));
        self.first = None;
        self.others = None;
        Poll::Ready(())
    }

    /// Goes on; ready when all are answered. No exchange comes right now.
    pub(crate) fn poll_all(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.poll_served(cx);
        if self.len() > 0 {
            return Poll::Pending;
        }
        if self.begun == Begun::Nothing {
            self.pace = Pace::Idle;
        }
        if self.pace != Pace::Busy {
            self.first = None;
            self.others = None;
        }
        self.begun = Begun::Nothing;
        Poll::Ready(())
    }

    #[inline]
    fn poll_served(&mut self, cx: &mut Context<'_>) {
        if let Some(first) = &mut self.first
            && first.is_some()
        {
            Self::poll_first(first.as_mut(), cx);
        }
        if let Some(others) = &mut self.others {
            while let Poll::Ready(Some(())) = Pin::new(&mut **others).poll_next(cx) {}
        }
    }

    /// Out of line: who asks for room mostly finds nobody served.
    #[inline(never)]
    fn poll_first(mut first: Pin<&mut Option<S>>, cx: &mut Context<'_>) {
        if let Some(serving) = first.as_mut().as_pin_mut()
            && serving.poll(cx).is_ready()
        {
            first.set(None);
        }
    }
}

impl<S> fmt::Debug for InWork<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.len(), self.at_most)
    }
}
