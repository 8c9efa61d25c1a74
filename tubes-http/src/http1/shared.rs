//! The lock around a connection.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::Wake;

use bytes::Bytes;
use tubes::{Drain, Fount, Reason};

use crate::http1::after::Due;
use crate::http1::link::Link;
use crate::http1::turn::{Closing, Turn};
use crate::kind::Kind;
use crate::roster::{Held, Member, Work};
use crate::site::Site;
use crate::snapshot::ConnectionState;
use crate::span::Span;

/// What the exchanges, their bodies and replies share. One lock, and one holder at a time: all of
/// them are polled by the connection's own task, unless the application moves one elsewhere.
pub(super) struct Shared<F, D> {
    link: Mutex<Link<F, D>>,
    site: Arc<Site>,
    span: Span,
    /// A deadline has passed, and who waits for it was not told yet.
    rang: AtomicBool,
}

/// The link, locked.
pub(super) struct Locked<'a, F, D> {
    // Dropped in this order: the lock is free before the rest is done.
    link: MutexGuard<'a, Link<F, D>>,
    echo: Echo<'a, F, D>,
    /// Without its type, so that no code of it stands where, nearly always, there is nothing.
    after: Option<Box<dyn Due + 'a>>,
}

/// What is done as soon as the lock is free: a bell that rang while it was held is answered, and
/// the roster learns what is held now.
struct Echo<'a, F, D> {
    shared: &'a Shared<F, D>,
    /// Bytes before and now.
    held: Option<(Held, Held)>,
}

impl<F, D> Shared<F, D> {
    pub(super) fn new(link: Link<F, D>) -> Self {
        Self {
            site: Arc::clone(&link.site),
            span: Span::connection(link.peer),
            link: Mutex::new(link),
            rang: AtomicBool::new(false),
        }
    }

    /// What the connection is traced in.
    pub(super) fn span(&self) -> &Span {
        &self.span
    }

    /// What its server is made with.
    pub(super) fn site(&self) -> &Site {
        &self.site
    }

    /// A poisoned link is one whose fount or drain has panicked: it is given up, and neither is
    /// polled again.
    #[inline]
    pub(super) fn lock(&self) -> Locked<'_, F, D> {
        match self.link.lock() {
            Ok(link) => self.locked(link),
            Err(poison) => self.give_up(poison.into_inner()),
        }
    }

    #[cold]
    fn give_up<'a>(&'a self, link: MutexGuard<'a, Link<F, D>>) -> Locked<'a, F, D> {
        let mut locked = self.locked(link);
        self.link.clear_poison();
        locked.abandon(Kind::Abandoned);
        locked
    }

    /// The link, if `exchange` is the one that is served.
    #[inline]
    pub(super) fn lock_for(&self, exchange: u64) -> Option<Locked<'_, F, D>> {
        let link = self.lock();
        let serving = matches!(link.turn, Turn::Serving { .. }) && link.exchange == exchange;
        serving.then_some(link)
    }

    #[inline]
    fn locked<'a>(&'a self, link: MutexGuard<'a, Link<F, D>>) -> Locked<'a, F, D> {
        Locked {
            link,
            echo: Echo {
                shared: self,
                held: None,
            },
            after: None,
        }
    }

    /// A deadline has passed, or the peer has sent something: everybody looks again. Whoever holds
    /// the lock may be the one who hears it, so that nobody waits for the lock here.
    #[cold]
    fn ring(&self) {
        self.rang.store(true, Ordering::SeqCst);
        if let Ok(link) = self.link.try_lock() {
            let mut link = self.locked(link);
            if self.rang.swap(false, Ordering::SeqCst) {
                link.deadlines.rang();
                link.wake_rung();
            }
        }
    }
}

/// The bell of its deadlines.
impl<F: Send, D: Send> Wake for Shared<F, D> {
    fn wake(self: Arc<Self>) {
        self.ring();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.ring();
    }
}

impl<F, D> Member for Shared<F, D>
where
    F: Fount<Item = Bytes> + Send,
    D: Drain<Bytes> + Send,
{
    fn shut_down(&self) {
        self.lock().shut_down();
    }

    fn cut(&self) -> (Work, u64) {
        let mut link = self.lock();
        let leaving = link.leaving.replies();
        let answered = link
            .account
            .as_ref()
            .is_some_and(|account| account.is_answered());
        let work = match link.turn {
            Turn::Serving { .. } if answered => Work::Streaming,
            Turn::Serving { .. } => Work::Unanswered,
            Turn::Discarding if !link.has_left() => Work::Streaming,
            Turn::Discarding => {
                // Nothing of it is left but what is thrown away.
                link.conclude();
                link.turn = Turn::Closing(Closing::Write(Reason::Finished));
                Work::Nothing
            }
            Turn::Between(_) | Turn::Closing(_) | Turn::Over(_) => Work::Nothing,
        };
        link.abandon(Kind::ShutDown);
        link.wake_all();
        (work, leaving)
    }

    fn resume(&self) {
        self.lock().wake_all();
    }

    fn look(&self) -> Option<ConnectionState> {
        self.lock().look()
    }
}

impl<F, D> Deref for Locked<'_, F, D> {
    type Target = Link<F, D>;

    fn deref(&self) -> &Link<F, D> {
        &self.link
    }
}

impl<F, D> DerefMut for Locked<'_, F, D> {
    fn deref_mut(&mut self) -> &mut Link<F, D> {
        &mut self.link
    }
}

impl<F, D> Drop for Locked<'_, F, D> {
    #[inline]
    fn drop(&mut self) {
        self.echo.held = self.link.recount();
        if let Some(after) = self.link.after.take() {
            self.after = Some(after);
        }
    }
}

impl<F, D> Drop for Echo<'_, F, D> {
    #[inline]
    fn drop(&mut self) {
        let Shared { site, rang, .. } = self.shared;
        if let Some((before, now)) = self.held {
            recount(site, before, now);
        }
        if rang.load(Ordering::SeqCst) {
            self.shared.ring();
        }
    }
}

/// Out of line: who answers one request after another holds nothing in between.
#[inline(never)]
fn recount(site: &Site, before: Held, now: Held) {
    site.roster
        .account(before, now, site.limits.held());
}
