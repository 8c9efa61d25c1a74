//! Junctions from one to many against the laws.

use std::future::Future;
use std::num::NonZeroUsize;
use std::pin::{Pin, pin};
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

use tubes::drains::{Collect, Null};
use tubes::fan::{self, Branch, Broadcast, Subscribers};
use tubes::testing::{FakeFount, laws};
use tubes::{Drain, Error, Fount, Kind, Lossy, Reason, Run, drains, founts, stages};

use super::kit::{INPUT, input};

/// Branches that are not there: they leave at once.
fn nobody() -> impl Drain<u32, Output = Vec<()>> {
    fan::to_all(Vec::<Null<u32>>::new())
}

fn all() -> Collect<u32> {
    drains::collect(7)
}

fn first(count: u64) -> impl Drain<u32, Output = Vec<u32>> {
    all().behind(stages::take(count))
}

const LIMIT: Kind = Kind::Limit {
    what: "collection",
    limit: 6,
};

#[test]
fn to_all_keeps_the_laws() {
    laws::drain(
        || fan::to_all([all(), all(), all()]),
        input(),
        |made| assert_eq!(made, [INPUT, INPUT, INPUT]),
    )
    .check();
    laws::drain(
        || fan::to_all((fan::to_all(vec![first(2)]), all())),
        input(),
        |(few, all)| assert_eq!((few, &all[..]), (vec![INPUT[..2].to_vec()], &INPUT[..])),
    )
    .check();
    laws::drain(
        || fan::to_all((first(2), all())),
        input(),
        |(few, all)| assert!(all.is_empty() || (few, &all[..]) == (INPUT[..2].to_vec(), &INPUT)),
    )
    .check();
    laws::drain(
        || fan::to_all((drains::collect(6), all())).isolating(),
        input(),
        |(few, all)| assert!(all.unwrap().is_empty() || few.unwrap_err().kind() == LIMIT),
    )
    .check();
    laws::drain(
        || fan::to_all((first(2), first(3))),
        input(),
        |made| assert_eq!(made, (INPUT[..2].to_vec(), INPUT[..3].to_vec())),
    )
    .ending(Reason::Enough)
    .check();
    laws::drain(
        || fan::to_all([all(), drains::collect(6)]),
        input(),
        |_| unreachable!(),
    )
    .ending(Error::new(LIMIT).at("collect"))
    .check();
    laws::pipe(
        |source, drain| source.flow_to(fan::to_all([drain])),
        input(),
        input(),
    )
    .check();
    laws::pipe(
        |source, drain| source.flow_to(fan::to_all((nobody(), drain))),
        input(),
        input(),
    )
    .check();
}

#[test]
fn balance_keeps_the_laws() {
    laws::drain(
        || fan::balance([all(), all(), all()]),
        input(),
        |made| assert_eq!(made.map(|made| made.len()), [3, 2, 2]),
    )
    .check();
    let odd = INPUT
        .into_iter()
        .step_by(2)
        .collect::<Vec<_>>();
    laws::drain(
        || fan::balance((all(), drains::null())),
        input(),
        |(made, ())| assert!(made.is_empty() || made == odd),
    )
    .check();
    laws::drain(
        || fan::balance([first(2), first(1)]).isolating(),
        input(),
        |made| {
            let [two, one] = made.map(Result::unwrap);
            assert_eq!((two.len(), one.len()), (2, 1));
        },
    )
    .ending(Reason::Enough)
    .check();
    laws::drain(
        || fan::balance([drains::collect(0), drains::collect(9)]),
        input(),
        |_| unreachable!(),
    )
    .ending(
        Error::new(Kind::Limit {
            what: "collection",
            limit: 0,
        })
        .at("collect"),
    )
    .check();
    laws::pipe(
        |source, drain| source.flow_to(fan::balance([drain])),
        input(),
        input(),
    )
    .check();
    laws::pipe(
        |source, drain| source.flow_to(fan::balance((nobody(), drain))),
        input(),
        input(),
    )
    .check();
}

#[test]
fn partition_keeps_the_laws() {
    let parity = |n: &u32| usize::from(n % 2 == 1);
    laws::drain(
        || fan::partition([all(), all()], parity),
        input(),
        |made| assert!(made[0].is_empty() || made == [vec![0, 4, 2], vec![3, 1, 5, 9]]),
    )
    .check();
    laws::drain(
        || fan::partition((first(1), all()), parity).isolating(),
        input(),
        |(made, rest)| assert!(rest.unwrap().is_empty() || made.unwrap() == [0]),
    )
    .check();
    let no_branch = Kind::NoBranch {
        branch: 2,
        branches: 2,
    };
    laws::drain(
        || fan::partition([all(), all()], |n| if *n == 9 { 2 } else { 1 }),
        input(),
        |_| unreachable!(),
    )
    .ending(Error::new(no_branch).at("partition"))
    .check();
    laws::pipe(
        |source, drain| source.flow_to(fan::partition([drain], |_| 0)),
        input(),
        input(),
    )
    .check();
    laws::pipe(
        |source, drain| source.flow_to(fan::partition((nobody(), drain), |_| 1)),
        input(),
        input(),
    )
    .check();
}

#[test]
fn unzip_keeps_the_laws() {
    let halves = || INPUT.map(|n| (n, 2 * n)).to_vec();
    laws::drain(
        || fan::unzip(all(), drains::fold(0, |sum, n: u32| sum + n)),
        halves(),
        |(made, sum)| assert!(made.is_empty() || (&made[..], sum) == (&INPUT, 48)),
    )
    .check();
    laws::drain(
        || fan::unzip(first(2), first(4)),
        halves(),
        |(two, four)| assert_eq!((two.len(), four.len()), (2, 4)),
    )
    .ending(Reason::Enough)
    .check();
    laws::drain(
        || fan::unzip(drains::collect(6), all()).isolating(),
        halves(),
        |(six, made)| assert!(made.unwrap().is_empty() || six.unwrap_err().kind() == LIMIT),
    )
    .check();
    laws::pipe(
        |source, drain| {
            source
                .map(|n: u32| (n, n))
                .flow_to(fan::unzip(nobody(), drain))
        },
        input(),
        input(),
    )
    .check();
}

#[test]
fn thru_keeps_the_laws_of_a_tube() {
    laws::tube(
        || fan::thru([stages::take(9), stages::take(9)]),
        vec![1, 2, 3],
        vec![1, 1, 2, 2, 3, 3],
    )
    .holding(1)
    .check();
    laws::tube(
        || {
            fan::thru((
                stages::filter(|n: &u32| n.is_multiple_of(2)),
                stages::flat_map(|n| 0..n),
            ))
        },
        vec![2, 0, 3],
        vec![2, 0, 1, 0, 0, 1, 2],
    )
    .holding(1)
    .check();
    laws::tube(
        || fan::thru(vec![stages::take(1), stages::take(3), stages::take(2)]),
        vec![1, 2, 3, 4],
        vec![1, 1, 1, 2, 2, 3],
    )
    .holding(1)
    .ending(Reason::Enough)
    .check();
    let halve = |n: u32| if n < 9 { Ok(n) } else { Err("too much") };
    laws::tube(
        move || fan::thru((stages::map(|n: u32| n + 1), stages::try_map(halve))),
        vec![3, 9],
        vec![4, 3, 10],
    )
    .holding(1)
    .ending(Error::user("too much").at("try_map"))
    .check();
}

fn bound(items: usize) -> NonZeroUsize {
    NonZeroUsize::new(items).unwrap()
}

/// Polls a flow in memory, which does not have to wait.
fn at_once<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

#[test]
fn the_feed_of_a_broadcast_keeps_the_laws_of_a_drain() {
    for items in [1, 2, 9] {
        let branches = Mutex::new(None);
        let make = || {
            let (feed, handle) = fan::broadcast(bound(items));
            let cut = handle.subscribe().disconnecting();
            *branches.lock().unwrap() = Some((handle.subscribe_lossy(), cut));
            feed
        };
        laws::drain(make, input(), |()| {
            let (lossy, cut) = branches.lock().unwrap().take().unwrap();
            let all = at_once(lossy.flow_to(drains::collect(9))).unwrap();
            let whole = at_once(cut.flow_to(drains::collect(9)));
            assert_eq!(whole.is_ok(), items == 9);
            if items == 9 {
                assert_eq!(all, INPUT.map(Lossy::Item));
            }
        })
        .check();
    }
}

#[test]
fn a_branch_keeps_the_laws_with_all_items_in_the_ring() {
    let fed = || {
        let (feed, handle) = fan::broadcast(bound(8));
        let branch = handle.subscribe();
        at_once(founts::iter(INPUT).flow_to(feed)).unwrap();
        (branch, handle)
    };
    laws::fount(move || fed().0, input()).check();
    laws::fount(move || fed().1.subscribe_lossy(), vec![]).check();
    let replayed = || INPUT.map(Lossy::Item)[4..].to_vec();
    let with_unread = move || {
        let (_slow, handle) = fed();
        handle.subscribe_lossy().replaying(3)
    };
    laws::fount(with_unread, replayed()).check();
    let with_kept = || {
        let (feed, handle) = fan::broadcast(bound(8));
        let first = handle.subscribe();
        at_once(founts::iter(INPUT).flow_to(feed.keeping(3))).unwrap();
        at_once(first.flow_to(drains::null())).unwrap();
        handle.subscribe_lossy().replaying(5)
    };
    laws::fount(with_kept, replayed()).check();
}

#[test]
fn a_branch_keeps_the_laws_while_it_is_fed() {
    for items in [1, 2, 9] {
        laws::fount(move || Fed::new(items, Reason::Finished), input()).check();
        laws::fount(move || Fed::new(items, Reason::Enough), input())
            .ending(Reason::Enough)
            .check();
        let failed = || Reason::from(Error::new(Kind::Timeout));
        laws::fount(move || Fed::new(items, failed()), input())
            .ending(failed())
            .check();
    }
}

/// A branch and what feeds it, on one task.
struct Fed {
    feeder: Option<Pin<Box<dyn Future<Output = ()>>>>,
    branch: Branch<u32>,
}

impl Fed {
    fn new(items: usize, end: Reason) -> Self {
        let (feed, handle): (Broadcast<u32>, Subscribers<u32>) = fan::broadcast(bound(items));
        let source = FakeFount::new(INPUT).ending(end);
        let flow = source.flow_to(feed);
        let branch = handle.subscribe();
        Self {
            feeder: Some(Box::pin(async move { drop(flow.await) })),
            branch,
        }
    }

    fn feed(&mut self, cx: &mut Context<'_>) {
        if let Some(feeder) = &mut self.feeder
            && feeder.as_mut().poll(cx).is_ready()
        {
            self.feeder = None;
        }
    }
}

impl Fount for Fed {
    type Item = u32;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<u32, Reason>> {
        self.feed(cx);
        Pin::new(&mut self.branch).poll_next(cx)
    }

    fn poll_flow<D>(mut self: Pin<&mut Self>, cx: &mut Context<'_>, drain: Pin<&mut D>) -> Run
    where
        D: Drain<u32>,
    {
        self.feed(cx);
        Pin::new(&mut self.branch).poll_flow(cx, drain)
    }

    fn stop(mut self: Pin<&mut Self>, reason: &Reason) {
        Pin::new(&mut self.branch).stop(reason);
    }
}

#[test]
fn branches_are_fair() {
    let make = |feed: Broadcast<u64>, branch: Branch<u64>| {
        let mut feeder = Box::pin(founts::iter(0..).flow_to(feed));
        let fed = std::future::poll_fn(move |cx| feeder.as_mut().poll(cx).map(drop));
        branch.through(stages::until(fed))
    };
    let (feed, handle) = fan::broadcast(bound(1000));
    laws::fair(make(feed, handle.subscribe()));
    laws::fair(founts::iter(0..).through(fan::thru((
        stages::map(|n: u64| n),
        stages::map(|n: u64| n + 1),
    ))));
}
