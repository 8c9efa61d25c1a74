//! Broken founts and stages: each law must notice who breaks it.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use tubes::clock::Clock;
use tubes::founts::Iter;
use tubes::testing::{FakeFount, ManualClock, laws};
use tubes::{Drain, Fount, Reason, bound, founts, stages};

type Pull = Poll<Result<u32, Reason>>;

/// What is wrong with a [`Wrong`] fount or stage.
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    Nothing,
    /// Holds an item that nobody has asked for.
    PullsAhead,
    PullsInProgress,
    DropsEverySecond,
    Doubles,
    ForgetsTheEnd,
    ForgetsTheReason,
    EndsOnce,
    StopsNothing,
    IgnoresStop,
    StopsTwice,
    PullsAfterStop,
    NoProgress,
    LosesTheWake,
    KeepsTheFirstWaker,
    WakesItself,
    MovesBesides,
    RestsAlone,
    LoopsWithoutBudget,
    PanicsWhenStopped,
}

/// A stage that passes items on, but for its fault.
struct Wrong<F> {
    upstream: F,
    fault: Fault,
    held: Option<Result<u32, Reason>>,
    end: Option<Reason>,
    waker: Option<Waker>,
    asked: u32,
}

impl<F: Fount<Item = u32> + Unpin> Wrong<F> {
    fn new(upstream: F, fault: Fault) -> Self {
        Self {
            upstream,
            fault,
            held: None,
            end: None,
            waker: None,
            asked: 0,
        }
    }

    fn pull(&mut self, cx: &mut Context<'_>) -> Pull {
        Pin::new(&mut self.upstream).poll_next(cx)
    }

    fn pull_with_the_first_waker(&mut self, cx: &Context<'_>) -> Pull {
        let waker = self
            .waker
            .get_or_insert_with(|| cx.waker().clone())
            .clone();
        self.pull(&mut Context::from_waker(&waker))
    }

    fn pull_and_wake(&mut self, cx: &mut Context<'_>) -> Pull {
        let next = self.pull(cx);
        if next.is_pending() {
            cx.waker().wake_by_ref();
        }
        next
    }

    fn pull_and_move(&mut self, cx: &mut Context<'_>) -> Pull {
        let next = self.pull(cx);
        if next.is_pending() {
            let _ = Pin::new(&mut self.upstream).poll_progress(cx);
        }
        next
    }

    /// Behind each item a rest, which is over at once.
    fn pull_or_rest(&mut self, cx: &mut Context<'_>) -> Pull {
        if self.waker.take().is_some() {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let next = self.pull(cx);
        if next.is_ready() {
            self.waker = Some(cx.waker().clone());
        }
        next
    }

    fn pull_every_second(&mut self, cx: &mut Context<'_>) -> Pull {
        if let Poll::Ready(Err(reason)) = self.pull(cx) {
            return Poll::Ready(Err(reason));
        }
        self.pull(cx)
    }

    fn pull_twice(&mut self, cx: &mut Context<'_>) -> Pull {
        if let Some(held) = self.held.take() {
            return Poll::Ready(held);
        }
        let next = std::task::ready!(self.pull(cx));
        self.held = Some(next.clone());
        Poll::Ready(next)
    }

    fn pull_ahead(&mut self, cx: &mut Context<'_>) -> Pull {
        if self.held.is_none() {
            self.held = Some(std::task::ready!(self.pull(cx)));
        }
        let item = match self.held.clone() {
            Some(Ok(item)) => item,
            Some(Err(reason)) => return Poll::Ready(Err(reason)),
            None => return Poll::Pending,
        };
        self.held = None;
        if let Poll::Ready(next) = self.pull(cx) {
            self.held = Some(next);
        }
        Poll::Ready(Ok(item))
    }
}

impl<F: Fount<Item = u32> + Unpin> Fount for Wrong<F> {
    type Item = u32;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Pull {
        self.asked += 1;
        if let Some(end) = &self.end
            && self.fault != Fault::PullsAfterStop
        {
            return Poll::Ready(Err(end.clone()));
        }
        let next = match self.fault {
            Fault::DropsEverySecond => self.pull_every_second(cx),
            Fault::Doubles => self.pull_twice(cx),
            Fault::PullsAhead => self.pull_ahead(cx),
            Fault::PullsInProgress => match self.held.take() {
                Some(held) => Poll::Ready(held),
                None => self.pull(cx),
            },
            Fault::KeepsTheFirstWaker => self.pull_with_the_first_waker(cx),
            Fault::LosesTheWake if self.asked == 3 => {
                let _ = Pin::new(&mut self.upstream).poll_progress(cx);
                return Poll::Pending;
            }
            Fault::WakesItself => self.pull_and_wake(cx),
            Fault::MovesBesides => self.pull_and_move(cx),
            Fault::RestsAlone => self.pull_or_rest(cx),
            Fault::LoopsWithoutBudget => loop {
                match self.pull(cx) {
                    Poll::Ready(Ok(n)) if n < 100 => {}
                    other => break other,
                }
            },
            _ => self.pull(cx),
        };
        match next {
            Poll::Ready(Err(_)) if self.fault == Fault::ForgetsTheEnd => Poll::Pending,
            Poll::Ready(Err(_)) if self.fault == Fault::ForgetsTheReason => {
                Poll::Ready(Err(Reason::Finished))
            }
            Poll::Ready(Err(_)) if self.fault == Fault::EndsOnce && self.asked > 100 => {
                panic!("polled after the end")
            }
            Poll::Ready(Err(reason)) => {
                if self.fault == Fault::EndsOnce {
                    self.asked = 100;
                } else {
                    self.end = Some(reason.clone());
                }
                Poll::Ready(Err(reason))
            }
            next => next,
        }
    }

    fn poll_progress(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.fault == Fault::PullsInProgress
            && self.held.is_none()
            && let Poll::Ready(next) = self.pull(cx)
        {
            self.held = Some(next);
        }
        if self.fault == Fault::NoProgress {
            return Poll::Ready(());
        }
        Pin::new(&mut self.upstream).poll_progress(cx)
    }

    fn stop(mut self: Pin<&mut Self>, reason: &Reason) {
        assert!(
            self.fault != Fault::PanicsWhenStopped,
            "polled after the end"
        );
        if self.fault == Fault::IgnoresStop
            || (self.end.is_some() && self.fault != Fault::StopsTwice)
        {
            return;
        }
        self.end = Some(reason.clone());
        if self.fault != Fault::StopsNothing {
            Pin::new(&mut self.upstream).stop(reason);
        }
    }
}

fn check_stage(fault: Fault) {
    let make = move |source: FakeFount<u32>| Wrong::new(source, fault);
    laws::stage(make, vec![1, 2, 3, 4, 5], vec![1, 2, 3, 4, 5]).check();
}

fn check_fount(fault: Fault) {
    let make = move || Wrong::new(founts::iter(1..=5), fault);
    laws::fount(make, vec![1, 2, 3, 4, 5]).check();
}

#[test]
fn a_stage_without_a_fault_keeps_the_laws() {
    check_stage(Fault::Nothing);
    check_fount(Fault::Nothing);
}

/// A name, what the message must say, and what is done.
macro_rules! caught {
    ($($name:ident: $law:literal <- $check:expr;)*) => {$(
        #[test]
        #[should_panic(expected = $law)]
        fn $name() {
            $check;
        }
    )*};
}

pub(crate) use caught;

caught! {
    a_stage_that_pulls_ahead: "law 1" <- check_stage(Fault::PullsAhead);
    a_stage_that_pulls_in_progress: "law 1" <- check_stage(Fault::PullsInProgress);
    a_stage_that_loses_items: "law 3" <- check_stage(Fault::DropsEverySecond);
    a_stage_that_doubles_items: "law 3" <- check_stage(Fault::Doubles);
    a_stage_that_forgets_the_end: "law 5" <- check_stage(Fault::ForgetsTheEnd);
    a_stage_that_forgets_the_reason: "law 3" <- check_stage(Fault::ForgetsTheReason);
    a_stage_that_ends_only_once: "polled after the end" <- check_stage(Fault::EndsOnce);
    a_stage_that_stops_nothing: "law 3" <- check_stage(Fault::StopsNothing);
    a_stage_that_stops_twice: "law 3" <- check_stage(Fault::StopsTwice);
    a_stage_that_pulls_after_stop: "law 1" <- check_stage(Fault::PullsAfterStop);
    a_stage_without_progress: "law 4" <- check_stage(Fault::NoProgress);
    a_stage_that_loses_a_wake: "law 5" <- check_stage(Fault::LosesTheWake);
    a_stage_that_keeps_the_first_waker: "law 5" <- check_stage(Fault::KeepsTheFirstWaker);
    a_stage_that_wakes_itself: "law 5" <- check_stage(Fault::WakesItself);
    a_stage_that_does_not_say_what_it_holds: "`.holding(n)`" <- laws::stage(
        |source: FakeFount<u32>| source.flat_map(|n| 0..n),
        vec![2, 1],
        vec![0, 1, 0],
    )
    .check();
    a_stage_that_waits_for_a_clock_that_nobody_moves: "`HastyClock`" <- laws::stage(
        |source: FakeFount<u32>| {
            let second = std::time::Duration::from_secs(1);
            source.through(stages::throttle(bound(1), second).on(ManualClock::new()))
        },
        vec![1, 2],
        vec![1, 2],
    )
    .check();
    a_stage_that_asks_and_moves: "law 5" <- check_stage(Fault::MovesBesides);
    a_stage_that_leaves_its_source_alone_while_it_waits: "law 4" <- check_stage(Fault::RestsAlone);
    a_stage_that_wakes_itself_until_it_is_time: "law 5" <- {
        let (clock, second) = (ManualClock::new(), std::time::Duration::from_secs(1));
        let hands = clock.clone();
        laws::stage(move |source| Spinning(source, clock.clone(), None), vec![1, 2], vec![1, 2])
            .while_idle(move || hands.advance(second))
            .check();
    };
    a_stage_without_budget: "law 6" <- laws::stage(
        |source: FakeFount<u32>| Wrong::new(source, Fault::LoopsWithoutBudget),
        vec![1, 2, 3],
        vec![],
    )
    .check();
    a_fount_that_forgets_the_end: "law 5" <- check_fount(Fault::ForgetsTheEnd);
    a_fount_that_loses_a_wake: "law 5" <- check_fount(Fault::LosesTheWake);
    a_fount_that_ends_only_once: "polled after the end" <- check_fount(Fault::EndsOnce);
    a_fount_that_loses_items: "law 3" <- check_fount(Fault::DropsEverySecond);
    a_fount_that_does_not_stop: "law 3" <- check_fount(Fault::IgnoresStop);
    a_fount_that_panics_when_stopped: "polled after" <- check_fount(Fault::PanicsWhenStopped);
    a_fount_that_never_yields_to_others: "law 6" <- laws::fair(Endless(founts::iter(0..)));
}

/// Rests a second behind each item, and looks at the clock all the time instead of setting a timer.
struct Spinning(FakeFount<u32>, ManualClock, Option<Instant>);

impl Fount for Spinning {
    type Item = u32;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Pull {
        if self
            .2
            .is_some_and(|until| self.1.now() < until)
        {
            cx.waker().wake_by_ref();
            let _ = Pin::new(&mut self.0).poll_progress(cx);
            return Poll::Pending;
        }
        let next = std::task::ready!(Pin::new(&mut self.0).poll_next(cx));
        self.2 = Some(self.1.now() + std::time::Duration::from_secs(1));
        Poll::Ready(next)
    }

    fn stop(mut self: Pin<&mut Self>, reason: &Reason) {
        Pin::new(&mut self.0).stop(reason);
    }
}

/// Runs for ever, by an inner run without a budget.
struct Endless(Iter<std::ops::RangeFrom<u32>>);

impl Fount for Endless {
    type Item = u32;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Pull {
        Pin::new(&mut self.0).poll_next(cx)
    }

    fn poll_flow<D>(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut drain: Pin<&mut D>,
    ) -> tubes::Run
    where
        D: Drain<u32>,
    {
        for _ in 0..1_000_000 {
            if drain
                .as_mut()
                .poll_ready(cx)
                .is_pending()
            {
                return tubes::Run::Blocked;
            }
            let Poll::Ready(Ok(item)) = Pin::new(&mut self.0).poll_next(cx) else {
                return tubes::Run::Starved;
            };
            if let Err(reason) = drain.as_mut().receive(item) {
                return tubes::Run::Refused(reason);
            }
        }
        tubes::Run::Spent
    }
}
