//! Founts against the laws, driven and pulled by hand.

use std::cell::Cell;
use std::future::{Future, poll_fn, ready};
use std::num::NonZeroUsize;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use tubes::founts::{Channel, Sender};
use tubes::testing::{Executor, Schedule, laws};
use tubes::{Error, Fount, Kind, Reason, drains, founts, stages};

use super::kit::{INPUT, input};

#[test]
fn iter_once_and_empty_keep_the_laws() {
    laws::fount(|| founts::iter(INPUT), input()).check();
    laws::fount(
        || founts::iter(INPUT.into_iter().filter(|n| n % 2 == 1)),
        vec![3, 1, 5, 9],
    )
    .check();
    laws::fount(|| founts::once(1), vec![1]).check();
    laws::fount(founts::empty::<u32>, vec![]).check();
    laws::fair(founts::iter(0..));
    laws::fair(founts::iter((0..).filter(|n: &u64| n.is_multiple_of(3))));
    laws::fair(founts::iter(0..).boxed());
    laws::fair(founts::iter(0..).filter(|n: &u64| n.is_multiple_of(1000)));
    laws::fair(
        founts::iter(0..)
            .boxed()
            .filter(|n: &u64| n.is_multiple_of(1000))
            .boxed(),
    );
    laws::fair(founts::iter(0..).flat_map(|n: u64| 0..n % 200));
    laws::fair(
        founts::iter(0..)
            .flat_map(|_: u64| 0..100)
            .flat_map(|_| 0..100),
    );
    laws::fair(
        founts::iter(0..)
            .flat_map(|_: u64| 0..100)
            .boxed()
            .flat_map(|_| 0..100),
    );
}

#[test]
fn pending_keeps_the_laws_when_it_is_stopped() {
    let make = || founts::pending::<u32>().through(stages::until(ready(())));
    laws::fount(make, vec![])
        .ending(Reason::Enough)
        .check();
}

#[test]
fn a_channel_keeps_the_laws_with_all_items_in_it() {
    let make = || {
        let (mut sender, channel) = founts::channel(NonZeroUsize::new(7).unwrap());
        let mut cx = Context::from_waker(Waker::noop());
        for n in INPUT {
            let mut sending = pin!(sender.send(n));
            assert!(
                sending
                    .as_mut()
                    .poll(&mut cx)
                    .is_ready()
            );
        }
        sender.finish();
        channel
    };
    laws::fount(make, input()).check();
}

#[test]
fn a_channel_keeps_the_laws_while_it_is_fed() {
    for bound in [1, 2, 9].map(|bound| NonZeroUsize::new(bound).unwrap()) {
        laws::fount(|| Fed::new(bound, Sender::finish), input()).check();
        laws::fount(
            || Fed::new(bound, |sender| sender.fail(Kind::Timeout)),
            input(),
        )
        .ending(Error::new(Kind::Timeout))
        .check();
        laws::fount(|| Fed::new(bound, drop), input())
            .ending(Reason::abandoned())
            .check();
    }
}

/// A channel and what feeds it, on one task.
struct Fed {
    feeder: Option<Pin<Box<dyn Future<Output = ()>>>>,
    channel: Channel<u32>,
}

impl Fed {
    fn new(bound: NonZeroUsize, end: fn(Sender<u32>)) -> Self {
        let (mut sender, channel) = founts::channel(bound);
        let feeder = async move {
            for n in INPUT {
                if sender.send(n).await.is_err() {
                    return;
                }
            }
            end(sender);
        };
        Self {
            feeder: Some(Box::pin(feeder)),
            channel,
        }
    }
}

impl Fount for Fed {
    type Item = u32;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<u32, Reason>> {
        if let Some(feeder) = &mut self.feeder
            && feeder.as_mut().poll(cx).is_ready()
        {
            self.feeder = None;
        }
        Pin::new(&mut self.channel).poll_next(cx)
    }

    fn stop(mut self: Pin<&mut Self>, reason: &Reason) {
        Pin::new(&mut self.channel).stop(reason);
    }
}

#[test]
fn next_inside_a_turn_is_fair() {
    let pulled = Cell::new(0);
    let pull_all = |()| async {
        let mut numbers = founts::iter(0..10_000);
        while let Ok(Some(_)) = numbers.next().await {
            pulled.set(pulled.get() + 1);
        }
    };
    let mut flow = pin!(founts::once(()).flow_to(drains::for_each_async(pull_all)));
    let mut executor = Executor::new(&Schedule::eager());
    let mut is_over = false;
    while !is_over {
        let before = pulled.get();
        is_over = executor.poll(flow.as_mut()).is_ready();
        let moved = pulled.get() - before;
        assert!(
            (1..=64).contains(&moved) || is_over && moved == 0,
            "law 6: {moved} items in one poll"
        );
        assert!(is_over || executor.is_woken(), "law 5: nobody had to wait");
    }
    assert_eq!(pulled.get(), 10_000);
}

#[test]
fn next_spends_nothing_while_there_is_nothing() {
    let wait_for_many = |()| async {
        let mut idle: Vec<_> = (0..100)
            .map(|_| founts::pending::<u32>())
            .collect();
        poll_fn(|cx| {
            for fount in &mut idle {
                assert!(
                    pin!(fount.next_or_reason())
                        .poll(cx)
                        .is_pending()
                );
            }
            Poll::<()>::Pending
        })
        .await;
    };
    let mut flow = pin!(founts::once(()).flow_to(drains::for_each_async(wait_for_many)));
    let mut executor = Executor::new(&Schedule::eager());
    let stalled = executor.run_until_stalled(flow.as_mut());
    assert!(stalled.is_pending());
    assert!(executor.polls() < 3, "law 5: {} polls", executor.polls());
}
