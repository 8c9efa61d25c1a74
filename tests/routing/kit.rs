//! What the tests of routes share.

use std::num::NonZeroUsize;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use support::tasks::{Output, Tasks};
use tubes::route::{Router, Routes, router};
use tubes::testing::{FakeFount, FakeFountHandle};
use tubes::{Error, Fount, Reason};

pub(super) type Mail = (char, u32);

pub(super) fn size(n: usize) -> NonZeroUsize {
    NonZeroUsize::new(n).unwrap()
}

pub(super) fn address(mail: &Mail) -> char {
    mail.0
}

pub(super) type Office = Router<char, Mail, fn(&Mail) -> char>;

pub(super) fn office(routes: usize) -> (Office, Routes<char, Mail>) {
    router(size(routes), address)
}

/// A flow into a router, in a task of its own, fed by hand.
pub(super) struct Post {
    pub(super) tasks: Tasks,
    pub(super) source: FakeFountHandle<Mail>,
    pub(super) flow: Output<Result<(), Error>>,
}

impl Post {
    pub(super) fn new(router: Office) -> Self {
        let tasks = Tasks::new();
        let fount = FakeFount::new([]).open();
        let source = fount.handle();
        let flow = tasks.spawn(fount.flow_to(router));
        Self {
            tasks,
            source,
            flow,
        }
    }

    /// Sends so much, and lets everybody run.
    pub(super) fn send(&self, mail: impl IntoIterator<Item = Mail>) {
        for mail in mail {
            self.source.push(mail);
        }
        self.tasks.run();
    }

    pub(super) fn end(&self, reason: Reason) {
        self.source.end(reason);
        self.tasks.run();
    }

    /// How the flow ended, in words.
    pub(super) fn outcome(&self) -> String {
        match &*self.flow.peek() {
            None => "flows".into(),
            Some(Ok(())) => "ok".into(),
            Some(Err(error)) => error.to_string(),
        }
    }
}

/// Pulls all that there is: items, and the end if it was heard.
pub(super) fn pull<F: Fount + Unpin>(fount: &mut F) -> (Vec<F::Item>, Option<Reason>) {
    let mut items = Vec::new();
    loop {
        let mut cx = Context::from_waker(Waker::noop());
        match Pin::new(&mut *fount).poll_next(&mut cx) {
            Poll::Ready(Ok(item)) => items.push(item),
            Poll::Ready(Err(reason)) => return (items, Some(reason)),
            Poll::Pending => return (items, None),
        }
    }
}

/// A reason in a word or a sentence.
pub(super) fn told(reason: Option<Reason>) -> String {
    match reason {
        None => "nothing".into(),
        Some(Reason::Finished) => "finished".into(),
        Some(Reason::Enough) => "enough".into(),
        Some(Reason::Failed(error)) => error.to_string(),
    }
}
