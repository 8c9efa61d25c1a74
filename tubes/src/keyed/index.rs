//! A bounded table of keys that knows which of them was not used for longest.

use std::collections::HashMap;
use std::hash::Hash;
use std::num::NonZeroUsize;

/// Values by key, at most so many, each at a place that stays while it is there.
///
/// One look-up costs one hash and, as a rule, one comparison, however many keys there are; all
/// else goes by place and costs none.
pub(crate) struct Index<K, V> {
    /// `std`'s hasher: strangers choose keys.
    places: HashMap<K, usize>,
    entries: Vec<Option<Entry<K, V>>>,
    free: Vec<usize>,
    /// The ends of the list that goes through all entries in the order of their last use.
    oldest: Option<usize>,
    newest: Option<usize>,
    bound: usize,
}

struct Entry<K, V> {
    key: K,
    value: V,
    older: Option<usize>,
    newer: Option<usize>,
}

impl<K, V> Index<K, V> {
    pub(crate) fn new(bound: NonZeroUsize) -> Self {
        Self {
            places: HashMap::new(),
            entries: Vec::new(),
            free: Vec::new(),
            oldest: None,
            newest: None,
            bound: bound.get(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len() - self.free.len()
    }

    pub(crate) fn bound(&self) -> usize {
        self.bound
    }

    pub(crate) fn is_full(&self) -> bool {
        self.len() >= self.bound
    }

    #[inline]
    pub(crate) fn get(&self, place: usize) -> Option<&V> {
        Some(&self.entries.get(place)?.as_ref()?.value)
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, place: usize) -> Option<&mut V> {
        Some(
            &mut self
                .entries
                .get_mut(place)?
                .as_mut()?
                .value,
        )
    }

    /// The place that was not used for longest.
    pub(crate) fn oldest(&self) -> Option<usize> {
        self.oldest
    }

    /// The place that was used next after this one was.
    pub(crate) fn newer(&self, place: usize) -> Option<usize> {
        self.entries.get(place)?.as_ref()?.newer
    }

    /// Notes that this place is used now.
    #[inline]
    pub(crate) fn touch(&mut self, place: usize) {
        if self.newest != Some(place) {
            self.unlink(place);
            self.link(place);
        }
    }

    fn entry(&mut self, place: usize) -> Option<&mut Entry<K, V>> {
        self.entries.get_mut(place)?.as_mut()
    }

    /// Puts an entry that is not in the list at its newest end.
    fn link(&mut self, place: usize) {
        let older = self.newest.replace(place);
        if let Some(entry) = self.entry(place) {
            entry.older = older;
            entry.newer = None;
        }
        match older.and_then(|older| self.entry(older)) {
            Some(older) => older.newer = Some(place),
            None => self.oldest = Some(place),
        }
    }

    fn unlink(&mut self, place: usize) {
        let Some(entry) = self.entry(place) else {
            return;
        };
        let (older, newer) = (entry.older.take(), entry.newer.take());
        match older.and_then(|older| self.entry(older)) {
            Some(entry) => entry.newer = newer,
            None => self.oldest = newer,
        }
        match newer.and_then(|newer| self.entry(newer)) {
            Some(entry) => entry.older = older,
            None => self.newest = older,
        }
    }
}

impl<K: Hash + Eq, V> Index<K, V> {
    #[inline]
    pub(crate) fn find(&self, key: &K) -> Option<usize> {
        self.places.get(key).copied()
    }

    /// Puts in a key that is not there, twice the same; it counts as used now. The caller looks at
    /// the bound.
    pub(crate) fn insert(&mut self, [key, twin]: [K; 2], value: V) -> usize {
        let place = self.free.last().copied();
        let place = place.unwrap_or(self.entries.len());
        // First what may panic: code of the user.
        self.places.insert(twin, place);
        let entry = Entry {
            key,
            value,
            older: None,
            newer: None,
        };
        if self.free.pop().is_some() {
            self.entries[place] = Some(entry);
        } else {
            self.entries.push(Some(entry));
        }
        self.link(place);
        place
    }

    /// Takes out what is at this place, with both copies of its key.
    pub(crate) fn remove(&mut self, place: usize) -> Option<([K; 2], V)> {
        let entry = self.entries.get(place)?.as_ref()?;
        let (twin, _) = self.places.remove_entry(&entry.key)?;
        self.unlink(place);
        let entry = self.entries[place].take()?;
        self.free.push(place);
        Some(([entry.key, twin], entry.value))
    }
}

#[cfg(test)]
mod tests {
    use super::Index;
    use std::num::NonZeroUsize;

    fn order(index: &Index<u32, char>) -> String {
        std::iter::successors(index.oldest(), |place| index.newer(*place))
            .filter_map(|place| index.get(place))
            .collect()
    }

    #[test]
    fn the_order_is_that_of_the_last_use() {
        let mut index = Index::new(NonZeroUsize::new(4).unwrap());
        let places = ['a', 'b', 'c', 'd'].map(|c| index.insert([u32::from(c); 2], c));
        assert!(index.is_full());
        assert_eq!(order(&index), "abcd");
        index.touch(places[0]);
        index.touch(places[2]);
        index.touch(places[2]);
        assert_eq!(order(&index), "bdac");
        for (gone, left) in [('d', "bac"), ('b', "ac"), ('c', "a"), ('a', "")] {
            let place = index.find(&u32::from(gone)).unwrap();
            assert_eq!(index.remove(place).unwrap().1, gone);
            assert_eq!(order(&index), left);
            assert!(index.remove(place).is_none());
        }
        index.insert([1, 1], 'x');
        index.insert([2, 2], 'y');
        assert_eq!((order(&index).as_str(), index.len()), ("xy", 2));
        assert_eq!((index.entries.len(), index.bound()), (4, 4));
    }
}
