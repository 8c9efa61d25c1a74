//! What one to many costs an item and branch: 1,000,000 integers to 20 drains, to 8 drains in the
//! same flow and in other tasks (beside `tokio::sync::broadcast`), and 20 rounds of split and union.
//!
//! `cargo bench -p tubes-benches --bench fan_out`

use std::hint::black_box;
use std::num::NonZeroUsize;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tubes::{Drain, Fount, drains, fan, founts, stages};
use tubes_benches::run;

const ITEMS: u64 = 1_000_000;
/// Between tasks.
const SENT: u64 = 100_000;
const BRANCHES: u64 = 8;
const BOUND: usize = 1024;

fn seen() -> impl Drain<u64, Output = ()> {
    drains::for_each(|n: u64| {
        black_box(n);
    })
}

fn sum() -> impl Drain<u64, Output = u64> {
    drains::fold(0u64, u64::wrapping_add)
}

/// `fan_out` of hydro.
fn to_twenty(c: &mut Criterion) {
    let mut group = c.benchmark_group("fan_out/1,000,000 to 20");
    group.throughput(Throughput::Elements(20 * ITEMS));
    group.bench_function("hand", |b| {
        b.iter(|| {
            for n in 0..black_box(ITEMS) {
                for _ in 0..black_box(20) {
                    black_box(n);
                }
            }
        });
    });
    group.bench_function("tubes", |b| {
        b.iter(|| {
            let twenty: Vec<_> = (0..20).map(|_| seen()).collect();
            run(founts::iter(0..black_box(ITEMS)).flow_to(fan::to_all(twenty)))
        });
    });
    group.finish();
}

/// To 8, in the same flow.
fn to_eight(c: &mut Criterion) {
    let mut group = c.benchmark_group("fan_out/to 8 sums");
    group.throughput(Throughput::Elements(BRANCHES * ITEMS));
    group.bench_function("hand", |b| {
        b.iter(|| {
            let mut sums = [0u64; 8];
            for n in 0..black_box(ITEMS) {
                for sum in black_box(&mut sums) {
                    *sum = sum.wrapping_add(n);
                }
            }
            sums
        });
    });
    group.bench_function("to_all", |b| {
        b.iter(|| {
            let eight: Vec<_> = (0..BRANCHES).map(|_| sum()).collect();
            run(founts::iter(0..black_box(ITEMS)).flow_to(fan::to_all(eight)))
        });
    });
    group.throughput(Throughput::Elements(ITEMS));
    group.bench_function("balance", |b| {
        b.iter(|| {
            let eight: Vec<_> = (0..BRANCHES).map(|_| sum()).collect();
            run(founts::iter(0..black_box(ITEMS)).flow_to(fan::balance(eight)))
        });
    });
    group.bench_function("partition", |b| {
        b.iter(|| {
            let eight: Vec<_> = (0..BRANCHES).map(|_| sum()).collect();
            let which = |n: &u64| usize::from(n.to_le_bytes()[0] % 8);
            run(founts::iter(0..black_box(ITEMS)).flow_to(fan::partition(eight, which)))
        });
    });
    group.finish();
}

/// To 8 in other tasks, on one thread.
fn to_tasks(c: &mut Criterion) {
    let mut group = c.benchmark_group("fan_out/to 8 tasks");
    group.throughput(Throughput::Elements(BRANCHES * SENT));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    group.bench_function("tubes", |b| {
        b.iter(|| {
            runtime.block_on(async {
                let bound = NonZeroUsize::new(BOUND).expect("not 0");
                let (feed, handle) = fan::broadcast(bound);
                let readers: Vec<_> = (0..BRANCHES)
                    .map(|_| runtime.spawn(handle.subscribe().flow_to(sum())))
                    .collect();
                founts::iter(0..black_box(SENT))
                    .flow_to(feed)
                    .await
                    .expect("nothing fails");
                for reader in readers {
                    black_box(
                        reader
                            .await
                            .expect("no panic")
                            .expect("nothing fails"),
                    );
                }
            });
        });
    });
    group.bench_function("tokio broadcast", |b| {
        b.iter(|| {
            runtime.block_on(tokio_broadcast(&runtime));
        });
    });
    group.finish();
}

async fn tokio_broadcast(runtime: &tokio::runtime::Runtime) {
    let (sender, _) = tokio::sync::broadcast::channel(BOUND);
    let readers: Vec<_> = (0..BRANCHES)
        .map(|_| {
            let mut receiver = sender.subscribe();
            runtime.spawn(async move {
                let mut sum = 0u64;
                while let Ok(n) = receiver.recv().await {
                    sum = sum.wrapping_add(n);
                }
                sum
            })
        })
        .collect();
    // It does not wait for the slow: so that nobody misses any, all get their turns.
    for n in 0..black_box(SENT) {
        if n % (BOUND as u64 / 2) == 0 {
            for _ in 0..8 {
                tokio::task::yield_now().await;
            }
        }
        sender
            .send(n)
            .expect("somebody listens");
    }
    drop(sender);
    for reader in readers {
        black_box(reader.await.expect("no panic"));
    }
}

/// Twenty times the same stage, written out.
macro_rules! twenty {
    ($start:expr, $($stage:tt)*) => {
        $start
            .$($stage)*.$($stage)*.$($stage)*.$($stage)*.$($stage)*
            .$($stage)*.$($stage)*.$($stage)*.$($stage)*.$($stage)*
            .$($stage)*.$($stage)*.$($stage)*.$($stage)*.$($stage)*
            .$($stage)*.$($stage)*.$($stage)*.$($stage)*.$($stage)*
    };
}

fn even(n: &u64) -> bool {
    n.is_multiple_of(2)
}

fn odd(n: &u64) -> bool {
    !n.is_multiple_of(2)
}

/// `fork_join` of hydro: split by `n % 2` and put together again, 20 times.
fn fork_join(c: &mut Criterion) {
    let mut group = c.benchmark_group("fan_out/fork_join 100,000 x 20");
    group.throughput(Throughput::Elements(20 * SENT));
    group.bench_function("hand", |b| {
        b.iter(|| {
            let mut items: Vec<u64> = (0..black_box(SENT)).collect();
            for _ in 0..20 {
                let (mut evens, odds): (Vec<u64>, Vec<u64>) = items.iter().partition(|n| even(n));
                evens.extend(odds);
                items = evens;
            }
            items
                .into_iter()
                .fold(0u64, u64::wrapping_add)
        });
    });
    group.bench_function("tubes", |b| {
        b.iter(|| {
            let flow = twenty!(
                founts::iter(0..black_box(SENT)),
                through(fan::thru((stages::filter(even), stages::filter(odd))))
            );
            run(flow.flow_to(sum()))
        });
    });
    group.finish();
}

criterion_group!(benches, to_twenty, to_eight, to_tasks, fork_join);
criterion_main!(benches);
