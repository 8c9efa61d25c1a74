//! The handle that opens routes.

use std::fmt;
use std::hash::Hash;
use std::num::NonZeroUsize;
use std::sync::Arc;

use super::fount::Route;
use super::lossy::LossyRoute;
use super::open_error::OpenError;
use crate::keyed::queues::{Queues, Refused};
use crate::keyed::slot::Full;

/// Opens routes of a [`Router`](super::Router): from any task, and in its function for the key,
/// too. A route is closed by dropping it.
pub struct Routes<K, T> {
    queues: Arc<Queues<K, T>>,
}

impl<K, T> Routes<K, T> {
    pub(super) fn new(queues: Arc<Queues<K, T>>) -> Self {
        Self { queues }
    }

    /// How many routes are open by their address.
    #[must_use]
    pub fn count(&self) -> usize {
        self.queues.figures().0
    }

    /// How many items were dropped so far: for an unknown address, or because their route was
    /// full and does not wait.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.queues.figures().2
    }

    /// Opens the route for items that no other takes; `key` is its name, and no address. It stands
    /// beside the bounded table. Where it was closed, items count as unknown again.
    ///
    /// # Errors
    ///
    /// There is one already.
    pub fn open_fallback(&self, key: K, bound: NonZeroUsize) -> Result<Route<K, T>, OpenError> {
        let reader = self
            .queues
            .open_fallback(key, bound)
            .map_err(|refused| self.refused(refused))?;
        Ok(Route::new(reader))
    }

    fn refused(&self, refused: Refused) -> OpenError {
        OpenError::new(refused, self.queues.figures().1)
    }
}

impl<K: Hash + Eq + Clone, T> Routes<K, T> {
    /// Opens the route for this address. At most `bound` items wait in it; when it is full, the
    /// router waits for it.
    ///
    /// # Errors
    ///
    /// The address is taken, or there are as many routes as there may be.
    pub fn open(&self, key: K, bound: NonZeroUsize) -> Result<Route<K, T>, OpenError> {
        let reader = self
            .queues
            .open(key, bound, Full::Wait)
            .map_err(|refused| self.refused(refused))?;
        Ok(Route::new(reader))
    }

    /// Opens a route that nobody waits for, and that keeps the oldest: what comes while `bound`
    /// items wait in it is dropped, and the reader is told how many are missing there.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    ///
    /// # Examples
    ///
    /// ```
    /// use tubes::{Fount, Lossy, bound, drains, founts, route};
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let (router, routes) = route::router(bound(1), |_: &char| "the only one");
    /// let route = routes.open_lossy("the only one", bound(2))?;
    /// founts::iter("abcde".chars()).flow_to(router).await?;
    ///
    /// let all = route.flow_to(drains::collect(9)).await?;
    /// let gap = Lossy::Gap(3.try_into()?);
    /// assert_eq!(all, [Lossy::Item('a'), Lossy::Item('b'), gap]);
    /// assert_eq!(routes.dropped(), 3);
    /// # Ok::<_, tubes::BoxError>(()) }).unwrap();
    /// ```
    pub fn open_lossy(&self, key: K, bound: NonZeroUsize) -> Result<LossyRoute<K, T>, OpenError> {
        let reader = self
            .queues
            .open(key, bound, Full::Skip)
            .map_err(|refused| self.refused(refused))?;
        Ok(LossyRoute::new(reader))
    }

    /// Opens a route that nobody waits for, and that keeps the newest: while `bound` items wait in
    /// it, the oldest of them is dropped for one that comes, and the reader is told how many are
    /// missing there. It may hold as many more that the reader has taken and not handed on.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    ///
    /// # Examples
    ///
    /// ```
    /// use tubes::{Fount, Lossy, bound, drains, founts, route};
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let (router, routes) = route::router(bound(1), |_: &char| "the only one");
    /// let route = routes.open_latest("the only one", bound(2))?;
    /// founts::iter("abcde".chars()).flow_to(router).await?;
    ///
    /// let all = route.flow_to(drains::collect(9)).await?;
    /// let gap = Lossy::Gap(3.try_into()?);
    /// assert_eq!(all, [gap, Lossy::Item('d'), Lossy::Item('e')]);
    /// # Ok::<_, tubes::BoxError>(()) }).unwrap();
    /// ```
    pub fn open_latest(&self, key: K, bound: NonZeroUsize) -> Result<LossyRoute<K, T>, OpenError> {
        let reader = self
            .queues
            .open(key, bound, Full::Shift)
            .map_err(|refused| self.refused(refused))?;
        Ok(LossyRoute::new(reader))
    }

    /// Opens a route that nobody waits for: what comes while `bound` items wait in it is dropped
    /// and disconnects it. It ends behind those items with [`Kind::Full`](crate::Kind::Full),
    /// and its address is unknown from then on.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn open_strict(&self, key: K, bound: NonZeroUsize) -> Result<Route<K, T>, OpenError> {
        let reader = self
            .queues
            .open(key, bound, Full::Leave)
            .map_err(|refused| self.refused(refused))?;
        Ok(Route::new(reader))
    }
}

impl<K, T> Clone for Routes<K, T> {
    fn clone(&self) -> Self {
        self.queues.add_opener();
        Self {
            queues: Arc::clone(&self.queues),
        }
    }
}

impl<K, T> Drop for Routes<K, T> {
    fn drop(&mut self) {
        self.queues.remove_opener();
    }
}

impl<K, T> fmt::Debug for Routes<K, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (open, bound, _) = self.queues.figures();
        write!(f, "routes({open} of {bound})")
    }
}
