//! The drain that sends each item to its address.

use std::fmt;
use std::hash::Hash;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use super::routes::Routes;
use crate::drain::Drain;
use crate::error::{Error, Kind};
use crate::keyed::queues::Queues;
use crate::keyed::state::Offered;
use crate::reason::Reason;

/// A drain that gives each item to the route with the key `key(&item)`, and the handle to open
/// routes with, at most so many at once.
///
/// Costs one look-up an item, however many routes there are. The key is hashed by `std`'s hasher,
/// which strangers cannot defeat; it is made for each item, so a number or an `Arc<str>` is
/// better than a `String`.
///
/// # Flow control
///
/// Holds nothing between its routes but one item: the one that came for a route that was full.
/// Then it is not ready until that route has room or is closed, and everybody waits for it:
/// so the one slow reader holds up the others only after its own bound is full. A route that
/// must not do so is opened by [`Routes::open_lossy`], [`Routes::open_latest`] or
/// [`Routes::open_strict`].
///
/// A route that is open counts from then on, whether somebody reads it or not.
///
/// # Stopping
///
/// The end of the flow reaches every route behind its items, with the same reason, and so does a
/// failure of the router; a router that is dropped is an abandonment. A route opened after the end
/// hears the end. A reader that stops or drops its route leaves alone; its address is unknown from
/// then on. When the last route has left, and no [`Routes`] is there to open another, upstream
/// is stopped with what the last reader said.
///
/// # Errors
///
/// An item for which no route is open ends the flow with [`Kind::UnknownAddress`], unless
/// [`dropping_unknown`](Router::dropping_unknown) or [`Routes::open_fallback`] says otherwise.
///
/// # Examples
///
/// ```
/// use tubes::{Fount, Kind, bound, founts, route};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let (router, routes) = route::router(bound(1), |n: &u32| n % 2);
/// let mut even = routes.open(0, bound(1))?;
/// let error = founts::iter([2, 3]).flow_to(router).await.unwrap_err();
/// assert_eq!(error.kind(), Kind::UnknownAddress);
///
/// assert!(matches!(even.next().await, Ok(Some(2))));
/// assert_eq!(even.next().await.unwrap_err().kind(), Kind::UnknownAddress);
/// # Ok::<_, tubes::Error>(()) }).unwrap();
/// ```
#[inline]
pub fn router<K, T, F>(routes: NonZeroUsize, key: F) -> (Router<K, T, F>, Routes<K, T>)
where
    F: FnMut(&T) -> K,
{
    let queues = Queues::new(routes);
    let router = Router {
        queues: Arc::clone(&queues),
        key,
        unknown: Unknown::Fails,
        room: Room::Here,
    };
    (router, Routes::new(queues))
}

/// The drain of [`router`].
#[must_use = "nothing flows before a fount flows to it"]
pub struct Router<K, T, F> {
    queues: Arc<Queues<K, T>>,
    key: F,
    unknown: Unknown,
    room: Room,
}

/// What becomes of an item for which there is no route at all.
#[derive(Clone, Copy)]
enum Unknown {
    Fails,
    IsDropped,
}

/// Whether a route holds the item for which the router waits; so that most items need not ask.
enum Room {
    Here,
    Awaited,
    /// The flow has ended, and why: nothing comes behind that.
    Over(Reason),
}

impl<K, T, F> Router<K, T, F> {
    /// An item for which no route is open is dropped and counted: see [`Routes::dropped`].
    pub fn dropping_unknown(mut self) -> Self {
        self.unknown = Unknown::IsDropped;
        self
    }

    /// Waits for the route that is full.
    #[cold]
    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        ready!(self.queues.poll_room(cx));
        self.room = Room::Here;
        Poll::Ready(self.queues.gone().map_or(Ok(()), Err))
    }

    /// No route has this item's key.
    #[cold]
    fn unknown(&mut self, item: T) -> Result<(), Reason> {
        match self.queues.offer_fallback(item) {
            Offered::Taken => return Ok(()),
            Offered::Over => {
                self.room = Room::Awaited;
                return Ok(());
            }
            Offered::Unknown(_) => {}
        }
        if let Some(reason) = self.queues.gone() {
            return Err(reason);
        }
        match self.unknown {
            Unknown::IsDropped => {
                self.queues.count_dropped();
                Ok(())
            }
            Unknown::Fails => {
                let error = Error::new(Kind::UnknownAddress).at("router");
                Err(error.into())
            }
        }
    }
}

// The function for the key is never pinned.
impl<K, T, F> Unpin for Router<K, T, F> {}

impl<K, T, F> Drain<T> for Router<K, T, F>
where
    K: Hash + Eq,
    F: FnMut(&T) -> K,
{
    type Output = ();

    #[inline]
    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        match &self.room {
            Room::Here => Poll::Ready(Ok(())),
            Room::Awaited => self.poll_room(cx),
            Room::Over(reason) => Poll::Ready(Err(reason.clone())),
        }
    }

    #[inline]
    fn receive(mut self: Pin<&mut Self>, item: T) -> Result<(), Reason> {
        let key = (self.key)(&item);
        match self.queues.offer(&key, item) {
            Offered::Taken => Ok(()),
            Offered::Over => {
                self.room = Room::Awaited;
                Ok(())
            }
            Offered::Unknown(item) => self.unknown(item),
        }
    }

    /// Nothing is held back; but who waits for a source hears that the last route has left.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        if let Room::Over(reason) = &self.room {
            return Poll::Ready(Err(reason.clone()));
        }
        match self.queues.poll_gone(cx) {
            Poll::Ready(reason) => Poll::Ready(Err(reason)),
            Poll::Pending => Poll::Ready(Ok(())),
        }
    }

    fn poll_stopped(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        reason: &Reason,
    ) -> Poll<Result<(), Error>> {
        self.queues.end(reason);
        self.room = Room::Over(reason.clone());
        Poll::Ready(reason.clone().into_result())
    }
}

impl<K, T, F> Drop for Router<K, T, F> {
    fn drop(&mut self) {
        self.queues.end(&Reason::abandoned());
    }
}

impl<K, T, F> fmt::Debug for Router<K, T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (open, bound, _) = self.queues.figures();
        write!(f, "router({open} of {bound} routes)")
    }
}
