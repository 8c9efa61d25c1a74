//! The places: futures in flight, and outputs that wait.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::keys::Keys;
use crate::budget;
use crate::wakes::Wakes;

/// In which order outputs leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// As their items came.
    OfItems,
    /// As their futures were done.
    OfOutputs,
}

/// Whether anything may be polled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    Still,
    /// Only while a poll is under way; what a panic leaves behind.
    Polling,
    /// Something has panicked.
    Dead,
}

/// At most so many futures in flight, each in a place of its own.
///
/// A place is made when it is needed first, and used again and again: its box holds one future
/// after another. `busy` places hold a future, an output, or an item whose key has to wait.
pub(super) struct Calls<F, Fut: Future, K> {
    pub(super) f: F,
    pub(super) keys: K,
    pub(super) most: usize,
    pub(super) order: Order,
    /// `places.len() <= most`, numbered as in `wakes`.
    places: Vec<Place<Fut>>,
    free: Vec<usize>,
    /// Ordered: all that is held, as it came. Unordered: the outputs that wait, as they came.
    line: VecDeque<usize>,
    /// `busy + free.len() == places.len()`
    busy: usize,
    wakes: Wakes,
    /// Where the next sweep begins, so that nobody is always last.
    sweep: usize,
    life: Life,
    /// Whether the waker of this poll is known to `wakes`.
    is_heard: bool,
}

struct Place<Fut: Future> {
    call: Pin<Box<Option<Fut>>>,
    output: Option<Fut::Output>,
}

/// What it takes to poll calls in the spare place.
pub(super) struct Spare<'a, F, Fut, K> {
    pub(super) f: &'a mut F,
    pub(super) keys: &'a mut K,
    pub(super) place: usize,
    pub(super) call: Pin<&'a mut Option<Fut>>,
    pub(super) cx: Context<'a>,
}

impl<F, Fut: Future, K> Calls<F, Fut, K> {
    pub(super) fn new(f: F, keys: K) -> Self {
        Self {
            f,
            keys,
            most: 1,
            order: Order::OfItems,
            places: Vec::new(),
            free: Vec::new(),
            line: VecDeque::new(),
            busy: 0,
            wakes: Wakes::new(),
            sweep: 0,
            life: Life::Still,
            is_heard: false,
        }
    }

    /// Begins a poll; `false` if something has panicked before.
    #[inline]
    pub(super) fn enter(&mut self) -> bool {
        self.is_heard = false;
        match self.life {
            Life::Still => self.life = Life::Polling,
            Life::Polling | Life::Dead => self.life = Life::Dead,
        }
        self.life == Life::Polling
    }

    /// Ends a poll: whatever is in flight wakes this task, or has woken it.
    #[inline]
    pub(super) fn leave(&mut self, cx: &Context<'_>) {
        self.life = Life::Still;
        if self.busy > 0 {
            if !self.is_heard {
                self.wakes.collect(cx);
            }
            if self.wakes.is_any() {
                cx.waker().wake_by_ref();
            }
        }
    }

    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.busy >= self.most
    }

    #[inline]
    pub(super) fn busy(&self) -> usize {
        self.busy
    }

    /// Whether what is ready at once may leave at once.
    #[inline]
    pub(super) fn is_direct(&self) -> bool {
        match self.order {
            Order::OfItems => self.busy == 0,
            Order::OfOutputs => self.line.is_empty(),
        }
    }

    /// Whether an output waits whose turn it is.
    #[inline]
    pub(super) fn has_output(&self) -> bool {
        let next = self.line.front();
        next.is_some_and(|place| self.places[*place].output.is_some())
    }

    /// The next output, in order.
    #[inline]
    pub(super) fn take(&mut self) -> Option<Fut::Output> {
        let place = *self.line.front()?;
        let output = self.places[place].output.take()?;
        self.line.pop_front();
        self.free.push(place);
        self.busy -= 1;
        Some(output)
    }

    /// The number of a place that is free. Only while not full.
    #[inline]
    fn spare_place(&mut self) -> usize {
        match self.free.last() {
            Some(place) => *place,
            None => self.new_place(),
        }
    }

    #[cold]
    fn new_place(&mut self) -> usize {
        let place = self.wakes.insert();
        // A new child counts as woken, and nothing is there to be polled yet.
        self.wakes.take_next(place);
        self.places.push(Place {
            call: Box::pin(None),
            output: None,
        });
        self.free.push(place);
        place
    }

    /// The spare place, taken apart: it stays spare as long as every call in it is ready at once.
    #[inline]
    pub(super) fn spare(&mut self) -> Spare<'_, F, Fut, K> {
        let place = self.spare_place();
        Spare {
            f: &mut self.f,
            keys: &mut self.keys,
            place,
            call: self.places[place].call.as_mut(),
            cx: Context::from_waker(self.wakes.waker(place)),
        }
    }

    /// The call in the spare place has to wait: the place is taken.
    pub(super) fn park(&mut self) {
        if let Some(place) = self.free.pop() {
            self.busy += 1;
            if self.order == Order::OfItems {
                self.line.push_back(place);
            }
        }
    }

    /// An output that was ready at once has to wait for its turn.
    pub(super) fn file(&mut self, output: Fut::Output) {
        let place = self.spare_place();
        self.places[place].output = Some(output);
        self.free.pop();
        self.busy += 1;
        self.line.push_back(place);
    }

    /// Drops all that is held.
    pub(super) fn clear<In>(&mut self)
    where
        K: Keys<In>,
    {
        self.keys.clear();
        self.line.clear();
        self.free.clear();
        self.busy = 0;
        for (place, held) in self.places.iter_mut().enumerate() {
            self.free.push(place);
            held.output = None;
            held.call.set(None);
        }
    }

    /// Begins a call for this item, and polls it in place: its output if it is ready at once.
    /// Only while not full.
    #[inline]
    pub(super) fn begin<In>(&mut self, item: In) -> Option<Fut::Output>
    where
        F: FnMut(In) -> Fut,
        K: Keys<In>,
    {
        let output = self.spare().begin(item);
        if output.is_none() {
            self.park();
        }
        output
    }

    /// Polls the calls that were woken, each once; `false` if the budget is spent before.
    #[inline]
    pub(super) fn drive<In>(&mut self, cx: &Context<'_>) -> bool
    where
        F: FnMut(In) -> Fut,
        K: Keys<In>,
    {
        self.busy == 0 || self.sweep(cx)
    }

    fn sweep<In>(&mut self, cx: &Context<'_>) -> bool
    where
        F: FnMut(In) -> Fut,
        K: Keys<In>,
    {
        self.wakes.collect(cx);
        self.is_heard = true;
        while let Some(place) = self.wakes.take_next(self.sweep) {
            let held = &mut self.places[place];
            if held.call.is_none() {
                continue; // A late wake of one that is gone.
            }
            if !budget::spend() {
                self.wakes.mark(place);
                return false;
            }
            self.sweep = place + 1;
            let mut own = Context::from_waker(self.wakes.waker(place));
            let Some(output) = poll(held.call.as_mut(), &mut own) else {
                continue;
            };
            held.output = Some(output);
            if self.order == Order::OfOutputs {
                self.line.push_back(place);
            }
            if let Some((next, item)) = self.keys.release(place) {
                let call = (self.f)(item);
                self.places[next].call.set(Some(call));
                self.wakes.mark(next);
            }
        }
        true
    }
}

impl<F, Fut: Future, K> Spare<'_, F, Fut, K> {
    /// Begins a call, and polls it: its output if it is ready at once.
    #[inline]
    pub(super) fn begin<In>(&mut self, item: In) -> Option<Fut::Output>
    where
        F: FnMut(In) -> Fut,
        K: Keys<In>,
    {
        let item = self.keys.admit(self.place, item)?;
        self.call.set(Some((self.f)(item)));
        let output = poll(self.call.as_mut(), &mut self.cx)?;
        // Nobody waits for it: it was the last to come.
        self.keys.release(self.place);
        Some(output)
    }
}

/// Polls the call in a place, and empties the place when it is done.
#[inline]
fn poll<Fut: Future>(mut call: Pin<&mut Option<Fut>>, cx: &mut Context<'_>) -> Option<Fut::Output> {
    match call.as_mut().as_pin_mut()?.poll(cx) {
        Poll::Ready(output) => {
            call.set(None);
            Some(output)
        }
        Poll::Pending => None,
    }
}
