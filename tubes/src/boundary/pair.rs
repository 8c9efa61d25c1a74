//! The two ends of a boundary, made together.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;

use super::entry::Entry;
use super::exit::Exit;
use super::load::{Load, Scales};
use super::place::{Local, Place, Shared};
use super::state::State;

/// Makes a boundary between two tasks, of at most `bound` items.
///
/// # Flow control
///
/// What has entered and what the exit has taken out and not handed on yet is together never more
/// than `bound`. The exit takes all that has entered at once, and says so half way through it and
/// at its end, so that what it has handed on may count for up to half a chunk longer.
///
/// | who waits | is woken |
/// |---|---|
/// | the entry, for room | when half of the bound is free |
/// | the exit, for items | by the first run of items that enters, once |
///
/// # Stopping
///
/// The end of the flow into the entry comes out behind the items, with its reason. An entry that
/// is dropped before is a failure, [`Kind::Abandoned`](crate::Kind::Abandoned), behind what has
/// entered. When the exit is stopped or dropped, what is inside is lost, and the entry hears why.
///
/// # Examples
///
/// See [the module](crate::boundary).
#[must_use = "an end that is dropped ends the flow"]
pub fn pair<T>(bound: NonZeroUsize) -> (Entry<T>, Exit<T>) {
    of(bound).pair()
}

/// Makes a boundary between two futures of one thread, of at most `bound` items: as [`pair`],
/// without a lock, and for items that are not `Send`.
///
/// # Examples
///
/// Two parts of a pipe in one task, each of which may go ahead of the other:
///
/// ```
/// use std::rc::Rc;
/// use tubes::{Fount, bound, boundary, drains, founts};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let (entry, exit) = boundary::local(bound(8));
/// let (fed, all) = tokio::join!(
///     founts::iter(0..20).map(Rc::new).flow_to(entry),
///     exit.map(|n| *n).flow_to(drains::collect(20)),
/// );
/// fed?;
/// assert_eq!(all?.len(), 20);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[must_use = "an end that is dropped ends the flow"]
pub fn local<T>(bound: NonZeroUsize) -> (Entry<T, Local>, Exit<T, Local>) {
    of(bound).local()
}

/// A boundary of at most `bound` items, to be [weighed](Boundary::weighing), too.
///
/// # Examples
///
/// ```
/// use bytes::Bytes;
/// use tubes::{Fount, bound, boundary, drains, founts};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let (entry, exit) = boundary::of(bound(1024)).weighing(64 * 1024, Bytes::len).pair();
/// let feed = tokio::spawn(founts::iter(["a", "bc"]).map(Bytes::from).flow_to(entry));
/// assert_eq!(exit.flow_to(drains::collect(2)).await?, ["a", "bc"]);
/// feed.await??;
/// # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
pub fn of<T>(bound: NonZeroUsize) -> Boundary<T> {
    Boundary {
        bound: Load::of_items(bound),
        scales: None,
    }
}

/// What is to become a boundary: what [`of`] gives.
#[must_use = "a boundary has two ends: `pair` or `local`"]
pub struct Boundary<T> {
    bound: Load,
    scales: Scales<T>,
}

impl<T> Boundary<T> {
    /// Bounds what is inside by its weight, too: bytes, say.
    ///
    /// There is room while what is inside weighs less than `max`, whatever the next item weighs:
    /// so that it weighs less than `max` without the item that came last. The bound of items holds
    /// as before, also for items that weigh nothing. A `max` of 0 counts as 1. `weigh` is called
    /// when an item enters, and once or twice when it comes out.
    pub fn weighing<W>(mut self, max: usize, weigh: W) -> Self
    where
        W: Fn(&T) -> usize + Send + Sync + 'static,
    {
        self.bound.weight = max.max(1);
        self.scales = Some(Arc::new(weigh));
        self
    }

    /// The two ends, for two tasks.
    #[must_use = "an end that is dropped ends the flow"]
    pub fn pair(self) -> (Entry<T>, Exit<T>) {
        self.ends::<Shared>()
    }

    /// The two ends, for one thread.
    #[must_use = "an end that is dropped ends the flow"]
    pub fn local(self) -> (Entry<T, Local>, Exit<T, Local>) {
        self.ends::<Local>()
    }

    fn ends<P: Place>(self) -> (Entry<T, P>, Exit<T, P>) {
        let cell = P::cell(State::new(self.bound));
        let entry = Entry::new(P::Cell::clone(&cell), self.bound, self.scales.clone());
        (entry, Exit::new(cell, self.scales))
    }
}

impl<T> Clone for Boundary<T> {
    fn clone(&self) -> Self {
        Self {
            bound: self.bound,
            scales: self.scales.clone(),
        }
    }
}

impl<T> fmt::Debug for Boundary<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "boundary(of {})", self.bound.items)
    }
}
