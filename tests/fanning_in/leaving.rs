//! Those that have ended and are not through with it, and those that end at once.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::num::NonZeroUsize;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use tokio::sync::oneshot::{self, Receiver, Sender};
use tubes::founts::LocalBoxFount;
use tubes::testing::{Executor, FakeFount, FakeFountHandle, Schedule};
use tubes::{Drain, Fount, Reason, Run, drains, fan, founts};

const ONE: NonZeroUsize = NonZeroUsize::MIN;

/// A fount that has something to bring to its end, until it is told that this is done.
struct Closing {
    fount: FakeFount<u32>,
    source: FakeFountHandle<u32>,
    closed: Option<Receiver<()>>,
}

impl Closing {
    fn new(items: &[u32]) -> (FakeFountHandle<u32>, Sender<()>, Self) {
        let (close, closed) = oneshot::channel();
        let fount = FakeFount::new(items.to_vec());
        let source = fount.handle();
        let closing = Self {
            source: source.clone(),
            fount,
            closed: Some(closed),
        };
        (source, close, closing)
    }
}

impl Fount for Closing {
    type Item = u32;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<u32, Reason>> {
        Pin::new(&mut self.fount).poll_next(cx)
    }

    fn poll_progress(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let own = Pin::new(&mut self.fount).poll_progress(cx);
        if self.source.said().is_none() {
            return own;
        }
        let Some(closed) = &mut self.closed else {
            return own;
        };
        let polled = Pin::new(closed).poll(cx).map(drop);
        if polled.is_ready() {
            self.closed = None;
        }
        polled
    }

    fn stop(mut self: Pin<&mut Self>, reason: &Reason) {
        Pin::new(&mut self.fount).stop(reason);
    }
}

#[test]
fn a_fount_that_is_through_with_its_end_makes_room_for_the_next() {
    let make = || {
        let (_, close, first) = Closing::new(&[1]);
        let (_, _, second) = Closing::new(&[2]);
        let outer = founts::iter([first, second]);
        (close, outer.through(fan::flatten_merge(ONE)))
    };
    for seam in [false, true] {
        let (close, merged) = make();
        let merged = if seam {
            fan::Either::Left(merged.boxed_local())
        } else {
            fan::Either::Right(merged)
        };
        let mut came = Vec::new();
        let drain = drains::for_each(|n| came.push(n));
        let mut executor = Executor::new(&Schedule::eager());
        {
            let mut flow = pin!(merged.flow_to(drain));
            let stalled = executor.run_until_stalled(flow.as_mut());
            assert!(stalled.is_pending());
            close.send(()).unwrap();
            executor.run(flow).unwrap();
        }
        assert_eq!(came, [1, 2], "boxed: {seam}");
    }

    // Who asks for an item waits, and what makes room is a look from elsewhere.
    let (close, merged) = make();
    let mut merged = pin!(merged);
    let mut executor = Executor::new(&Schedule::eager());
    assert_eq!(executor.run(merged.next()).unwrap(), Some(1));
    let next = executor.run_until_stalled(pin!(merged.next_or_reason()));
    assert!(next.is_pending());
    close.send(()).unwrap();
    let progress = executor.poll(pin!(poll_fn(|cx| merged.as_mut().poll_progress(cx))));
    assert!(progress.is_ready());
    assert!(executor.is_woken());
    assert_eq!(executor.run(merged.next()).unwrap(), Some(2));
}

#[test]
fn an_input_that_has_ended_leaves_room_while_others_are_never_pending() {
    let (handle, set) = fan::merge_set(NonZeroUsize::new(2).unwrap());
    let mut set = pin!(set);
    let add = |fount: FakeFount<u8>| handle.add(fount);
    add(FakeFount::new(std::iter::repeat(0))).unwrap();
    add(FakeFount::new([1])).unwrap();
    let mut executor = Executor::new(&Schedule::eager());
    for _ in 0..9 {
        assert!(
            executor
                .run(set.next_or_reason())
                .unwrap()
                < 2
        );
    }
    add(FakeFount::new([2])).unwrap();
    let came = (0..99).map(|_| {
        executor
            .run(set.next_or_reason())
            .unwrap()
    });
    assert_eq!(came.max(), Some(2));
    add(FakeFount::new([3])).unwrap();
}

/// While the stage waits for another, the first is moved when it has something to move, whether
/// items are pulled or flow.
fn keeps_moving<F, M>(name: &str, first: &[u32], join: M)
where
    F: Fount<Item = u32>,
    M: Fn(Closing, Closing) -> F,
{
    let make = || {
        let (source, close, first) = Closing::new(first);
        let (_, _, mut other) = Closing::new(&[]);
        other.fount = FakeFount::new([]).open();
        (source, close, join(first, other))
    };
    let (source, close, joined) = make();
    let mut joined = pin!(joined);
    let mut executor = Executor::new(&Schedule::eager());
    let mut turn = |when: &str| {
        let before = source.progress();
        while executor
            .run_until_stalled(pin!(joined.next_or_reason()))
            .is_ready()
        {}
        assert!(source.progress() > before, "{name}, pulled, {when}");
    };
    turn("at first");
    source.nudge();
    close.send(()).unwrap();
    turn("nudged");

    let (source, close, joined) = make();
    let mut executor = Executor::new(&Schedule::eager());
    let mut flow = pin!(joined.flow_to(drains::null()));
    let mut turn = |when: &str| {
        let before = source.progress();
        let stalled = executor.run_until_stalled(flow.as_mut());
        assert!(stalled.is_pending());
        assert!(source.progress() > before, "{name}, flowing, {when}");
    };
    turn("at first");
    source.nudge();
    close.send(()).unwrap();
    turn("nudged");
}

#[test]
fn who_waits_for_another_keeps_moving() {
    keeps_moving("concat", &[], |one, other| fan::concat([one, other]));
    keeps_moving("concat_with", &[], |one, other| {
        one.through(fan::concat_with(other))
    });
    keeps_moving("interleave", &[1], |one, other| {
        fan::interleave([one, other], ONE)
    });
    keeps_moving("interleave, ended", &[], |one, other| {
        fan::interleave([one, other], ONE)
    });
    keeps_moving("merge", &[1], |one, other| fan::merge([one, other]));
    keeps_moving("merge_sorted", &[1], |one, other| {
        fan::merge_sorted([one, other])
    });
    keeps_moving("merge_sorted, ended", &[], |one, other| {
        fan::merge_sorted([one, other])
    });
    keeps_moving("zip", &[1], |one, other| {
        fan::zip(one, other).map(|(one, _)| one)
    });
    keeps_moving("zip, turned", &[1], |one, other| {
        fan::zip(other, one).map(|(one, _)| one)
    });
}

#[test]
fn upstream_of_a_full_flatten_merge_keeps_moving() {
    let outer = FakeFount::new([FakeFount::<u32>::new([]).open()]).open();
    let source = outer.handle();
    let mut merged = pin!(outer.through(fan::flatten_merge(ONE)));
    let mut executor = Executor::new(&Schedule::eager());
    for _ in 0..2 {
        let before = source.progress();
        let next = executor.run_until_stalled(pin!(merged.next_or_reason()));
        assert!(next.is_pending());
        assert!(source.progress() > before);
        source.nudge();
        assert!(executor.is_woken());
    }
}

/// Is over at once, whoever asks, and counts it.
struct Nothing(Rc<Cell<u32>>);

impl Fount for Nothing {
    type Item = u32;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<u32, Reason>> {
        self.0.set(self.0.get() + 1);
        Poll::Ready(Err(Reason::Finished))
    }

    fn poll_flow<D>(self: Pin<&mut Self>, _: &mut Context<'_>, _: Pin<&mut D>) -> Run
    where
        D: Drain<u32>,
    {
        self.0.set(self.0.get() + 1);
        Run::Ended(Reason::Finished)
    }
}

/// More than one poll may ask.
const MANY: usize = 40_000;

fn takes_many_polls<F, M>(name: &str, join: M)
where
    F: Fount<Item = u32>,
    M: Fn(Vec<Nothing>) -> F,
{
    // No poll asks more than this.
    let most = 64 * 256 + 256;
    let count = Rc::new(Cell::new(0));
    let make = || {
        let nothing = || Nothing(Rc::clone(&count));
        join((0..MANY).map(|_| nothing()).collect())
    };
    let check = |how: &str, poll: &mut dyn FnMut(&mut Context<'_>) -> Poll<()>| {
        let mut cx = Context::from_waker(Waker::noop());
        for _ in 0..MANY {
            count.set(0);
            let polled = poll(&mut cx);
            assert!(count.get() <= most, "{name}, {how}: {}", count.get());
            if polled.is_ready() {
                return;
            }
        }
        panic!("{name}, {how}: no end");
    };
    let mut pulled = pin!(make());
    check("pulled", &mut |cx| pulled.as_mut().poll_next(cx).map(drop));
    let mut flow = pin!(
        make()
            .boxed_local()
            .flow_to(drains::null())
    );
    check("driven", &mut |cx| flow.as_mut().poll(cx).map(drop));
    let mut flow = pin!(make().flow_to(drains::null()));
    check("flowing", &mut |cx| flow.as_mut().poll(cx).map(drop));
}

#[test]
fn founts_that_are_over_at_once_take_more_than_one_poll() {
    takes_many_polls("concat", fan::concat);
    takes_many_polls("interleave", |all| fan::interleave(all, ONE));
    takes_many_polls("merge", fan::merge);
    takes_many_polls("merge_sorted", fan::merge_sorted);
    takes_many_polls("merge_set", |all| {
        let (handle, set) = fan::merge_set(NonZeroUsize::new(MANY).unwrap());
        for fount in all {
            assert!(handle.add(fount).is_ok());
        }
        handle.finish();
        set
    });
    for at_most in [1, 3, MANY] {
        let at_most = NonZeroUsize::new(at_most).unwrap();
        takes_many_polls("flatten_merge", |all| {
            founts::iter(all).through(fan::flatten_merge(at_most))
        });
    }
}

/// Beside one that never pauses, one that has ended is moved when it has something to move.
fn moves_beside_a_busy_one<F, M>(name: &str, join: M)
where
    F: Fount<Item = u32> + 'static,
    M: Fn([LocalBoxFount<'static, u32>; 2]) -> F,
{
    for is_pulled in [false, true] {
        let (source, close, ended) = Closing::new(&[]);
        let busy = founts::iter(0..u32::MAX);
        let joined = join([ended.boxed_local(), busy.boxed_local()]);
        let mut flow: Pin<Box<dyn Future<Output = _>>> = if is_pulled {
            Box::pin(
                joined
                    .boxed_local()
                    .flow_to(drains::null()),
            )
        } else {
            Box::pin(joined.flow_to(drains::null()))
        };
        let mut turn = |when: &str| {
            let before = source.progress();
            let mut cx = Context::from_waker(Waker::noop());
            for _ in 0..9 {
                assert!(flow.as_mut().poll(&mut cx).is_pending());
            }
            let moved = source.progress() > before;
            assert!(moved, "{name}, pulled: {is_pulled}, {when}");
        };
        turn("at first");
        source.nudge();
        close.send(()).unwrap();
        turn("nudged");
    }
}

#[test]
fn one_that_has_ended_is_moved_while_another_is_never_pending() {
    moves_beside_a_busy_one("concat", fan::concat);
    moves_beside_a_busy_one("concat_with", |[ended, busy]| {
        ended.through(fan::concat_with(busy))
    });
    moves_beside_a_busy_one("interleave", |all| fan::interleave(all, ONE));
    moves_beside_a_busy_one("merge", fan::merge);
    moves_beside_a_busy_one("merge_sorted", fan::merge_sorted);
    moves_beside_a_busy_one("flatten_merge", |all| {
        let two = NonZeroUsize::new(2).unwrap();
        founts::iter(all).through(fan::flatten_merge(two))
    });
}

/// Is over at once and never through with it, and counts how often it is moved.
struct Lingering(Rc<Cell<u32>>);

impl Fount for Lingering {
    type Item = u32;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<u32, Reason>> {
        Poll::Ready(Err(Reason::Finished))
    }

    fn poll_flow<D>(self: Pin<&mut Self>, _: &mut Context<'_>, _: Pin<&mut D>) -> Run
    where
        D: Drain<u32>,
    {
        Run::Ended(Reason::Finished)
    }

    fn poll_progress(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        self.0.set(self.0.get() + 1);
        Poll::Pending
    }
}

fn moves_few_at_once<F: Fount>(name: &str, join: impl Fn(Vec<Lingering>) -> F) {
    let count = Rc::new(Cell::new(0));
    let lingering = || Lingering(Rc::clone(&count));
    let all = (0..MANY).map(|_| lingering());
    let mut flow = pin!(join(all.collect()).flow_to(drains::null()));
    let mut cx = Context::from_waker(Waker::noop());
    for _ in 0..MANY / 100 {
        count.set(0);
        assert!(flow.as_mut().poll(&mut cx).is_pending());
        assert!(count.get() <= 64 * 256 + 256, "{name}: {}", count.get());
    }
    count.set(0);
    assert!(flow.as_mut().poll(&mut cx).is_pending());
    assert_eq!(count.get(), 0, "{name}: nobody was woken");
}

#[test]
fn of_those_that_linger_one_poll_moves_a_bounded_number_and_only_the_woken() {
    moves_few_at_once("concat", fan::concat);
    moves_few_at_once("interleave", |all| fan::interleave(all, ONE));
    moves_few_at_once("merge", fan::merge);
    moves_few_at_once("merge_sorted", fan::merge_sorted);
}
