//! A connection with its flow of bytes: what the exchanges, their bodies and replies share.
//!
//! ```text
//!   Between ──head──► Serving ──both halves let go──► Discarding ──► Between
//!      │                 │                                │
//!      │                 └── upgraded ──► Over            │
//!      └──────────── end, refusal, shutdown ──────────────┴──► Closing ──► Over
//! ```
//!
//! Whoever needs progress drives the flow: the fount of exchanges between two of them, a body
//! while it is pulled, a reply while it is sent. Nobody reads the socket for anybody else, but who
//! waits for the peer to go: up to a limit, and what came is for who reads. What arrives is in
//! `pulling.rs`, what leaves in `pushing.rs`, the end in `closing.rs`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, StatusCode, Uri};
use tubes::{Drain, Fount, Reason};

use crate::error::Error;
use crate::half::{Gone, Label};
use crate::http1::account::Account;
use crate::http1::after::{After, Ends, Note, Parting};
use crate::http1::connection::Connection;
use crate::http1::deadlines::{Deadlines, For, With};
use crate::http1::leaving::Leaving;
use crate::http1::turn::{Awaited, Closing, Half, Held, Pulls, Turn};
use crate::http1::waiters::{Waiter, Waiters};
use crate::kind::Kind;
use crate::limits::Limits;
use crate::record::RecordEnd;
use crate::roster;
use crate::site::Site;

/// A connection and the two directions of its flow.
pub(crate) struct Link<F, D> {
    pub(super) engine: Connection,
    pub(super) site: Arc<Site>,
    /// Where the peer is, if that was said.
    pub(super) peer: Option<SocketAddr>,
    /// Its place in the roster of its server, until it is over.
    pub(super) seat: Option<usize>,
    /// There until the connection is over.
    pub(super) ends: Option<Ends<F, D>>,
    /// For whoever holds the lock, to be done when it is free.
    pub(super) after: Option<Box<After<F, D>>>,
    pub(super) turn: Turn,
    /// Who has pulled last.
    pub(super) pulls: Pulls,
    /// The number of the exchange that is served, or was last.
    pub(super) exchange: u64,
    /// Why it failed, if it is over: it was cut, or answered by us in place of the handler.
    pub(super) failed: Option<Error>,
    pub(super) waiters: Waiters,
    /// What made the request's body unreadable: answered instead of the reply.
    pub(super) broken: Option<Error>,
    pub(super) write: Write,
    pub(super) leaving: Leaving,
    pub(super) deadlines: Deadlines,
    /// Rings when a deadline passes.
    pub(super) bell: Option<Waker>,
    /// What is known of the exchange; kept from one to the next while the connection is busy.
    pub(super) account: Option<Box<Account>>,
    /// What the drain had passed on when it was last looked at.
    pub(super) moved: u64,
    /// What the drain held when it was last called.
    pub(super) in_drain: usize,
    /// What the roster knows of our memory.
    counted: roster::Held,
}

/// What a connection may hold of what has come, and of what is to leave, however little memory the
/// server has left: one segment.
pub(super) const FLOOR: usize = 8 * 1024;

/// Whether bytes can leave.
#[derive(Debug)]
pub(super) enum Write {
    /// `handed`: bytes that the drain was given since all had left.
    Open {
        handed: usize,
    },
    /// The drain has much, and it has to leave before more of a body is taken.
    Full,
    Ended(Reason),
}

impl<F, D> Link<F, D> {
    pub(super) fn limits(&self) -> &Limits {
        &self.site.limits
    }

    /// Cuts the exchange; both its halves hear of it.
    pub(super) fn give_up(&mut self) {
        self.engine.abort();
        // Nobody waits any longer for what the drain would have told another.
        self.wake(Waiter::Exchanges);
        self.wake(Waiter::Reader);
        self.wake(Waiter::Writer);
        self.wake(Waiter::Quiet);
        self.wake_watchers();
    }

    /// Nobody serves the connection any more: it is cut.
    pub(super) fn abandon(&mut self, kind: Kind) {
        if !matches!(self.turn, Turn::Over(_)) {
            self.give_up();
            let error = Error::from(kind);
            self.broken
                .get_or_insert_with(|| error.clone());
            self.end(error.into_reason());
        }
    }

    /// Nothing more will happen: the flow of bytes is let go, whoever still holds a half.
    pub(super) fn end(&mut self, reason: Reason) {
        self.conclude();
        self.leave(reason);
    }

    /// The flow goes on as something else, which its server counts: the connection is over.
    pub(super) fn end_upgraded(&mut self) {
        self.note_end(RecordEnd::Upgraded);
        self.leave(Reason::Finished);
    }

    fn leave(&mut self, reason: Reason) {
        self.cut_leaving();
        self.in_drain = 0;
        self.turn = Turn::Over(reason);
        self.deadlines.close();
        let (left, bell) = (self.waiters.take_left(), self.bell.take());
        let seat = self.seat.take();
        let parting = Parting {
            ends: self.ends.take(),
            output: self.engine.close(),
            seat: seat.map(|seat| (Arc::clone(&self.site.roster), seat)),
        };
        let after = self.after();
        after.parting = Some(Box::new(parting));
        after.gone.extend(left.chain(bell));
    }

    pub(super) fn after(&mut self) -> &mut After<F, D> {
        self.after.get_or_insert_default()
    }

    /// Remembers who waits.
    #[inline]
    pub(super) fn keep(&mut self, who: Waiter, cx: &Context<'_>) {
        if let Some(before) = self.waiters.keep(who, cx.waker()) {
            self.after().gone.push(before);
        }
    }

    /// The connection is idle: what only an exchange needs, or makes the next one cheaper, is given
    /// up.
    pub(super) fn give_back(&mut self) {
        self.account = None;
        self.deadlines.settle();
        for left in self.waiters.settle() {
            self.after().gone.push(left);
        }
    }

    /// Nobody waits for this any more.
    #[inline]
    pub(super) fn forget(&mut self, who: Waiter) {
        self.waiters.forget(who);
    }

    /// What was waited for is there.
    #[inline]
    pub(super) fn wake(&mut self, who: Waiter) {
        if let Some(waker) = self.waiters.take(who) {
            self.after().wake.push(waker);
        }
    }

    #[inline]
    pub(super) fn wake_watchers(&mut self) {
        if self.waiters.is_watched() {
            self.wake_all_watchers();
        }
    }

    #[cold]
    fn wake_all_watchers(&mut self) {
        let watchers = self.waiters.take_watchers();
        self.after().wake.extend(watchers);
    }

    /// Everybody looks again.
    pub(super) fn wake_all(&mut self) {
        let all = self.waiters.take_all();
        self.after().wake.extend(all);
    }

    /// The bell rang, for a deadline or for what the peer has sent: who replies waits for neither,
    /// but may be overdue. That is looked at here, for who waits for exchanges may have given up.
    pub(super) fn wake_rung(&mut self) {
        self.look_for_puller();
        match self.waiters.take(Waiter::Exchanges) {
            Some(exchanges) => {
                self.after().wake.push(exchanges);
                self.look_for_writer();
                self.wake(Waiter::Reader);
                self.wake(Waiter::Quiet);
                self.wake_watchers();
            }
            None => self.wake_all(),
        }
    }

    /// Nobody waits for the request's body any more: how long it took is noted.
    pub(super) fn end_reading(&mut self) {
        let waited = self.deadlines.end_timed(For::Reading);
        self.note_reading(waited);
    }

    /// Somebody has waited for the request's body.
    pub(super) fn note_reading(&mut self, waited: Duration) {
        let most = self.limits().body_time();
        self.deadlines
            .spend(With::Request, waited, most);
        if let Some(account) = &mut self.account {
            account.waited_for_request += waited;
        }
    }

    /// Nobody waits for the peer to take a reply any more: how long it took is noted.
    #[inline]
    pub(super) fn end_writing(&mut self) {
        if self
            .deadlines
            .since(For::Writing)
            .is_some()
        {
            self.count_writing();
        }
    }

    fn count_writing(&mut self) {
        let waited = self.deadlines.end_timed(For::Writing);
        let most = self.limits().write_time();
        self.deadlines
            .spend(With::Response, waited, most);
        if let Some(account) = &mut self.account {
            account.waited_for_response += waited;
        }
    }

    /// By what the log names the exchange that is served, or was last.
    pub(super) fn label(&self) -> Option<Label> {
        self.account
            .as_ref()
            .map(|account| Label {
                method: account.method.clone(),
                target: account.target(),
                peer: self.peer,
            })
    }

    /// To be said in the log when the lock is free.
    pub(super) fn note(&mut self, note: Note) {
        self.after().notes.push(note);
    }

    /// Ready when what is waited for is overdue.
    pub(super) fn poll_overdue(&mut self, what: For) -> Poll<()> {
        match &self.bell {
            Some(bell) => self.deadlines.poll(what, bell),
            None => Poll::Pending,
        }
    }

    /// Bytes that wait here.
    pub(super) fn held(&self) -> usize {
        self.engine.input_memory() + self.unsent()
    }

    /// Bytes of replies that wait, here or in the drain.
    pub(super) fn unsent(&self) -> usize {
        self.engine.output_len() + self.in_drain
    }

    /// What the roster is to know of our memory: what was held, and what is.
    pub(super) fn recount(&mut self) -> Option<(roster::Held, roster::Held)> {
        let now = roster::Held {
            input: self.engine.input_memory(),
            unsent: self.unsent(),
        };
        let before = std::mem::replace(&mut self.counted, now);
        (before != now).then_some((before, now))
    }
}

/// Exchanges.
impl<F, D> Link<F, D>
where
    F: Fount<Item = Bytes>,
    D: Drain<Bytes>,
{
    pub(crate) fn new(fount: F, drain: D, site: Arc<Site>, peer: Option<SocketAddr>) -> Self {
        let limits = &site.limits;
        Self {
            engine: Connection::new(Arc::clone(limits)),
            peer,
            seat: None,
            ends: Some(Ends {
                fount: Box::pin(fount),
                drain: Box::pin(drain),
            }),
            after: None,
            turn: Turn::Between(Awaited::First),
            pulls: Pulls::Hand,
            exchange: 0,
            failed: None,
            waiters: Waiters::default(),
            broken: None,
            write: Write::Open { handed: 0 },
            leaving: Leaving::default(),
            deadlines: Deadlines::new(Arc::clone(&site.clock)),
            bell: None,
            account: None,
            moved: 0,
            in_drain: 0,
            counted: roster::Held::default(),
            site,
        }
    }
}

impl<F, D> Link<F, D> {
    /// Begins an exchange, and says its number.
    #[inline]
    pub(super) fn serve(&mut self, method: &Method, target: &Uri, body: Held) -> u64 {
        self.exchange += 1;
        self.turn = Turn::Serving {
            body,
            reply: Held::Out,
        };
        self.failed = None;
        self.deadlines.renew();
        if let Some(time) = self.limits().exchange_time() {
            self.deadlines
                .begin(For::Exchange, time);
        }
        let observed = self.site.observer.is_some();
        let now = observed.then(|| self.site.clock.now());
        self.account
            .get_or_insert_with(|| Box::new(Account::new()))
            .begin(method, target, now);
        self.exchange
    }

    /// A head has been written.
    pub(super) fn answered(&mut self, status: Option<StatusCode>) {
        if let (Some(account), Some(status)) = (&mut self.account, status) {
            // Only a record says when; a look at the clock costs as much as a field.
            let observed = self.site.observer.is_some();
            account.answer(status, observed.then(|| self.site.clock.now()));
        }
    }

    /// Whether the reply to a next request will follow, whose bytes are there already, and which a
    /// driver comes back for.
    pub(super) fn has_next(&self) -> bool {
        self.pulls == Pulls::Driver
            && self.engine.is_request_over()
            && self.engine.has_input()
            && self.engine.may_go_on()
    }

    /// Why the exchange is not whole: by the transport, by the request, else by `kind`.
    pub(super) fn lost(&self, kind: Kind) -> Reason {
        match (&self.write, &self.broken) {
            (Write::Ended(reason), _) => reason.clone(),
            (Write::Open { .. } | Write::Full, Some(error)) => error.clone().into_reason(),
            (Write::Open { .. } | Write::Full, None) => Error::from(kind).into_reason(),
        }
    }

    /// Why a handle is of no use any more whose exchange is over.
    pub(super) fn over(&self, exchange: u64) -> Gone {
        match &self.failed {
            // Whoever held the connection dropped it: for a half that is the transport's end.
            Some(error) if self.exchange == exchange && error.kind() == Kind::Abandoned => {
                Gone::Lost(Kind::Closed.into())
            }
            Some(error) if self.exchange == exchange => Gone::Lost(error.clone()),
            Some(_) | None => Gone::Over,
        }
    }

    /// Somebody let go of a half of the exchange.
    #[inline]
    pub(super) fn let_go(&mut self, half: Half) {
        let Turn::Serving { body, reply } = &mut self.turn else {
            return;
        };
        match half {
            Half::Body => {
                *body = Held::LetGo;
                self.engine.discard_body();
            }
            Half::Reply => *reply = Held::LetGo,
        }
        let over = (*body, *reply) == (Held::LetGo, Held::LetGo);
        if over {
            self.turn = Turn::Discarding;
            self.deadlines.end(For::Exchange);
        }
        match half {
            Half::Body => {
                self.end_reading();
                self.pulled();
                self.forget(Waiter::Reader);
                self.wake_relying();
            }
            Half::Reply => {
                self.forget(Waiter::Writer);
                self.end_quiet();
            }
        }
        // Who waits for the peer to go reads on in place of who read the body.
        self.wake_watchers();
        // The end of the reply is to leave, even if the request goes on; and so is whatever a reader
        // who leaves has asked to: the drain knows only him.
        if over || matches!(half, Half::Reply) || !self.has_left() {
            self.wake(Waiter::Exchanges);
        }
    }

    /// No exchange after this one; none, if there is none now.
    pub(super) fn shut_down(&mut self) {
        self.engine.close_after_this();
        if let Turn::Between(_) = self.turn {
            self.turn = Turn::Closing(Closing::Write(Reason::Finished));
        }
        self.wake(Waiter::Exchanges);
    }
}
