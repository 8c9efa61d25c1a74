//! A drain that is ready by schedule or by hand, and holds everybody to the contract.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, ready};

use super::fake_drain_handle::FakeDrainHandle;
use super::fake_drain_state::{Life, Shared, lock};
use super::fake_fount::same;
use super::schedule::{Gate, Schedule};
use crate::drain::Drain;
use crate::error::Error;
use crate::reason::Reason;

/// A drain that is ready by schedule or by hand, and holds everybody to the contract.
///
/// A [`FakeDrainHandle`] looks at it from outside.
///
/// # Flow control
///
/// Always ready; with [`by_hand`](Self::by_hand), for so many items as were allowed; with a
/// [`Schedule`], not ready now and then, and then maybe not ready again though it was.
///
/// # Stopping
///
/// Refuses if it was told to; answers the end with `Ok` if it was clean.
///
/// # Panics
///
/// When the contract of a drain is broken: `receive` without a yes of `poll_ready` before it, and
/// no flush in between (law 1); anything but the end after a refusal, anything after the end, a second end, an end
/// with another reason than it refused with (law 3). An earlier failure may stand before its own.
///
/// So it is for one flow, as the contract has it for whoever drives a drain. Another flow behind the
/// end, which other drains have to answer, is what it is there to find.
///
/// # Examples
///
/// ```
/// use tubes::testing::{FakeDrain, Place};
/// use tubes::{Fount, Reason, founts};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let drain = FakeDrain::new().refusing(2, Place::Ready, Reason::Enough);
/// let sink = drain.handle();
/// founts::iter(0..9).flow_to(drain).await?;
/// assert_eq!(sink.items(), [0, 1]);
/// assert!(matches!(sink.end(), Some(Reason::Enough)));
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[must_use = "nothing flows before a fount flows to it"]
pub struct FakeDrain<T> {
    shared: Arc<Mutex<Shared<T>>>,
    schedule: Schedule,
    gates: Option<Gates>,
}

/// Where a [`FakeDrain`] says that it wants no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// In `poll_ready`.
    Ready,
    /// In `receive`: one more item is gone.
    Receive,
    /// In `poll_flush`.
    Flush,
}

struct Gates {
    ready: Gate,
    flush: Gate,
    end: Gate,
}

impl<T> FakeDrain<T> {
    /// Always ready.
    pub fn new() -> Self {
        Self {
            shared: Arc::default(),
            schedule: Schedule::eager(),
            gates: None,
        }
    }

    /// Ready for nothing before [`FakeDrainHandle::allow`].
    pub fn by_hand(self) -> Self {
        lock(&self.shared).allowed = Some(0);
        self
    }

    /// Not ready now and then, slow to flush and to end, as the schedule decides.
    pub fn scheduled(mut self, schedule: &Schedule) -> Self {
        self.schedule = schedule.clone();
        self.gates = Some(Gates {
            ready: schedule.gate(),
            flush: schedule.gate(),
            end: schedule.gate(),
        });
        self
    }

    /// Wants no more after so many items, says so there, and gives this reason.
    pub fn refusing(self, after: usize, place: Place, reason: Reason) -> Self {
        lock(&self.shared).refusal = Some((after, place, reason));
        self
    }

    /// Panics, as a breach of law 3, when more than so many items come.
    pub fn at_most(self, items: usize) -> Self {
        lock(&self.shared).at_most = items;
        self
    }

    /// Is asked so many times for its end before it gives it.
    pub fn lingering(self, polls: u32) -> Self {
        lock(&self.shared).lingering = polls;
        self
    }

    /// A look from outside. Ask for it after [`scheduled`](Self::scheduled).
    #[must_use]
    pub fn handle(&self) -> FakeDrainHandle<T> {
        FakeDrainHandle::new(&self.shared, &self.schedule)
    }

    /// The drain is used as its life does not allow.
    #[track_caller]
    fn misused(&self, law: usize, call: &str, life: &Life) -> ! {
        let found = match life {
            Life::Open => format!("`{call}` without a yes of `poll_ready` before it"),
            Life::Ready => format!("`{call}` while ready"),
            Life::Refused(reason) => format!("`{call}` after the drain refused with {reason:?}"),
            Life::Ending(reason) => format!("`{call}` while the drain ends with {reason:?}"),
            Life::Over(reason) => format!("`{call}` after the drain ended with {reason:?}"),
        };
        self.schedule.broken(law, found)
    }

    /// The life of the drain while items may come.
    #[track_caller]
    fn open(&self, call: &str) -> MutexGuard<'_, Shared<T>> {
        let shared = lock(&self.shared);
        match &shared.life {
            Life::Open | Life::Ready => shared,
            life @ (Life::Refused(_) | Life::Ending(_) | Life::Over(_)) => {
                let life = life.clone();
                drop(shared);
                self.misused(3, call, &life)
            }
        }
    }
}

impl<T> Default for FakeDrain<T> {
    fn default() -> Self {
        Self::new()
    }
}

// Nothing in it is pinned.
impl<T> Unpin for FakeDrain<T> {}

impl<T> Drain<T> for FakeDrain<T> {
    type Output = ();

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        let mut shared = self.open("poll_ready");
        shared.asked += 1;
        shared.life = Life::Open;
        if let Some(reason) = shared.refuse(Place::Ready) {
            return Poll::Ready(Err(reason));
        }
        if shared.allowed == Some(0) {
            shared.waker = Some(cx.waker().clone());
            return Poll::Pending;
        }
        drop(shared);
        if let Some(gates) = &self.gates {
            ready!(gates.ready.poll_pass(cx));
        }
        lock(&self.shared).life = Life::Ready;
        Poll::Ready(Ok(()))
    }

    fn receive(self: Pin<&mut Self>, item: T) -> Result<(), Reason> {
        let mut shared = self.open("receive");
        if let Life::Open = shared.life {
            drop(shared);
            self.misused(1, "receive", &Life::Open);
        }
        self.schedule.moved();
        shared.life = Life::Open;
        if let Some(reason) = shared.refuse(Place::Receive) {
            shared.lost += 1;
            return Err(reason);
        }
        if let Some(allowed) = &mut shared.allowed {
            *allowed -= 1;
        }
        shared.items.push(item);
        let (came, at_most) = (shared.items.len(), shared.at_most);
        drop(shared);
        if came > at_most {
            let found = format!("{came} items came, at most {at_most} were due");
            self.schedule.broken(3, found);
        }
        Ok(())
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        let mut shared = self.open("poll_flush");
        shared.flushes += 1;
        // It may have given back the room that it kept.
        shared.life = Life::Open;
        if let Some(reason) = shared.refuse(Place::Flush) {
            return Poll::Ready(Err(reason));
        }
        drop(shared);
        if let Some(gates) = &self.gates {
            ready!(gates.flush.poll_pass(cx));
        }
        Poll::Ready(Ok(()))
    }

    fn poll_stopped(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        reason: &Reason,
    ) -> Poll<Result<(), Error>> {
        let mut shared = lock(&self.shared);
        let life = shared.life.clone();
        match &life {
            Life::Open | Life::Ready => {}
            Life::Refused(own) if same(own, reason) || !reason.is_clean() => {}
            Life::Ending(first) if same(first, reason) => {}
            Life::Refused(_) | Life::Ending(_) | Life::Over(_) => {
                drop(shared);
                self.misused(3, &format!("poll_stopped({reason:?})"), &life);
            }
        }
        shared.life = Life::Ending(reason.clone());
        if shared.lingering > 0 {
            shared.lingering -= 1;
            drop(shared);
            self.schedule.moved();
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        drop(shared);
        if let Some(gates) = &self.gates {
            ready!(gates.end.poll_pass(cx));
        }
        lock(&self.shared).life = Life::Over(reason.clone());
        self.schedule.moved();
        Poll::Ready(reason.clone().into_result())
    }
}

impl<T> Drop for FakeDrain<T> {
    fn drop(&mut self) {
        lock(&self.shared).dropped = true;
    }
}

impl<T> fmt::Debug for FakeDrain<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "fake_drain({} received)", lock(&self.shared).items.len())
    }
}
