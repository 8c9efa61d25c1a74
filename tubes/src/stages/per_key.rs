//! A tube for each key, in one flow.

use std::fmt;
use std::hash::Hash;
use std::num::NonZeroUsize;

use crate::error::{Error, Kind};
use crate::keyed::index::Index;
use crate::reason::Reason;
use crate::tube::Tube;

/// A tube that keeps a tube for each `key(&item)`, made by `make(&key)` when the key first comes, at
/// most `keys` of them; gives what they give, in the order of the input.
///
/// State per key without tasks and queues: what a session, a customer or a sensor needs.
///
/// # Flow control
///
/// Holds what its tubes hold, and one item while a tube greets or another says farewell.
///
/// # When the table is full
///
/// A new key ends the flow with [`Kind::Limit`], so that no state is lost in silence; or, with
/// [`evicting`](PerKey::evicting), the tube that was not used for longest hears `Finished`, says its
/// farewell and makes place. If its key comes again, it begins anew.
///
/// # Stopping
///
/// All tubes hear the end, and then say farewell one after the other, the one that was not used
/// for longest first.
///
/// # Examples
///
/// ```
/// use tubes::{Fount, Reason, Tube, bound, drains, founts, stages};
///
/// /// The sum so far, by key.
/// struct Total(char, u32);
///
/// impl Tube<(char, u32)> for Total {
///     type Out = (char, u32);
///     fn received(&mut self, item: (char, u32)) -> Result<Option<(char, u32)>, Reason> {
///         self.1 += item.1;
///         Ok(Some((self.0, self.1)))
///     }
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let totals = founts::iter([('a', 1), ('b', 5), ('a', 2)])
///     .through(stages::per_key(bound(100), |item: &(char, u32)| item.0, |key| Total(*key, 0)))
///     .flow_to(drains::collect(9))
///     .await?;
/// assert_eq!(totals, [('a', 1), ('b', 5), ('a', 3)]);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[inline]
pub fn per_key<In, K, T, F, M>(keys: NonZeroUsize, key: F, make: M) -> PerKey<In, K, T, (F, M)>
where
    F: FnMut(&In) -> K,
    M: FnMut(&K) -> T,
    T: Tube<In>,
{
    PerKey {
        functions: (key, make),
        tubes: Index::new(keys),
        turn: Turn::Nobody,
        policy: Policy::Fails,
    }
}

/// The tube of [`per_key`], which has those of the keys; `F` is the pair of its functions.
#[must_use = "a stage does nothing before it is attached"]
pub struct PerKey<In, K, T, F> {
    functions: F,
    tubes: Index<K, T>,
    turn: Turn<In, K, T>,
    policy: Policy,
}

#[derive(Clone, Copy)]
enum Policy {
    Fails,
    Evicts,
}

/// Who has outputs to give.
///
/// ```text
/// Nobody ─► Evicted ─► Greets ─► Holds ─► Nobody        while items flow
/// any ─► Leaves (each in turn) ─► Nobody                at the end
/// ```
enum Turn<In, K, T> {
    Nobody,
    /// A tube has lost its place to this key; its farewell comes before this item.
    Evicted(T, K, In),
    /// A new tube, which has this item before it.
    Greets(usize, In),
    Holds(usize),
    /// The flow has ended; this tube says farewell, and then the next in the order of use.
    Leaves(usize),
}

impl<In, K, T, F> PerKey<In, K, T, F> {
    /// A new key that finds the table full ends the tube that was not used for longest.
    ///
    /// # Examples
    ///
    /// Numbers within each key; `'a'` makes place for `'c'`, and begins anew:
    ///
    /// ```
    /// use tubes::{Fount, bound, drains, founts, stages};
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let numbered = stages::per_key(bound(2), |c: &char| *c, |_| stages::enumerate());
    /// let all = founts::iter("aabcba".chars())
    ///     .through(numbered.evicting())
    ///     .flow_to(drains::collect(9))
    ///     .await?;
    /// assert_eq!(all, [(0, 'a'), (1, 'a'), (0, 'b'), (0, 'c'), (1, 'b'), (0, 'a')]);
    /// # Ok::<_, tubes::Error>(()) }).unwrap();
    /// ```
    pub fn evicting(mut self) -> Self {
        self.policy = Policy::Evicts;
        self
    }
}

impl<In, K, T, F, M> PerKey<In, K, T, (F, M)>
where
    K: Hash + Eq + Clone,
    F: FnMut(&In) -> K,
    M: FnMut(&K) -> T,
    T: Tube<In>,
{
    /// A new key, for which there is no tube yet.
    #[cold]
    fn new_key(&mut self, key: K, item: In) -> Result<(), Reason> {
        if !self.tubes.is_full() {
            self.begin(key, item);
            return Ok(());
        }
        let oldest = match self.policy {
            Policy::Evicts => self.tubes.oldest(),
            Policy::Fails => None,
        };
        let Some((_, mut tube)) = oldest.and_then(|place| self.tubes.remove(place)) else {
            let limit = Kind::Limit {
                what: "table of keys",
                limit: self.tubes.bound(),
            };
            return Err(Error::new(limit).into());
        };
        tube.stopped(&Reason::Finished)?;
        self.turn = Turn::Evicted(tube, key, item);
        Ok(())
    }

    fn begin(&mut self, key: K, item: In) {
        let tube = (self.functions.1)(&key);
        let place = self
            .tubes
            .insert([key.clone(), key], tube);
        self.turn = Turn::Greets(place, item);
    }

    fn give(&mut self, place: usize, item: In) -> Result<Option<T::Out>, Reason> {
        self.turn = Turn::Holds(place);
        match self.tubes.get_mut(place) {
            Some(tube) => tube.received(item),
            None => Ok(None),
        }
    }

    fn ask(&mut self, place: usize) -> Result<Option<T::Out>, Reason> {
        match self.tubes.get_mut(place) {
            Some(tube) => tube.emit(),
            None => Ok(None),
        }
    }
}

impl<In, K, T, F, M> Tube<In> for PerKey<In, K, T, (F, M)>
where
    K: Hash + Eq + Clone,
    F: FnMut(&In) -> K,
    M: FnMut(&K) -> T,
    T: Tube<In>,
{
    type Out = T::Out;

    #[inline]
    fn received(&mut self, item: In) -> Result<Option<T::Out>, Reason> {
        let key = (self.functions.0)(&item);
        let Some(place) = self.tubes.find(&key) else {
            self.new_key(key, item)?;
            return Ok(None);
        };
        self.tubes.touch(place);
        self.give(place, item)
    }

    #[inline]
    fn emit(&mut self) -> Result<Option<T::Out>, Reason> {
        loop {
            // Where a tube fails, its turn is over.
            match std::mem::replace(&mut self.turn, Turn::Nobody) {
                Turn::Nobody => return Ok(None),
                Turn::Holds(place) => {
                    let out = self.ask(place)?;
                    if out.is_some() {
                        self.turn = Turn::Holds(place);
                    }
                    return Ok(out);
                }
                Turn::Greets(place, item) => {
                    let mut out = self.ask(place)?;
                    if out.is_some() {
                        self.turn = Turn::Greets(place, item);
                    } else {
                        out = self.give(place, item)?;
                    }
                    if out.is_some() {
                        return Ok(out);
                    }
                }
                Turn::Evicted(mut tube, key, item) => match tube.emit()? {
                    Some(out) => {
                        self.turn = Turn::Evicted(tube, key, item);
                        return Ok(Some(out));
                    }
                    None => self.begin(key, item),
                },
                Turn::Leaves(place) => {
                    let out = self.ask(place)?;
                    let next = match out {
                        Some(_) => Some(place),
                        None => self.tubes.newer(place),
                    };
                    self.turn = next.map_or(Turn::Nobody, Turn::Leaves);
                    if out.is_some() {
                        return Ok(out);
                    }
                }
            }
        }
    }

    fn stopped(&mut self, reason: &Reason) -> Result<(), Reason> {
        let oldest = self.tubes.oldest();
        let mut told = Ok(());
        let mut next = oldest;
        while let Some(place) = next {
            next = self.tubes.newer(place);
            if let Some(tube) = self.tubes.get_mut(place) {
                let heard = tube.stopped(reason);
                told = told.and(heard);
            }
        }
        self.turn = oldest.map_or(Turn::Nobody, Turn::Leaves);
        told
    }

    fn kind(&self) -> &'static str {
        "per_key"
    }
}

impl<In, K, T, F> fmt::Debug for PerKey<In, K, T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "per_key({} of {})", self.tubes.len(), self.tubes.bound())
    }
}
