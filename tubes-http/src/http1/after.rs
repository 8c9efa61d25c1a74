//! What waits until the lock of a connection is free again.

use std::pin::Pin;
use std::task::Waker;

use crate::record::{Observer, Record};

/// Wakers run code of others, which may come back here; and so may what is dropped. All of it
/// waits until the lock is free.
pub(super) struct After<F, D> {
    pub(super) wake: Vec<Waker>,
    pub(super) gone: Vec<Waker>,
    pub(super) ends: Option<Ends<F, D>>,
    pub(super) record: Option<Box<(Observer, Record)>>,
}

/// The two ends of the flow of bytes.
pub(super) struct Ends<F, D> {
    pub(super) fount: Pin<Box<F>>,
    pub(super) drain: Pin<Box<D>>,
}

impl<F, D> Default for After<F, D> {
    fn default() -> Self {
        Self {
            wake: Vec::new(),
            gone: Vec::new(),
            ends: None,
            record: None,
        }
    }
}

impl<F, D> Drop for After<F, D> {
    fn drop(&mut self) {
        for waker in self.wake.drain(..) {
            waker.wake();
        }
        if let Some(shown) = &self.record {
            let (observer, record) = &**shown;
            observer(record);
        }
    }
}
