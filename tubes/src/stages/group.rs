//! What comes out of `group_by`: a key, and the fount of its items.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::drain::Drain;
use crate::fount::{Fount, Run};
use crate::keyed::reader::Reader;
use crate::lossy::Lossy;
use crate::reason::Reason;

/// A key, and the items that have it: what [`group_by`](super::group_by) gives.
#[derive(Debug)]
#[non_exhaustive]
pub struct Group<K, T> {
    /// What the items have in common.
    pub key: K,
    /// The items.
    pub fount: Members<K, T>,
}

impl<K: Clone, T> Group<K, T> {
    pub(super) fn new(reader: Reader<K, T>) -> Self {
        Self {
            key: reader.key().clone(),
            fount: Members::new(reader),
        }
    }
}

/// The items of one [`Group`].
///
/// # Flow control
///
/// At most so many items wait as the bound of [`group_by`](super::group_by) says, and one more,
/// for which the stage waits. They come while the flow of groups is driven.
///
/// # Stopping
///
/// Ends behind its items: with the reason of the whole flow, or with `Finished` where its place was
/// needed. Stopped or dropped, it leaves alone: what it held is gone, and its key may come again as
/// a new group.
#[must_use = "nothing flows before it is driven: use `flow_to` or `next`"]
pub struct Members<K, T> {
    reader: Reader<K, T>,
}

impl<K, T> Members<K, T> {
    pub(super) fn new(reader: Reader<K, T>) -> Self {
        Self { reader }
    }
}

// No item is ever pinned.
impl<K, T> Unpin for Members<K, T> {}

impl<K, T> Fount for Members<K, T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T, Reason>> {
        self.reader.poll_item(cx)
    }

    #[inline]
    fn poll_flow<D>(mut self: Pin<&mut Self>, cx: &mut Context<'_>, drain: Pin<&mut D>) -> Run
    where
        D: Drain<T>,
    {
        self.reader
            .poll_flow(cx, drain, Lossy::item)
    }

    fn stop(mut self: Pin<&mut Self>, reason: &Reason) {
        self.reader.stop(reason);
    }
}

impl<K: fmt::Debug, T> fmt::Debug for Members<K, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "group {:?}", self.reader.key())?;
        self.reader.fmt_held(f)
    }
}
