//! A fount that follows a script or a hand, and remembers what was asked of it.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::fake_fount_handle::FakeFountHandle;
use super::schedule::{Gate, Schedule};
use crate::budget;
use crate::drain::{Drain, Intake};
use crate::error::Error;
use crate::fount::{Fount, Run};
use crate::reason::Reason;

/// A fount that follows a script or a hand, and remembers what was asked of it.
///
/// A [`FakeFountHandle`] looks at it from outside and feeds it.
///
/// # Flow control
///
/// Yields its script, then what was pushed by hand; alone or a few in a run. With a [`Schedule`],
/// is pending now and then.
///
/// # Stopping
///
/// Ends with its reason behind the script, with the one of [`FakeFountHandle::end`], or with the
/// one of the first `stop`. Says the same when asked again.
///
/// # Panics
///
/// When law 3 is broken: a second `stop` with another reason.
///
/// # Examples
///
/// ```
/// use tubes::testing::FakeFount;
/// use tubes::{Fount, Reason, drains};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let fount = FakeFount::new(1..=9);
/// let source = fount.handle();
/// assert_eq!(fount.take(2).flow_to(drains::collect(9)).await?, [1, 2]);
/// assert_eq!(source.pulled(), 2);
/// assert!(matches!(source.stops()[..], [Reason::Enough]));
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[must_use = "nothing flows before it is driven: use `flow_to` or `next`"]
pub struct FakeFount<T> {
    shared: Arc<Mutex<Shared<T>>>,
    schedule: Schedule,
    gate: Option<Gate>,
    before_each: Option<Box<dyn FnMut(u64) + Send>>,
}

pub(super) struct Shared<T> {
    pub(super) script: Box<dyn Iterator<Item = T> + Send>,
    /// Pushed by hand: as many as the test likes, it is the test's bound.
    pub(super) fed: VecDeque<T>,
    /// What comes behind the items; nothing as long as more may be fed.
    pub(super) end: Option<Reason>,
    pub(super) said: Option<Reason>,
    pub(super) stops: Vec<Reason>,
    pub(super) pulled: u64,
    pub(super) polls: u64,
    pub(super) polls_after_stop: u64,
    pub(super) progress: u64,
    /// Who moved it on last: woken by `nudge`.
    pub(super) mover: Option<Waker>,
    pub(super) waker: Option<Waker>,
    pub(super) dropped: bool,
    pub(super) turn: Turn,
    pub(super) care: Care,
}

/// Whether a source may move what it owns, since it was pulled last.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Care {
    /// Has been moved, or asked in vain, which moves it as well.
    Moved,
    /// Not yet.
    LeftAlone,
}

/// What one call of a stage did with its source.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// Did not hear that there is nothing.
    Fresh,
    /// Heard that.
    Dry,
    /// Heard that, and moved it all the same.
    Moved,
}

impl<T> Shared<T> {
    /// Has been asked in vain.
    fn dry(&mut self) {
        self.turn = Turn::Dry;
        self.care = Care::Moved;
    }
}

impl<T> FakeFount<T> {
    /// Yields these items, then [`Reason::Finished`].
    pub fn new<I>(items: I) -> Self
    where
        I: IntoIterator<Item = T>,
        I::IntoIter: Send + 'static,
    {
        Self {
            shared: Arc::new(Mutex::new(Shared {
                script: Box::new(items.into_iter()),
                fed: VecDeque::new(),
                end: Some(Reason::Finished),
                said: None,
                stops: Vec::new(),
                pulled: 0,
                polls: 0,
                polls_after_stop: 0,
                progress: 0,
                mover: None,
                waker: None,
                dropped: false,
                turn: Turn::Fresh,
                care: Care::LeftAlone,
            })),
            schedule: Schedule::eager(),
            gate: None,
            before_each: None,
        }
    }

    /// Ends with this reason behind the items.
    pub fn ending(self, reason: Reason) -> Self {
        lock(&self.shared).end = Some(reason);
        self
    }

    /// Stays pending behind the items, until more is pushed or the end is given by hand.
    pub fn open(self) -> Self {
        lock(&self.shared).end = None;
        self
    }

    /// Is pending now and then, as the schedule decides.
    pub fn scheduled(mut self, schedule: &Schedule) -> Self {
        self.schedule = schedule.clone();
        self.gate = Some(schedule.gate());
        self
    }

    /// Calls `look` before each item is handed out, with how many were before it.
    pub fn before_each(mut self, look: impl FnMut(u64) + Send + 'static) -> Self {
        self.before_each = Some(Box::new(look));
        self
    }

    /// The next item, if there is one right now.
    fn hand_out(&mut self) -> Option<T> {
        let mut shared = lock(&self.shared);
        let script = shared.script.next();
        let item = script.or_else(|| shared.fed.pop_front())?;
        let before = shared.pulled;
        shared.pulled += 1;
        shared.care = Care::LeftAlone;
        drop(shared);
        self.schedule.moved();
        if let Some(look) = &mut self.before_each {
            look(before);
        }
        Some(item)
    }

    /// A look from outside. Ask for it after [`scheduled`](Self::scheduled).
    #[must_use]
    pub fn handle(&self) -> FakeFountHandle<T> {
        FakeFountHandle::new(&self.shared, &self.schedule)
    }
}

// Nothing in it is pinned.
impl<T> Unpin for FakeFount<T> {}

/// A few of the items of a fake fount, as a run.
struct Few<'a, T> {
    fount: &'a mut FakeFount<T>,
    left: u64,
}

impl<T> Iterator for Few<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.left = self.left.checked_sub(1)?;
        self.fount.hand_out()
    }
}

impl<T> Fount for FakeFount<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T, Reason>> {
        {
            let mut shared = lock(&self.shared);
            shared.polls += 1;
            if shared.turn == Turn::Dry {
                shared.turn = Turn::Fresh;
            }
            if let Some(reason) = shared.stops.first().cloned() {
                shared.polls_after_stop += 1;
                return Poll::Ready(Err(reason));
            }
            if let Some(reason) = &shared.said {
                return Poll::Ready(Err(reason.clone()));
            }
        }
        if let Some(gate) = &self.gate
            && gate.poll_pass(cx).is_pending()
        {
            lock(&self.shared).dry();
            return Poll::Pending;
        }
        if let Some(item) = self.hand_out() {
            return Poll::Ready(Ok(item));
        }
        let mut shared = lock(&self.shared);
        let Some(reason) = shared.end.clone() else {
            shared.waker = Some(cx.waker().clone());
            shared.dry();
            return Poll::Pending;
        };
        shared.said = Some(reason.clone());
        drop(shared);
        self.schedule.moved();
        Poll::Ready(Err(reason))
    }

    /// In turn as the schedule decides: item by item, or a few as an iterator.
    fn poll_flow<D>(mut self: Pin<&mut Self>, cx: &mut Context<'_>, mut drain: Pin<&mut D>) -> Run
    where
        D: Drain<T>,
    {
        while budget::spend() {
            match drain.as_mut().poll_ready(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(reason)) => return Run::Refused(reason),
                Poll::Pending => return Run::Blocked,
            }
            let item = match self.as_mut().poll_next(cx) {
                Poll::Ready(Ok(item)) => item,
                Poll::Ready(Err(reason)) => return Run::Ended(reason),
                Poll::Pending => return Run::Starved,
            };
            if let Err(reason) = drain.as_mut().receive(item) {
                return Run::Refused(reason);
            }
            let left = self.schedule.below(4);
            let few = Few {
                fount: &mut self,
                left,
            };
            match drain.as_mut().poll_receive(cx, few) {
                Intake::Dry => {}
                Intake::Blocked => return Run::Blocked,
                Intake::Spent => return Run::Spent,
                Intake::Refused(reason) => return Run::Refused(reason),
            }
        }
        Run::Spent
    }

    /// Nothing is under way, until a `nudge` says otherwise.
    fn poll_progress(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut shared = lock(&self.shared);
        shared.progress += 1;
        shared.care = Care::Moved;
        if shared.turn == Turn::Dry && shared.stops.is_empty() {
            shared.turn = Turn::Moved;
        }
        shared.mover = Some(cx.waker().clone());
        Poll::Ready(())
    }

    fn stop(self: Pin<&mut Self>, reason: &Reason) {
        let mut shared = lock(&self.shared);
        let first = shared.stops.first().cloned();
        shared.stops.push(reason.clone());
        drop(shared);
        self.schedule.moved();
        if let Some(first) = first.filter(|first| !same(first, reason)) {
            let found = format!("the source was stopped with {first:?}, then with {reason:?}");
            self.schedule.broken(3, found);
        }
    }
}

impl<T> Drop for FakeFount<T> {
    fn drop(&mut self) {
        lock(&self.shared).dropped = true;
    }
}

/// Whether two reasons are the same, to the kind and the message of the error; not to the place.
pub(super) fn same(one: &Reason, other: &Reason) -> bool {
    match (one, other) {
        (Reason::Failed(one), Reason::Failed(other)) => same_error(one, other),
        (Reason::Finished, Reason::Finished) | (Reason::Enough, Reason::Enough) => true,
        (Reason::Failed(_) | Reason::Finished | Reason::Enough, _) => false,
    }
}

/// Whether two errors are the same, to the kind and the message; not to the place.
pub(super) fn same_error(one: &Error, other: &Error) -> bool {
    one.kind() == other.kind() && one.to_string() == other.to_string()
}

pub(super) fn lock<T>(shared: &Mutex<Shared<T>>) -> MutexGuard<'_, Shared<T>> {
    shared
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}

impl<T> fmt::Debug for FakeFount<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "fake_fount({} pulled)", lock(&self.shared).pulled)
    }
}
