//! Decides from a seed who is ready when, and who is woken first.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// Decides from a seed who is ready when, and who is woken first: the same seed, the same run.
///
/// Fakes ask it through a [`Gate`]; an [`Executor`](super::Executor) fires the wakes that the
/// gates owe. Its clones are the same schedule.
#[derive(Clone)]
pub struct Schedule {
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    seed: u64,
    random: u64,
    /// How often of 8 times a gate says "not now".
    hesitation: u64,
    gates: Vec<State>,
    /// Counts whatever happens, so that a wake for nothing can be told.
    moves: u64,
    step: String,
}

enum State {
    Closed,
    /// Owes a wake.
    Waiting(Waker),
    /// Has woken: the next poll passes.
    Granted,
}

impl Schedule {
    /// A schedule from a seed: some seeds hesitate never, some most of the time.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        let schedule = Self::new(seed, 0);
        let hesitation = schedule.below(7);
        schedule.lock().hesitation = hesitation;
        schedule
    }

    /// A schedule on which everybody is always ready.
    #[must_use]
    pub fn eager() -> Self {
        Self::new(0, 0)
    }

    fn new(seed: u64, hesitation: u64) -> Self {
        Self {
            shared: Arc::new(Mutex::new(Shared {
                seed,
                random: seed,
                hesitation,
                gates: Vec::new(),
                moves: 0,
                step: String::new(),
            })),
        }
    }

    /// The same schedule, with a name for what is tried: it stands in the message of a broken law.
    #[must_use]
    pub fn named(self, step: impl Into<String>) -> Self {
        self.lock().step = step.into();
        self
    }

    /// The seed, to see the same run again.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.lock().seed
    }

    /// A random number from 0 to below `bound`; 0 if that is 0.
    #[must_use]
    pub fn below(&self, bound: u64) -> u64 {
        self.lock().below(bound)
    }

    /// A place where something waits now and then, as this schedule decides.
    #[must_use]
    pub fn gate(&self) -> Gate {
        let mut shared = self.lock();
        shared.gates.push(State::Closed);
        Gate {
            schedule: self.clone(),
            number: shared.gates.len() - 1,
        }
    }

    /// Fires one of the wakes that are owed, any; `false` if none is.
    pub fn fire(&self) -> bool {
        let mut shared = self.lock();
        let waiting: Vec<usize> = (0..shared.gates.len())
            .filter(|number| matches!(shared.gates[*number], State::Waiting(_)))
            .collect();
        if waiting.is_empty() {
            return false;
        }
        let any = shared.below(waiting.len() as u64);
        let number = waiting[usize::try_from(any).unwrap_or_default()];
        let fired = std::mem::replace(&mut shared.gates[number], State::Granted);
        shared.moves += 1;
        drop(shared);
        if let State::Waiting(waker) = fired {
            waker.wake();
        }
        true
    }

    /// Something has happened: an item moved, an end was heard.
    pub(super) fn moved(&self) {
        self.lock().moves += 1;
    }

    pub(super) fn moves(&self) -> u64 {
        self.lock().moves
    }

    /// A law is broken: says which, where, and how to see it again.
    #[track_caller]
    pub(super) fn broken(&self, law: usize, found: impl fmt::Display) -> ! {
        let (seed, step) = {
            let shared = self.lock();
            (shared.seed, shared.step.clone())
        };
        let sentence = SENTENCES.get(law - 1).unwrap_or(&"");
        panic!(
            "law {law}: {sentence}\n  step:  {step}\n  found: {found}\n  seed:  {seed} \
             (to see it again: `.seeds({seed}..{})`)\n",
            seed.wrapping_add(1)
        );
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place where something waits now and then, as a [`Schedule`] decides.
#[derive(Debug)]
pub struct Gate {
    schedule: Schedule,
    number: usize,
}

impl Gate {
    /// Ready, or pending with a wake at once or later.
    ///
    /// Only the waker of the last poll is woken, as the contract of `Waker` allows.
    pub fn poll_pass(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut shared = self.schedule.lock();
        let passes = shared.below(8) >= shared.hesitation;
        let wakes_at_once = shared.below(4) == 0;
        match shared.gates[self.number] {
            State::Granted => {
                shared.gates[self.number] = State::Closed;
                return Poll::Ready(());
            }
            State::Closed if passes => return Poll::Ready(()),
            State::Closed if wakes_at_once => {
                shared.moves += 1;
                drop(shared);
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            State::Closed | State::Waiting(_) => {}
        }
        shared.gates[self.number] = State::Waiting(cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        let closed = State::Closed;
        let before = std::mem::replace(&mut self.schedule.lock().gates[self.number], closed);
        drop(before);
    }
}

impl Shared {
    /// `SplitMix64` (Steele, Lea, Flood 2014): small, and good from any seed.
    fn below(&mut self, bound: u64) -> u64 {
        self.random = self
            .random
            .wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31))
            .checked_rem(bound)
            .unwrap_or(0)
    }
}

/// The laws, in the words of the design.
const SENTENCES: [&str; 8] = [
    "ready before pull: no item is taken out of its source before there is room for it",
    "nothing unbounded: every place where items wait has a bound",
    "one end, heard once by everybody, with its reason, behind the data",
    "both sides are driven: progress upstream while downstream waits, flush while upstream does",
    "no wake is lost, none is wasted; nothing happens while paused",
    "fair: one poll does a bounded amount of work, whatever the source",
    "fusion survives: driven in whatever way, a chain gives the same",
    "no hidden task, no hidden clock",
];

impl fmt::Debug for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shared = self.lock();
        let owed = shared
            .gates
            .iter()
            .filter(|state| matches!(state, State::Waiting(_)))
            .count();
        write!(f, "schedule(seed {}, {owed} wakes owed)", shared.seed)
    }
}
