//! Many sources, of which only the woken are polled, each for a turn.
//!
//! ```text
//!            rings                  pulled, in a circle
//!  a source ───────► pullable ──────────────────────────► Starved: waits for its bell
//!                       ▲   │ its turn is over, or the drain is not ready
//!                       └───┘
//!           ended, or stopped ───► leaving ── `poll_progress` is ready ──► gone
//! ```

use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use super::bits::Bits;
use crate::budget::{self, RUN};
use crate::drain::Drain;
use crate::fount::{Fount, Run};
use crate::reason::Reason;
use crate::siphon::ration::{Ration, Waits};
use crate::wakes::Wakes;

/// Many sources of one type. Costs an allocation for each source that is added, none for a poll.
///
/// `poll_next` and `poll_flow` give the end of *one* source as their end: what that means for the
/// others is for the owner to say.
pub(super) struct Sources<F> {
    slots: Vec<Option<Source<F>>>,
    wakes: Wakes,
    /// Woken, and not pulled since until it had nothing more; or leaving, and woken.
    pullable: Bits,
    /// Those that `poll_progress` has something to do for: woken or pulled since the last time.
    unsettled: Bits,
    /// Those that said they were under way when they were asked last.
    under_way: Bits,
    /// Neither ended nor stopped.
    open: usize,
    /// Open or leaving.
    held: usize,
    turn: Turn,
    /// The largest weight: a turn of this one is a whole run.
    widest: usize,
    /// How many items may be pulled, or ends heard in a run, before the bells are looked at again.
    unlooked: u32,
}

struct Source<F> {
    fount: Pin<Box<F>>,
    weight: usize,
    life: Life,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Life {
    Open,
    /// Has ended or was stopped, and has something to bring to its end.
    Leaving,
}

/// Whose turn it is, and for how many items yet; the next one's, if for none.
struct Turn {
    number: usize,
    left: usize,
}

/// A lock is taken once for so many items that are pulled one by one.
const LOOK: u32 = 64;

impl<F: Fount> Sources<F> {
    pub(super) fn new() -> Self {
        Self {
            slots: Vec::new(),
            wakes: Wakes::new(),
            pullable: Bits::default(),
            unsettled: Bits::default(),
            under_way: Bits::default(),
            open: 0,
            held: 0,
            turn: Turn {
                number: usize::MAX,
                left: 0,
            },
            widest: 1,
            unlooked: 0,
        }
    }

    /// Adds a source, which counts as woken.
    pub(super) fn add(&mut self, fount: F) {
        let number = self.wakes.insert();
        if number >= self.slots.len() {
            self.slots
                .resize_with(number + 1, || None);
        }
        self.slots[number] = Some(Source {
            fount: Box::pin(fount),
            weight: 1,
            life: Life::Open,
        });
        self.open += 1;
        self.held += 1;
        self.pullable.insert(number);
        self.unsettled.insert(number);
    }

    /// Gives weights, in the order of the sources.
    pub(super) fn weigh(&mut self, weights: impl Iterator<Item = u32>) {
        for (source, weight) in self
            .slots
            .iter_mut()
            .flatten()
            .zip(weights)
        {
            source.weight = usize::try_from(weight.max(1)).unwrap_or(usize::MAX);
        }
        let weights = self
            .slots
            .iter()
            .flatten()
            .map(|source| source.weight);
        self.widest = weights.max().unwrap_or(1);
    }

    /// How many have neither ended nor been stopped.
    #[inline]
    pub(super) fn open(&self) -> usize {
        self.open
    }

    /// How many are here, with those that have ended and are not through with it.
    #[inline]
    pub(super) fn held(&self) -> usize {
        self.held
    }

    /// An item of the next source that has one, or the end of one source.
    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<F::Item, Reason>> {
        let mut has_looked = self.look_now_and_then(cx);
        loop {
            let Some(number) = self.whose_turn() else {
                if has_looked {
                    return Poll::Pending;
                }
                has_looked = true;
                self.look(cx);
                continue;
            };
            if let Poll::Ready(next) = self.poll_one(number) {
                return Poll::Ready(next);
            }
            // Nothing came of it: that costs, too, or many that are woken for nothing are one poll.
            if !budget::spend_part() {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
    }

    /// An item of this one, or its end, if it is open.
    fn poll_one(&mut self, number: usize) -> Poll<Result<F::Item, Reason>> {
        let Some(source) = self.slots[number]
            .as_mut()
            .filter(|it| it.life == Life::Open)
        else {
            self.pullable.remove(number);
            self.settle(number);
            return Poll::Pending;
        };
        let mut own = Context::from_waker(self.wakes.waker(number));
        let next = source
            .fount
            .as_mut()
            .poll_next(&mut own);
        match &next {
            Poll::Ready(Ok(_)) => {
                self.turn.left -= 1;
                self.unsettled.insert(number);
            }
            Poll::Ready(Err(_)) => self.leave(number),
            Poll::Pending => self.rest(number),
        }
        next
    }

    /// A run of each source that has one, in turn, until the end of one source or of the run.
    pub(super) fn poll_flow<D>(&mut self, cx: &mut Context<'_>, drain: Pin<&mut D>) -> Run
    where
        D: Drain<F::Item>,
    {
        let run = self.run(cx, drain);
        if !matches!(run, Run::Ended(_)) {
            // The next one is another poll. After an end this one goes on, often.
            self.unlooked = 0;
        }
        run
    }

    fn run<D>(&mut self, cx: &mut Context<'_>, mut drain: Pin<&mut D>) -> Run
    where
        D: Drain<F::Item>,
    {
        let mut has_looked = self.look_now_and_then(cx);
        while budget::spend_part() {
            // Asked here, too, so that nobody loses a turn to a drain that is not ready.
            match drain.as_mut().poll_ready(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(reason)) => return Run::Refused(reason),
                Poll::Pending => return Run::Blocked,
            }
            let Some(number) = self.whose_turn() else {
                if has_looked {
                    return Run::Starved;
                }
                has_looked = true;
                self.look(cx);
                continue;
            };
            let Some(source) = self.slots[number]
                .as_mut()
                .filter(|it| it.life == Life::Open)
            else {
                self.pullable.remove(number);
                self.settle(number);
                continue;
            };
            let items = if self.turn.left == source.weight {
                source
                    .weight
                    .saturating_mul((RUN / self.widest).max(1))
            } else {
                self.turn.left
            };
            let mut own = Context::from_waker(self.wakes.waker(number));
            let mut ration = pin!(Ration::new(drain.as_mut(), cx, items));
            let run = source
                .fount
                .as_mut()
                .poll_flow(&mut own, ration.as_mut());
            // What is left of the last round of its weight: a slow drain gets the same shares.
            self.turn.left = ration.left() % source.weight;
            let is_only_its_turn = ration.waits() == Waits::ForItsTurn;
            match run {
                Run::Blocked if is_only_its_turn => {
                    self.turn.left = 0;
                    self.unsettled.insert(number);
                }
                Run::Blocked | Run::Spent | Run::Refused(_) => {
                    self.unsettled.insert(number);
                    return run;
                }
                Run::Starved => self.rest(number),
                Run::Ended(reason) => {
                    self.leave(number);
                    return Run::Ended(reason);
                }
            }
        }
        Run::Spent
    }

    /// Moves those that were woken or pulled since the last time; ready when none is under way.
    pub(super) fn poll_progress(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.look(cx);
        let mut from = 0;
        while let Some(number) = self.unsettled.next(from) {
            self.settle(number);
            from = number;
        }
        if self.under_way.is_empty() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    /// Stops all that have not ended.
    #[cold]
    pub(super) fn stop(&mut self, reason: &Reason) {
        for (number, source) in self.slots.iter_mut().enumerate() {
            if let Some(source) = source
                && source.life == Life::Open
            {
                source.life = Life::Leaving;
                self.unsettled.insert(number);
                source.fount.as_mut().stop(reason);
            }
        }
        self.open = 0;
        self.pullable.clear();
    }

    /// Looks at the bells if that was some items ago: whether it has.
    #[inline]
    fn look_now_and_then(&mut self, cx: &Context<'_>) -> bool {
        let is_due = self.unlooked == 0;
        if is_due {
            self.look(cx);
        }
        self.unlooked -= 1;
        is_due
    }

    /// Takes in who has rung, and has the context woken by those that will.
    fn look(&mut self, cx: &Context<'_>) {
        self.unlooked = LOOK;
        self.wakes.collect(cx);
        let mut from = 0;
        while let Some(number) = self.wakes.take_next(from) {
            self.pullable.insert(number);
            self.unsettled.insert(number);
            from = number;
        }
    }

    /// The source whose turn it is, with something left of it.
    #[inline]
    fn whose_turn(&mut self) -> Option<usize> {
        if self.turn.left > 0 && self.pullable.contains(self.turn.number) {
            return Some(self.turn.number);
        }
        let number = self
            .pullable
            .next(self.turn.number.wrapping_add(1))?;
        let weight = self.slots[number]
            .as_ref()
            .map_or(1, |source| source.weight);
        self.turn = Turn {
            number,
            left: weight,
        };
        Some(number)
    }

    /// It has nothing right now, and rings when it may have.
    #[inline]
    fn rest(&mut self, number: usize) {
        self.pullable.remove(number);
        self.unsettled.remove(number);
        self.turn.left = 0;
    }

    /// It has ended by itself.
    fn leave(&mut self, number: usize) {
        if let Some(source) = &mut self.slots[number] {
            source.life = Life::Leaving;
        }
        self.open -= 1;
        self.turn.left = 0;
        self.pullable.remove(number);
        self.settle(number);
    }

    /// Moves one; one that was leaving is gone when it is through.
    fn settle(&mut self, number: usize) {
        self.unsettled.remove(number);
        // A wake may come late, of one that was here before.
        let Some(source) = self
            .slots
            .get_mut(number)
            .and_then(Option::as_mut)
        else {
            self.pullable.remove(number);
            return;
        };
        let mut own = Context::from_waker(self.wakes.waker(number));
        if source
            .fount
            .as_mut()
            .poll_progress(&mut own)
            .is_pending()
        {
            self.under_way.insert(number);
            return;
        }
        self.under_way.remove(number);
        if source.life == Life::Leaving {
            self.wakes.remove(number);
            self.pullable.remove(number);
            self.held -= 1;
            self.slots[number] = None;
        }
    }
}
