//! A handler that takes its time: since when it neither reads nor writes, and a line in the log where
//! it does not pull a request's body.

use crate::http1::account::Stall;
use crate::http1::after::Note;
use crate::http1::deadlines::For;
use crate::http1::decode::Rest;
use crate::http1::link::Link;
use crate::http1::turn::{Held, Turn};

impl<F, D> Link<F, D> {
    /// Who answers waits for something: if not for the peer, then the peer waits for him. The clock is
    /// looked at the first time only.
    pub(super) fn note_wait(&mut self) {
        let for_peer = self.waits_for_peer();
        let Some(account) = &mut self.account else {
            return;
        };
        let now = || self.site.clock.now();
        if for_peer {
            account.wait(now);
            return;
        }
        account.rest(now);
        if self.is_to_be_pulled() {
            let time = self.limits().stall_time();
            self.deadlines.begin(For::Pull, time);
            self.look_for_puller();
        }
    }

    /// Somebody pulls the request's body.
    #[inline]
    pub(super) fn pulled(&mut self) {
        self.deadlines.end(For::Pull);
        if let Some(account) = &mut self.account {
            account.stir();
            account.unpulled = Stall::Unsaid;
        }
    }

    /// Something is written.
    #[inline]
    pub(super) fn stir(&mut self) {
        if let Some(account) = &mut self.account {
            account.stir();
        }
    }

    /// Says in the log that nobody has pulled the request's body for too long, once before somebody
    /// does.
    pub(super) fn look_for_puller(&mut self) {
        let unsaid = self
            .account
            .as_ref()
            .is_some_and(|account| account.unpulled == Stall::Unsaid);
        if unsaid && self.poll_overdue(For::Pull).is_ready() {
            if self.is_to_be_pulled() && !self.waits_for_peer() {
                self.say_unpulled();
            } else {
                self.deadlines.end(For::Pull);
            }
        }
    }

    #[cold]
    fn say_unpulled(&mut self) {
        let held = self.held_of_body();
        let since = self.deadlines.since(For::Pull);
        let label = self.label();
        if let (Some(account), Some(label), Some(since)) = (&mut self.account, label, since) {
            account.unpulled = Stall::Said;
            let waited = self
                .site
                .clock
                .now()
                .saturating_duration_since(since);
            self.note(Note::Unpulled {
                label,
                waited,
                held,
            });
        }
    }

    /// Whether the peer is waited for: for more of the request, or to take the response.
    #[inline]
    fn waits_for_peer(&self) -> bool {
        [For::Reading, For::Writing]
            .iter()
            .any(|what| self.deadlines.since(*what).is_some())
    }

    /// Whether somebody holds the request's body, and has not pulled all of it.
    #[inline]
    pub(super) fn is_to_be_pulled(&self) -> bool {
        let held = matches!(
            self.turn,
            Turn::Serving {
                body: Held::Out,
                ..
            }
        );
        held && !self.engine.is_request_over()
    }

    /// Bytes of the request's body that are here, and that nobody has pulled; behind one in chunks a
    /// next request may be among them.
    pub(super) fn held_of_body(&self) -> usize {
        let here = self.engine.input_len();
        match self.engine.request_rest() {
            Rest::Nothing => 0,
            Rest::Known(rest) => usize::try_from(rest).map_or(here, |rest| rest.min(here)),
            Rest::Unknown => here,
        }
    }
}
