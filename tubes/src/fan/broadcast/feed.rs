//! The feeding end of a broadcast.

use std::fmt;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::hub::{AfterTheLast, Hub, State, Wants, Who};
use super::subscribers::Subscribers;
use crate::budget;
use crate::drain::{Drain, Intake};
use crate::error::Error;
use crate::reason::Reason;

/// A drain that gives each item to branches which come and go, in other tasks: the feeding end, and
/// a handle to add branches.
///
/// ```text
///                          ┌─► Branch ──► drain      each branch is a fount,
///  fount ──► Broadcast ──► ┼─► Branch ──► drain      and may live in any task
///                          └─► LossyBranch ──► drain
/// ```
///
/// Each item is stored once. A branch gets a clone of it, and the last one the item itself. It is
/// cloned while the hub is locked: so its `Clone` must not come back into the hub, and should be
/// cheap (`Bytes`, `Arc`).
///
/// # Flow control
///
/// At most `bound` items are under way, those included that a branch has taken and not delivered.
/// What happens when a branch is that far behind is said when it is added:
///
/// | branch | the feed | the branch |
/// |---|---|---|
/// | [`subscribe`](Subscribers::subscribe) | waits: the slowest sets the pace | gets every item |
/// | [`subscribe_lossy`](Subscribers::subscribe_lossy) | goes on | misses the oldest, and hears how many |
/// | [`subscribe().disconnecting()`](super::Branch::disconnecting) | goes on | fails with [`Kind::Full`](crate::Kind::Full) |
///
/// A lossy branch may hold one run more (at most `bound`) that it has taken.
///
/// Before the first branch comes the feed waits: [`Broadcast::start_when`] makes it wait for more.
/// A branch begins with the next item: [`Branch::replaying`](super::Branch::replaying) makes it
/// begin earlier.
///
/// # Stopping
///
/// The end of the feed reaches every branch behind the data, and every branch that is added later.
/// When the last branch has gone, the feed is stopped with [`Reason::Enough`], unless it
/// is [`lasting`](Broadcast::lasting). When no branch has ever been there and the last handle is
/// dropped, it fails as abandoned.
///
/// # Examples
///
/// ```
/// use tubes::{Fount, bound, drains, fan, founts};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let (feed, branches) = fan::broadcast(bound(8));
/// let sum = branches.subscribe().flow_to(drains::fold(0, |sum, n| sum + n));
/// let all = branches.subscribe().flow_to(drains::collect(9));
/// let (fed, sum, all) = tokio::join!(founts::iter(1..4).flow_to(feed), sum, all);
/// assert_eq!((fed?, sum?, all?), ((), 6, vec![1, 2, 3]));
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
pub fn broadcast<T>(bound: NonZeroUsize) -> (Broadcast<T>, Subscribers<T>) {
    let hub = Arc::new(Hub::new(bound.get()));
    let feed = Broadcast {
        hub: Arc::clone(&hub),
        run: Vec::new(),
        wakers: Vec::new(),
        dead: Vec::new(),
    };
    (feed, Subscribers::new(hub))
}

/// The drain of [`broadcast`].
#[must_use = "nothing flows before a fount flows to it"]
pub struct Broadcast<T> {
    hub: Arc<Hub<T>>,
    /// Items on their way into the ring, which has room for them; empty between calls.
    run: Vec<T>,
    /// Whom to wake, and what to drop, when the lock is free; empty between calls.
    wakers: Vec<Waker>,
    dead: Vec<T>,
}

impl<T> Broadcast<T> {
    /// Begins when so many branches are there (or all that can still come).
    pub fn start_when(self, branches: NonZeroUsize) -> Self {
        self.hub
            .change(|state| state.wait_for(branches.get()));
        self
    }

    /// Keeps the last `items` items (at most the bound) for branches that come later and ask for
    /// a [replay](super::Branch::replaying). They hold nothing back: a full ring gives them up.
    pub fn keeping(self, items: usize) -> Self {
        self.hub
            .change(|state| state.ring.keep(items));
        self
    }

    /// Waits for the next branch when the last one has gone, for as long as there is a handle to
    /// add one.
    pub fn lasting(self) -> Self {
        self.hub
            .change(|state| state.after_the_last = AfterTheLast::Waits);
        self
    }

    /// How many items may come, from 1 to `most`; or why nobody wants more.
    fn poll_room(&mut self, cx: &mut Context<'_>, most: usize) -> Poll<Result<usize, Reason>> {
        let who = Who::Feeder(Wants::Room);
        self.hub
            .poll_for(cx, who, |state| room(state, most))
    }

    fn end(&mut self, reason: Reason) {
        if !self.run.is_empty() {
            // The source has panicked behind these, for which there was room.
            self.hand_over(0);
        }
        self.hub.end(reason);
    }

    /// Hands the run over, in one go, and wakes those that waited for it. At most so many items
    /// more may come before room is asked for again.
    fn hand_over(&mut self, more: usize) {
        let Self {
            hub,
            run,
            wakers,
            dead,
        } = self;
        hub.change(|state| {
            let (takers, waiting) = (state.branches, state.waiters);
            if !run.is_empty() {
                state.sleepers.take_all(wakers);
            }
            for item in run.drain(..) {
                state
                    .ring
                    .push(item, takers, waiting, dead);
            }
            state.ring.promise(more);
        });
        dead.clear();
        for waker in wakers.drain(..) {
            waker.wake();
        }
    }
}

/// What the feed may push.
fn room<T>(state: &mut State<T>, most: usize) -> Option<Result<usize, Reason>> {
    if let Err(reason) = state.feed()? {
        return Some(Err(reason));
    }
    let most = state.ring.room().min(most);
    state.ring.promise(most);
    state.feeder_goes_on();
    Some(Ok(most))
}

// The items are never pinned.
impl<T> Unpin for Broadcast<T> {}

impl<T> Drain<T> for Broadcast<T> {
    type Output = ();

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        self.poll_room(cx, 1).map_ok(|_| ())
    }

    fn receive(mut self: Pin<&mut Self>, item: T) -> Result<(), Reason> {
        if let Some(Err(reason)) = self.hub.look(State::feed) {
            return Err(reason);
        }
        self.run.push(item);
        self.hand_over(0);
        Ok(())
    }

    fn poll_receive<I>(mut self: Pin<&mut Self>, cx: &mut Context<'_>, mut items: I) -> Intake
    where
        I: Iterator<Item = T>,
    {
        loop {
            let room = match self.poll_room(cx, budget::RUN) {
                Poll::Ready(Ok(room)) => room,
                Poll::Ready(Err(reason)) => return Intake::Refused(reason),
                Poll::Pending => return Intake::Blocked,
            };
            // The iterator is others' code: it runs while the lock is free.
            self.run
                .extend(items.by_ref().take(room));
            let is_dry = self.run.len() < room;
            // A run that is dry leaves it ready, for one item.
            self.hand_over(usize::from(is_dry));
            if is_dry {
                return Intake::Dry;
            }
        }
    }

    /// Nothing is held back; others may have the room that was kept for an item. Who waits for a
    /// source hears that nobody wants more.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        let who = Who::Feeder(Wants::TheEnd);
        let gone = self.hub.poll_for(cx, who, |state| {
            state.ring.promise(0);
            state.feed()?.err()
        });
        match gone {
            Poll::Ready(reason) => Poll::Ready(Err(reason)),
            Poll::Pending => Poll::Ready(Ok(())),
        }
    }

    fn poll_stopped(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        reason: &Reason,
    ) -> Poll<Result<(), Error>> {
        self.end(reason.clone());
        Poll::Ready(reason.clone().into_result())
    }
}

impl<T> Drop for Broadcast<T> {
    fn drop(&mut self) {
        self.end(Reason::abandoned());
    }
}

impl<T> fmt::Debug for Broadcast<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.hub.look(|state| {
            let (held, bound) = (state.ring.held(), state.ring.bound());
            write!(f, "broadcast({held} of {bound}) to {}", state.branches)
        })
    }
}
