//! The lock around a connection.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::Wake;

use bytes::Bytes;
use tubes::{Drain, Fount};

use crate::http1::after::Due;
use crate::http1::link::Link;
use crate::http1::turn::{self, Turn};
use crate::kind::Kind;
use crate::roster::{Held, Member, Spare, Work};
use crate::site::Site;
use crate::snapshot::ConnectionState;
use crate::span::Span;

/// What the exchanges, their bodies and replies share. One lock, and one holder at a time: all of
/// them are polled by the connection's own task, unless the application moves one elsewhere.
pub(super) struct Shared<F, D> {
    link: Mutex<Link<F, D>>,
    site: Arc<Site>,
    span: Span,
    /// What those who wait were not told yet: `RANG`, `SPARE`.
    news: AtomicU8,
}

/// A deadline has passed, or the peer has sent something.
const RANG: u8 = 1;

/// The server has memory to spare again.
const SPARE: u8 = 2;

/// The link, locked.
pub(super) struct Locked<'a, F, D> {
    // Dropped in this order: the lock is free before the rest is done.
    link: MutexGuard<'a, Link<F, D>>,
    echo: Echo<'a, F, D>,
    /// Without its type, so that no code of it stands where, nearly always, there is nothing.
    after: Option<Box<dyn Due + 'a>>,
}

/// What is done as soon as the lock is free: who waits is told what came while it was held, here and,
/// if memory was let go, on other connections.
struct Echo<'a, F, D> {
    shared: &'a Shared<F, D>,
    spare: Spare,
}

impl<F, D> Shared<F, D> {
    pub(super) fn new(link: Link<F, D>) -> Self {
        Self {
            site: Arc::clone(&link.site),
            span: Span::connection(link.peer),
            link: Mutex::new(link),
            news: AtomicU8::new(0),
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
                spare: Spare::None,
            },
            after: None,
        }
    }

    /// Everybody looks again. Whoever holds the lock may be the one who hears it, or may wait for
    /// the one who does: nobody waits for the lock here.
    #[cold]
    fn tell(&self, news: u8) {
        self.news
            .fetch_or(news, Ordering::SeqCst);
        if let Ok(link) = self.link.try_lock() {
            let mut link = self.locked(link);
            let news = self.news.swap(0, Ordering::SeqCst);
            if news & RANG != 0 {
                link.deadlines.rang();
                link.wake_rung();
            }
            if news & SPARE != 0 {
                link.wake_all();
            }
        }
    }
}

/// The bell of its deadlines.
impl<F: Send, D: Send> Wake for Shared<F, D> {
    fn wake(self: Arc<Self>) {
        self.tell(RANG);
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.tell(RANG);
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
            // Nothing of it is left but the rest of its request.
            Turn::Serving {
                reply: turn::Held::LetGo,
                ..
            }
            | Turn::Discarding
                if link.has_left() =>
            {
                Work::Nothing
            }
            Turn::Serving { .. } if answered => Work::Streaming,
            Turn::Serving { .. } => Work::Unanswered,
            Turn::Discarding => Work::Streaming,
            Turn::Between(_) | Turn::Closing(_) | Turn::Over(_) => Work::Nothing,
        };
        link.abandon(Kind::ShutDown);
        link.wake_all();
        (work, leaving)
    }

    fn resume(&self) {
        self.tell(SPARE);
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
        // In the order in which it happens: before anybody else changes it.
        if let Some((before, now)) = self.link.recount() {
            self.echo.spare = account(self.echo.shared.site(), before, now);
        }
        if let Some(after) = self.link.after.take() {
            self.after = Some(after);
        }
    }
}

impl<F, D> Drop for Echo<'_, F, D> {
    #[inline]
    fn drop(&mut self) {
        let shared = self.shared;
        if self.spare == Spare::Some {
            shared.site.roster.resume();
        }
        if shared.news.load(Ordering::SeqCst) != 0 {
            shared.tell(0);
        }
    }
}

/// Out of line: who answers one request after another holds nothing in between.
#[inline(never)]
fn account(site: &Site, before: Held, now: Held) -> Spare {
    site.roster
        .account(before, now, site.limits.held())
}
