//! Which futures may run at the same time.

use std::fmt;

/// Which futures of a [`Then`](super::Then) may run at the same time: all ([`Unkeyed`]), or those
/// of different keys ([`ByKey`]).
///
/// Users meet it in bounds only.
pub trait Keys<In> {
    /// The item is to have its future in this place: gives it back if that may begin now, and
    /// keeps it if another one comes first.
    fn admit(&mut self, place: usize, item: In) -> Option<In>;

    /// The future in this place is done: the place and the item of the one that may begin now.
    fn release(&mut self, place: usize) -> Option<(usize, In)>;

    /// Nothing is wanted any more.
    fn clear(&mut self);
}

/// All futures may run at the same time.
#[derive(Debug)]
pub struct Unkeyed(());

impl Unkeyed {
    pub(super) const ALL: Self = Self(());
}

impl<In> Keys<In> for Unkeyed {
    #[inline]
    fn admit(&mut self, _place: usize, item: In) -> Option<In> {
        Some(item)
    }
    #[inline]
    fn release(&mut self, _place: usize) -> Option<(usize, In)> {
        None
    }
    #[inline]
    fn clear(&mut self) {}
}

/// Futures of one key run one after another, in the order of their items.
pub struct ByKey<G, Key, In> {
    key: G,
    /// In the order of the items; no more than there are places.
    held: Vec<Held<Key, In>>,
}

struct Held<Key, In> {
    place: usize,
    key: Key,
    /// There until its turn comes.
    waiting: Option<In>,
}

impl<G, Key, In> ByKey<G, Key, In> {
    pub(super) fn new(key: G) -> Self {
        Self {
            key,
            held: Vec::new(),
        }
    }
}

impl<G, Key, In> Keys<In> for ByKey<G, Key, In>
where
    G: FnMut(&In) -> Key,
    Key: Eq,
{
    #[inline]
    fn admit(&mut self, place: usize, item: In) -> Option<In> {
        let key = (self.key)(&item);
        let is_busy = self
            .held
            .iter()
            .any(|held| held.key == key);
        let (waiting, admitted) = if is_busy {
            (Some(item), None)
        } else {
            (None, Some(item))
        };
        self.held.push(Held {
            place,
            key,
            waiting,
        });
        admitted
    }

    #[inline]
    fn release(&mut self, place: usize) -> Option<(usize, In)> {
        let at = self
            .held
            .iter()
            .position(|held| held.place == place)?;
        let done = self.held.remove(at);
        let next = self
            .held
            .iter_mut()
            .find(|held| held.key == done.key)?;
        Some((next.place, next.waiting.take()?))
    }

    fn clear(&mut self) {
        self.held.clear();
    }
}

impl<G, Key, In> fmt::Debug for ByKey<G, Key, In> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "by_key({} held)", self.held.len())
    }
}
