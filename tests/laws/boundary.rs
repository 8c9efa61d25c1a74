//! Boundaries against the laws: both ends, and a part of a pipe on a task of its own.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use tubes::boundary::{Entry, Exit, Local, Place};
use tubes::testing::{FakeDrain, FakeFount, laws};
use tubes::{Drain, Error, Fount, Kind, Reason, Run, boundary, drains, founts, stages};

use super::kit::{INPUT, input};
use crate::boundary::kit::{Hands, bound};

/// Bounds that are never full, full now and then, always full.
const BOUNDS: [usize; 4] = [1, 2, 3, 9];

#[test]
fn an_entry_keeps_the_laws_of_a_drain() {
    let exit = Rc::new(Mutex::new(None));
    let made = Rc::clone(&exit);
    let make = move || {
        let (entry, exit) = boundary::pair(bound(9));
        *made.lock().unwrap() = Some(exit);
        entry
    };
    laws::drain(make, input(), |()| {
        let exit: Exit<u32> = exit.lock().unwrap().take().unwrap();
        let polled =
            pin!(exit.flow_to(drains::collect(9))).poll(&mut Context::from_waker(Waker::noop()));
        let Poll::Ready(Ok(all)) = polled else {
            panic!("the boundary has ended");
        };
        assert!(all.is_empty() || all == INPUT);
    })
    .check();
}

#[test]
fn an_exit_keeps_the_laws_of_a_fount_while_it_is_fed() {
    for size in BOUNDS.map(bound) {
        laws::fount(move || Fed::new(boundary::pair(size)), input()).check();
        laws::fount(move || Fed::new(boundary::local(size)), input()).check();
        let weighed = move || {
            let heavy = 4;
            Fed::new(
                boundary::of(size)
                    .weighing(heavy, |n: &u32| *n as usize)
                    .pair(),
            )
        };
        laws::fount(weighed, input()).check();
    }
    let dropped = || {
        let (mut entry, exit) = boundary::pair(bound(7));
        for n in INPUT {
            let ready = Pin::new(&mut entry).poll_ready(&mut Context::from_waker(Waker::noop()));
            assert!(matches!(ready, Poll::Ready(Ok(()))));
            Pin::new(&mut entry).receive(n).unwrap();
        }
        exit
    };
    laws::fount(dropped, input())
        .ending(Error::new(Kind::Abandoned))
        .check();
}

#[test]
fn a_pipe_with_a_boundary_in_it_keeps_the_laws() {
    for size in BOUNDS {
        let join = move |source: FakeFount<u32>, drain: FakeDrain<u32>| {
            joined(boundary::pair(bound(size)), source, drain)
        };
        laws::pipe(join, input(), input())
            .holding(size)
            .working_ahead()
            .check();
        let join = move |source: FakeFount<u32>, drain: FakeDrain<u32>| {
            let ends: (Entry<u32, Local>, _) = boundary::local(bound(size));
            joined(ends, source, drain)
        };
        laws::pipe(join, input(), input())
            .holding(size)
            .working_ahead()
            .check();
    }
}

#[test]
fn spawned_keeps_the_laws_of_a_stage() {
    for size in BOUNDS {
        laws::stage(
            move |source| Beside::new(source, |spawner| stages::spawned_on(spawner, bound(size))),
            input(),
            input(),
        )
        .holding(size)
        .working_ahead()
        .check();
    }
}

#[test]
fn spawned_keeps_the_laws_of_a_fount_on_a_runtime() {
    for size in BOUNDS {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let guard = runtime.handle().clone();
        let _entered = guard.enter();
        let make = move || {
            founts::iter(INPUT)
                .map(|n| n + 1)
                .through(stages::spawned(bound(size)))
        };
        let expected = INPUT.map(|n| n + 1).to_vec();
        laws::fount(make, expected)
            .while_idle(move || {
                // A task may be woken by another that runs behind it.
                for _ in 0..3 {
                    runtime.block_on(tokio::task::yield_now());
                }
            })
            .seeds(0..30)
            .check();
    }
}

#[test]
fn a_boundary_is_fair() {
    laws::fair(Beside::new(founts::iter(0..), |spawner| {
        stages::spawned_on(spawner, bound(64))
    }));
    laws::fair(Beside::new(founts::iter(0..), |spawner| {
        stages::spawned_on(spawner, bound(100_000))
    }));
}

/// Both parts of a pipe in one future.
async fn joined<P: Place + 'static>(
    (entry, exit): (Entry<u32, P>, Exit<u32, P>),
    source: FakeFount<u32>,
    drain: FakeDrain<u32>,
) -> Result<(), Error> {
    let mut feed = Box::pin(source.flow_to(entry));
    let mut flow = Box::pin(exit.flow_to(drain));
    let (mut fed, mut flowed) = (None, None);
    poll_fn(move |cx| {
        // The feed twice: what is behind may have made room, or have stopped it.
        for half in [0, 1, 0] {
            if half == 0
                && fed.is_none()
                && let Poll::Ready(result) = feed.as_mut().poll(cx)
            {
                fed = Some(result);
            }
            if half == 1
                && flowed.is_none()
                && let Poll::Ready(result) = flow.as_mut().poll(cx)
            {
                flowed = Some(result.map(drop));
            }
        }
        match (&fed, &mut flowed) {
            (Some(_), Some(_)) => Poll::Ready(flowed.take().unwrap_or(Ok(()))),
            _ => Poll::Pending,
        }
    })
    .await
}

/// An exit that is fed whenever it is polled.
struct Fed<P: Place> {
    feed: Option<Feed>,
    exit: Exit<u32, P>,
}

type Feed = Pin<Box<dyn Future<Output = Result<(), Error>>>>;

impl<P: Place + 'static> Fed<P> {
    fn new((entry, exit): (Entry<u32, P>, Exit<u32, P>)) -> Self {
        let feed = Box::pin(founts::iter(INPUT).flow_to(entry));
        Self {
            feed: Some(feed),
            exit,
        }
    }

    fn feed(&mut self, cx: &mut Context<'_>) {
        if let Some(feed) = &mut self.feed
            && feed.as_mut().poll(cx).is_ready()
        {
            self.feed = None;
        }
    }
}

impl<P: Place + 'static> Fount for Fed<P> {
    type Item = u32;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<u32, Reason>> {
        self.feed(cx);
        Pin::new(&mut self.exit).poll_next(cx)
    }

    fn poll_flow<D: Drain<u32>>(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        drain: Pin<&mut D>,
    ) -> Run {
        self.feed(cx);
        Pin::new(&mut self.exit).poll_flow(cx, drain)
    }

    fn stop(mut self: Pin<&mut Self>, reason: &Reason) {
        Pin::new(&mut self.exit).stop(reason);
    }
}

/// A stage with a task, and the task, polled together.
struct Beside<F> {
    fount: F,
    hands: Arc<Hands>,
}

impl Beside<()> {
    fn new<U, T>(
        source: U,
        stage: impl FnOnce(Arc<Hands>) -> stages::Spawned<T>,
    ) -> Beside<stages::Crossed<U>>
    where
        U: Fount<Item = T> + Send + 'static,
        T: Send,
    {
        let hands = Arc::new(Hands::default());
        let fount = source.through(stage(Arc::clone(&hands)));
        Beside { fount, hands }
    }
}

impl<F: Fount + Unpin> Fount for Beside<F> {
    type Item = F::Item;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<F::Item, Reason>> {
        self.hands.poll(cx);
        let next = Pin::new(&mut self.fount).poll_next(cx);
        self.hands.poll(cx);
        next
    }

    fn poll_flow<D>(mut self: Pin<&mut Self>, cx: &mut Context<'_>, drain: Pin<&mut D>) -> Run
    where
        D: Drain<F::Item>,
    {
        self.hands.poll(cx);
        let run = Pin::new(&mut self.fount).poll_flow(cx, drain);
        self.hands.poll(cx);
        run
    }

    fn poll_progress(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.hands.poll(cx);
        let progress = Pin::new(&mut self.fount).poll_progress(cx);
        self.hands.poll(cx);
        progress
    }

    fn stop(mut self: Pin<&mut Self>, reason: &Reason) {
        Pin::new(&mut self.fount).stop(reason);
        self.hands
            .poll(&mut Context::from_waker(Waker::noop()));
    }
}
