//! Every fount, drain and stage of ours against the laws.

use std::cell::Cell;
use std::convert::Infallible;
use std::future::{Future, poll_fn, ready};
use std::num::NonZeroUsize;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use tubes::founts::{Channel, Sender};
use tubes::testing::{Executor, FakeFount, Schedule, laws};
use tubes::{Error, Fount, Kind, Reason, drains, founts, framing, stages};

const INPUT: [u32; 7] = [3, 0, 4, 1, 5, 9, 2];

fn input() -> Vec<u32> {
    INPUT.to_vec()
}

fn outputs(expected: impl Iterator<Item = u32>) -> Vec<u32> {
    expected.collect()
}

// Founts.

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

// Stages.

#[test]
fn map_inspect_and_filters_keep_the_laws() {
    laws::tube(
        || stages::map(|n: u32| n + 1),
        input(),
        outputs(INPUT.map(|n| n + 1).into_iter()),
    )
    .check();
    laws::tube(|| stages::inspect(|_: &u32| {}), input(), input()).check();
    let odd = || INPUT.into_iter().filter(|n| n % 2 == 1);
    laws::tube(
        || stages::filter(|n: &u32| n % 2 == 1),
        input(),
        outputs(odd()),
    )
    .check();
    let halves = |n: u32| n.is_multiple_of(2).then_some(n / 2);
    laws::tube(|| stages::filter_map(halves), input(), vec![0, 2, 1]).check();
    laws::tube(|| stages::filter(|_: &u32| false), input(), vec![]).check();
}

#[test]
fn the_sugar_of_a_fount_keeps_the_laws() {
    laws::stage(|f| f.map(|n: u32| n + 1), vec![1, 2], vec![2, 3]).check();
    laws::stage(
        |f| f.filter(|n: &u32| n % 2 == 1),
        vec![1, 2, 3],
        vec![1, 3],
    )
    .check();
    laws::stage(
        |f| f.filter_map(|n: u32| n.checked_sub(2)),
        vec![1, 2, 3],
        vec![0, 1],
    )
    .check();
    laws::stage(|f| f.inspect(|_: &u32| {}), vec![1, 2], vec![1, 2]).check();
    laws::stage(
        |f| f.through(|n: u32| Ok::<_, Infallible>(n)),
        vec![1, 2],
        vec![1, 2],
    )
    .check();
}

#[test]
fn flat_map_keeps_the_laws_and_holds_one_iterator() {
    let expected = outputs(INPUT.into_iter().flat_map(|n| 0..n));
    laws::tube(
        || stages::flat_map(|n: u32| 0..n),
        input(),
        expected.clone(),
    )
    .holding(1)
    .seeds(0..40)
    .check();
    // An iterator that does not know its length takes another way through the budget.
    let unsized_run = |n: u32| {
        (0..2 * n)
            .filter(|n| n % 2 == 0)
            .map(|n| n / 2)
    };
    laws::tube(move || stages::flat_map(unsized_run), input(), expected)
        .holding(1)
        .seeds(0..20)
        .check();
    laws::tube(
        || stages::flat_map(|_: u32| std::iter::empty::<u32>()),
        input(),
        vec![],
    )
    .check();
}

#[test]
fn take_keeps_the_laws_and_ends_with_enough() {
    for count in 0..7_u8 {
        let expected = INPUT[..usize::from(count)].to_vec();
        laws::tube(move || stages::take(u64::from(count)), input(), expected)
            .ending(Reason::Enough)
            .seeds(0..40)
            .check();
    }
    laws::tube(|| stages::take(8), input(), input()).check();
}

#[test]
fn try_map_keeps_the_laws_and_ends_with_the_first_failure() {
    let halve = |n: u32| if n < 9 { Ok(n) } else { Err("too much") };
    laws::tube(move || stages::try_map(halve), input(), vec![3, 0, 4, 1, 5])
        .ending(Error::user("too much").at("try_map"))
        .check();
    laws::stage(move |f| f.through(halve), vec![1, 2], vec![1, 2]).check();
}

#[test]
fn until_keeps_the_laws_with_and_without_a_signal() {
    let never = std::future::pending::<()>;
    laws::stage(move |f| f.through(stages::until(never())), input(), input()).check();
    laws::stage(|f| f.through(stages::until(ready(()))), input(), vec![])
        .ending(Reason::Enough)
        .check();
}

#[test]
fn until_keeps_the_laws_when_its_signal_comes_in_mid_flow() {
    for count in 1..7 {
        let attach = move |fount: FakeFount<u32>| {
            let (signal, signalled) = tokio::sync::oneshot::channel();
            let (mut signal, mut seen) = (Some(signal), 0);
            let look = move |_: &u32| {
                seen += 1;
                if seen == count {
                    signal.take().unwrap().send(()).unwrap();
                }
            };
            fount
                .inspect(look)
                .through(stages::until(signalled))
        };
        laws::stage(attach, input(), INPUT[..count].to_vec())
            .ending(Reason::Enough)
            .seeds(0..20)
            .check();
    }
}

#[test]
fn lines_keep_the_laws_and_hold_what_is_not_a_line_yet() {
    let segments = [
        "one\r\ntwo\nth",
        "",
        "re",
        "e\n",
        "\n\nfour\n",
        "five\nsi",
        "x\n",
    ];
    let lines = ["one", "two", "three", "", "", "four", "five", "six"];
    let input = || segments.map(Bytes::from).to_vec();
    laws::tube(framing::lines, input(), lines.map(Bytes::from).to_vec())
        .holding(4)
        .seeds(0..40)
        .check();
    let limit = Kind::Limit {
        what: "line",
        limit: 4,
    };
    let too_long = ["one\ntwo\nthr", "ee\n", "f\n"]
        .map(Bytes::from)
        .to_vec();
    let lines = ["one", "two"].map(Bytes::from).to_vec();
    laws::tube(|| framing::lines().at_most(4), too_long, lines)
        .holding(3)
        .ending(Error::new(limit).at("lines"))
        .seeds(0..40)
        .check();
    laws::fair(
        founts::iter(0..)
            .map(|_: u64| Bytes::from("a\n"))
            .through(framing::lines()),
    );
    laws::fair(
        founts::iter(std::iter::repeat(Bytes::from("\n".repeat(1000)))).through(framing::lines()),
    );
}

#[test]
fn unlines_keep_the_laws_and_hold_nothing() {
    // Each line is as long as a segment at most is, so that each leaves alone.
    let lines = ['a', 'b', 'c', 'd'].map(|letter| letter.to_string().repeat(16 * 1024));
    for (crlf, end) in [(false, "\n"), (true, "\r\n")] {
        let make = move || {
            let unlines = framing::unlines();
            if crlf { unlines.crlf() } else { unlines }
        };
        let segments = lines
            .clone()
            .map(|line| Bytes::from(line + end));
        let input = lines.clone().map(Bytes::from).to_vec();
        laws::tube(make, input, segments.to_vec())
            .seeds(0..20)
            .check();
    }
    laws::fair(
        founts::iter(0..)
            .map(|_: u64| Bytes::from("a"))
            .through(framing::unlines()),
    );
}

// Items pulled by hand.

#[test]
fn next_inside_a_turn_is_fair() {
    let pulled = Cell::new(0);
    let pull_all = |()| async {
        let mut numbers = founts::iter(0..10_000);
        while numbers.next().await.is_ok() {
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
                assert!(pin!(fount.next()).poll(cx).is_pending());
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

// Drains.

#[test]
fn the_drains_that_are_always_ready_keep_the_laws() {
    laws::drain(
        || drains::fold(0, |sum, n: u32| sum + n),
        input(),
        |sum| assert_eq!(sum, 24),
    )
    .check();
    laws::drain(
        || drains::collect(7),
        input(),
        |all: Vec<u32>| assert_eq!(all, INPUT),
    )
    .check();
    laws::drain(drains::null::<u32>, input(), |()| ()).check();
    laws::drain(|| drains::for_each(|_: u32| ()), input(), |()| ()).check();
    let fine = |_: u32| Ok::<_, Infallible>(());
    laws::drain(move || drains::try_for_each(fine), input(), |()| ()).check();
}

#[test]
fn the_drains_that_refuse_keep_the_laws() {
    let kind = Kind::Limit {
        what: "collection",
        limit: 6,
    };
    laws::drain(|| drains::collect::<u32>(6), input(), |_| unreachable!())
        .ending(Error::new(kind).at("collect"))
        .check();
    let check = |n: u32| if n < 9 { Ok(()) } else { Err("too much") };
    laws::drain(
        move || drains::try_for_each(check),
        input(),
        |()| unreachable!(),
    )
    .ending(Error::user("too much").at("try_for_each"))
    .check();
    let check = move |n: u32| async move {
        twice().await;
        check(n)
    };
    laws::drain(
        move || drains::try_for_each_async(check),
        input(),
        |()| unreachable!(),
    )
    .ending(Error::user("too much").at("try_for_each_async"))
    .check();
}

#[test]
fn the_drains_that_await_a_call_keep_the_laws() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let call = |n: u32| {
        let seen = Arc::clone(&seen);
        async move {
            twice().await;
            seen.lock().unwrap().push(n);
        }
    };
    let look = |()| assert_eq!(*seen.lock().unwrap(), INPUT);
    let make = || {
        seen.lock().unwrap().clear();
        drains::for_each_async(call)
    };
    laws::drain(make, input(), look).check();
    let fine = |_: u32| async {
        twice().await;
        Ok::<_, Infallible>(())
    };
    laws::drain(move || drains::try_for_each_async(fine), input(), |()| ()).check();
}

/// Pending twice, woken at once.
async fn twice() {
    for _ in 0..2 {
        let mut has_waited = false;
        poll_fn(|cx| {
            if std::mem::replace(&mut has_waited, true) {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }
}

#[test]
fn a_sender_keeps_the_laws_of_a_drain() {
    let channel = Mutex::new(None);
    let make = || {
        let (sender, fount) = founts::channel(NonZeroUsize::new(9).unwrap());
        *channel.lock().unwrap() = Some(fount);
        sender
    };
    laws::drain(make, input(), |()| {
        let fount: Option<Channel<u32>> = channel.lock().unwrap().take();
        let all = fount
            .unwrap()
            .flow_to(drains::collect(9));
        let polled = pin!(all).poll(&mut Context::from_waker(Waker::noop()));
        let Poll::Ready(Ok(all)) = polled else {
            panic!("the channel has ended");
        };
        assert!(all.is_empty() || all == INPUT);
    })
    .check();
}

#[test]
fn spawn_keeps_the_laws_on_a_runtime() {
    for at_most in [1, 3, 9] {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let guard = runtime.handle().clone();
        let _entered = guard.enter();
        let job = async |n: u32| {
            tokio::task::yield_now().await;
            if n == 9 { Err("nine") } else { Ok(()) }
        };
        let make = move || drains::spawn(job).at_most(NonZeroUsize::new(at_most).unwrap());
        let look = |report: drains::Report| assert_eq!((report.finished, report.failed), (6, 1));
        laws::drain(make, input(), look)
            .while_idle(move || runtime.block_on(tokio::task::yield_now()))
            .seeds(0..30)
            .check();
    }
}
