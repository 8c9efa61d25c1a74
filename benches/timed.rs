//! What stages that look at a clock, or work ahead, cost an item that need not wait: a million
//! integers, against the plain chain and what tokio-stream has.
//!
//! `cargo bench -p tubes-benches --bench timed`

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use futures_util::{StreamExt, stream};
use tokio::runtime::Runtime;
use tokio_stream::StreamExt as _;
use tubes::{Fount, bound, drains, founts, stages};

const ITEMS: u64 = 1_000_000;

/// tokio-stream's throttle waits at least a millisecond for each item: a few are enough.
const WAITING: u64 = 100;

const HOUR: Duration = Duration::from_secs(3600);

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime without I/O")
}

fn sum(sum: u64, n: u64) -> u64 {
    sum.wrapping_add(black_box(n))
}

/// One bench: a fount of a million integers, through a stage.
macro_rules! tubes {
    ($group:ident, $name:expr, $stage:expr) => {
        $group.bench_function($name, |b| {
            let runtime = runtime();
            b.iter(|| {
                let flow = founts::iter(0..black_box(ITEMS)).through($stage);
                runtime.block_on(flow.flow_to(drains::fold(0, sum)))
            });
        });
    };
}

fn timed(c: &mut Criterion) {
    let mut group = c.benchmark_group("timed");
    group.throughput(Throughput::Elements(ITEMS));
    let most = NonZeroUsize::MAX;
    let many = bound(1024);
    tubes!(group, "plain", stages::map(|n: u64| n));
    tubes!(group, "timeout_idle", stages::timeout_idle(HOUR));
    tubes!(group, "timeout_whole", stages::timeout_whole(HOUR));
    tubes!(group, "throttle", stages::throttle(most, HOUR));
    tubes!(
        group,
        "throttle, cost",
        stages::throttle(most, Duration::from_secs(1)).cost(|_: &u64| 1)
    );
    tubes!(group, "buffer", stages::buffer(many));
    group.bench_function("plain, boxed", |b| {
        let runtime = runtime();
        b.iter(|| {
            let flow = founts::iter(0..black_box(ITEMS)).map(|n| n);
            runtime.block_on(
                flow.boxed()
                    .flow_to(drains::fold(0, sum)),
            )
        });
    });
    group.bench_function("timeout_idle, boxed", |b| {
        let runtime = runtime();
        b.iter(|| {
            let flow = founts::iter(0..black_box(ITEMS)).through(stages::timeout_idle(HOUR));
            runtime.block_on(
                flow.boxed()
                    .flow_to(drains::fold(0, sum)),
            )
        });
    });
    group.bench_function("chunks_within 64", |b| {
        let runtime = runtime();
        let count = bound(64);
        b.iter(|| {
            let flow =
                founts::iter(0..black_box(ITEMS)).through(stages::chunks_within(count, HOUR));
            runtime.block_on(flow.flow_to(drains::fold(0, |sum, all: Vec<u64>| sum + all.len())))
        });
    });
    group.finish();
}

fn streams(c: &mut Criterion) {
    let mut group = c.benchmark_group("timed/Stream");
    group.throughput(Throughput::Elements(ITEMS));
    group.bench_function("plain", |b| {
        let runtime = runtime();
        b.iter(|| {
            let all = stream::iter(0..black_box(ITEMS));
            runtime.block_on(StreamExt::fold(all, 0, |all, n| async move { sum(all, n) }))
        });
    });
    group.bench_function("timeout", |b| {
        let runtime = runtime();
        b.iter(|| {
            runtime.block_on(async {
                let all = stream::iter(0..black_box(ITEMS)).timeout(HOUR);
                let all = std::pin::pin!(all);
                let add = |all, n: Result<u64, _>| async move { sum(all, n.unwrap_or(0)) };
                StreamExt::fold(all, 0, add).await
            })
        });
    });
    group.bench_function("chunks_timeout 64", |b| {
        let runtime = runtime();
        b.iter(|| {
            runtime.block_on(async {
                let all = stream::iter(0..black_box(ITEMS)).chunks_timeout(64, HOUR);
                let all = std::pin::pin!(all);
                StreamExt::fold(all, 0, |sum, all: Vec<u64>| async move { sum + all.len() }).await
            })
        });
    });
    group.throughput(Throughput::Elements(WAITING));
    group.bench_function("throttle", |b| {
        let runtime = runtime();
        b.iter(|| {
            runtime.block_on(async {
                let all = stream::iter(0..black_box(WAITING)).throttle(Duration::from_nanos(1));
                let all = std::pin::pin!(all);
                StreamExt::fold(all, 0, |all, n| async move { sum(all, n) }).await
            })
        });
    });
    group.finish();
}

criterion_group!(benches, timed, streams);
criterion_main!(benches);
