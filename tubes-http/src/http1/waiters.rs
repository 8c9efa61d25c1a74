//! Who waits for what on one connection.

use std::task::Waker;

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waiter {
    /// The next exchange, or the end of this one: the fount of exchanges.
    Exchanges,
    /// A piece of the request's body.
    Reader,
    /// Room for a piece of the reply.
    Writer,
}

/// A place for each, and for everybody who waits for the end of the peer.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    exchanges: Option<Waker>,
    reader: Option<Waker>,
    writer: Option<Waker>,
    /// As many as there are futures that wait for it, each under its number.
    watchers: Vec<(u64, Waker)>,
    watches: u64,
}

impl Waiters {
    pub(crate) fn place(&mut self, who: Waiter) -> &mut Option<Waker> {
        match who {
            Waiter::Exchanges => &mut self.exchanges,
            Waiter::Reader => &mut self.reader,
            Waiter::Writer => &mut self.writer,
        }
    }

    /// Whether somebody waits for a piece of the body: the fount knows him only.
    pub(crate) fn is_reading(&self) -> bool {
        self.reader.is_some()
    }

    /// Whether somebody waits to reply: the drain knows him only.
    pub(crate) fn is_writing(&self) -> bool {
        self.writer.is_some()
    }

    pub(crate) fn is_watched(&self) -> bool {
        !self.watchers.is_empty()
    }

    /// Keeps a watcher under his number, which he is given the first time; the waker that was
    /// there goes out.
    pub(crate) fn watch(&mut self, number: &mut Option<u64>, waker: &Waker) -> Option<Waker> {
        let number = *number.get_or_insert_with(|| {
            self.watches += 1;
            self.watches
        });
        match self
            .watchers
            .iter_mut()
            .find(|(other, _)| *other == number)
        {
            Some((_, before)) if before.will_wake(waker) => None,
            Some((_, before)) => Some(std::mem::replace(before, waker.clone())),
            None => {
                self.watchers
                    .push((number, waker.clone()));
                None
            }
        }
    }

    /// The watcher of that number waits no more.
    pub(crate) fn unwatch(&mut self, number: u64) -> Option<Waker> {
        let at = self
            .watchers
            .iter()
            .position(|(other, _)| *other == number)?;
        Some(self.watchers.swap_remove(at).1)
    }

    /// Everybody who waits, and waits here no more.
    pub(crate) fn take_all(&mut self) -> impl Iterator<Item = Waker> + use<> {
        let watchers = std::mem::take(&mut self.watchers);
        [
            self.exchanges.take(),
            self.reader.take(),
            self.writer.take(),
        ]
        .into_iter()
        .flatten()
        .chain(
            watchers
                .into_iter()
                .map(|(_, waker)| waker),
        )
    }

    /// All watchers, who wait no more.
    pub(crate) fn take_watchers(&mut self) -> impl Iterator<Item = Waker> + use<> {
        std::mem::take(&mut self.watchers)
            .into_iter()
            .map(|(_, waker)| waker)
    }
}
