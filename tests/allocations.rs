//! What is allocated for an item: nothing, wherever the items need nothing.

use std::future::{poll_fn, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use allocation_counter::measure;
use tubes::stages::{Inlet, Outlet};
use tubes::testing::ManualClock;
use tubes::{Error, Fount, Reason, bound, boundary, drains, fan, founts, stages, valve};

const FEW: u64 = 1_000;
const MANY: u64 = 50_000;

/// How many allocations a flow over so many items makes.
fn allocations<F>(flow: impl Fn(u64) -> F, items: u64) -> u64
where
    F: Future<Output = Result<(), Error>>,
{
    measure(|| {
        let mut flow = pin!(flow(items));
        let mut cx = Context::from_waker(Waker::noop());
        loop {
            if let Poll::Ready(result) = flow.as_mut().poll(&mut cx) {
                break result.unwrap();
            }
        }
    })
    .count_total
}

/// Many items allocate no more than a few do: what is allocated is the set-up.
macro_rules! free_of_charge {
    ($($name:literal: $stage:expr;)*) => {
        $(
            let flow = |items| founts::iter(0..items).through($stage).flow_to(drains::null());
            // What a thread sets up once is set up first.
            allocations(flow, 1);
            let (few, many) = (allocations(flow, FEW), allocations(flow, MANY));
            assert_eq!(few, many, "{}: {few} for {FEW} items, {many} for {MANY}", $name);
        )*
    };
}

fn fine(n: u64) -> Result<u64, Error> {
    Ok(n)
}

#[test]
fn a_stage_allocates_nothing_for_an_item() {
    free_of_charge! {
        "map": stages::map(|n: u64| n + 1);
        "filter": stages::filter(|n: &u64| n.is_multiple_of(2));
        "filter_map": stages::filter_map(|n: u64| n.checked_sub(5));
        "flat_map": stages::flat_map(|n: u64| 0..n % 3);
        "inspect": stages::inspect(|_: &u64| {});
        "take": stages::take(u64::MAX);
        "try_map": fine;
        "map_while": stages::map_while(|n: u64| Some(n));
        "scan": stages::scan(0, |sum: &mut u64, n: u64| *sum + n);
        "scan_while": stages::scan_while(0, |sum: &mut u64, n: u64| Some(*sum + n));
        "enumerate": stages::enumerate();
        "skip": stages::skip(5);
        "skip_while": stages::skip_while(|n: &u64| *n < 5);
        "take_while": stages::take_while(|_: &u64| true);
        "stop_when": stages::stop_when(|_: &u64| false);
        "dedup": stages::dedup();
        "dedup_by_key": stages::dedup_by_key(|n: &u64| n / 2);
        "limit": stages::limit(usize::MAX);
        "limit_weight": stages::limit_weight(usize::MAX, |_: &u64| 1);
        "map_err": stages::map_err(|error| error);
        "context": stages::context("counting");
        "recover": stages::recover(|_| Some(0));
        "recover_with": stages::recover_with(1, |_| Some(founts::once(0)));
        "until": stages::until(std::future::pending::<()>());
        "a series": (stages::map(|n: u64| n + 1), fine, stages::take(u64::MAX));
    }
}

#[test]
fn a_stage_that_waits_allocates_nothing_for_an_item_either() {
    let (clock, long) = (ManualClock::new(), Duration::from_secs(60));
    let (valve, switch) = (valve(), stages::kill_switch());
    free_of_charge! {
        "then": stages::then(|n: u64| ready(n)).at_most(bound(4));
        "then, unordered": stages::then(|n: u64| ready(n)).at_most(bound(64)).unordered();
        "then, pending once": stages::then(|n: u64| async move {
            once().await;
            n
        }).at_most(bound(4));
        "coroutine": stages::coroutine(async |inlet: Inlet<u64>, outlet: Outlet<u64>| {
            while let Some(n) = inlet.next().await? {
                outlet.send(n).await?;
            }
            Ok::<_, Reason>(())
        });
        "timeout_idle": stages::timeout_idle(long).on(clock.clone());
        "throttle": stages::throttle(bound(1 << 20), long).on(clock.clone());
        "buffer": stages::buffer(bound(16));
        "valve": valve.stage();
        "kill_switch": switch.stage();
        "finally": stages::finally(|_| ());
        "per_key": stages::per_key(bound(4), |n: &u64| n % 4, |_| stages::map(|n: u64| n));
        "thru": fan::thru((stages::map(|n: u64| n), stages::map(|n: u64| n + 1)));
    }
}

/// A flow by name, and its allocations over so many items.
type Case = (&'static str, fn(u64) -> u64);

#[test]
fn many_to_one_and_one_to_many_allocate_nothing_for_an_item() {
    let flows: [Case; 5] = [
        ("merge", |items| {
            allocations(
                |n| fan::merge([0..n, 0..n].map(founts::iter)).flow_to(drains::null()),
                items,
            )
        }),
        ("concat", |items| {
            allocations(
                |n| fan::concat([0..n, 0..n].map(founts::iter)).flow_to(drains::null()),
                items,
            )
        }),
        ("zip", |items| {
            let zip = |n| fan::zip(founts::iter(0..n), founts::iter(0..n));
            allocations(|n| zip(n).flow_to(drains::null()), items)
        }),
        ("to_all", |items| {
            let all = || fan::to_all([drains::null(), drains::null()]);
            allocations(
                |n| async move {
                    founts::iter(0..n)
                        .flow_to(all())
                        .await
                        .map(drop)
                },
                items,
            )
        }),
        ("a boundary on one thread", |items| {
            allocations(
                |n| async move {
                    let (entry, exit) = boundary::local(bound(64));
                    tokio::try_join!(
                        founts::iter(0..n).flow_to(entry),
                        exit.flow_to(drains::null())
                    )?;
                    Ok(())
                },
                items,
            )
        }),
    ];
    for (name, flow) in flows {
        assert_eq!(flow(FEW), flow(MANY), "{name}");
    }
}

/// Pending once, woken at once.
async fn once() {
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

#[test]
fn a_boxed_seam_allocates_nothing_for_an_item() {
    let flow = |items| {
        founts::iter(0..items)
            .boxed_local()
            .map(|n| n + 1)
            .boxed_local()
            .flow_to(drains::null())
    };
    assert_eq!(allocations(flow, FEW), allocations(flow, MANY));
}
