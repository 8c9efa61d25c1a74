//! A drain lent to one half of a zip: it pulls the other half itself.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use super::zip::Held;
use crate::drain::{Drain, Intake};
use crate::error::Error;
use crate::fount::Fount;
use crate::reason::Reason;
use crate::upstream::Upstream;

/// A drain of pairs as a drain of their first halves: pulls a second half for each.
///
/// When there is none it is not ready, without a wake, and says why.
pub(super) struct Pairing<'a, 'w, T, B: Fount, D> {
    pub(super) drain: Pin<&'a mut D>,
    pub(super) other: Pin<&'a mut Upstream<B>>,
    /// Where the half is put for which there is no other.
    pub(super) held: &'a mut Held<T, B::Item>,
    /// Of the owner: the first fount may poll with a waker of its own.
    pub(super) waker: &'w Waker,
    pub(super) other_is: Other,
}

/// What the fount of the second halves has said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Other {
    Open,
    /// Nothing right now: a first half is held.
    Pending,
    Over,
}

/// The second half for `one`, or where that stands.
#[inline]
fn pair<T, B: Fount>(
    one: T,
    other: Pin<&mut Upstream<B>>,
    held: &mut Held<T, B::Item>,
    other_is: &mut Other,
    cx: &mut Context<'_>,
) -> Option<(T, B::Item)> {
    match other.poll_next(cx) {
        Poll::Ready(Ok(other)) => return Some((one, other)),
        // It remembers why.
        Poll::Ready(Err(_)) => *other_is = Other::Over,
        Poll::Pending => {
            *held = Held::One(one);
            *other_is = Other::Pending;
        }
    }
    None
}

impl<T, B, D> Drain<T> for Pairing<'_, '_, T, B, D>
where
    B: Fount,
    D: Drain<(T, B::Item)>,
{
    type Output = D::Output;

    #[inline]
    fn poll_ready(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        if self.other_is != Other::Open {
            return Poll::Pending;
        }
        let mut cx = Context::from_waker(self.waker);
        self.drain.as_mut().poll_ready(&mut cx)
    }

    #[inline]
    fn receive(mut self: Pin<&mut Self>, one: T) -> Result<(), Reason> {
        let this = &mut *self;
        let mut cx = Context::from_waker(this.waker);
        let other = this.other.as_mut();
        match pair(one, other, this.held, &mut this.other_is, &mut cx) {
            Some(pair) => this.drain.as_mut().receive(pair),
            None => Ok(()),
        }
    }

    #[inline]
    fn poll_receive<I>(mut self: Pin<&mut Self>, _cx: &mut Context<'_>, items: I) -> Intake
    where
        I: Iterator<Item = T>,
    {
        if self.other_is != Other::Open {
            return Intake::Blocked;
        }
        let this = &mut *self;
        let mut cx = Context::from_waker(this.waker);
        let pairs = Pairs {
            items,
            other: this.other.as_mut(),
            held: this.held,
            other_is: &mut this.other_is,
            waker: this.waker,
        };
        match this
            .drain
            .as_mut()
            .poll_receive(&mut cx, pairs)
        {
            Intake::Dry if this.other_is != Other::Open => Intake::Blocked,
            intake => intake,
        }
    }

    #[inline]
    fn poll_flush(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        let mut cx = Context::from_waker(self.waker);
        self.drain.as_mut().poll_flush(&mut cx)
    }

    #[inline]
    fn moved(&self) -> u64 {
        self.drain.moved()
    }

    #[inline]
    fn held(&self) -> usize {
        self.drain.held()
    }

    fn poll_stopped(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        reason: &Reason,
    ) -> Poll<Result<D::Output, Error>> {
        let mut cx = Context::from_waker(self.waker);
        self.drain
            .as_mut()
            .poll_stopped(&mut cx, reason)
    }
}

/// A run of first halves with their second ones.
struct Pairs<'p, 'w, I: Iterator, B: Fount> {
    items: I,
    other: Pin<&'p mut Upstream<B>>,
    held: &'p mut Held<I::Item, B::Item>,
    other_is: &'p mut Other,
    waker: &'w Waker,
}

impl<I: Iterator, B: Fount> Iterator for Pairs<'_, '_, I, B> {
    type Item = (I::Item, B::Item);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        // A drain may ask again after the end of a run.
        if *self.other_is != Other::Open {
            return None;
        }
        let one = self.items.next()?;
        let mut cx = Context::from_waker(self.waker);
        pair(one, self.other.as_mut(), self.held, self.other_is, &mut cx)
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, self.items.size_hint().1)
    }
}
