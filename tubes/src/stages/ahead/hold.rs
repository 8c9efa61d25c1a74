//! How a stage works ahead: the same for all that do.
//!
//! ```text
//! downstream ready,     nothing held   upstream flows straight through, in runs
//! downstream ready,     something held that first
//! downstream not ready, room           upstream flows into what is held
//! downstream not ready, no room        upstream only makes progress
//! upstream ended                       what is held, then the end
//! ```

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::passing::Passing;
use crate::budget;
use crate::drain::{Drain, Intake};
use crate::fount::{Fount, Run};
use crate::reason::Reason;
use crate::stages::taking::{Take, Taking};
use crate::upstream::Upstream;

/// What a stage holds while downstream is not ready.
pub(super) trait Hold<In>: Take<In> {
    type Out;

    /// Whether there is nothing to give.
    fn is_empty(&self) -> bool;

    /// The next output of what is held.
    fn give(&mut self) -> Option<Self::Out>;

    /// What becomes of an item that need not wait.
    fn pass(&mut self, item: In) -> Self::Out;

    /// The end that the stage itself gives behind what is held.
    fn end(&self) -> Option<Reason> {
        None
    }
}

#[inline]
pub(super) fn poll_next<H, U>(
    hold: &mut H,
    upstream: Pin<&mut Upstream<U>>,
    cx: &mut Context<'_>,
) -> Poll<Result<H::Out, Reason>>
where
    U: Fount,
    H: Hold<U::Item>,
{
    if let Some(out) = hold.give() {
        return Poll::Ready(Ok(out));
    }
    if let Some(reason) = hold.end() {
        return Poll::Ready(Err(reason));
    }
    upstream
        .poll_next(cx)
        .map_ok(|item| hold.pass(item))
}

pub(super) fn poll_progress<H, U>(
    hold: &mut H,
    mut upstream: Pin<&mut Upstream<U>>,
    cx: &mut Context<'_>,
) -> Poll<()>
where
    U: Fount,
    H: Hold<U::Item>,
{
    if upstream.ended().is_none() && hold.end().is_none() && hold.has_room() {
        let taking = std::pin::pin!(Taking(hold));
        match upstream.as_mut().poll_flow(cx, taking) {
            // It was asked for items: that moves it, too.
            Run::Starved => return Poll::Pending,
            Run::Spent => {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            // What it refused with is kept as the end of `hold`.
            Run::Blocked | Run::Ended(_) | Run::Refused(_) => {}
        }
    }
    upstream.poll_progress(cx)
}

#[inline]
pub(super) fn poll_flow<H, U, D>(
    hold: &mut H,
    upstream: Pin<&mut Upstream<U>>,
    cx: &mut Context<'_>,
    mut drain: Pin<&mut D>,
) -> Run
where
    U: Fount,
    H: Hold<U::Item>,
    D: Drain<H::Out>,
{
    while !hold.is_empty() {
        if !budget::spend() {
            return Run::Spent;
        }
        let held = Held {
            hold: &mut *hold,
            left: budget::RUN,
            item: std::marker::PhantomData,
        };
        match drain.as_mut().poll_receive(cx, held) {
            Intake::Dry => {}
            Intake::Blocked => return Run::Blocked,
            Intake::Spent => return Run::Spent,
            Intake::Refused(reason) => return Run::Refused(reason),
        }
    }
    if let Some(reason) = hold
        .end()
        .or_else(|| upstream.ended().cloned())
    {
        // As a fount that does not work ahead: it learns of its end when it is asked for more.
        return match drain.poll_ready(cx) {
            Poll::Ready(Ok(())) => Run::Ended(reason),
            Poll::Ready(Err(refused)) => Run::Refused(refused),
            Poll::Pending => Run::Blocked,
        };
    }
    let passing = std::pin::pin!(Passing { hold, drain });
    upstream.poll_flow(cx, passing)
}

/// What is held, as much as goes for one unit of the budget.
struct Held<'a, H, In> {
    hold: &'a mut H,
    left: usize,
    item: std::marker::PhantomData<fn(In)>,
}

impl<In, H: Hold<In>> Iterator for Held<'_, H, In> {
    type Item = H::Out;

    #[inline]
    fn next(&mut self) -> Option<H::Out> {
        self.left = self.left.checked_sub(1)?;
        self.hold.give()
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.left))
    }
}

/// Puts an item last; the queue grows as it fills, and to its bound at most.
#[inline]
pub(super) fn push_back<T>(queue: &mut VecDeque<T>, bound: usize, item: T) {
    let length = queue.len();
    if length == queue.capacity() {
        let more = bound.saturating_sub(length);
        queue.reserve_exact(more.min(length.max(4)));
    }
    queue.push_back(item);
}
