//! A body without a reader: who left that of a request, at what cost, and which of a reply may not be sent.

use http::StatusCode;
use tubes::Reason;

use crate::http1::account::Left;
use crate::http1::after::{Cost, Note};
use crate::http1::decode::Rest;
use crate::http1::link::Link;
use crate::http1::turn::Half;
use crate::verdict::Refused;

impl<F, D> Link<F, D> {
    /// Nobody reads the body any more, and why if that was said.
    pub(super) fn leave_body(&mut self, why: Option<&Reason>, refused: Option<Refused>) {
        if let (Some(_), Some(account)) = (refused, &mut self.account) {
            account.refused = refused;
        }
        // One that was not asked for need not come, and one that failed is said elsewhere.
        let unread = !self.engine.is_request_over()
            && self.engine.request_rest() != Rest::Nothing
            && !self.engine.expects_continue()
            && self.broken.is_none();
        if unread && let Some(account) = &mut self.account {
            account.left = Some(Box::new(Left {
                why: why.cloned(),
                at: self.engine.received_bytes(),
            }));
        }
        self.let_go(Half::Body);
    }

    /// The rest of the body does not come, which is not the fault of who has left it.
    pub(super) fn forgive_unread(&mut self) {
        if let Some(left) = self.take_left() {
            self.note(Note::Forgiven(left));
        }
    }

    fn take_left(&mut self) -> Option<Box<Left>> {
        self.account.as_mut()?.left.take()
    }

    /// The exchange is over: says who has left its body.
    pub(super) fn note_unread(&mut self) {
        let Some(left) = self.take_left() else {
            return;
        };
        if self.engine.is_cut() || self.broken.is_some() {
            self.note(Note::Forgiven(left));
        } else {
            self.note_left(left);
        }
    }

    #[cold]
    fn note_left(&mut self, left: Box<Left>) {
        let discarded = self.engine.received_bytes() - left.at;
        let refused = self
            .account
            .as_ref()
            .is_some_and(|account| account.is_refusal());
        let cost = match self.engine.is_request_whole() {
            true if discarded == 0 => None,
            true => Some(Cost::Nothing),
            // Who refuses a request leaves its body on purpose.
            false if refused => Some(Cost::Expected),
            false => Some(Cost::Connection),
        };
        let note = match (cost, self.label()) {
            (Some(cost), Some(label)) => Note::Unread {
                label,
                why: left.why,
                discarded,
                cost,
            },
            _ => Note::Forgiven(left),
        };
        self.note(note);
    }

    /// RFC 9110 §15.3.5, §15.3.6, §15.4.5: a body that was given where none can be. That `HEAD` is
    /// answered like `GET` is as it should be.
    #[cold]
    pub(super) fn note_unwanted(&mut self, status: StatusCode) {
        let bodiless = [
            StatusCode::NO_CONTENT,
            StatusCode::RESET_CONTENT,
            StatusCode::NOT_MODIFIED,
        ];
        if bodiless.contains(&status)
            && let Some(label) = self.label()
        {
            self.note(Note::BodyDropped(label, status));
        }
    }
}
