//! The connections of one server: who they are, how much they hold, and that they are to end.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker};

use slab::Slab;

use crate::snapshot::ConnectionState;

/// One connection, seen from its server.
pub(crate) trait Member: Send + Sync {
    /// No exchange after this one; idle connections end now.
    fn shut_down(&self);
    /// Ends at once; what was in work, if anything was, and how many replies behind it will never
    /// leave.
    fn cut(&self) -> (Work, u64);
    /// The server has memory to spare again.
    fn resume(&self);
    /// What it does now.
    fn look(&self) -> Option<ConnectionState>;
}

/// Bytes that a connection holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Held {
    /// Of what its peer has sent.
    pub(crate) input: usize,
    /// Of replies that have not left.
    pub(crate) unsent: usize,
}

impl Held {
    pub(crate) fn all(self) -> usize {
        self.input.saturating_add(self.unsent)
    }
}

/// Which bytes of all connections somebody waits for to become fewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Share {
    /// What peers have sent: whoever waits to read does not wait for those who do not read their
    /// replies.
    Input,
    /// Everything.
    All,
}

/// Whether there is memory for those who wait for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spare {
    None,
    Some,
}

/// What a connection is busy with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    Nothing,
    /// An exchange whose reply has not begun.
    Unanswered,
    /// An exchange whose reply is on its way.
    Streaming,
}

/// What a server's connections share.
#[derive(Default)]
pub(crate) struct Roster {
    phase: AtomicU8,
    /// Bytes that all connections hold of what their peers have sent.
    input: AtomicUsize,
    /// Bytes that they hold of everything: never less.
    held: AtomicUsize,
    /// Exchanges that ended whole since the shutdown began.
    finished: AtomicU64,
    seats: Mutex<Seats>,
}

#[derive(Default)]
struct Seats {
    members: Slab<Weak<dyn Member>>,
    /// Flows that went on as something else.
    upgraded: usize,
    /// Those who wait for the shutdown to begin, each with a number.
    for_stopping: BTreeMap<u64, Waker>,
    /// Those who wait until nothing is left.
    for_empty: BTreeMap<u64, Waker>,
    /// Those who end at the deadline.
    for_cut: BTreeMap<u64, Waker>,
    numbers: u64,
    /// Connections that wait for memory, by their seat.
    thirsty: BTreeSet<usize>,
}

/// How far the server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Phase {
    Open = 0,
    Stopping = 1,
    Cut = 2,
}

impl Roster {
    pub(crate) fn phase(&self) -> Phase {
        match self.phase.load(Ordering::Acquire) {
            0 => Phase::Open,
            1 => Phase::Stopping,
            _ => Phase::Cut,
        }
    }

    /// A seat for a connection.
    pub(crate) fn join(&self, member: Weak<dyn Member>) -> usize {
        self.seats().members.insert(member)
    }

    /// The connection is over.
    pub(crate) fn leave(&self, seat: usize) {
        let (gone, wakers) = {
            let mut seats = self.seats();
            seats.thirsty.remove(&seat);
            let gone = seats.members.try_remove(seat);
            (gone, seats.take_if_empty())
        };
        drop(gone);
        wake(wakers);
    }

    /// So many exchanges are over, and were not cut.
    pub(crate) fn finish(&self, exchanges: u64) {
        if self.phase() != Phase::Open {
            self.finished
                .fetch_add(exchanges, Ordering::Relaxed);
        }
    }

    /// How many exchanges ended whole since the shutdown began.
    pub(crate) fn finished(&self) -> u64 {
        self.finished.load(Ordering::Relaxed)
    }

    /// Connections that are there.
    pub(crate) fn members(&self) -> Vec<Arc<dyn Member>> {
        let seats = self.seats();
        seats
            .members
            .iter()
            .filter_map(|(_, member)| member.upgrade())
            .collect()
    }

    pub(crate) fn upgraded(&self) -> usize {
        self.seats().upgraded
    }

    /// A flow has become something else: it counts until the tally is dropped.
    pub(crate) fn tally(self: &Arc<Self>) -> Tally {
        self.seats().upgraded += 1;
        Tally(Arc::clone(self))
    }

    /// Goes on to a phase, and tells everybody who waits for it.
    pub(crate) fn begin(&self, phase: Phase) {
        self.phase
            .fetch_max(phase as u8, Ordering::AcqRel);
        let (stopping, cut) = {
            let mut seats = self.seats();
            let cut = match phase {
                Phase::Cut => std::mem::take(&mut seats.for_cut),
                Phase::Open | Phase::Stopping => BTreeMap::new(),
            };
            (std::mem::take(&mut seats.for_stopping), cut)
        };
        wake(stopping);
        wake(cut);
    }

    /// Ready when nothing is left, upgraded flows included.
    pub(crate) fn poll_empty(&self, cx: &Context<'_>, place: &mut Option<u64>) -> Poll<()> {
        self.poll_waited(cx, place, Seats::is_empty, |seats| &mut seats.for_empty)
    }

    /// Ready when the shutdown has begun.
    pub(crate) fn poll_stopping(&self, cx: &Context<'_>, place: &mut Option<u64>) -> Poll<()> {
        let has_begun = |_: &Seats| self.phase() != Phase::Open;
        self.poll_waited(cx, place, has_begun, |seats| &mut seats.for_stopping)
    }

    /// Ready when the deadline of the shutdown has passed.
    pub(crate) fn poll_cut(&self, cx: &Context<'_>, place: &mut Option<u64>) -> Poll<()> {
        let has_passed = |_: &Seats| self.phase() == Phase::Cut;
        self.poll_waited(cx, place, has_passed, |seats| &mut seats.for_cut)
    }

    /// Who waited in this place waits no more.
    pub(crate) fn forget(&self, place: Option<u64>) {
        let gone = place.map(|place| {
            let mut seats = self.seats();
            let stopping = seats.for_stopping.remove(&place);
            let cut = seats.for_cut.remove(&place);
            (stopping, cut, seats.for_empty.remove(&place))
        });
        drop(gone);
    }

    fn poll_waited(
        &self,
        cx: &Context<'_>,
        place: &mut Option<u64>,
        is_there: impl Fn(&Seats) -> bool,
        queue: impl Fn(&mut Seats) -> &mut BTreeMap<u64, Waker>,
    ) -> Poll<()> {
        let waker = cx.waker().clone();
        let mut seats = self.seats();
        if is_there(&seats) {
            drop(seats);
            return Poll::Ready(());
        }
        let number = *place.get_or_insert_with(|| {
            seats.numbers += 1;
            seats.numbers
        });
        let before = queue(&mut seats).insert(number, waker);
        drop(seats);
        drop(before);
        Poll::Pending
    }

    fn seats(&self) -> MutexGuard<'_, Seats> {
        // No foreign code runs under this lock, so that poison means nothing.
        self.seats
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Memory.
impl Roster {
    pub(crate) fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    /// Whether all connections hold so much of this, or more.
    #[inline]
    pub(crate) fn holds(&self, share: Share, bound: usize) -> bool {
        let counter = match share {
            Share::Input => &self.input,
            Share::All => &self.held,
        };
        counter.load(Ordering::Relaxed) >= bound
    }

    /// A connection that held `before` now holds `now`; whether somebody may wait for memory who
    /// can go on, now that what he waits for is below `bound` again. To be said in the order in which
    /// it happens: with the connection locked.
    #[must_use]
    pub(crate) fn account(&self, before: Held, now: Held, bound: usize) -> Spare {
        let input = falls_below(&self.input, before.input, now.input, bound);
        let all = falls_below(&self.held, before.all(), now.all(), bound);
        if input || all {
            Spare::Some
        } else {
            Spare::None
        }
    }

    /// The connection in this seat waits for memory, unless there is some by now.
    pub(crate) fn wait_for_memory(&self, seat: usize, share: Share, bound: usize) -> Poll<()> {
        let mut seats = self.seats();
        if !self.holds(share, bound) {
            return Poll::Ready(());
        }
        seats.thirsty.insert(seat);
        Poll::Pending
    }

    /// Whoever waits for memory goes on. With no connection locked.
    pub(crate) fn resume(&self) {
        let thirsty: Vec<_> = {
            let mut seats = self.seats();
            let all = std::mem::take(&mut seats.thirsty);
            all.into_iter()
                .filter_map(|seat| seats.members.get(seat)?.upgrade())
                .collect()
        };
        for member in thirsty {
            member.resume();
        }
    }
}

/// Counts a change from `before` to `now`; whether the sum falls below `bound` by it.
fn falls_below(sum: &AtomicUsize, before: usize, now: usize, bound: usize) -> bool {
    if now >= before {
        sum.fetch_add(now - before, Ordering::Relaxed);
        return false;
    }
    let freed = before - now;
    let all = sum.fetch_sub(freed, Ordering::Relaxed);
    all >= bound && all - freed < bound
}

impl Seats {
    fn is_empty(&self) -> bool {
        self.members.is_empty() && self.upgraded == 0
    }

    /// Those who wait until nothing is left, if so it is.
    fn take_if_empty(&mut self) -> BTreeMap<u64, Waker> {
        if self.is_empty() {
            std::mem::take(&mut self.for_empty)
        } else {
            BTreeMap::new()
        }
    }
}

/// With the lock free: wakers run code of others.
fn wake(wakers: BTreeMap<u64, Waker>) {
    for waker in wakers.into_values() {
        waker.wake();
    }
}

/// A flow that has become something else.
#[derive(Debug)]
pub(crate) struct Tally(Arc<Roster>);

impl Tally {
    pub(crate) fn roster(&self) -> Arc<Roster> {
        Arc::clone(&self.0)
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        let wakers = {
            let mut seats = self.0.seats();
            seats.upgraded -= 1;
            seats.take_if_empty()
        };
        wake(wakers);
    }
}

impl fmt::Debug for Roster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.seats().members.len();
        write!(
            f,
            "roster({count} connections, {} bytes, {:?})",
            self.held(),
            self.phase()
        )
    }
}
