//! The reading end of one queue.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::queues::Queues;
use crate::budget::{self, Chunks};
use crate::drain::{Drain, Intake};
use crate::fount::Run;
use crate::lossy::Lossy;
use crate::reason::Reason;

/// The reading end of one queue. A run takes the lock once a chunk, not once an item.
pub(crate) struct Reader<K, T> {
    queues: Arc<Queues<K, T>>,
    number: usize,
    key: K,
    /// In the hands of the reader, and counted as held until it is handed on.
    chunk: VecDeque<Lossy<T>>,
    /// What it has said, or was told; it has left then.
    end: Option<Reason>,
}

impl<K, T> Reader<K, T> {
    pub(super) fn new(queues: Arc<Queues<K, T>>, number: usize, key: K) -> Self {
        Self {
            queues,
            number,
            key,
            chunk: VecDeque::new(),
            end: None,
        }
    }

    pub(crate) fn key(&self) -> &K {
        &self.key
    }

    pub(crate) fn poll_one(&mut self, cx: &Context<'_>) -> Poll<Result<Lossy<T>, Reason>> {
        if let Some(reason) = &self.end {
            return Poll::Ready(Err(reason.clone()));
        }
        if let Some(item) = self.chunk.pop_front() {
            if let Lossy::Item(_) = item {
                self.queues.release(self.number, 1);
            }
            return Poll::Ready(Ok(item));
        }
        let next = self
            .queues
            .poll_one(self.number, cx, &mut self.chunk);
        if let Poll::Ready(Err(reason)) = &next {
            self.stop(reason);
        }
        next
    }

    /// As [`poll_one`](Self::poll_one), where nothing is ever missing.
    pub(crate) fn poll_item(&mut self, cx: &Context<'_>) -> Poll<Result<T, Reason>> {
        loop {
            let next = std::task::ready!(self.poll_one(cx));
            if let Some(next) = next.map(Lossy::item).transpose() {
                return Poll::Ready(next);
            }
        }
    }

    /// Pushes what `out` makes of the items into `drain`, for as long as it is ready.
    #[inline]
    pub(crate) fn poll_flow<D, Out>(
        &mut self,
        cx: &mut Context<'_>,
        mut drain: Pin<&mut D>,
        out: impl Fn(Lossy<T>) -> Option<Out>,
    ) -> Run
    where
        D: Drain<Out>,
    {
        if let Some(reason) = &self.end {
            return Run::Ended(reason.clone());
        }
        let mut handed = 0;
        let run = loop {
            if !budget::spend() {
                break Run::Spent;
            }
            if self.chunk.is_empty() {
                // Ready before pull, and before the end, too.
                match drain.as_mut().poll_ready(cx) {
                    Poll::Ready(Ok(())) => {}
                    Poll::Ready(Err(reason)) => break Run::Refused(reason),
                    Poll::Pending => break Run::Blocked,
                }
                let released = std::mem::take(&mut handed);
                match self
                    .queues
                    .poll_chunk(self.number, cx, released, &mut self.chunk)
                {
                    Poll::Ready(Ok(())) => {}
                    Poll::Ready(Err(reason)) => {
                        self.stop(&reason);
                        break Run::Ended(reason);
                    }
                    Poll::Pending => break Run::Starved,
                }
            }
            let mut items = Chunks::of(std::iter::from_fn(|| {
                let item = self.chunk.pop_front()?;
                if let Lossy::Item(_) = item {
                    handed += 1;
                }
                Some(item)
            }));
            items.refill();
            match drain
                .as_mut()
                .poll_receive(cx, items.filter_map(&out))
            {
                Intake::Dry => {}
                Intake::Blocked => break Run::Blocked,
                Intake::Spent => break Run::Spent,
                Intake::Refused(reason) => break Run::Refused(reason),
            }
        };
        if handed > 0 {
            self.queues.release(self.number, handed);
        }
        run
    }

    /// Leaves, because it has heard the end or wants no more: what it holds is dropped, and its
    /// key is free. The first call counts.
    pub(crate) fn stop(&mut self, reason: &Reason) {
        if self.end.is_none() {
            self.end = Some(reason.clone());
            self.chunk.clear();
            self.queues.leave(self.number, reason);
        }
    }

    /// Writes how much is held of how much.
    pub(crate) fn fmt_held(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (held, bound) = self.queues.held(self.number);
        write!(f, "({held} of {bound})")
    }
}

impl<K, T> Drop for Reader<K, T> {
    fn drop(&mut self) {
        self.stop(&Reason::Enough);
    }
}
