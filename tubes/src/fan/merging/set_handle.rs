//! What adds founts to a set that is merged.

use std::error;
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use crate::error::Error;
use crate::reason::Reason;
use crate::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use crate::sync::{Mutex, lock};

/// Adds founts to a [`MergeSet`](super::set::MergeSet), from any task. Its clones are handles of
/// their own.
///
/// # Stopping
///
/// The set ends when all handles have finished and all founts have ended. A handle dropped
/// without [`finish`](Self::finish) is a failure, [`Kind::Abandoned`](crate::Kind::Abandoned),
/// which comes behind the items of all founts.
pub struct SetHandle<F> {
    shared: Arc<Shared<F>>,
    life: Life,
}

#[derive(PartialEq, Eq)]
enum Life {
    Open,
    Over,
}

/// What the handles and the set share.
pub(super) struct Shared<F> {
    state: Mutex<State<F>>,
    /// There is something to take in.
    news: AtomicBool,
    /// How many founts the set itself holds. Grows only under the lock.
    inside: AtomicUsize,
    bound: usize,
}

struct State<F> {
    /// `added.len() + inside <= bound`
    added: Vec<F>,
    handles: usize,
    /// What the handles have said together.
    said: Reason,
    /// Why the set takes no more.
    stopped: Option<Reason>,
    waker: Option<Waker>,
}

/// What the set takes in.
pub(super) struct News<F> {
    pub(super) added: Vec<F>,
    /// What the handles have said together, when all have.
    pub(super) said: Option<Reason>,
}

/// A fount that could not be added, and why.
#[non_exhaustive]
pub struct AddError<F> {
    /// The fount, given back.
    pub fount: F,
    /// Why the set does not take it.
    pub refused: Refused,
}

/// Why a set does not take a fount.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Refused {
    /// It holds as many as it may: this many.
    Full(usize),
    /// It is over.
    Over(Reason),
}

impl<F> SetHandle<F> {
    /// Adds a fount.
    ///
    /// # Errors
    ///
    /// The fount, when the set is full or over.
    pub fn add(&self, fount: F) -> Result<(), AddError<F>> {
        let shared = &*self.shared;
        let mut state = lock(&shared.state);
        let held = state.added.len() + shared.inside.load(Ordering::Acquire);
        let refused = match &state.stopped {
            Some(reason) => Refused::Over(reason.clone()),
            None if held >= shared.bound => Refused::Full(shared.bound),
            None => {
                state.added.push(fount);
                let waker = state.waker.take();
                shared
                    .news
                    .store(true, Ordering::Release);
                drop(state);
                wake(waker);
                return Ok(());
            }
        };
        drop(state);
        Err(AddError { fount, refused })
    }

    /// This handle adds no more.
    pub fn finish(mut self) {
        self.end(Reason::Finished);
    }

    /// Something failed: the set ends with this error, behind the items of all founts.
    pub fn fail(mut self, error: impl Into<Error>) {
        self.end(Reason::Failed(error.into()));
    }

    fn end(&mut self, reason: Reason) {
        if std::mem::replace(&mut self.life, Life::Over) == Life::Over {
            return;
        }
        let mut state = lock(&self.shared.state);
        let before = std::mem::replace(&mut state.said, Reason::Finished);
        state.said = before.joined(reason);
        state.handles -= 1;
        let waker = if state.handles == 0 {
            state.waker.take()
        } else {
            None
        };
        self.shared
            .news
            .store(true, Ordering::Release);
        drop(state);
        wake(waker);
    }
}

impl<F> Shared<F> {
    pub(super) fn new(bound: usize) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                added: Vec::new(),
                handles: 0,
                said: Reason::Finished,
                stopped: None,
                waker: None,
            }),
            news: AtomicBool::new(false),
            inside: AtomicUsize::new(0),
            bound,
        })
    }

    pub(super) fn handle(self: &Arc<Self>) -> SetHandle<F> {
        lock(&self.state).handles += 1;
        SetHandle {
            shared: Arc::clone(self),
            life: Life::Open,
        }
    }

    pub(super) fn bound(&self) -> usize {
        self.bound
    }

    /// Whether there is something to take in.
    #[inline]
    pub(super) fn has_news(&self) -> bool {
        self.news.load(Ordering::Acquire)
    }

    /// The set holds so many: no more than before.
    #[inline]
    pub(super) fn holds(&self, inside: usize) {
        self.inside
            .store(inside, Ordering::Release);
    }

    /// What there is to take in; the set then holds that, too.
    pub(super) fn take_in(&self) -> News<F> {
        let mut state = lock(&self.state);
        self.news
            .store(false, Ordering::Relaxed);
        let added = std::mem::take(&mut state.added);
        self.inside
            .fetch_add(added.len(), Ordering::AcqRel);
        let said = (state.handles == 0).then(|| state.said.clone());
        News { added, said }
    }

    /// Ready if there is something to take in; if not, it wakes when there is.
    pub(super) fn poll_news(&self, cx: &Context<'_>) -> Poll<()> {
        let spare = cx.waker().clone();
        let mut state = lock(&self.state);
        if self.has_news() {
            return Poll::Ready(());
        }
        let old = state.waker.replace(spare);
        drop(state);
        drop(old);
        Poll::Pending
    }

    /// The set takes no more. Gives what it had not taken in.
    pub(super) fn stop(&self, reason: &Reason) -> Vec<F> {
        let mut state = lock(&self.state);
        let waker = state.waker.take();
        if state.stopped.is_none() {
            state.stopped = Some(reason.clone());
        }
        let added = std::mem::take(&mut state.added);
        drop(state);
        drop(waker);
        added
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

impl<F> Clone for SetHandle<F> {
    fn clone(&self) -> Self {
        self.shared.handle()
    }
}

impl<F> Drop for SetHandle<F> {
    fn drop(&mut self) {
        self.end(Reason::abandoned());
    }
}

impl<F> fmt::Debug for SetHandle<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let added = lock(&self.shared.state).added.len();
        let held = added
            + self
                .shared
                .inside
                .load(Ordering::Acquire);
        write!(f, "set_handle({held} of {})", self.shared.bound)
    }
}

impl<F> fmt::Debug for AddError<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AddError({:?})", self.refused)
    }
}

impl<F> fmt::Display for AddError<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.refused {
            Refused::Full(bound) => write!(f, "the set holds {bound} founts, and may hold no more"),
            Refused::Over(Reason::Failed(error)) => write!(f, "the set is over: {error}"),
            Refused::Over(Reason::Finished | Reason::Enough) => f.write_str("the set is over"),
        }
    }
}

impl<F> error::Error for AddError<F> {}
