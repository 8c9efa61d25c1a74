//! What it costs to cross from one task to another, beside the channels: under load by bound and
//! workers, there and back with a single item, and twenty times in a row.
//!
//! `cargo bench -p tubes-benches --bench boundary`

use std::future::{Future, poll_fn};
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::pin::Pin;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tubes::boundary::{self, Entry, Exit};
use tubes::{Drain, Fount, drains, founts, stages};

/// How many items cross.
fn items(cap: usize) -> u64 {
    if cap == 1 { 10_000 } else { 100_000 }
}

fn bound(items: usize) -> NonZeroUsize {
    NonZeroUsize::new(items).expect("not 0")
}

fn runtimes() -> [(&'static str, Runtime); 2] {
    let one = Builder::new_current_thread().build();
    let two = Builder::new_multi_thread()
        .worker_threads(2)
        .build();
    [
        ("one worker", one.expect("a runtime")),
        ("two workers", two.expect("a runtime")),
    ]
}

/// Runs both in tasks of the runtime, to the sum.
fn run_on<F, S>(runtime: &Runtime, feed: F, sum: S) -> u64
where
    F: Future<Output = ()> + Send + 'static,
    S: Future<Output = u64> + Send + 'static,
{
    let sum = runtime.handle().spawn(sum);
    let feed = runtime.handle().spawn(feed);
    runtime.block_on(async {
        drop(feed.await);
        sum.await.unwrap_or(0)
    })
}

async fn send(entry: &mut Entry<u64>, item: u64) {
    if poll_fn(|cx| Pin::new(&mut *entry).poll_ready(cx))
        .await
        .is_ok()
    {
        drop(Pin::new(entry).receive(item));
    }
}

/// A channel under load: `feed` sends all, `sum` adds up what comes, each in a task.
fn case<F, S>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    runtime: &Runtime,
    name: &str,
    make: impl Fn() -> (F, S),
) where
    F: Future<Output = ()> + Send + 'static,
    S: Future<Output = u64> + Send + 'static,
{
    group.bench_function(name, |b| {
        b.iter(|| {
            let (feed, sum) = make();
            black_box(run_on(runtime, feed, sum))
        });
    });
}

fn tubes(group: &mut BenchmarkGroup<'_, WallTime>, runtime: &Runtime, cap: usize, n: u64) {
    let add = || drains::fold(0, |sum, n: u64| sum ^ n);
    case(group, runtime, "tubes", || {
        let flow = founts::iter(0..black_box(n))
            .through(stages::spawned(bound(cap)))
            .flow_to(add());
        (async {}, async { flow.await.unwrap_or(0) })
    });
    case(group, runtime, "tubes, weighed", || {
        let stage = stages::spawned(bound(cap)).weighing(cap * 8, |_| 8);
        let flow = founts::iter(0..black_box(n))
            .through(stage)
            .flow_to(add());
        (async {}, async { flow.await.unwrap_or(0) })
    });
    case(group, runtime, "tubes, sent and pulled by hand", || {
        let (mut entry, mut exit): (Entry<u64>, Exit<u64>) = boundary::pair(bound(cap));
        let feed = async move {
            for n in 0..black_box(n) {
                send(&mut entry, n).await;
            }
        };
        let sum = async move {
            let mut sum = 0;
            while let Ok(Some(n)) = exit.next().await {
                sum ^= n;
            }
            sum
        };
        (feed, sum)
    });
}

fn channels(group: &mut BenchmarkGroup<'_, WallTime>, runtime: &Runtime, cap: usize, n: u64) {
    macro_rules! channel {
        ($name:literal, $ends:expr, |$tx:ident, $item:ident| $send:expr, |$rx:ident| $recv:expr) => {
            case(group, runtime, $name, || {
                #[allow(unused_mut, reason = "some send by `&mut`, some by `&`")]
                let (mut $tx, mut $rx) = $ends;
                let feed = async move {
                    for $item in 0..black_box(n) {
                        let _sent = $send.await;
                    }
                };
                let sum = async move {
                    let mut sum = 0;
                    while let Some(n) = $recv.await {
                        sum ^= n;
                    }
                    sum
                };
                (feed, sum)
            });
        };
    }
    channel!("tokio recv", mpsc::channel(cap), |tx, n| tx.send(n), |rx| {
        rx.recv()
    });
    tokio_in_chunks(group, runtime, cap, n);
    channel!(
        "futures",
        futures_channel::mpsc::channel(cap),
        |tx, n| tx.feed(n),
        |rx| rx.next()
    );
    channel!(
        "flume",
        flume::bounded(cap),
        |tx, n| tx.send_async(n),
        |rx| rx.recv_async().map(Result::ok)
    );
    channel!(
        "async-channel",
        async_channel::bounded(cap),
        |tx, n| tx.send(n),
        |rx| rx.recv().map(Result::ok)
    );
    channel!(
        "kanal",
        kanal::bounded_async(cap),
        |tx, n| tx.send(n),
        |rx| rx.recv().map(Result::ok)
    );
    // Its spinning collapses where both ends share a thread: 3 µs an item.
    channel!(
        "crossfire",
        crossfire::spsc::bounded_async(cap),
        |tx, n| tx.send(n),
        |rx| rx.recv().map(Result::ok)
    );
}

fn tokio_in_chunks(
    group: &mut BenchmarkGroup<'_, WallTime>,
    runtime: &Runtime,
    cap: usize,
    n: u64,
) {
    case(group, runtime, "tokio recv_many(64)", || {
        let (tx, mut rx) = mpsc::channel(cap);
        let feed = async move {
            for n in 0..black_box(n) {
                let _sent = tx.send(n).await;
            }
        };
        let sum = async move {
            let mut sum = 0;
            let mut chunk = Vec::with_capacity(64);
            while rx.recv_many(&mut chunk, 64).await > 0 {
                sum = chunk
                    .drain(..)
                    .fold(sum, |sum, n| sum ^ n);
            }
            sum
        };
        (feed, sum)
    });
}

fn load(c: &mut Criterion) {
    for (workers, runtime) in runtimes() {
        for cap in [1, 64, 1024] {
            let mut group = c.benchmark_group(format!("boundary/{workers}, {cap}"));
            let n = items(cap);
            group.throughput(Throughput::Elements(n));
            tubes(&mut group, &runtime, cap, n);
            channels(&mut group, &runtime, cap, n);
            group.finish();
        }
    }
}

/// There and back, one item at a time.
fn ping_pong(c: &mut Criterion) {
    const TURNS: u64 = 1_000;
    for (workers, runtime) in runtimes() {
        let mut group = c.benchmark_group(format!("boundary/there and back, {workers}"));
        group.throughput(Throughput::Elements(TURNS));
        case(&mut group, &runtime, "tubes", || {
            let (mut entry, there): (Entry<u64>, Exit<u64>) = boundary::pair(bound(1));
            let (back, mut exit) = boundary::pair(bound(1));
            let echo = async move { drop(there.flow_to(back).await) };
            let turns = async move {
                let mut sum = 0;
                for n in 0..TURNS {
                    send(&mut entry, n).await;
                    sum ^= exit.next_or_reason().await.unwrap_or(0);
                }
                sum
            };
            (echo, turns)
        });
        case(&mut group, &runtime, "tokio", || {
            let (tx, mut there) = mpsc::channel::<u64>(1);
            let (back, mut rx) = mpsc::channel(1);
            let echo = async move {
                while let Some(n) = there.recv().await {
                    let _sent = back.send(n).await;
                }
            };
            let turns = async move {
                let mut sum = 0;
                for n in 0..TURNS {
                    let _sent = tx.send(n).await;
                    sum ^= rx.recv().await.unwrap_or(0);
                }
                sum
            };
            (echo, turns)
        });
        group.finish();
    }
}

/// Twenty times `.through(spawned)`, written out.
macro_rules! twenty {
    ($start:expr, $stage:expr) => {
        $start
            .through($stage)
            .through($stage)
            .through($stage)
            .through($stage)
            .through($stage)
            .through($stage)
            .through($stage)
            .through($stage)
            .through($stage)
            .through($stage)
            .through($stage)
            .through($stage)
            .through($stage)
            .through($stage)
            .through($stage)
            .through($stage)
            .through($stage)
            .through($stage)
            .through($stage)
            .through($stage)
    };
}

/// Twenty tasks in a row.
fn in_a_row(c: &mut Criterion) {
    const N: u64 = 100_000;
    for (workers, runtime) in runtimes() {
        for cap in [64, 1024] {
            let mut group = c.benchmark_group(format!("boundary/20 in a row, {workers}, {cap}"));
            group.throughput(Throughput::Elements(N));
            case(&mut group, &runtime, "tubes", || {
                let pipe = twenty!(founts::iter(0..black_box(N)), stages::spawned(bound(cap)));
                let flow = pipe.flow_to(drains::fold(0, |sum, n: u64| sum ^ n));
                (async {}, async { flow.await.unwrap_or(0) })
            });
            case(&mut group, &runtime, "tubes, each one boxed", || {
                let mut pipe = founts::iter(0..black_box(N)).boxed();
                for _ in 0..20 {
                    pipe = pipe
                        .through(stages::spawned(bound(cap)))
                        .boxed();
                }
                let flow = pipe.flow_to(drains::fold(0, |sum, n: u64| sum ^ n));
                (async {}, async { flow.await.unwrap_or(0) })
            });
            let handle = runtime.handle().clone();
            case(&mut group, &runtime, "tokio", || {
                let (tx, mut rx) = mpsc::channel(cap);
                for _ in 0..20 {
                    let (next, after) = mpsc::channel(cap);
                    let mut before = std::mem::replace(&mut rx, after);
                    handle.spawn(async move {
                        while let Some(n) = before.recv().await {
                            let _sent = next.send(n).await;
                        }
                    });
                }
                let feed = async move {
                    for n in 0..black_box(N) {
                        let _sent = tx.send(n).await;
                    }
                };
                let sum = async move {
                    let mut sum = 0;
                    while let Some(n) = rx.recv().await {
                        sum ^= n;
                    }
                    sum
                };
                (feed, sum)
            });
            group.finish();
        }
    }
}

criterion_group!(benches, load, ping_pong, in_a_row);
criterion_main!(benches);
